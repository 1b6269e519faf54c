"""Sheets of accredited projects: sent, looked at row by row, entered in one go, undone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.shared.errors import Conflict, DomainError, InvalidInput
from credits.enums import ImportState, RowAction
from credits.models import ProjectImport
from credits.selectors import project_imports as selectors
from credits.services import project_imports as services
from credits.views.projects import SECTION
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import required_scope, scope_for
from organisations.views.manage import shell

ACTIONS = [
    (RowAction.WRONG.value, gettext_lazy("Wrong")),
    (RowAction.NEW.value, gettext_lazy("To be added")),
    (RowAction.CHANGE.value, gettext_lazy("To be changed")),
    (RowAction.SAME.value, gettext_lazy("There already, the same")),
]
NO_FIELD = ("", gettext_lazy("— not read —"))


class SheetForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("Excel (.xlsx, .xls) or .csv with a row of headings, at most 5 MB and 5,000 rows."),
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
    page = Paginator(selectors.imports(), 20).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page}
    return shell.page(request, "credits/project_imports.html", context, section=SECTION, status=400 if is_sent else 200)


def _page(
    request: HttpRequest, job: ProjectImport, *, columns: ColumnsForm | None = None, status: int = 200
) -> HttpResponse:
    found = services.findings(job) if job.state == ImportState.WAITING else []
    kind = request.GET.get("kind", "")
    kind = kind if kind in set(RowAction) else ""
    counts = {value: sum(1 for one in found if one.action == value) for value, _label in ACTIONS}
    shown = [one for one in found if not kind or one.action == kind]
    context = {
        "job": job,
        "keeps": _keeps(shell.person_of(request)),
        "columns": columns or ColumnsForm(None, job=job),
        "counts": [(value, label, counts[value]) for value, label in ACTIONS],
        "wrong": counts[RowAction.WRONG],
        "enterable": counts[RowAction.NEW] + counts[RowAction.CHANGE],
        "kind": kind,
        "labels": dict(ACTIONS),
        "seen": services.fingerprint(found),
        "page_obj": Paginator(shown, 50).get_page(request.GET.get("page")),
        "is_waiting": job.state == ImportState.WAITING,
        "is_applied": job.state == ImportState.APPLIED,
    }
    return shell.page(request, "credits/project_import.html", context, section=SECTION, status=status)


@shell.managed
@require_safe
def detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    required_scope(shell.person_of(request), Power.SEE_PROJECT_IMPORTS)
    return _page(request, selectors.import_of(public_id))


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
            messages.success(request, _("The rows are read anew."))
            return redirect("manage:project_import", public_id)
    return _page(request, job, columns=form, status=400)


@shell.managed
@require_POST
def decide(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = _keeper(request)
    job = selectors.import_of(public_id)
    deeds: dict[str, Callable[[], str]] = {
        "apply": lambda: _entered(
            services.apply(
                by=by, job=job, seen=request.POST.get("seen", ""), leave_out=bool(request.POST.get("leave_out"))
            )
        ),
        "undo": lambda: _undone(services.undo(by=by, job=job)),
        "discard": lambda: _discarded(by, job),
    }
    deed = deeds.get(request.POST.get("do", ""))
    if deed is None:
        raise InvalidInput
    try:
        messages.success(request, deed())
    except Conflict as error:
        messages.error(request, str(error))
        return redirect("manage:project_import", public_id)
    if request.POST["do"] == "discard":
        return redirect("manage:project_imports")
    return redirect("manage:project_import", public_id)


def _entered(job: ProjectImport) -> str:
    count = len(job.written)
    return ngettext("%(count)d project is entered.", "%(count)d projects are entered.", count) % {"count": count}


def _undone(_job: ProjectImport) -> str:
    return _("It is undone: the register is as it was before this sheet.")


def _discarded(by: Person, job: ProjectImport) -> str:
    services.discard(by=by, job=job)
    return _("The sheet is discarded. Nothing of it is in the register.")
