"""Pages of the credit book: one's own year, the people of an administrator's scope, exports."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from cms.shared import search_words
from cms.shared.errors import InvalidInput
from credits.forms import ExportForm
from credits.selectors import disclosures as disclosure_selectors
from credits.selectors import pages
from credits.selectors.book import keeps_credits, keeps_somewhere, sees_comparisons
from credits.selectors.column_sets import UnknownColumnSet
from credits.services import disclosures as disclosure_services
from credits.services import exports as export_services
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power, RequestState
from organisations.models import Person
from organisations.selectors import scope_for
from organisations.views.manage import shell


def person_of(request: HttpRequest) -> Person:
    """Who is signed in; every view here asks for that first."""
    return cast(Person, request.user)


@login_required
@never_cache
@require_GET
def my_credits(request: HttpRequest) -> HttpResponse:
    page = pages.year_page(
        person=person_of(request),
        year=request.GET.get("year", ""),
        rule_set_id=request.GET.get("rules", ""),
        is_own=True,
    )
    return render(request, "credits/year.html", {"year_page": page, "standing": page.standing, "is_own": True})


@shell.managed
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    listing = pages.people_page(
        by=person_of(request),
        search=search_words.opened(request.GET.get("q", ""))[:60],
        number=request.GET.get("page", "1"),
        year=request.GET.get("year", ""),
    )
    audit.record_reading(
        by=person_of(request), listed="credits", rows=listing.page.paginator.count,
        filters={"year": str(listing.year)}, words=listing.search,
    )  # fmt: skip
    by = person_of(request)
    context = {
        "listing": listing,
        "page_obj": listing.page,
        "keeps_credits": keeps_somewhere(by),
        "sees_comparisons": sees_comparisons(by),
    }
    return render(request, "credits/people.html", context)


@login_required
@never_cache
@require_GET
def person_credits(request: HttpRequest, public_id: UUID) -> HttpResponse:
    person = pages.person_in_scope(by=person_of(request), public_id=public_id)
    audit.record(by=person_of(request), verb="credits.person.read", target=person)
    page = pages.year_page(person=person, year=request.GET.get("year", ""), rule_set_id=request.GET.get("rules", ""))
    return render(
        request,
        "credits/year.html",
        {
            "year_page": page,
            "standing": page.standing,
            "is_own": False,
            "keeps": keeps_credits(person_of(request), person),
        },
    )


def _export_form(request: HttpRequest, data: Any = None) -> ExportForm:
    choices = pages.export_choices(by=person_of(request))
    return ExportForm(
        data,
        places=choices.places,
        years=choices.years,
        rule_sets=choices.rule_sets,
        column_sets=choices.column_sets,
    )


def _exports_page(request: HttpRequest, form: ExportForm, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "form": form,
        "page_obj": pages.own_exports(person_of(request), request.GET.get("page", "1")),
        "asked": disclosure_selectors.own_open(person_of(request)),
    }
    return render(request, "credits/exports.html", context | more, status=status)


@login_required
@never_cache
@require_GET
def exports(request: HttpRequest) -> HttpResponse:
    return _exports_page(request, _export_form(request))


@login_required
@require_POST
def export_request(request: HttpRequest) -> HttpResponse:
    """Make the file, or only say what it would hold."""
    form, by = _export_form(request, request.POST), person_of(request)
    if not form.is_valid():
        return _exports_page(request, form, status=400)
    wish: dict[str, Any] = {
        "node": pages.place_in_scope(by=by, public_id=form.cleaned_data["place"]),
        "rule_set_id": form.cleaned_data["rule_set"],
        "language": get_language() or "zh-hans",
        **{name: form.cleaned_data[name] for name in _WISH},
    }
    try:
        if request.POST.get("do") == "preview":
            return _exports_page(request, form, preview=export_services.preview(by=by, **wish))
        if form.cleaned_data["full_numbers"]:
            disclosure_services.request(by=by, reason=form.cleaned_data["reason"], **wish)
            messages.success(request, _("Somebody else has to agree first. You will be told."))
        else:
            export_services.request_export(by=by, reason=form.cleaned_data["reason"], **wish)
            messages.success(request, _("The export is being made. This page shows when the file is ready."))
    except InvalidInput as error:
        form.add_error(_FIELD_OF.get(type(error)), str(error))
        return _exports_page(request, form, status=400)
    return redirect("credits:exports")


_WISH = ("year", "file_format", "column_set", "encoding", "layout", "sought")
_FIELD_OF: dict[type[InvalidInput], str] = {
    export_services.NotOnPaper: "file_format",
    export_services.TooManyOnPaper: "file_format",
    export_services.ActivityMissing: "sought",
    export_services.ReasonMissing: "reason",
    UnknownColumnSet: "column_set",
}


@login_required
@never_cache
@require_GET
def export_state(request: HttpRequest, public_id: UUID) -> JsonResponse:
    job = export_services.own_export(by=person_of(request), public_id=str(public_id))
    return JsonResponse({"state": job.state, "progress": job.progress, "is_over": job.is_over})


@login_required
@require_POST
def export_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    job = export_services.own_export(by=person_of(request), public_id=str(public_id))
    export_services.cancel_export(by=person_of(request), job=job)
    return redirect("credits:exports")


@login_required
@never_cache
@require_GET
def export_download(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    job = export_services.own_export(by=person_of(request), public_id=str(public_id))
    file = export_services.open_file(by=person_of(request), job=job)
    response = FileResponse(file, as_attachment=True, filename=job.file_name)
    response["X-Content-SHA256"] = job.file_sha256
    return response


@login_required
@never_cache
@require_GET
def export_cover(request: HttpRequest, public_id: UUID) -> HttpResponse:
    job = export_services.own_export(by=person_of(request), public_id=str(public_id))
    text = export_services.cover(by=person_of(request), job=job)
    response = HttpResponse("\ufeff" + text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{job.file_name}.txt") or "attachment"
    return response


@shell.managed
@require_safe
def disclosures(request: HttpRequest) -> HttpResponse:
    """Who asks for full ID numbers: a second person agrees or refuses."""
    by, state = person_of(request), request.GET.get("state", "")
    page = Paginator(disclosure_selectors.seen(by, state=state), 20).get_page(request.GET.get("page"))
    decides = scope_for(by, Power.APPROVE_DISCLOSURE)
    audit.record(by=by, verb=Deed.DISCLOSURE_READ, target=by, after={"state": state, "shown": len(page.object_list)})
    context = {
        "page_obj": page,
        "rows": [(row, decides.covers(row.place.path)) for row in page],
        "states": RequestState.choices,
        "state": state or RequestState.WAITING.value,
    }
    return shell.page(request, "credits/disclosures.html", context, section="disclosures")


@shell.managed
@require_POST
def disclosure_decide(request: HttpRequest, public_id: UUID) -> HttpResponse:
    accept = request.POST.get("do") == "accept"
    reason = request.POST.get("reason", "")
    try:
        disclosure_services.decide(by=person_of(request), public_id=str(public_id), accept=accept, reason=reason)
    except (
        disclosure_services.OwnRequest,
        disclosure_services.DecisionWithoutReason,
        disclosure_services.AlreadyDecided,
    ) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Agreed. The file is being made.") if accept else _("Refused."))
    return redirect("manage:disclosures")
