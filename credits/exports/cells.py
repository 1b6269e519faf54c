"""From a row to its cells: one way for every declared key.

A row is (person, place, subject); the subject is a year, a line or a project.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credits.columns import Part
from credits.enums import SENT_LATE, CreditRole, GrantMethod, JudgementState, LineState, OfficialState, RequirementState
from credits.models import Entry
from credits.models.ledger import GRANT_METHODS
from credits.models.projects import term
from credits.registry import TermKind
from credits.rules import Period, RuleSet
from credits.selectors import category_title
from credits.selectors.briefs import Brief, Official, figure, kind_key, turned
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

    __slots__ = ("department", "unit_code", "unit_id", "unit_name")

    def __init__(self, unit_id: int | None, unit_code: str, unit_name: str, department: str) -> None:
        self.unit_id, self.unit_code, self.unit_name, self.department = unit_id, unit_code, unit_name, department


@dataclass(frozen=True, eq=False)
class YearContext:
    """What rows of a file share. `categories` have a column of their own."""

    year: int
    rules: RuleSet
    as_of: date
    period: Period | None
    categories: frozenset[str]
    titles: dict[tuple[str, str, str | None], str] = field(default_factory=dict, init=False)
    kinds: dict[PersonState, "Kinds"] = field(default_factory=dict, init=False)

    def title(self, kind: str, category: str, required: str | None) -> str:
        """What a requirement asks, in words that are put together once."""
        key = (kind, category, required)
        found = self.titles.get(key)
        if found is None:
            found = self.titles[key] = requirement_title(
                kind, category_title(self.rules, category), None if required is None else Decimal(required)
            )
        return found

    def unmet(self, goal: list[Any]) -> tuple[str, bool] | None:
        """What a goal of a brief asks and where it stands; None where it is met. With a place for its figure (%s), or
        for two (%(low)s, %(high)s) where it is undetermined (True)."""
        kind, category, required, _reached, _low, _high, running, closed, turns = goal
        if self.period is None:
            return None
        state = closed if self.is_closed else turned(running, turns, self.as_of)
        if state == RequirementState.MET:
            return None
        is_undetermined, figures = state == RequirementState.UNDETERMINED, "%s"
        if is_undetermined:
            low, high = "%(low)s", "%(high)s"
            figures = _("%(low)s verified, %(high)s if what is unverified counts") % {"low": low, "high": high}
        title = self.title(kind, category, required).replace("%", "%%")
        return _("%(goal)s: %(figures)s") % {"goal": title, "figures": figures}, is_undetermined

    @cached_property
    def is_closed(self) -> bool:
        return self.period is not None and self.period.is_closed(self.as_of)

    def years(self, state: PersonState) -> "Kinds":
        """Makes the years of people who are `state`."""
        found = self.kinds.get(state)
        if found is None:
            found = self.kinds[state] = Kinds(state, self)
        return found


class Kind:
    """All of a year but its figures. Most people of a province share theirs with many."""

    __slots__ = ("context", "has_turns", "is_reported", "judged", "marks", "official", "state", "unmet")

    def __init__(self, brief: Brief, state: PersonState, context: YearContext) -> None:
        self.context, self.state = context, state
        self.marks: tuple[str, ...] = tuple(mark.value for mark in brief.marks)
        self.official: tuple[Official, ...] = brief.official
        self.is_reported, self.has_turns = brief.is_reported, brief.has_turns
        # Nobody knows how it stands where nobody knows the period.
        period = context.period
        self.judged = JudgementState.UNDETERMINED if period is None else brief.state_on(context.as_of, period)
        # Of every goal that is not met: where it stands, and what is said of it.
        said = enumerate(map(context.unmet, brief.raw[5]))
        self.unmet = [(place, *one) for place, one in said if one is not None]


class Year(NamedTuple):
    """A person's year. `raw` is the judgement in brief, as `Brief` has it."""

    kind: Kind
    raw: list[Any]


class Kinds:
    """The kinds of years of people who are in one state; each is made once, unless there are very many."""

    most = 1 << 11

    def __init__(self, state: PersonState, context: YearContext) -> None:
        self.state, self.context = state, context
        self.found: dict[Any, Kind] = {}

    def year(self, raw: list[Any]) -> Year:
        key = kind_key(raw)
        kind = self.found.get(key)
        if kind is None:
            if len(self.found) >= self.most:
                self.found.clear()
            kind = self.found[key] = Kind(Brief(raw), self.state, self.context)
        return Year(kind, raw)


