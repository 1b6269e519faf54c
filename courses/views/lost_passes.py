"""Passes that regrades took away, and the province's word about credit that was reported."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_POST, require_safe

from cms.shared.errors import DomainError
from courses.models import LostPass
from courses.models.lost_passes import LOST_PASS_STATES
from courses.selectors import lost_passes as selectors
from courses.services import lost_passes as services
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.selectors import required_scope, scope_for
from organisations.views.manage import lists, shell

PER_PAGE = 20


class FilterForm(lists.FilterForm):
    q = lists.SearchField(label=gettext_lazy("Name, user name or words"))
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False, choices=[*lists.ANY, *LOST_PASS_STATES])


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        widget=forms.RadioSelect,
        choices=[
            ("take_back", gettext_lazy("Take the credit back; the lesson is open again")),
            ("keep", gettext_lazy("Leave the credit as it was reported")),
        ],
        error_messages={"required": gettext_lazy("Choose what happens with the credit.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The learner reads it. Where the book changes, it stands there as the reason."),
        error_messages={"required": services.ReasonMissing.message},
    )


@shell.managed
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    form, rows = _found(request)
    context = lists.context(request, form, rows, view="manage:lost_passes", per_page=PER_PAGE, of_people=True)
    return shell.page(request, "courses/lost_passes.html", context, section="lost_passes")


@shell.managed
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    form, rows = _found(request)
    heading = [pgettext("person", "Name"), _("User name"), _("Works at"), _("Course"), _("Lesson"), _("Since")]
    heading += [_("State"), _("Decided by"), _("Decided on"), _("Reason")]
    return lists.download(request, "lost-passes", form.values(), heading, map(_cells, rows.iterator(chunk_size=500)))


def _cells(row: LostPass) -> list[str]:
    enrolment = row.progress.enrolment
    who = [enrolment.person.name, enrolment.person.username, str(row.unit or "")]
    what = [enrolment.offer.course.title, row.progress.title, lists.day(row.created_at), str(row.get_state_display())]
    return [*who, *what, str(row.decided_by or ""), lists.day(row.decided_at), row.decision]


def _found(request: HttpRequest) -> tuple[FilterForm, Any]:
    scope = required_scope(shell.person_of(request), Power.SEE_REVIEWS)
    form = FilterForm(request.GET)
    values = form.values()
    return form, selectors.listed(scope, state=values.get("state", ""), search=values.get("q", ""))


@shell.managed
@require_safe
def detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    lost = selectors.lost_pass_in(required_scope(by, Power.SEE_REVIEWS), public_id)
    audit.record(by=by, verb=Deed.LOST_PASS_READ, target=lost)
    return _page(request, lost)


@shell.managed
@require_POST
def decide(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    lost = selectors.lost_pass_in(required_scope(by, Power.CHANGE_REPORTED), public_id)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, lost, form, status=400)
    data = form.cleaned_data
    try:
        services.decide(by=by, lost=lost, takes_back=data["decision"] == "take_back", reason=data["reason"])
    except DomainError as error:
        form.add_error(None, str(error))
        return _page(request, lost, form, status=error.http_status)
    messages.success(request, _("Decided; the learner was told."))
    return redirect("manage:lost_pass", public_id)


def _page(request: HttpRequest, lost: LostPass, form: DecisionForm | None = None, status: int = 200) -> HttpResponse:
    by = shell.person_of(request)
    person = lost.progress.enrolment.person
    is_own = by.pk in (person.pk, person.merged_into_id)
    if form is None and lost.waits and not is_own and scope_for(by, Power.CHANGE_REPORTED):
        form = DecisionForm()
    context = {"case": selectors.case_of(lost), "lost": lost, "form": form, "is_own": is_own, "person": person}
    return shell.page(request, "courses/lost_pass.html", context, section="lost_passes", status=status)
