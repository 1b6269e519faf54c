"""A sheet's rows in words, in the language of whoever reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from credits import registry
from credits.models import ProjectImport, ProjectImportRow
from credits.models.projects import term
from credits.services import projects
from credits.services.project_imports.findings import TWICE, UNREAD
from credits.services.project_imports.rows import DATES

LABELS: dict[str, str | Promise] = {
    "number": _("Project number"), "year": _("Year"), "title": _("Title"), "discipline": _("Discipline"),
    "subdiscipline": _("Subdiscipline"), "level": _("Level"), "kind": _("Kind"),
    "form": pgettext_lazy("project", "Form"),
    DATES: _("First and last day"), "begins": _("First day"), "ends": _("Last day"), "days": _("Days of teaching"),
    "place": _("Where it is held"), "theory_hours": _("Hours of theory"), "practice_hours": _("Hours of practice"),
    "hours": _("Hours in total"), "credits": _("Credits"), "quota": pgettext_lazy("project", "Places"),
    "organiser": _("Organiser"), "person_in_charge": _("Person in charge"), "remark": _("Remark"),
}  # fmt: skip
_WORDS: dict[str, str | Promise] = {
    **{code.value: words for code, words in projects.MESSAGES.items()},
    projects.DaysGranted.code: projects.DaysGranted.message,
    projects.PlacesGranted.code: projects.PlacesGranted.message,
    UNREAD: _("“%(text)s” cannot be read here. Write a day as 2026-05-10, an amount as a plain number."),
    TWICE: _("The same number stands in row %(row)s already. Delete one of the two rows."),
}


@dataclass(frozen=True)
class RowView:
    """`troubles`: (heading in the sheet, or what the field is called; what is wrong). `differences`: (what the field is
    called, before, after)."""

    row: ProjectImportRow
    stated: Mapping[str, Any]
    troubles: list[tuple[str, str]]
    differences: list[tuple[str, str, str]]


def row_view(job: ProjectImport, row: ProjectImportRow) -> RowView:
    heading_of = {name: heading for heading, name in job.mapping.items()}
    return RowView(
        row,
        row.stated,
        [(_column(heading_of, name), said(code, params)) for name, code, params in row.troubles],
        [(str(LABELS[name]), _shown(name, before), _shown(name, after)) for name, before, after in row.differences],
    )


def said(code: str, params: Mapping[str, Any]) -> str:
    return str(_WORDS[code]) % params


def _column(heading_of: Mapping[str, str], name: str) -> str:
    for one in (name, DATES) if name in ("begins", "ends") else (name,):
        if one in heading_of:
            return heading_of[one]
    return str(LABELS[name])


def _shown(name: str, value: Any) -> str:
    if value is None or value == "":
        return "—"
    if name in set(registry.TermKind):
        return term(registry.TermKind(name), value)
    text = str(value)
    is_amount = name in ("theory_hours", "practice_hours", "hours", "credits") and "." in text
    return text.rstrip("0").rstrip(".") if is_amount else text
