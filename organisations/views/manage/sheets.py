"""Activation sheets: choose a unit, choose the people, print."""

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared import errors
from organisations.enums import Power, SheetChoice
from organisations.models import Node
from organisations.scopes import Scope
from organisations.selectors import node_in, required_scope, scope_for
from organisations.selectors import sheets as selectors
from organisations.services import sheets as services
from organisations.views.manage import shell
from organisations.views.manage.sheets_forms import SheetForm


@shell.managed
@require_safe
def sheets(request: HttpRequest) -> HttpResponse:
    """What was made for the units of one's scope, without a code; files are for who asked for them."""
    person = shell.person_of(request)
    seen, scope = required_scope(person, Power.SEE_SHEETS), scope_for(person, Power.OPEN_ACCOUNTS)
    search = request.GET.get("q", "")[:60]
    units = selectors.units_of(scope, search) if scope else []
    context = {
        "opens": bool(scope),
        "units": units[: selectors.LISTED_UNITS],
        "has_more_units": len(units) > selectors.LISTED_UNITS,
        "search": search,
        "page_obj": selectors.sheets_of(person, seen, request.GET.get("page", "1")),
        "kept_days": services.KEPT_FOR.days,
    }
    return shell.page(request, "organisations/manage/sheets.html", context, section="sheets")


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def sheet_new(request: HttpRequest) -> HttpResponse:
    """GET with `unit`: who of a unit. POST with `people` (from the list of people): for these."""
    scope = required_scope(shell.person_of(request), Power.OPEN_ACCOUNTS)
    if request.method == "POST":
        chosen = _uuids(request.POST.getlist("people"))
        unit = selectors.unit_of(scope=scope, chosen=chosen)
        if unit is None:
            messages.warning(request, _("Choose people who work in one of your units."))
            return redirect("manage:sheets")
        return _form_page(request, unit, chosen, SheetForm(departments=[], selected=True))
    unit = _unit(scope, request.GET.get("unit", ""))
    return _form_page(request, unit, [], SheetForm(departments=selectors.departments_of(unit)))


@shell.managed
@require_POST
def sheet_request(request: HttpRequest) -> HttpResponse:
    person = shell.person_of(request)
    unit = _unit(required_scope(person, Power.OPEN_ACCOUNTS), request.POST.get("unit", ""))
    chosen = _uuids(request.POST.getlist("people"))
    form = SheetForm(request.POST, departments=selectors.departments_of(unit), selected=bool(chosen))
    if form.is_valid():
        wanted = {"choice": SheetChoice.SELECTED, **form.cleaned_data}
        try:
            services.request_sheet(by=person, unit=unit, chosen=chosen, **wanted)
        except errors.InvalidInput as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The sheet is being made. This page shows when the file is ready."))
            return redirect("manage:sheets")
    return _form_page(request, unit, chosen, form, status=400)


@shell.managed
@require_safe
def sheet_state(request: HttpRequest, public_id: UUID) -> JsonResponse:
    sheet = services.own_sheet(by=shell.person_of(request), public_id=public_id)
    return JsonResponse({"state": sheet.state, "progress": sheet.progress, "is_over": sheet.is_over})


@shell.managed
@require_safe
def sheet_download(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    by = shell.person_of(request)
    sheet = services.own_sheet(by=by, public_id=public_id)
    file = services.open_file(by=by, sheet=sheet)
    return FileResponse(file, as_attachment=True, filename=services.file_name(sheet))


@shell.managed
@require_POST
def sheet_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    services.cancel(services.own_sheet(by=shell.person_of(request), public_id=public_id))
    return redirect("manage:sheets")


@shell.managed
@require_POST
def sheet_erase(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    if services.erase(by=by, sheet=services.own_sheet(by=by, public_id=public_id)):
        messages.success(request, _("The file is deleted. Codes that are already on paper stay valid."))
    return redirect("manage:sheets")


def _form_page(
    request: HttpRequest, unit: Node, chosen: list[UUID], form: SheetForm, status: int = 200
) -> HttpResponse:
    context = {"unit": unit, "chosen": chosen, "form": form}
    return shell.page(request, "organisations/manage/sheet_new.html", context, section="sheets", status=status)


def _unit(scope: Scope, text: str) -> Node:
    found = _uuids([text])
    if not found:
        raise errors.NotFound
    return node_in(scope, found[0])


def _uuids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
