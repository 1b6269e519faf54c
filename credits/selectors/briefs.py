"""A judgement in brief: one short text with all that a row of a list needs, written with the judgement.

Lists of a province read this instead of the judgement's lines. Its first line holds the figures, its second all else:
what most people of a province share with many, so that a reader may keep what it made of one.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from credits.enums import JudgementState, Mark, OfficialState, RequirementState
from credits.rules import Period, RuleSet, overall
from credits.selectors.texts import plain


class Figures(Protocol):
    """What of a judgement goes into its brief."""

    @property
    def credits(self) -> Decimal: ...
    @property
    def hours(self) -> Decimal: ...
    @property
    def credits_registered(self) -> Decimal: ...
    @property
    def closed(self) -> str: ...
    @property
    def by_category(self) -> Mapping[str, str]: ...
    @property
    def lines(self) -> Mapping[str, Mapping[str, Any]]: ...
    @property
    def requirements(self) -> Iterable[Mapping[str, Any]]: ...


@dataclass(frozen=True)
class Official:
    """How many entries the authority's book has in one state, since when (the latest), and what it wrote last."""

    state: OfficialState
    count: int
    on: date | None
    reference: str


class Goal(NamedTuple):
    """A requirement that decides, and where in the brief its figures stand: reached as the document reads, with nothing
    unverified, with all of it."""

    kind: str
    category: str
    required: str | None
    running: RequirementState
    closed: RequirementState
    turns: tuple[tuple[date, RequirementState], ...]
    reached: int
    low: int
    high: int

    def state_on(self, day: date, period: Period) -> RequirementState:
        """While the period runs it may already have turned, as a year inside of it ended."""
        if period.is_closed(day):
            return self.closed
        passed = [state for since, state in self.turns if since <= day]
        return passed[-1] if passed else self.running


# Where these figures stand in the first line, each as it is shown; those of the categories and of the goals follow.
CREDITS, HOURS, REGISTERED = range(3)
_EVERYBODYS, _OF_A_GOAL = 3, 3


class Shape:
    """All of a brief but its figures, from its second line. `categories`: code → where its figure stands; `goals`: no
    limits, no advice; `marks`: those other than A that a figure rests on; `official`: without what was taken back."""

    __slots__ = ("categories", "closed", "goals", "marks", "official")

    def __init__(self, text: str) -> None:
        closed, categories, goals, marks, official = json.loads(text)
        self.closed = JudgementState(closed)
        self.categories: dict[str, int] = {code: place for place, code in enumerate(categories, _EVERYBODYS)}
        first = _EVERYBODYS + len(categories)
        self.goals = tuple(_goal(row, first + n * _OF_A_GOAL) for n, row in enumerate(goals))
        self.marks = tuple(Mark(mark) for mark in marks)
        self.official = tuple(
            Official(OfficialState(state), count, on and date.fromisoformat(on), reference)
            for state, count, on, reference in official
        )

    @property
    def has_turns(self) -> bool:
        return any(goal.turns for goal in self.goals)

    @property
    def is_reported(self) -> bool:
        """Whether any entry was ever told to the authority."""
        return any(one.state != OfficialState.RECORDED for one in self.official)

    def state_on(self, day: date, period: Period) -> JudgementState:
        """As `JudgedFigures.state_on`."""
        if period.is_closed(day):
            return self.closed
        return overall(goal.state_on(day, period) for goal in self.goals)


def _goal(row: list[Any], place: int) -> Goal:
    kind, category, required, running, closed, turns = row
    return Goal(
        kind, category, required, RequirementState(running), RequirementState(closed),
        tuple((date.fromisoformat(since), RequirementState(state)) for since, state in turns),
        *range(place, place + _OF_A_GOAL),
    )  # fmt: skip


def marks_of(rules: RuleSet, figures: Figures) -> tuple[Mark, ...]:
    """The marks other than A on which any figure rests."""
    marks = {Mark(row["mark"]) for row in figures.lines.values() if Decimal(row["earned"]) > 0}
    marks |= {Mark(row["mark"]) for row in figures.requirements}
    if any(Decimal(row["hours"]) > 0 for row in figures.lines.values()):
        marks.add(rules.minutes_per_hour.mark)
    return tuple(sorted((mark for mark in marks if mark != Mark.A), key=lambda mark: mark.value))


def text_of(figures: Figures, marks: Iterable[Mark], official: Iterable[Official]) -> str:
    """The brief as it is stored."""
    categories = dict(sorted(figures.by_category.items()))
    goals = [row for row in figures.requirements if not row["is_limit"] and not row.get("is_advice", False)]
    told = [figures.credits, figures.hours, figures.credits_registered, *map(Decimal, categories.values())]
    for row in goals:
        told += [Decimal(row[key]) for key in ("reached", "reached_verified", "reached_if_unverified")]
    shape = [
        figures.closed,
        list(categories),
        [[row[key] for key in ("kind", "category", "required", "running", "closed")] + [row["turns"]] for row in goals],
        [mark.value for mark in marks],
        [[one.state.value, one.count, one.on and one.on.isoformat(), one.reference] for one in official],
    ]
    return " ".join(map(plain, told)) + "\n" + json.dumps(shape, ensure_ascii=False, separators=(",", ":"))


# What is written of somebody of whom no year is known.
UNKNOWN = '0 0 0\n["undetermined",[],[],[],[]]'
