"""The register of accredited projects: looked at by administrators, kept by few."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from credits.columns import SetKind
from credits.exports.previews import project_rows
from credits.models import Project
from credits.selectors import projects as selectors
from credits.selectors.column_sets import current_of
from credits.services import projects as services
from credits.views.project_forms import CloseForm, ProjectFilterForm, ProjectForm, ReopenForm
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import required_scope, scope_for
from organisations.views.manage import deeds, lists, shell

SECTION = "projects"


def _keeps(by: Person) -> bool:
    return bool(scope_for(by, Power.KEEP_PROJECTS))


def _found(request: HttpRequest) -> tuple[ProjectFilterForm, "QuerySet[Project]"]:
    required_scope(shell.person_of(request), Power.SEE_PROJECTS)
    form = ProjectFilterForm(request.GET, years=selectors.years())
    values = form.values()
    return form, selectors.projects(on=timezone.localdate(), search=values.pop("q", ""), **values)


@shell.managed
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    form, found = _found(request)
    context = lists.context(request, form, found, view="manage:projects")
    standings = selectors.standings_of(context["page_obj"], on=timezone.localdate())
    context["rows"] = [(project, standings[project.pk]) for project in context["page_obj"]]
    by = shell.person_of(request)
    context |= {"may_keep": _keeps(by), "sees_imports": bool(scope_for(by, Power.SEE_PROJECT_IMPORTS))}
    return shell.page(request, "credits/projects.html", context, section=SECTION)


@shell.managed
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, in the columns of the authority's registry."""
    form, found = _found(request)
    column_set = current_of(SetKind.PROJECTS)
    heading = [column.heading(get_language() or "") for column in column_set.columns]
    rows = project_rows(column_set, found.iterator(chunk_size=500))
    return lists.download(request, "projects", form.values(), heading, rows)


@shell.managed
@require_safe
def detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = shell.person_of(request)
    required_scope(by, Power.SEE_PROJECTS)
    project = selectors.project_of(public_id)
    context = {
        "project": project,
        "standing": selectors.standings_of([project], on=timezone.localdate())[project.pk],
        "granted": selectors.granted_on(project),
        "uses": selectors.uses_of(project),
        "is_unusual": not selectors.is_usual_number(project),
        "may_keep": _keeps(by),
    }
    return shell.page(request, "credits/project.html", context, section=SECTION)


def _link(project: Project) -> str:
    return reverse("manage:project", args=[project.public_id])


def _asked(request: HttpRequest, project: Project | None, **more: Any) -> HttpResponse:
    back = _link(project) if project is not None else reverse("manage:projects")
    name = project.title if project is not None else ""
    note = project.number if project is not None else ""
    subject = deeds.Subject(SECTION, back=back, name=name, link=back if name else "", note=note)
    return deeds.asked(request, subject, field_of=services.FIELD_OF, leads=_link, **more)


def _kept(request: HttpRequest, public_id: UUID) -> tuple[Person, Project]:
    by = shell.person_of(request)
    required_scope(by, Power.KEEP_PROJECTS)
    return by, selectors.project_of(public_id)


@shell.managed
@deeds.forms_page
def add(request: HttpRequest) -> HttpResponse:
    by = shell.person_of(request)
    required_scope(by, Power.KEEP_PROJECTS)
    form = ProjectForm(deeds.data(request))
    return _asked(
        request, None, heading=_("Add an accredited project"), submit=_("Add"), form=form,
        deed=lambda: services.add(by=by, stated=form.stated()), done=_("The project is in the register."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by, project = _kept(request, public_id)
    form = ProjectForm(deeds.data(request), before=project)
    return _asked(
        request, project, heading=_("Change the project"), submit=_("Save"), form=form,
        deed=lambda: services.change(by=by, project=project, seen=form.seen_changes, stated=form.stated()),
        done=_("Your changes are saved."),
        text=_("Entries that were granted keep what they copied: the number, the title, the organiser of their day."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def close(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by, project = _kept(request, public_id)
    form = CloseForm(deeds.data(request), initial={"seen": project.changes, "on": timezone.localdate()})
    return _asked(
        request, project, heading=_("Close the project"), submit=_("Close it"), form=form, danger=True,
        deed=lambda: services.close(by=by, project=project, **form.cleaned_data),
        done=_("The project is closed. Its offers say so before anybody enrols."),
        text=_("From that day nothing is granted on it. What was granted stays in the books."),
    )  # fmt: skip


@shell.managed
@deeds.forms_page
def reopen(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by, project = _kept(request, public_id)
    form = ReopenForm(deeds.data(request), initial={"seen": project.changes})
    return _asked(
        request, project, heading=_("Open the project again"), submit=_("Open it again"), form=form,
        deed=lambda: services.reopen(by=by, project=project, **form.cleaned_data),
        done=_("The project holds again until its last day."),
        text=_("It grants credit again, from its first to its last day, also for the days while it was closed."),
    )  # fmt: skip
