"""From a row to its cells: one function for every declared key.

A row is (person, place, subject); the subject is a year, a line or a project.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credits.columns import Column, Part
from credits.enums import SENT_LATE, CreditRole, GrantMethod, JudgementState, LineState, OfficialState, RequirementState
from credits.models import Entry
from credits.models.ledger import GRANT_METHODS
from credits.models.projects import term
from credits.registry import TermKind
from credits.rules import Period, RuleSet
from credits.selectors import category_title
from credits.selectors.briefs import Brief, turned
from credits.selectors.texts import plain, requirement_title
from credits.selectors.texts import state as state_text
from credits.selectors.views import LineView
from organisations.enums import PersonState

Value = str | Decimal | date | None


class PersonPart(NamedTuple):
    number: str
    name: str
    id_number: str
    state: str
    title: str


class Place:
    """Where somebody works. `unit_id` names the hospital, also for a department of it."""

    __slots__ = ("department", "kept", "unit_code", "unit_id", "unit_name")

    def __init__(self, unit_id: int | None, unit_code: str, unit_name: str, department: str) -> None:
        self.unit_id, self.unit_code, self.unit_name, self.department = unit_id, unit_code, unit_name, department
        self.kept: Any = None


@dataclass(frozen=True, eq=False)
class YearContext:
    """What rows of a file share. `categories` have a column of their own."""

    year: int
    rules: RuleSet
    as_of: date
    period: Period | None
    categories: frozenset[str]
    titles: dict[tuple[str, str, str | None], str] = field(default_factory=dict)
    states: dict[Any, JudgementState] = field(default_factory=dict)

    def title(self, kind: str, category: str, required: str | None) -> str:
        """What a requirement asks, in words that are put together once."""
        key = (kind, category, required)
        found = self.titles.get(key)
        if found is None:
            found = self.titles[key] = requirement_title(
                kind, category_title(self.rules, category), None if required is None else Decimal(required)
            )
        return found

    @cached_property
    def is_closed(self) -> bool:
        return self.period is not None and self.period.is_closed(self.as_of)

    @cached_property
    def goal_text(self) -> str:
        return _("%(goal)s: %(figures)s")

    @cached_property
    def unverified_text(self) -> str:
        return _("%(low)s verified, %(high)s if what is unverified counts")


class Year:
    """A person's year: the judgement in brief, and what the person is to the audit.

    Many people have the same: `people` counts how many rows it stands in, `stored` those from a stored judgement.
    """

    __slots__ = ("brief", "context", "is_reported", "judged", "kept", "official_key", "people", "state", "stored")

    def __init__(self, brief: Brief, state: PersonState, context: YearContext) -> None:
        self.brief, self.state, self.context = brief, state, context
        self.judged = state_of(brief, context)
        self.official_key = brief.official_key
        self.is_reported = brief.is_reported
        self.kept: Any = None
        self.people = self.stored = 0


def state_of(brief: Brief, context: YearContext) -> JudgementState:
    """Undetermined where nobody knows the period."""
    if context.period is None:
        return JudgementState.UNDETERMINED
    key = brief.outcome_key
    found = context.states.get(key)
    if found is None:
        found = brief.state_on(context.as_of, context.period)
        if key is not None:
            context.states[key] = found
    return found


class Line(NamedTuple):
    view: LineView
    context: YearContext


Row = tuple[Any, Any, Any]
Read = Callable[[Any, Column], Value]


def result(year: Year, _column: Column) -> str:
    """What the authority's list calls it, and honestly what is open or undetermined."""
    return _("Not assessed") if year.state != PersonState.ACTIVE else state_text(year.judged)


def reason(year: Year, _column: Column) -> str:
    """Why: the person's state, or each requirement that is not met, with its figures."""
    if year.state != PersonState.ACTIVE:
        return str(year.state.label)
    return "; ".join([text for goal in year.brief.raw_goals if (text := _goal(goal, year.context))])


def _goal(goal: list[Any], context: YearContext) -> str:
    """A goal as the brief has it, in words; "" where it is met. Most years have figures that no other has."""
    kind, category, required, reached, low, high, running, closed, turns = goal
    if context.period is None:
        return ""
    state = closed if context.is_closed else turned(running, turns, context.as_of)
    if state == _MET:
        return ""
    if state == _UNDETERMINED:
        figures = context.unverified_text % {"low": _plain(low), "high": _plain(high)}
    else:
        figures = _plain(reached)
    return context.goal_text % {"goal": context.title(kind, category, required), "figures": figures}


