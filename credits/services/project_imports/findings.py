"""What each row of a sheet would be in the register as it is now. Nothing is written; in words: see `words`."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from cms.shared.errors import DomainError
from credits import registry
from credits.enums import RowAction
from credits.models import Project, ProjectImport, ProjectImportRow
from credits.registry import Stated
from credits.services import projects
from credits.services.project_imports.rows import DATES, FIELDS, Reading, understood

UNREAD, TWICE = "unread", "twice"


@dataclass(frozen=True)
class Trouble:
    """What is wrong in which field. `code`: of a `registry.Problem`, a refusal of the register, UNREAD or TWICE."""

    field: str
    code: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Finding:
    """A row as it would be. `project` is the one that it changes, `stated` what would be stored."""

    row: ProjectImportRow
    action: RowAction
    stated: Stated
    project: Project | None = None
    troubles: tuple[Trouble, ...] = ()
    differences: tuple[Difference, ...] = ()


def findings(job: ProjectImport) -> list[Finding]:
    """Every row in the order of the file; rows of totals and notes are left out. Three statements, and one for each
    project whose limits move."""
    rows = list(job.rows.order_by("pk"))
    known = {registry.plain(project.number): project for project in Project.objects.order_by("pk")} if rows else {}
    heading_of = {name: heading for heading, name in job.mapping.items()}
    met: dict[str, str] = {}
    found = []
    for row in rows:
        number = registry.plain(" ".join(row.cells.get(heading_of.get("number", ""), "").split()))
        if not number and not row.cells.get(heading_of.get("title", "")):
            continue  # a line of totals or notes
        project = known.get(number)
        reading = understood(row.cells, job.mapping, before=project)
        troubles = _troubles(reading, project)
        if number and number in met:
            troubles.append(Trouble("number", TWICE, {"row": met[number]}))
        elif number:
            met[number] = str(row)
        found.append(_finding(row, reading, project, troubles))
    return found


def _troubles(reading: Reading, project: Project | None) -> list[Trouble]:
    unread = {name for name, _text in reading.wrong}
    unread |= {"begins", "ends"} if DATES in unread else set()
    troubles = [Trouble(name, UNREAD, {"text": text}) for name, text in reading.wrong]
    stated = registry.completed(reading.stated)
    for problem in projects.problems_of(stated, project):
        if problem.field not in unread:
            troubles.append(Trouble(problem.field, problem.code.value, problem.params))
    if not troubles and project is not None and _limits_move(stated, project):
        try:
            projects.check_granted(stated, project)
        except DomainError as error:
            troubles.append(Trouble(projects.FIELD_OF[error.code], error.code, error.params))
    return troubles


def _limits_move(stated: Stated, project: Project) -> bool:
    return any(getattr(stated, name) != getattr(project, name) for name in ("begins", "ends", "quota"))


def _finding(row: ProjectImportRow, reading: Reading, project: Project | None, troubles: Sequence[Trouble]) -> Finding:
    stated = registry.completed(reading.stated)
    if project is not None:
        # The register's own spelling of the number stays.
        stated = replace(stated, number=project.number)
    if troubles:
        return Finding(row, RowAction.WRONG, stated, project, tuple(troubles))
    if project is None:
        return Finding(row, RowAction.NEW, stated)
    old, new = projects.fields_of(project.stated), projects.fields_of(stated)
    differing = [name for name in FIELDS if name in new and old[name] != new[name]]
    differences = tuple(Difference(name, old[name], new[name]) for name in differing)
    action = RowAction.CHANGE if differences else RowAction.SAME
    return Finding(row, action, stated, project, (), differences)


def kept(value: Any) -> Any:
    """As JSON keeps it: figures and days as texts."""
    return str(value) if isinstance(value, Decimal | date) else value


def kept_fields(stated: Stated) -> dict[str, Any]:
    return {name: kept(getattr(stated, name)) for name in registry.FIELDS}


def fingerprint(found: Iterable[Finding]) -> str:
    """Changes with everything that entering them would write, and with what they are written over."""
    told = [
        [one.row.pk, one.action.value, projects.fields_of(one.stated),
         one.project.pk if one.project else None, one.project.changes if one.project else None]
        for one in found
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told, cls=DjangoJSONEncoder, sort_keys=True).encode()).hexdigest()
