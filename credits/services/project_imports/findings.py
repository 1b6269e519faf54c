"""What each row of a sheet would be in the register as it is now. Nothing is written."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cms.shared.errors import DomainError
from credits import registry
from credits.enums import RowAction
from credits.models import Project, ProjectImport
from credits.models.projects import term
from credits.registry import Stated
from credits.services import projects
from credits.services.project_imports.rows import DATES, FIELDS, Reading, understood

LABELS: dict[str, str | Promise] = {
    "number": _("Project number"), "year": _("Year"), "title": _("Title"), "discipline": _("Discipline"),
    "subdiscipline": _("Subdiscipline"), "level": _("Level"), "kind": _("Kind"),
    "form": pgettext_lazy("project", "Form"),
    DATES: _("First and last day"), "begins": _("First day"), "ends": _("Last day"), "days": _("Days of teaching"),
    "place": _("Where it is held"), "theory_hours": _("Hours of theory"), "practice_hours": _("Hours of practice"),
    "hours": _("Hours in total"), "credits": _("Credits"), "quota": pgettext_lazy("project", "Places"),
    "organiser": _("Organiser"), "person_in_charge": _("Person in charge"), "remark": _("Remark"),
}  # fmt: skip
UNREADABLE = _("“%(text)s” cannot be read here. Write a day as 2026-05-10, an amount as a plain number.")
TWICE = _("The same number stands in row %(row)s already. Delete one of the two rows.")


@dataclass(frozen=True)
class Trouble:
    """`column`: the heading in the sheet; where there is none for it, what the field is called."""

    column: str
    text: str


@dataclass(frozen=True)
class Difference:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Finding:
    """A row as it would be. `project` is the one that it changes, `stated` what would be stored."""

    sheet: str
    row: int
    action: RowAction
    stated: Stated
    project: Project | None = None
    troubles: tuple[Trouble, ...] = ()
    differences: tuple[Difference, ...] = field(default=())


def findings(job: ProjectImport) -> list[Finding]:
    """Every row in the order of the file. A statement for the register, and one for each project whose limits move."""
    known = _known(job)
    heading_of = {name: heading for heading, name in job.mapping.items()}
    met: dict[str, str] = {}
    found = []
    for sheet, row, cells in job.rows:
        number = registry.plain(" ".join(cells.get(heading_of.get("number", ""), "").split()))
        if not number and not cells.get(heading_of.get("title", "")):
            continue  # a line of totals or notes
        place = f"{sheet} {row}".strip()
        project = known.get(number)
        reading = understood(cells, job.mapping, before=project)
        troubles = _troubles(reading, project, heading_of)
        if number and number in met:
            troubles.append(Trouble(heading_of["number"], str(TWICE) % {"row": met[number]}))
        elif number:
            met[number] = place
        found.append(_finding(sheet, row, reading, project, troubles))
    return found


def _known(job: ProjectImport) -> dict[str, Project]:
    return {registry.plain(project.number): project for project in Project.objects.order_by("pk")} if job.rows else {}


def _troubles(reading: Reading, project: Project | None, heading_of: dict[str, str]) -> list[Trouble]:
    def column(name: str) -> str:
        for one in (name, DATES) if name in ("begins", "ends") else (name,):
            if one in heading_of:
                return heading_of[one]
        return str(LABELS[name])

    unread = {name for name, _text in reading.wrong}
    unread |= {"begins", "ends"} if DATES in unread else set()
    troubles = [Trouble(column(name), str(UNREADABLE) % {"text": text}) for name, text in reading.wrong]
    stated = registry.completed(reading.stated)
    for problem in projects.problems_of(stated, project):
        if problem.field not in unread:
            troubles.append(Trouble(column(problem.field), projects.said(problem)))
    if not troubles and project is not None and _limits_move(stated, project):
        try:
            projects.check_granted(stated, project)
        except DomainError as error:
            troubles.append(Trouble(column(projects.FIELD_OF[error.code]), str(error)))
    return troubles


def _limits_move(stated: Stated, project: Project) -> bool:
    return any(getattr(stated, name) != getattr(project, name) for name in ("begins", "ends", "quota"))


def _finding(sheet: str, row: int, reading: Reading, project: Project | None, troubles: Sequence[Trouble]) -> Finding:
    stated = registry.completed(reading.stated)
    if project is not None:
        # The register's own spelling of the number stays.
        stated = replace(stated, number=project.number)
    if troubles:
        return Finding(sheet, row, RowAction.WRONG, stated, project, tuple(troubles))
    if project is None:
        return Finding(sheet, row, RowAction.NEW, stated)
    old, new = projects.fields_of(project.stated), projects.fields_of(stated)
    differing = [name for name in FIELDS if name in new and old[name] != new[name]]
    differences = tuple(
        Difference(str(LABELS[name]), _shown(name, old[name]), _shown(name, new[name])) for name in differing
    )
    action = RowAction.CHANGE if differences else RowAction.SAME
    return Finding(sheet, row, action, stated, project, (), differences)


def _shown(name: str, value: Any) -> str:
    if value is None or value == "":
        return "—"
    if name in set(registry.TermKind):
        return term(registry.TermKind(name), value)
    return format(value.normalize(), "f") if hasattr(value, "normalize") else str(value)


def fingerprint(found: Iterable[Finding]) -> str:
    """Changes with everything that entering them would write, and with what they are written over."""
    told = [
        [one.sheet, one.row, one.action.value, projects.fields_of(one.stated),
         one.project.pk if one.project else None, one.project.changes if one.project else None]
        for one in found
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told, cls=DjangoJSONEncoder, sort_keys=True).encode()).hexdigest()