_MET, _UNDETERMINED = RequirementState.MET.value, RequirementState.UNDETERMINED.value


@lru_cache(maxsize=1 << 14)
def _plain(text: str) -> str:
    return plain(Decimal(text))


def verification(unverified: bool) -> str:
    return _("to be verified") if unverified else ""


def _others(year: Year, _column: Column) -> Decimal:
    named = year.context.categories
    return sum((value for code, value in year.brief.by_category.items() if code not in named), Decimal(0))


def _count(year: Year, *states: OfficialState) -> int:
    return sum(one.count for one in year.brief.official if one.state in states)


_REPORTED = (OfficialState.REPORTED, OfficialState.REGISTERED, OfficialState.RETURNED)
_REVIEWED = (OfficialState.REGISTERED, OfficialState.RETURNED)


def report_state(year: Year, _column: Column) -> str:
    done, every = _count(year, *_REPORTED), _count(year, *OfficialState)
    if not done:
        return _("Not reported") if every else ""
    return _("Reported") if done == every else _("%(count)s of %(every)s reported") % {"count": done, "every": every}


def review_state(year: Year, _column: Column) -> str:
    registered, returned = _count(year, OfficialState.REGISTERED), _count(year, OfficialState.RETURNED)
    parts = []
    if registered == _count(year, *OfficialState) and registered:
        parts.append(_("Registered"))
    elif registered:
        parts.append(_("%(count)s registered") % {"count": registered})
    if returned:
        parts.append(_("%(count)s returned") % {"count": returned})
    return "; ".join(parts)


def _latest(year: Year, *states: OfficialState) -> date | None:
    return max((one.on for one in year.brief.official if one.state in states and one.on), default=None)


def _opinion(year: Year, _column: Column) -> str:
    return "; ".join(one.reference for one in year.brief.official if one.state in _REVIEWED and one.reference)


def _reporting_unit(row: Row, _column: Column) -> str:
    _person, place, year = row
    return place.unit_name if year.is_reported else ""


def _number(attribute: str) -> Read:
    return lambda year, _column: getattr(year.brief, attribute)


def _field(name: str) -> Read:
    return lambda part, _column: getattr(part, name)


YEAR: dict[str, Read] = {
    "year": lambda year, _c: str(year.context.year),
    "result": result,
    "reason": reason,
    "hours": _number("hours"),
    "credits": _number("credits"),
    "credits_in": lambda year, column: year.brief.by_category.get(column.argument, Decimal(0)),
    "credits_other": _others,
    "credits_registered": _number("credits_registered"),
    "report_state": report_state,
    "report_time": lambda year, _c: _latest(year, OfficialState.REPORTED),
    "review_state": review_state,
    # Which office reviewed is not recorded; nothing is claimed.
    "review_unit": lambda _year, _c: "",
    "review_time": lambda year, _c: _latest(year, *_REVIEWED),
    "review_opinion": _opinion,
    "rule_set": lambda year, _c: year.context.rules.key,
    "mark": lambda year, _c: verification(bool(year.brief.marks)),
}
# Key of a column → the field of PersonPart.
PERSON_FIELDS = {
    "person_number": "number",
    "name": "name",
    "id_number": "id_number",
    "person_state": "state",
    "title": "title",
}
PERSON: dict[str, Read] = {key: _field(name) for key, name in PERSON_FIELDS.items()}
PLACE: dict[str, Read] = {
    "unit_code": lambda place, _c: place.unit_code,
    "unit_name": lambda place, _c: place.unit_name,
    "department": lambda place, _c: place.department,
}
ROW: dict[str, Read] = {"report_unit": _reporting_unit}


def counted(state: LineState) -> str:
    return {
        LineState.COUNTED: _("Counted"),
        LineState.PARTLY_COUNTED: _("Counted in part"),
        LineState.NOT_COUNTED: _("Not counted"),
        LineState.UNDETERMINED: _("Undetermined"),
    }[state]


def entry_title(entry: Entry) -> str:
    if entry.time_scale <= 1:
        return entry.title
    return _("%(title)s (demonstration, one minute stands for %(factor)s)") % {
        "title": entry.title,
        "factor": entry.time_scale,
    }


def _role(entry: Entry) -> str:
    return {CreditRole.LEARNER.value: _("Learner"), CreditRole.TEACHER.value: _("Teacher")}.get(entry.role, entry.role)


