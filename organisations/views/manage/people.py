"""The list of people: searched, filtered, downloaded, acted upon together."""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared.errors import DomainError
from cms.shared.spreadsheets import csv_lines
from organisations import audit
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import directory, required_scope, scope_for
from organisations.selectors.directory import PersonRow
from organisations.services import bulk, contacts, people
from organisations.views.manage import clashes, lists, shell
from organisations.views.manage.people_forms import BulkDepartmentForm, BulkLeaveForm, NewPersonForm, PeopleFilterForm

PER_PAGE = 50
AT_ONCE = 2000
# One field a person: the server reads at most a thousand of a form.
SHEET_AT_ONCE = 900
_FORMS: dict[str, Callable[..., Form]] = {"department": BulkDepartmentForm, "leave": BulkLeaveForm}
_DEEDS: dict[str, Callable[..., int]] = {"department": bulk.set_department, "leave": bulk.end_employments}
_FIELD_OF = {
    "bad_username": "username",
    "bad_phone": "phone",
    "bad_email": "email",
    "personal_staff_number": "staff_number",
}


def _listed(request: HttpRequest) -> "tuple[PeopleFilterForm, QuerySet[Person], directory.PeopleFilter, bool]":
    by = shell.person_of(request)
    nowhere = request.GET.get("nowhere") == "1"
    found = directory.people_of(by, Power.SEE_PEOPLE, nowhere=nowhere)
    form = PeopleFilterForm(request.GET, scope=scope_for(by, Power.SEE_PEOPLE))
    wanted = form.wanted()
    return form, directory.filtered(found, wanted), wanted, nowhere


@shell.managed
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    form, found, wanted, nowhere = _listed(request)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    values = {name: text for name, text in wanted.told().items() if name != "search"}
    values |= {"q": wanted.search} if wanted.search else {}
    values |= {"nowhere": "1"} if nowhere else {}
    lists.read(request, "people", values, rows=page.paginator.count)
    context = {
        "form": form,
        "is_narrowed": bool(wanted.told()) or nowhere,
        "nowhere": nowhere,
        "offers_nowhere": directory.sees_everybody(by),
        "page_obj": page,
        "rows": directory.rows_of(page.object_list),
        "keeps_people": bool(scope_for(by, Power.KEEP_PEOPLE)),
        "sees_departures": bool(scope_for(by, Power.SEE_INTAKE)),
        "opens_accounts": bool(scope_for(by, Power.OPEN_ACCOUNTS)),
        "filters": _without_page(request),
    }
    return shell.page(request, "organisations/manage/people.html", context, section="people")


def _without_page(request: HttpRequest) -> str:
    asked = request.GET.copy()
    asked.pop("page", None)
    return asked.urlencode()


@shell.managed
@sensitive_post_parameters("q")
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """The filters as an address, the words sealed. A phone or ID number leads straight to its person."""
    by = shell.person_of(request)
    required_scope(by, Power.SEE_PEOPLE)
    names = ("q", "place", "department", "kind", "state", "title", "role", "alliance", "account", "nowhere")
    asked = {name: request.POST[name].strip() for name in names if request.POST.get(name, "").strip()}
    text = asked.get("q", "")
    if directory.is_number_of_a_person(text):
        person = directory.person_by_number(by, text)
        audit.record(by=by, verb="person.searched_by_number", target=person or by, after={"found": person is not None})
        if person is not None:
            return redirect("manage:person", person.public_id)
        messages.warning(request, _("Nobody whom you look after has exactly this number."))
        del asked["q"]
    return redirect(lists.address(reverse("manage:people"), asked))


@shell.managed
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    """The list as shown, as CSV: no numbers of people in it."""
    by = shell.person_of(request)
    _form, found, wanted, nowhere = _listed(request)
    told = wanted.told() | ({"nowhere": "1"} if nowhere else {})
    audit.record(by=by, verb="people.list.download", target=by, after={"filters": told, "people": found.count()})
    lines = csv_lines(_headings(), map(_cells, directory.every_row(found)))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="people-{timezone.localdate():%Y%m%d}.csv"'
    return response


def _headings() -> list[str]:
    return [
        pgettext("person", "Name"),
        _("User name"),
        _("Works at"),
        _("Department"),
        _("Staff number"),
        _("Kind of employment"),
        _("Branch"),
        _("Professional title"),
        _("State"),
        _("Roles"),
        _("Last sign-in"),
    ]


def _cells(row: PersonRow) -> list[str]:
    work, seen = row.employment, row.person.last_login
    return [
        row.person.name,
        row.person.username,
        work.unit_name if work else "",
        work.department_name if work else "",
        work.staff_number if work else "",
        work.get_kind_display() if work else "",
        row.branch.name if row.branch else "",
        row.person.get_title_display(),
        str(row.state.label),
        "; ".join(f"{grant.get_role_display()} · {grant.node}" for grant in row.roles),
        f"{timezone.localtime(seen):%Y-%m-%d %H:%M}" if seen else "",
    ]


