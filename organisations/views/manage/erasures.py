"""Who asks to be forgotten: a second person agrees or refuses."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from organisations import audit
from organisations.enums import Deed, RequestState
from organisations.selectors import erasure as selectors
from organisations.services import erasure
from organisations.views.manage import shell

PER_PAGE = 20


@shell.managed
@require_safe
def erasures(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    state = request.GET.get("state", "")
    page = Paginator(selectors.requests_page(by, state=state), PER_PAGE).get_page(request.GET.get("page"))
    audit.record(by=by, verb=Deed.ERASURE_READ, target=by, after={"state": state, "shown": len(page.object_list)})
    rows = [(row, selectors.basis_text(row.basis), row.person_id != by.pk) for row in page]
    context = {
        "page_obj": page,
        "rows": rows,
        "states": RequestState.choices,
        "state": state or RequestState.WAITING.value,
        "rule": selectors.identity_rule(),
    }
    return shell.page(request, "organisations/manage/erasures.html", context, section="erasures")


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