def _how(entry: Entry) -> str:
    return str(dict(GRANT_METHODS).get(GrantMethod(entry.granted_how), entry.granted_how))


def _way(entry: Entry) -> str:
    """As the authority's list has it: lecturers are named apart, however it was entered."""
    return _("Lecturer") if entry.role == CreditRole.TEACHER else _how(entry)


def _pieces(entry: Entry) -> str:
    count = sum(item.get("kind") != SENT_LATE for item in entry.evidence)
    return ngettext("%(count)s piece", "%(count)s pieces", count) % {"count": count} if count else ""


def _attendance(entry: Entry) -> str:
    days = f"{entry.begins_on:%Y-%m-%d}"
    if entry.ends_on != entry.begins_on:
        days += f" – {entry.ends_on:%Y-%m-%d}"
    units = {"minute": _("minutes"), "hour": _("hours"), "session": _("sessions"), "credit": _("credits")}
    return f"{days}, {plain(entry.quantity)} {units.get(entry.unit, entry.unit)}"


def _explanation(line: Line, _column: Column) -> str:
    view = line.view
    return f"{view.text} {view.taken_back_because}" if view.taken_back_because else view.text


LINE: dict[str, Read] = {
    "year": lambda line, _c: str(line.context.year),
    "category": lambda line, _c: line.view.category_title,
    "activity_type": lambda line, _c: line.view.type_title,
    "project_type": lambda line, _c: _("Project") if line.view.entry.project_number else _("Not a project"),
    "project_number": lambda line, _c: line.view.entry.project_number,
    "entry_title": lambda line, _c: entry_title(line.view.entry),
    "level": lambda line, _c: term(TermKind.LEVEL, line.view.entry.level),
    "begins_on": lambda line, _c: line.view.entry.begins_on,
    "ends_on": lambda line, _c: line.view.entry.ends_on,
    "hours": lambda line, _c: line.view.hours,
    "credits": lambda line, _c: line.view.credits,
    "organiser": lambda line, _c: line.view.entry.organiser,
    "granted_how": lambda line, _c: _how(line.view.entry),
    "grant_way": lambda line, _c: _way(line.view.entry),
    "role": lambda line, _c: _role(line.view.entry),
    "official_state": lambda line, _c: line.view.official_text,
    "official_on": lambda line, _c: line.view.official_on,
    "counted": lambda line, _c: counted(line.view.state),
    "line_reason": _explanation,
    "attendance": lambda line, _c: _attendance(line.view.entry),
    "evidence": lambda line, _c: _pieces(line.view.entry),
    "rule_set": lambda line, _c: line.context.rules.key,
    "mark": lambda line, _c: verification(line.view.mark != "A"),
}
PROJECT: dict[str, Read] = {
    "year": lambda project, _c: str(project.year),
    "project_number": lambda project, _c: project.number,
    "project_title": lambda project, _c: project.title,
    "discipline": lambda project, _c: project.discipline,
    "level": lambda project, _c: project.level_label,
    "project_kind": lambda project, _c: project.kind_label,
    "begins_on": lambda project, _c: project.begins,
    "ends_on": lambda project, _c: project.ends,
    "days": lambda project, _c: Decimal(project.days_held),
    "project_hours": lambda project, _c: project.hours,
    "person_in_charge": lambda project, _c: project.person_in_charge,
    # The register keeps no phone; the office that sends the list writes it in.
    "phone": lambda _project, _c: "",
    "subdiscipline": lambda project, _c: project.subdiscipline,
    "project_form": lambda project, _c: project.form_label,
    "place": lambda project, _c: project.place,
    "theory_hours": lambda project, _c: project.theory_hours,
    "practice_hours": lambda project, _c: project.practice_hours,
    "project_credits": lambda project, _c: project.credits,
    "quota": lambda project, _c: None if project.quota is None else Decimal(project.quota),
    "closed_on": lambda project, _c: project.closed_on,
    "remark": lambda project, _c: project.remark,
    "organiser": lambda project, _c: project.organiser,
}
# Part → (its functions, where it stands in a row; None: the whole row).
PARTS: Mapping[Part, tuple[Mapping[str, Read], int | None]] = {
    Part.PERSON: (PERSON, 0),
    Part.PLACE: (PLACE, 1),
    Part.YEAR: (YEAR, 2),
    Part.LINE: (LINE, 2),
    Part.PROJECT: (PROJECT, 2),
    Part.ROW: (ROW, None),
}