@shell.managed
@require_POST
def together(request: HttpRequest) -> HttpResponse:
    """What is done to several at once: shown with their names first, done when confirmed."""
    by, deed = shell.person_of(request), request.POST.get("deed", "")
    required_scope(by, Power.KEEP_PEOPLE)
    chosen = _chosen(request)
    limit = SHEET_AT_ONCE if deed == "sheet" else AT_ONCE
    if (deed not in _FORMS and deed != "sheet") or not chosen or len(chosen) > limit:
        messages.warning(request, _refusal(len(chosen), limit))
        return redirect("manage:people")
    if deed == "sheet":
        context = {"chosen": chosen, "rows": directory.rows_of(chosen[:PER_PAGE]), "count": len(chosen)}
        return shell.page(request, "organisations/manage/people_sheet.html", context, section="people")
    form = _FORMS[deed](request.POST if request.POST.get("confirmed") else None, scope=scope_for(by, Power.KEEP_PEOPLE))
    if form.is_valid():
        _say_done(request, done=_DEEDS[deed](by=by, people=chosen, **form.cleaned_data), of=len(chosen))
        return redirect("manage:people")
    context = {
        "form": form,
        "deed": deed,
        "rows": directory.rows_of(chosen[:PER_PAGE]),
        "count": len(chosen),
        "ids": " ".join(str(person.public_id) for person in chosen),
    }
    status = 400 if form.is_bound else 200
    return shell.page(request, "organisations/manage/people_together.html", context, section="people", status=status)


def _refusal(count: int, limit: int) -> str:
    if count > limit:
        return _("At most %(count)d people at once. Narrow the list first.") % {"count": limit}
    return _("Tick the people first, or “everybody found”, and choose what to do.")


def _say_done(request: HttpRequest, *, done: int, of: int) -> None:
    text = ngettext("Done for %(count)d person.", "Done for %(count)d people.", done)
    messages.success(request, text % {"count": done})
    if of > done:
        text = ngettext(
            "Left out %(count)d who does not work in a unit of yours on that day.",
            "Left out %(count)d who do not work in a unit of yours on that day.",
            of - done,
        )
        messages.warning(request, text % {"count": of - done})


def _chosen(request: HttpRequest) -> list[Person]:
    """Those ticked, or everybody whom the filters of the list find; only whom the reader keeps."""
    by = shell.person_of(request)
    kept = directory.people_of(by, Power.KEEP_PEOPLE)
    if request.POST.get("everybody"):
        asked = PeopleFilterForm(QueryDict(request.POST.get("filters", "")), scope=scope_for(by, Power.SEE_PEOPLE))
        return list(directory.filtered(kept, asked.wanted())[: AT_ONCE + 1])
    ids = [text for field in request.POST.getlist("people") for text in field.split()]
    return list(kept.filter(public_id__in=_uuids(ids[: AT_ONCE + 1])).order_by("pk"))


def _uuids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        with suppress(ValueError):
            found.append(UUID(text))
    return found


@shell.managed
@sensitive_post_parameters("phone", "email")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    scope = required_scope(by, Power.KEEP_PEOPLE)
    form = NewPersonForm(request.POST if request.method == "POST" else None, scope=scope)
    clash = None
    if form.is_valid():
        try:
            if request.POST.get("without"):
                return _entered_without(request, form)
            person = people.enter(by=by, **form.cleaned_data)
        except people.AlreadyTaken as error:
            clash = None if request.POST.get("without") else clashes.clash(by, form)
            form.add_error(None, _("Another account has this number or address.") if clash else str(error))
        except DomainError as error:
            form.add_error(_FIELD_OF.get(error.code), str(error))
        else:
            messages.success(request, _("%(name)s is entered. Now issue an activation code.") % {"name": person.name})
            return redirect("manage:person", person.public_id)
    context = {"form": form, "clash": clash}
    status = 400 if form.is_bound else 200
    return shell.page(request, "organisations/manage/person_new.html", context, section="people", status=status)


def _entered_without(request: HttpRequest, form: NewPersonForm) -> HttpResponse:
    """Entered without what another account has; whoever looks after that one is asked about it."""
    person, told = contacts.enter_without(by=shell.person_of(request), **form.cleaned_data)
    text = _("%(name)s is entered, without what another account has. Now issue an activation code.")
    messages.success(request, text % {"name": person.name})
    if told is not None:
        messages.info(request, clashes.told(told))
    return redirect("manage:person", person.public_id)
