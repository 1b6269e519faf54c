"""People who say that they work here: confirmed, refused, or found to be somebody who was entered before."""

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared.errors import DomainError, InvalidInput
from organisations import audit
from organisations.enums import Power, RequestState
from organisations.models import Person, Registration
from organisations.scopes import Scope
from organisations.selectors import registrations as selectors
from organisations.selectors import required_scope, scope_for
from organisations.services import bulk
from organisations.services import registrations as services
from organisations.views.manage import lists, shell
from organisations.views.manage import together as deciding
from organisations.views.manage.registrations_forms import RefuseTogetherForm, RegistrationFilterForm

PER_PAGE = 50


@shell.managed
@require_safe
def registrations(request: HttpRequest) -> HttpResponse:
    scope = required_scope(shell.person_of(request), Power.SEE_INTAKE)
    form = RegistrationFilterForm(request.GET, scope=scope)
    wanted = form.wanted()
    context = lists.context(
        request,
        form,
        selectors.registrations_in(scope, wanted),
        view="manage:registrations",
        per_page=PER_PAGE,
        of_people=True,
    )
    keeps = bool(scope_for(shell.person_of(request), Power.KEEP_PEOPLE))
    context |= {"keeps": keeps, "decides": keeps and wanted.state == RequestState.WAITING}
    return shell.page(request, "organisations/manage/registrations.html", context, section="registrations")


@shell.managed
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    scope = required_scope(shell.person_of(request), Power.SEE_INTAKE)
    form = RegistrationFilterForm(request.GET, scope=scope)
    rows = selectors.registrations_in(scope, form.wanted()).iterator(chunk_size=500)
    who = [pgettext("person", "Name"), _("User name"), _("Place of work"), _("Department"), _("Staff number")]
    what = [_("Asked on"), _("State"), _("Decided by"), _("Decided on"), _("Reason")]
    return lists.download(request, "registrations", form.values(), who + what, map(_cells, rows))


def _cells(row: Registration) -> list[str]:
    return [
        row.person.name,
        row.person.username,
        row.unit.name,
        row.department,
        row.staff_number,
        lists.day(row.created_at),
        str(row.get_state_display()),
        str(row.decided_by or ""),
        lists.day(row.decided_at),
        row.decision,
    ]


@shell.managed
@require_POST
def together(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    return deciding.decide(
        request,
        _chosen(request, required_scope(by, Power.KEEP_PEOPLE)),
        section="registrations",
        forms={"accept": deciding.AcceptForm, "refuse": RefuseTogetherForm},
        nothing_chosen=_("Tick the registrations first, or “all found”, and choose what to do."),
        deed=partial(bulk.decide_registrations, by=by),
    )


def _chosen(request: HttpRequest, scope: Scope) -> "QuerySet[Registration]":
    """Those ticked, or all whom the filters of the list find."""
    if request.POST.get("everybody"):
        asked = RegistrationFilterForm(QueryDict(request.POST.get("filters", "")), scope=scope)
        return selectors.registrations_in(scope, asked.wanted())
    found = selectors.registrations_in(scope, selectors.RegistrationFilter(state=""))
    return found.filter(public_id__in=lists.ticked(request, "registrations")).order_by("created_at", "pk")


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def registration(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    power = Power.KEEP_PEOPLE if request.method == "POST" else Power.SEE_INTAKE
    row = selectors.registration_in(required_scope(by, power), public_id)
    problem = ""
    if request.method == "POST":
        try:
            messages.success(request, _decided(request, by, row))
            return redirect("manage:registrations")
        except DomainError as error:
            problem = str(error)
            row = selectors.registration_in(required_scope(by, Power.KEEP_PEOPLE), public_id)
    else:
        audit.record(by=by, verb="person.read", target=row.person)
    keeps = scope_for(by, Power.KEEP_PEOPLE).covers(row.unit.path)
    context = {
        "keeps": keeps,
        "claim": selectors.claim_of(row, by=by),
        "problem": problem,
        "reason": request.POST.get("reason", ""),
    }
    return shell.page(
        request, "organisations/manage/registration.html", context, section="registrations",
        status=400 if problem else 200,
    )  # fmt: skip


def _decided(request: HttpRequest, by: Person, row: Registration) -> str:
    """Do what the pressed button says; the sentence that tells it was done."""
    decision, name = request.POST.get("decision", ""), row.person.name
    if decision in ("accept", "transfer"):
        services.accept(by=by, registration=row, ends_elsewhere=decision == "transfer")
        return _("%(name)s works at your unit from today and was told.") % {"name": name}
    if decision == "refuse":
        services.refuse(by=by, registration=row, reason=request.POST.get("reason", ""))
        return _("The registration of %(name)s is refused, and the person was told why.") % {"name": name}
    claim = selectors.claim_of(row, by=by)
    chosen = [one.person for one in claim.candidates if f"same:{one.person.public_id}" == decision]
    if not chosen:
        raise InvalidInput
    services.take_over(by=by, registration=row, entered=chosen[0])
    return _("%(name)s now signs in to the account that you had entered, and was told.") % {"name": name}
