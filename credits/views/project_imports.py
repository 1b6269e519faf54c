"""Sheets of accredited projects: sent, looked at row by row, entered in one go, undone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared.errors import Conflict, DomainError, InvalidInput
from cms.shared.jobs import JobState
from credits.enums import ImportStage, RowAction
from credits.models import ProjectImport
from credits.models.project_imports import ROW_ACTIONS
from credits.selectors import project_imports as selectors
from credits.services import project_imports as services
from credits.views.projects import SECTION
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import required_scope, scope_for
from organisations.views.manage import shell

PER_PAGE, ROWS_PER_PAGE = 20, 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NO_FIELD = ("", gettext_lazy("— not read —"))


class SheetForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("Excel (.xlsx, .xls) or .csv with a row of headings, at most 20 MB and 20,000 rows."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )


class ColumnsForm(forms.Form):
    """What each column of the sheet holds. Fields are numbered: headings are anybody's words."""

    def __init__(self, data: Any, *, job: ProjectImport) -> None:
        super().__init__(data)
        self.job = job
        choices = [NO_FIELD, *((name, services.LABELS[name]) for name in services.FIELDS)]
        for number, heading in enumerate(job.headings):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=heading, choices=choices, required=False, initial=job.mapping.get(heading, "")
            )

    def mapping(self) -> dict[str, str]:
        return {heading: self.cleaned_data[f"column_{number}"] for number, heading in enumerate(self.job.headings)}


def _keeper(request: HttpRequest) -> Person:
    by = shell.person_of(request)
    required_scope(by, Power.KEEP_PROJECTS)
    return by


def _keeps(by: Person) -> bool:
    return bool(scope_for(by, Power.KEEP_PROJECTS))


@shell.managed
@require_http_methods(["GET", "HEAD", "POST"])
def listed(request: HttpRequest) -> HttpResponse:
    """What was sent before, and a form to send a sheet for who keeps the register."""
    by, is_sent = shell.person_of(request), request.method == "POST"
    required_scope(by, Power.KEEP_PROJECTS if is_sent else Power.SEE_PROJECT_IMPORTS)
    form = SheetForm(request.POST, request.FILES) if is_sent else SheetForm() if _keeps(by) else None
    if form is not None and form.is_valid():
        try:
            job = services.receive(by=by, upload=form.cleaned_data["file"])
        except DomainError as error:
            form.add_error("file", str(error))
        else:
            return redirect("manage:project_import", job.public_id)
    page = Paginator(selectors.imports(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page}
    return shell.page(request, "credits/project_imports.html", context, section=SECTION, status=400 if is_sent else 200)


@shell.managed
@require_safe
def blank(request: HttpRequest) -> HttpResponse:
    _keeper(request)
    response = HttpResponse(services.blank_sheet(), content_type=XLSX)
    name = f"{_('accredited projects')}.xlsx"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _page(
    request: HttpRequest, job: ProjectImport, *, columns: ColumnsForm | None = None, status: int = 200
) -> HttpResponse:
    is_waiting = job.import_stage == ImportStage.WAITING
    kind = request.GET.get("kind", "")
    kind = kind if kind in set(RowAction) else ""
    page = Paginator(selectors.rows_of(job, kind), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    is_running = job.import_stage in services.RUNS and not job.is_over
    context = {
        "job": job,
        "keeps": _keeps(shell.person_of(request)),
        "columns": columns or ColumnsForm(None, job=job),
        "counts": [(value, label, job.counts.get(value, 0)) for value, label in ROW_ACTIONS],
        "kind": kind,
        "rows": [services.row_view(job, row) for row in page] if is_waiting else [],
        "page_obj": page,
        "is_waiting": is_waiting,
        "is_applied": job.import_stage == ImportStage.APPLIED,
        "is_undone": job.import_stage == ImportStage.UNDONE,
        "is_running": is_running,
        "has_stopped": job.import_stage in services.RUNS and not is_running,
        "waits_turn": job.state == JobState.QUEUED,
        "can_discard": job.import_stage in services.BEFORE and job.state != JobState.RUNNING,
        "why": services.why(job),
    }
    return shell.page(request, "credits/project_import.html", context, section=SECTION, status=status)


@shell.managed
@require_safe
def detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    required_scope(shell.person_of(request), Power.SEE_PROJECT_IMPORTS)
    return _page(request, selectors.import_of(public_id))


@shell.managed
@require_safe
def state(request: HttpRequest, public_id: UUID) -> JsonResponse:
    required_scope(shell.person_of(request), Power.SEE_PROJECT_IMPORTS)
    job = selectors.import_of(public_id)
    return JsonResponse({"state": job.state, "progress": job.progress, "is_over": job.is_over})


@shell.managed
@require_POST
def columns(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = _keeper(request)
    job = selectors.import_of(public_id)
    form = ColumnsForm(request.POST, job=job)
    if form.is_valid():
        try:
            services.remap(by=by, job=job, mapping=form.mapping())
        except InvalidInput as error:
            form.add_error(None, str(error))
        except Conflict as error:
            messages.error(request, str(error))
            return redirect("manage:project_import", public_id)
        else:
            return redirect("manage:project_import", public_id)
    return _page(request, job, columns=form, status=400)


@shell.managed
@require_POST
def decide(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = _keeper(request)
    job = selectors.import_of(public_id)
    seen, leave_out = request.POST.get("seen", ""), bool(request.POST.get("leave_out"))
    deeds: dict[str, Callable[[], object]] = {
        "apply": lambda: services.apply(by=by, job=job, seen=seen, leave_out=leave_out),
        "undo": lambda: services.undo(by=by, job=job),
        "again": lambda: services.again(by=by, job=job),
        "discard": lambda: services.discard(by=by, job=job),
    }
    do = request.POST.get("do", "")
    if do not in deeds:
        raise InvalidInput
    try:
        deeds[do]()
    except Conflict as error:
        messages.error(request, str(error))
        return redirect("manage:project_import", public_id)
    if do == "discard":
        messages.success(request, _("The sheet is discarded. Nothing of it is in the register."))
        return redirect("manage:project_imports")
    return redirect("manage:project_import", public_id)