class Line(NamedTuple):
    view: LineView
    context: YearContext


Row = tuple[Any, Any, Any]


class Cell(NamedTuple):
    """A cell is what `read` makes of what `of` takes from a part of a row (None: as it is). `is_kept`: many rows have
    the same, so that it is made once."""

    of: Callable[[Any], Any] | None
    read: Callable[[Any], Value] | None
    is_kept: bool


def result(kind: Kind) -> str:
    """What the authority's list calls it, and honestly what is open or undetermined."""
    return _("Not assessed") if kind.state != PersonState.ACTIVE else state_text(kind.judged)


def reason(year: Year) -> str:
    """Why: the person's state, or each requirement that is not met, with its figures."""
    kind, raw = year
    if kind.state != PersonState.ACTIVE:
        return str(kind.state.label)
    parts = []
    for place, text, is_undetermined in kind.unmet:
        goal = raw[5][place]
        figures = {"low": _plain(goal[4]), "high": _plain(goal[5])} if is_undetermined else _plain(goal[3])
        parts.append(text % figures)
    return "; ".join(parts)


@lru_cache(maxsize=1 << 13)
def _plain(text: str) -> str:
    return plain(Decimal(text))


def verification(unverified: bool) -> str:
    return _("to be verified") if unverified else ""


def _others(year: Year) -> Decimal:
    named = year.kind.context.categories
    return sum([figure(value) for code, value in year.raw[4].items() if code not in named], _ZERO)


_ZERO = Decimal(0)


def _count(kind: Kind, *states: OfficialState) -> int:
    return sum(one.count for one in kind.official if one.state in states)


_REPORTED = (OfficialState.REPORTED, OfficialState.REGISTERED, OfficialState.RETURNED)
_REVIEWED = (OfficialState.REGISTERED, OfficialState.RETURNED)


def report_state(kind: Kind) -> str:
    done, every = _count(kind, *_REPORTED), _count(kind, *OfficialState)
    if not done:
        return _("Not reported") if every else ""
    return _("Reported") if done == every else _("%(count)s of %(every)s reported") % {"count": done, "every": every}


def review_state(kind: Kind) -> str:
    registered, returned = _count(kind, OfficialState.REGISTERED), _count(kind, OfficialState.RETURNED)
    parts = []
    if registered == _count(kind, *OfficialState) and registered:
        parts.append(_("Registered"))
    elif registered:
        parts.append(_("%(count)s registered") % {"count": registered})
    if returned:
        parts.append(_("%(count)s returned") % {"count": returned})
    return "; ".join(parts)


def _latest(kind: Kind, *states: OfficialState) -> date | None:
    return max((one.on for one in kind.official if one.state in states and one.on), default=None)


def _opinion(kind: Kind) -> str:
    return "; ".join(one.reference for one in kind.official if one.state in _REVIEWED and one.reference)


def _reporting_unit(row: Row) -> str:
    _person, place, year = row
    return str(place.unit_name) if year.kind.is_reported else ""


def _credits_in(category: str) -> Cell:
    return Cell(lambda year: year.raw[4].get(category, "0"), figure, is_kept=True)


_kind = attrgetter("kind")
_KINDS: dict[str, Callable[[Kind], Value]] = {
    "year": lambda kind: str(kind.context.year),
    "result": result,
    "report_state": report_state,
    "report_time": lambda kind: _latest(kind, OfficialState.REPORTED),
    "review_state": review_state,
    # Which office reviewed is not recorded; nothing is claimed.
    "review_unit": lambda _kind: "",
    "review_time": lambda kind: _latest(kind, *_REVIEWED),
    "review_opinion": _opinion,
    "rule_set": lambda kind: kind.context.rules.key,
    "mark": lambda kind: verification(bool(kind.marks)),
}
# A function makes the cell of what follows the colon of its key.
YEAR: dict[str, Cell | Callable[[str], Cell]] = {
    **{key: Cell(_kind, read, is_kept=True) for key, read in _KINDS.items()},
    "reason": Cell(None, reason, is_kept=False),
    "credits": Cell(lambda year: year.raw[0], figure, is_kept=True),
    "hours": Cell(lambda year: year.raw[1], figure, is_kept=True),
    "credits_registered": Cell(lambda year: year.raw[2], figure, is_kept=True),
    "credits_in": _credits_in,
    "credits_other": Cell(_others, None, is_kept=True),
}
PERSON: dict[str, Cell] = {
    "person_number": Cell(attrgetter("number"), None, is_kept=False),
    "name": Cell(attrgetter("name"), None, is_kept=False),
    "id_number": Cell(attrgetter("id_number"), None, is_kept=False),
    "person_state": Cell(attrgetter("state"), None, is_kept=True),
    "title": Cell(attrgetter("title"), None, is_kept=True),
}
PLACE: dict[str, Cell] = {
    "unit_code": Cell(None, attrgetter("unit_code"), is_kept=True),
    "unit_name": Cell(None, attrgetter("unit_name"), is_kept=True),
    "department": Cell(None, attrgetter("department"), is_kept=True),
}
ROW: dict[str, Cell] = {"report_unit": Cell(_reporting_unit, None, is_kept=True)}


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


