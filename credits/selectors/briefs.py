"""A judgement in brief: one short text with all that a row of a list needs, written with the judgement.

Lists of a province read this instead of the judgement's lines. Equal texts read alike, so that a reader may keep what
it made of one.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from credits.enums import JudgementState, Mark, OfficialState, RequirementState
from credits.rules import Period, RuleSet, overall


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
    @property
    def entries_judged(self) -> int: ...


@dataclass(frozen=True)
class Official:
    """How many entries the authority's book has in one state, since when (the latest), and what it wrote last."""

    state: OfficialState
    count: int
    on: date | None
    reference: str


@dataclass(frozen=True)
class GoalBrief:
    kind: str
    category: str
    required: Decimal | None
    reached: Decimal
    low: Decimal
    high: Decimal
    running: RequirementState
    closed: RequirementState
    turns: tuple[tuple[date, RequirementState], ...]

    def state_on(self, day: date, period: Period) -> RequirementState:
        """While the period runs it may already have turned, as a year inside of it ended."""
        if period.is_closed(day):
            return self.closed
        turned = [state for since, state in self.turns if since <= day]
        return turned[-1] if turned else self.running


@dataclass(frozen=True)
class Brief:
    """`goals`: no limits, no advice; `marks`: those other than A that a figure rests on; `official`: without what was
    taken back."""

    credits: Decimal
    hours: Decimal
    credits_registered: Decimal
    closed: JudgementState
    by_category: dict[str, Decimal]
    goals: tuple[GoalBrief, ...]
    marks: tuple[Mark, ...]
    official: tuple[Official, ...]
    entries: int

    def state_on(self, day: date, period: Period) -> JudgementState:
        """As `JudgedFigures.state_on`."""
        if period.is_closed(day):
            return self.closed
        return overall(goal.state_on(day, period) for goal in self.goals)


def marks_of(rules: RuleSet, figures: Figures) -> tuple[Mark, ...]:
    """The marks other than A on which any figure rests."""
    marks = {Mark(row["mark"]) for row in figures.lines.values() if Decimal(row["earned"]) > 0}
    marks |= {Mark(row["mark"]) for row in figures.requirements}
    if any(Decimal(row["hours"]) > 0 for row in figures.lines.values()):
        marks.add(rules.minutes_per_hour.mark)
    return tuple(sorted((mark for mark in marks if mark != Mark.A), key=lambda mark: mark.value))


def text_of(figures: Figures, marks: Iterable[Mark], official: Iterable[Official]) -> str:
    """The brief as it is stored."""
    goals = [
        [
            row["kind"], row["category"], row["required"], row["reached"], row["reached_verified"],
            row["reached_if_unverified"], row["running"], row["closed"], row.get("turns", []),
        ]
        for row in figures.requirements
        if not row["is_limit"] and not row.get("is_advice", False)
    ]  # fmt: skip
    return json.dumps(
        [
            f"{figures.credits:.2f}",
            f"{figures.hours:.2f}",
            f"{figures.credits_registered:.2f}",
            figures.closed,
            dict(figures.by_category),
            goals,
            [mark.value for mark in marks],
            [[one.state.value, one.count, one.on and one.on.isoformat(), one.reference] for one in official],
            figures.entries_judged,
        ],
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    )


def read(text: str) -> Brief:
    """The brief that `text_of` wrote."""
    credits, hours, registered, closed, by_category, goals, marks, official, entries = json.loads(text)
    return Brief(
        credits=Decimal(credits),
        hours=Decimal(hours),
        credits_registered=Decimal(registered),
        closed=JudgementState(closed),
        by_category={code: Decimal(value) for code, value in by_category.items()},
        goals=tuple(_goal(row) for row in goals),
        marks=tuple(Mark(mark) for mark in marks),
        official=tuple(
            Official(OfficialState(state), count, on and date.fromisoformat(on), reference)
            for state, count, on, reference in official
        ),
        entries=entries,
    )


def _goal(row: list[Any]) -> GoalBrief:
    kind, category, required, reached, low, high, running, closed, turns = row
    return GoalBrief(
        kind=kind,
        category=category,
        required=None if required is None else Decimal(required),
        reached=Decimal(reached),
        low=Decimal(low),
        high=Decimal(high),
        running=RequirementState(running),
        closed=RequirementState(closed),
        turns=tuple((date.fromisoformat(since), RequirementState(state)) for since, state in turns),
    )
