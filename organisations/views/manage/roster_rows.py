"""Rows of a roster as its page shows them: what the file says, what becomes of it, whom it may be about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from organisations.enums import Degree, EmploymentKind, ProfessionalTitle, RowOutcome
from organisations.formats import problems
from organisations.formats.columns import Field
from organisations.formats.problems import RowProblem
from organisations.models import Employment, Node, Person, RosterImport, RosterRow
from organisations.services import rosters as services

# What is entered, in words that say how much of it.
DOING: dict[RowOutcome, Any] = {
    RowOutcome.CREATE: ngettext_lazy("%(count)s new person", "%(count)s new people", "count"),
    RowOutcome.UPDATE: ngettext_lazy("%(count)s person changed", "%(count)s people changed", "count"),
    RowOutcome.TRANSFER: ngettext_lazy(
        "%(count)s person comes from another unit", "%(count)s people come from other units", "count"
    ),
    RowOutcome.LEAVE: ngettext_lazy("%(count)s person leaves", "%(count)s people leave", "count"),
}
# Their numbers belong to somebody, so that the row is not about anybody new.
_NOBODY_NEW = frozenset({RowProblem.NAME_DIFFERS, RowProblem.ID_OF_ANOTHER, RowProblem.CONTRADICTION})
# Changes that are not of a column.
_OTHER_FIELDS = {"unit": gettext_lazy("Works at")}
_WORDS: dict[str, Any] = {
    Field.TITLE.value: ProfessionalTitle,
    Field.EMPLOYMENT_KIND.value: EmploymentKind,
    Field.DEGREE.value: Degree,
}


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class RowView:
    """One row. `problems`: (column, text, "stop" | "ask" | "note"); `error`: why the last choice was refused."""

    row: RosterRow
    facts: list[tuple[str, str]]
    changes: list[tuple[str, str, str]]
    problems: list[tuple[str, str, str]]
    choices: list[Choice]
    error: str

    @property
    def name(self) -> str:
        return str(self.row.shown.get(Field.NAME.value, ""))

    @property
    def where(self) -> str:
        """Where it stands in the file; a CSV file has no sheets."""
        if not self.row.row_number:
            return _("In no row of the file")
        if not self.row.sheet:
            return _("Row %(number)s") % {"number": self.row.row_number}
        return _("%(sheet)s, row %(number)s") % {"sheet": self.row.sheet, "number": self.row.row_number}

    @property
    def offers_new(self) -> bool:
        return any(choice.value == services.NEW for choice in self.choices)


def row_views(
    rows: Iterable[RosterRow],
    people: Mapping[int, Person],
    roster: RosterImport,
    *,
    may_choose: bool,
    chosen: Mapping[int, str],
    refused: Mapping[int, str],
) -> list[RowView]:
    """`chosen` and `refused`: what was just sent for a row, and why it could not be."""
    return [
        RowView(
            row=row,
            facts=_facts(row, people),
            changes=[
                (_label(name), _worded(name, before), _worded(name, after))
                for name, (before, after) in row.changes.items()
            ],
            problems=_problems(row),
            choices=_choices(row, people, roster, chosen.get(row.pk, "")) if may_choose else [],
            error=refused.get(row.pk, ""),
        )
        for row in rows
    ]


def waiting_views(rows: Iterable[RosterRow], people: Mapping[int, Person]) -> list[RowView]:
    """Rows of several rosters, to look at."""
    return [
        RowView(row=row, facts=_facts(row, people), changes=[], problems=_problems(row), choices=[], error="")
        for row in rows
    ]


def _facts(row: RosterRow, people: Mapping[int, Person]) -> list[tuple[str, str]]:
    facts = [
        (_label(name), _worded(name, str(value)))
        for name, value in row.shown.items()
        if value and name != Field.NAME.value
    ]
    person = people.get(row.person_id or 0)
    if not row.row_number and person is not None:
        # Nothing of them stands in the file.
        for employment in person.working[:1]:  # type: ignore[attr-defined]
            told = [(Field.DEPARTMENT, employment.department_name), (Field.STAFF_NUMBER, employment.staff_number)]
            facts = [(str(field.label), value) for field, value in told if value] + facts
    return facts


def _choices(row: RosterRow, people: Mapping[int, Person], roster: RosterImport, sent: str) -> list[Choice]:
    candidates = [people[key] for key in row.candidates if key in people]
    if row.is_applied or not candidates:
        return []
    now = sent or _decided(row)
    if row.row_number:
        offered = [
            (str(person.public_id), _told(person, roster))
            for person in candidates
            if not _is_another(row, person, roster.unit)
        ]
        if not any(one["code"] in _NOBODY_NEW for one in row.problems):
            offered.append((services.NEW, _("A new person")))
        offered.append((services.SKIP, _("Leave this row out")))
    else:
        left = _("Yes, left on %(day)s") % {"day": roster.effective_on}
        offered = [(str(person.public_id), left) for person in candidates]
        offered.append((services.SKIP, _("No, still works here")))
    return [Choice(value, label, value == now) for value, label in offered]


def _decided(row: RosterRow) -> str:
    """The choice made before, "" for none."""
    if row.decided_by_id is None:
        return ""
    if row.outcome in (RowOutcome.SKIPPED, RowOutcome.CREATE):
        return services.SKIP if row.outcome == RowOutcome.SKIPPED else services.NEW
    return str(row.person.public_id) if row.person else ""


def _works_in(person: Person, unit: Node) -> bool:
    works: list[Employment] = person.working  # type: ignore[attr-defined]
    return any(employment.unit.path.startswith(unit.path) for employment in works)


def _is_another(row: RosterRow, person: Person, unit: Node) -> bool:
    """Whether choosing this person would be refused: of elsewhere, and the phone alone led to them."""
    codes = {one["code"] for one in row.problems}
    return bool(codes & {RowProblem.PHONE_OF_ANOTHER, RowProblem.ID_DIFFERS}) and not _works_in(person, unit)


def _told(person: Person, roster: RosterImport) -> str:
    """Who it is, for whoever keeps the people of the unit; of people elsewhere no more than that they are known."""
    works: list[Employment] = person.working  # type: ignore[attr-defined]
    if not _works_in(person, roster.unit):
        words = {"name": person.name[:1], "day": roster.effective_on}
        if works:
            return _("%(name)s** · works at another unit: ends there on %(day)s and begins here") % words
        return _("%(name)s** · known outside of this unit") % words
    parts = [person.name]
    for employment in works:
        parts += [employment.unit_name, employment.department_name, employment.staff_number]
    return " · ".join(part for part in [*parts, person.masked_phone] if part)


def _label(name: str) -> str:
    return str(Field(name).label) if name in Field else str(_OTHER_FIELDS.get(name, name))


def _worded(name: str, value: str) -> str:
    words = _WORDS.get(name)
    return str(words(value).label) if words is not None and value in words else value


def _problems(row: RosterRow) -> list[tuple[str, str, str]]:
    """What was asked and has been decided is no problem any more."""
    weighed = [(one.get("column", ""), problems.text(one), _weight(one["code"])) for one in row.problems]
    return [one for one in weighed if one[2] != "ask" or row.outcome == RowOutcome.UNCLEAR]


def _weight(code: str) -> str:
    if code in problems.STOPPING:
        return "stop"
    return "ask" if code in problems.ASKING else "note"
