"""Objections to lines of the book: made by whose book it is, answered by a reviewer."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared.errors import DomainError
from credits.models import EntryObjection
from credits.selectors import objections as selectors
from credits.selectors import pages
from credits.services import objections as services
from credits.views.objection_forms import AnswerForm, MissingForm, ObjectionFilterForm, ObjectionForm
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.scopes import Scope
from organisations.selectors import required_scope, scope_for
from organisations.views.manage import lists, shell

PER_PAGE = 20


@shell.managed
@require_safe
def own(request: HttpRequest) -> HttpResponse:
    rows = selectors.own_objections(shell.person_of(request))
    return render(request, "credits/objections.html", {"rows": rows, "days": services.WORKING_DAYS})


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    entry = selectors.own_entry(by, entry_id)
    form = ObjectionForm(request.POST if request.method == "POST" else None)
    heading = _("Object to: %(title)s") % {"title": entry.title}
    return _said(request, form, heading, lambda: services.object_to(by=by, entry=entry, text=form.cleaned_data["text"]))


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def missing(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    choices = pages.own_choices(by)
    form = MissingForm(
        request.POST if request.method == "POST" else None,
        years=choices.years,
        rule_sets=choices.rule_sets,
        initial={"year": request.GET.get("year", ""), "rule_set": request.GET.get("rules", "")},
    )
    return _said(
        request, form, _("Something is missing in my book"),
        lambda: services.report_missing(
            by=by, rule_set_id=form.cleaned_data["rule_set"], year=form.cleaned_data["year"],
            text=form.cleaned_data["text"],
        ),
    )  # fmt: skip


def _said(request: HttpRequest, form: forms.Form, heading: str, deed: Callable[[], EntryObjection]) -> HttpResponse:
    if form.is_valid():
        try:
            made = deed()
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request,
                _("It is on its way to the reviewers; they answer by %(day)s.") % {"day": made.due_on.isoformat()},
            )
            return redirect("credits:objections")
    context = {"form": form, "heading": heading, "days": services.WORKING_DAYS}
    return render(request, "credits/objection_form.html", context, status=400 if form.is_bound else 200)


@shell.managed
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    form, found = _found(request, required_scope(shell.person_of(request), Power.SEE_REVIEWS))
    context = lists.context(request, form, found, view="manage:entry_objections", per_page=PER_PAGE, of_people=True)
    return shell.page(request, "credits/manage_objections.html", context, section="entry_objections")


@shell.managed
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    form, found = _found(request, required_scope(shell.person_of(request), Power.SEE_REVIEWS))
    heading = [pgettext("person", "Name"), _("User name"), _("Works at"), _("Entry"), _("Year"), _("What is not right")]
    heading += [_("Said on"), _("Answer due by"), _("State"), pgettext("to a person", "Answer"), _("Answered by")]
    heading.append(_("Answered on"))
    rows = map(_cells, found.iterator(chunk_size=500))
    return lists.download(request, "credit-objections", form.values(), heading, rows)


def _cells(row: EntryObjection) -> list[str]:
    person = row.person
    said = [person.name, person.username] if person is not None else ["", ""]
    about = [str(row.unit), row.entry.title if row.entry is not None else _("missing"), str(row.year), row.text]
    waiting = _("overdue") if row.is_overdue else _("to be answered")
    state = waiting if row.is_open else row.get_outcome_display()
    ended = [row.answer, str(row.answered_by or ""), lists.day(row.answered_at)]
    return [*said, *about, lists.day(row.created_at), row.due_on.isoformat(), state, *ended]


def _found(request: HttpRequest, scope: Scope) -> tuple[ObjectionFilterForm, Any]:
    form = ObjectionFilterForm(request.GET)
    values = form.values()
    found = selectors.objections_in(
        scope, by=shell.person_of(request), state=values.get("state", ""), search=values.get("q", "")
    )
    return form, found


@shell.managed
@require_safe
def detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    objection = selectors.objection_in(required_scope(by, Power.SEE_REVIEWS), public_id)
    audit.record(by=by, verb=Deed.OBJECTION_READ, target=objection)
    return _case(request, selectors.case_of(objection))


@shell.managed
@require_POST
def answer(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    case = selectors.case_of(selectors.objection_in(required_scope(by, Power.REVIEW_CREDITS), public_id))
    form = AnswerForm(request.POST, case=case)
    if not form.is_valid():
        return _case(request, case, form, status=400)
    try:
        form.decide(by)
    except DomainError as error:
        form.add_error(None, str(error))
        return _case(request, case, form, status=error.http_status)
    messages.success(request, _("The answer is given; %(name)s was told.") % {"name": case.objection.person})
    return redirect("manage:entry_objections")


def _case(
    request: HttpRequest, case: selectors.Case, form: AnswerForm | None = None, status: int = 200
) -> HttpResponse:
    by = shell.person_of(request)
    is_own = case.objection.person_id == by.pk
    answers = scope_for(by, Power.REVIEW_CREDITS).covers(case.objection.unit.path)
    if form is None and case.objection.is_open and answers and not is_own:
        form = AnswerForm(case=case)
    context = {"case": case, "objection": case.objection, "form": form, "is_own": is_own, "answers": answers}
    return shell.page(request, "credits/manage_objection.html", context, section="entry_objections", status=status)
