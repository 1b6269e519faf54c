"""From a row to its cells: one way for every declared key.

A row is (person, place, subject); the subject is a year, a line or a project.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
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
from credits.selectors.briefs import CREDITS, HOURS, REGISTERED, Goal, Official, Shape
from credits.selectors.texts import plain, requirement_title
from credits.selectors.texts import state as state_text
from credits.selectors.views import LineView
from organisations.enums import PersonState

Value = str | Decimal | date | None
ZERO = Decimal(0)


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

    def unmet(self, goal: Goal) -> tuple[str, list[int]] | None:
        """What a goal of a brief asks and where it stands, with a %s for each figure, and where in the brief these
        figures are; None where it is met."""
        if self.period is None or (state := goal.state_on(self.as_of, self.period)) == RequirementState.MET:
            return None
        title, figures, places = self.title(goal.kind, goal.category, goal.required), REACHED, {REACHED: goal.reached}
        if state == RequirementState.UNDETERMINED:
            figures = _("%(low)s verified, %(high)s if what is unverified counts") % {"low": LOW, "high": HIGH}
            places = {LOW: goal.low, HIGH: goal.high}
        text = _("%(goal)s: %(figures)s") % {"goal": title.replace("%", "%%"), "figures": figures}
        # A language says the figures in its own order.
        found = [places[letter] for letter in text if letter in places]
        return "".join("%s" if letter in places else letter for letter in text), found

    def years(self, state: PersonState) -> "Kinds":
        """Makes the years of people who are `state`."""
        found = self.kinds.get(state)
        if found is None:
            found = self.kinds[state] = Kinds(state, self)
        return found


# Stand for a figure until it is known where in the text the figures are.
REACHED, LOW, HIGH = "\1\2\3"


class Kind:
    """All of a year but its figures. Most people of a province share theirs with many. `reason`: why it is as it is,
    with a %s for each figure of the brief that stands at one of `places` (none: there is no %s)."""

    __slots__ = (
        *("categories", "context", "has_turns", "is_reported", "judged", "marks", "official", "others"),
        *("places", "reason", "rest", "state"),
    )

    def __init__(self, shape: Shape, state: PersonState, context: YearContext) -> None:
        self.context, self.state = context, state
        self.marks: tuple[str, ...] = tuple(mark.value for mark in shape.marks)
        self.official: tuple[Official, ...] = shape.official
        self.is_reported, self.has_turns = shape.is_reported, shape.has_turns
        # Where the figures of categories stand, and of several categories without a column of their own.
        self.categories = shape.categories
        others = [place for code, place in shape.categories.items() if code not in context.categories]
        # Where what they add up to stands: behind all figures, where there are several.
        self.rest: int | None = (others[0] if len(others) == 1 else -1) if others else None
        self.others = others if len(others) > 1 else []
        # Nobody knows how it stands where nobody knows the period.
        period = context.period
        self.judged = JudgementState.UNDETERMINED if period is None else shape.state_on(context.as_of, period)
        said = [one for one in map(context.unmet, shape.goals) if one is not None]
        places = [place for _text, own in said for place in own]
        self.reason = "; ".join(text for text, _own in said)
        self.places = tuple(places)
        if state != PersonState.ACTIVE:
            self.reason, self.places = str(state.label), ()


class Year(NamedTuple):
    """A person's year: what of its judgement many share, and the figures of its brief; behind them what its other
    categories add up to, where there are several."""

    kind: Kind
    figures: list[str]


class Kinds:
    """The kinds of years of people who are in one state; each is made once, unless there are very many."""

    most = 1 << 11

    def __init__(self, state: PersonState, context: YearContext) -> None:
        self.state, self.context = state, context
        self.found: dict[str, Kind] = {}

    def year(self, brief: str) -> Year:
        (found,) = self.years([brief])
        return found

    def years(self, every: Iterable[str]) -> list[Year]:
        """The years of some briefs."""
        found, years = self.found, []
        for brief in every:
            told, _end, shape = brief.partition("\n")
            kind, figures = found.get(shape), told.split(" ")
            if kind is None:
                if len(found) >= self.most:
                    found.clear()
                kind = found[shape] = Kind(Shape(shape), self.state, self.context)
            if kind.others:
                figures.append(_sum([figures[place] for place in kind.others]))
            years.append(Year(kind, figures))
        return years


def _sum(figures: list[str]) -> str:
    """What figures of a brief add up to, as it is shown."""
    told = [figure for figure in figures if figure != "0"]
    if len(told) < 2:
        return told[0] if told else "0"
    text = str(sum(map(Decimal, told), ZERO))  # as `plain` has it, in half the time
    return text.rstrip("0").rstrip(".") if text[-1] == "0" and "." in text else text


class Line(NamedTuple):
    view: LineView
    context: YearContext


Row = tuple[Any, Any, Any]


class Form(NamedTuple):
    """The text of a cell as all years of a kind have it: with a %s for each figure, which stand at `places`."""

    text: str
    places: tuple[int, ...]


class Cell(NamedTuple):
    """A cell is what `read` makes of what `of` takes from a part of a row (None: as it is). `is_kept`: many rows have
    the same, so that it is made once. `form`: how a kind of years writes it."""

    of: Callable[[Any], Any] | None
    read: Callable[[Any], Value] | None
    is_kept: bool
    form: Callable[[Kind], Form] | None = None


# Reads a figure that stands in a brief as it is shown; a format that shows text need not read it.
FIGURE = Decimal


def result(kind: Kind) -> str:
    """What the authority's list calls it, and honestly what is open or undetermined."""
    return _("Not assessed") if kind.state != PersonState.ACTIVE else state_text(kind.judged)


def reason(year: Year) -> str:
    """Why: the person's state, or each requirement that is not met, with its figures."""
    kind, figures = year
    return kind.reason % tuple([figures[place] for place in kind.places]) if kind.places else kind.reason


def _form_of_reason(kind: Kind) -> Form:
    text = kind.reason if kind.places else kind.reason.replace("%", "%%")
    return Form(text, kind.places)


def verification(unverified: bool) -> str:
    return _("to be verified") if unverified else ""


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


def _figure(form: Callable[[Kind], Form]) -> Cell:
    """A cell that is one figure."""

    def text(year: Year) -> str:
        kind, figures = year
        text, places = form(kind)
        return figures[places[0]] if places else text

    return Cell(text, FIGURE, is_kept=False, form=form)


def _figure_at(place: int) -> Cell:
    return _figure(lambda _kind: _figure_or_none(place))


def _figure_or_none(place: int | None) -> Form:
    return Form("0", ()) if place is None else Form("%s", (place,))


def _credits_in(category: str) -> Cell:
    return _figure(lambda kind: _figure_or_none(kind.categories.get(category)))


kind_of = attrgetter("kind")
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
    **{key: Cell(kind_of, read, is_kept=True) for key, read in _KINDS.items()},
    "reason": Cell(None, reason, is_kept=False, form=_form_of_reason),
    "credits": _figure_at(CREDITS),
    "hours": _figure_at(HOURS),
    "credits_registered": _figure_at(REGISTERED),
    "credits_in": _credits_in,
    "credits_other": _figure(lambda kind: _figure_or_none(kind.rest)),
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