def _explanation(line: Line) -> str:
    view = line.view
    return f"{view.text} {view.taken_back_because}" if view.taken_back_because else view.text


_LINES: dict[str, Callable[[Line], Value]] = {
    "year": lambda line: str(line.context.year),
    "category": lambda line: line.view.category_title,
    "activity_type": lambda line: line.view.type_title,
    "project_type": lambda line: _("Project") if line.view.entry.project_number else _("Not a project"),
    "project_number": lambda line: line.view.entry.project_number,
    "entry_title": lambda line: entry_title(line.view.entry),
    "level": lambda line: term(TermKind.LEVEL, line.view.entry.level),
    "begins_on": lambda line: line.view.entry.begins_on,
    "ends_on": lambda line: line.view.entry.ends_on,
    "hours": lambda line: line.view.hours,
    "credits": lambda line: line.view.credits,
    "organiser": lambda line: line.view.entry.organiser,
    "granted_how": lambda line: _how(line.view.entry),
    "grant_way": lambda line: _way(line.view.entry),
    "role": lambda line: _role(line.view.entry),
    "official_state": lambda line: line.view.official_text,
    "official_on": lambda line: line.view.official_on,
    "counted": lambda line: counted(line.view.state),
    "line_reason": _explanation,
    "attendance": lambda line: _attendance(line.view.entry),
    "evidence": lambda line: _pieces(line.view.entry),
    "rule_set": lambda line: line.context.rules.key,
    "mark": lambda line: verification(line.view.mark != "A"),
}
_PROJECTS: dict[str, Callable[[Any], Value]] = {
    "year": lambda project: str(project.year),
    "project_number": lambda project: project.number,
    "project_title": lambda project: project.title,
    "discipline": lambda project: project.discipline,
    "level": lambda project: project.level_label,
    "project_kind": lambda project: project.kind_label,
    "begins_on": lambda project: project.begins,
    "ends_on": lambda project: project.ends,
    "days": lambda project: Decimal(project.days_held),
    "project_hours": lambda project: project.hours,
    "person_in_charge": lambda project: project.person_in_charge,
    # The register keeps no phone; the office that sends the list writes it in.
    "phone": lambda _project: "",
    "subdiscipline": lambda project: project.subdiscipline,
    "project_form": lambda project: project.form_label,
    "place": lambda project: project.place,
    "theory_hours": lambda project: project.theory_hours,
    "practice_hours": lambda project: project.practice_hours,
    "project_credits": lambda project: project.credits,
    "quota": lambda project: None if project.quota is None else Decimal(project.quota),
    "closed_on": lambda project: project.closed_on,
    "remark": lambda project: project.remark,
    "organiser": lambda project: project.organiser,
}
LINE = {key: Cell(None, read, is_kept=False) for key, read in _LINES.items()}
PROJECT = {key: Cell(None, read, is_kept=False) for key, read in _PROJECTS.items()}
# Part → (its cells, where it stands in a row; None: the whole row).
PARTS: Mapping[Part, tuple[Mapping[str, Cell | Callable[[str], Cell]], int | None]] = {
    Part.PERSON: (PERSON, 0),
    Part.PLACE: (PLACE, 1),
    Part.YEAR: (YEAR, 2),
    Part.LINE: (LINE, 2),
    Part.PROJECT: (PROJECT, 2),
    Part.ROW: (ROW, None),
}


def cell_of(part: Part, key: str) -> tuple[Cell, int | None]:
    """How the cells of a column are made, and of what of a row."""
    name, _colon, argument = key.partition(":")
    cells, index = PARTS[part]
    found = cells[name]
    return found if isinstance(found, Cell) else found(argument), index
