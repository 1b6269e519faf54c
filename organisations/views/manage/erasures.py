"""Who asks to be forgotten: a second person agrees or refuses."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_POST, require_safe

from cms.shared.jobs import JobState
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power, RequestState
from organisations.models import ErasureRequest
from organisations.selectors import erasure as selectors
from organisations.selectors import scope_for
from organisations.services import erasure
from organisations.views.manage import lists, shell

PER_PAGE = 20


class ErasureFilterForm(lists.FilterForm):
    q = lists.SearchField(label=gettext_lazy("Name or user name"))
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=RequestState.choices, required=False)


def _found(request: HttpRequest) -> "tuple[ErasureFilterForm, QuerySet[ErasureRequest]]":
    form = ErasureFilterForm(request.GET)
    values = form.values()
    by = shell.person_of(request)
    return form, selectors.requests_page(by, state=values.get("state", ""), search=values.get("q", ""))


@shell.managed
@require_safe
def erasures(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    form, found = _found(request)
    context = lists.context(request, form, found, view="manage:erasures", per_page=PER_PAGE)
    page, state = context["page_obj"], form.values().get("state", "")
    audit.record(by=by, verb=Deed.ERASURE_READ, target=by, after={"state": state, "shown": len(page.object_list)})
    decides = scope_for(by, Power.APPROVE_DISCLOSURE)
    mine = (
        set(selectors.deciding(by).filter(pk__in=[row.pk for row in page]).values_list("pk", flat=True))
        if decides
        else set()
    )
    context |= {
        "rows": [(row, selectors.basis_text(row.basis), row.pk in mine, row.person_id == by.pk) for row in page],
        "rule": selectors.identity_rule(),
    }
    return shell.page(request, "organisations/manage/erasures.html", context, section="erasures")


@shell.managed
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    form, found = _found(request)
    heading = [pgettext("person", "Name"), _("User name"), _("Asked for on"), _("Earliest day"), _("Why not before")]
    heading += [_("State"), _("Decided by"), _("Decided on"), _("Reason"), _("Carried out")]
    return lists.download(request, "erasures", form.values(), heading, map(_cells, found.iterator(chunk_size=500)))


def _cells(row: ErasureRequest) -> list[str]:
    is_erased = row.state == JobState.DONE
    return [
        "" if is_erased else row.person.name,
        row.person.username,
        lists.day(row.created_at),
        lists.day(row.earliest_on),
        selectors.basis_text(row.basis),
        str(row.get_request_state_display()),
        str(row.decided_by or ""),
        lists.day(row.decided_at),
        row.decision,
        lists.day(row.finished_at) if is_erased else "",
    ]


@shell.managed
@require_POST
def decide(request: HttpRequest, public_id: UUID) -> HttpResponse:
    accept = request.POST.get("do") == "accept"
    try:
        erasure.decide(
            by=shell.person_of(request), public_id=str(public_id), accept=accept, reason=request.POST.get("reason", "")
        )
    except (erasure.ReasonMissing, erasure.AlreadyDecided, erasure.OwnRequest) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Agreed. It is carried out when its day has come.") if accept else _("Refused."))
    return redirect("manage:erasures")
