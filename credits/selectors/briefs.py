"""A judgement in brief: one short text with all that a row of a list needs, written with the judgement.

Lists of a province read this instead of the judgement's lines. Equal texts read alike, so that a reader may keep what
it made of one.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

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


class GoalBrief(NamedTuple):
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
        passed = [state for since, state in self.turns if since <= day]
        return passed[-1] if passed else self.running


class Brief:
    """`goals`: no limits, no advice; `marks`: those other than A that a figure rests on; `official`: without what was
    taken back. `raw` is what the text holds; each part is made of it when it is asked for."""

    __slots__ = ("_goals", "raw")

    def __init__(self, raw: list[Any]) -> None:
        self.raw = raw
        self._goals: tuple[GoalBrief, ...] | None = None

    @property
    def credits(self) -> Decimal:
        return figure(self.raw[0])

    @property
    def hours(self) -> Decimal:
        return figure(self.raw[1])

    @property
    def credits_registered(self) -> Decimal:
        return figure(self.raw[2])

    @property
    def closed(self) -> JudgementState:
        return JudgementState(self.raw[3])

    @property
    def by_category(self) -> dict[str, Decimal]:
        return {code: figure(value) for code, value in self.raw[4].items()}

    @property
    def goals(self) -> tuple[GoalBrief, ...]:
        if self._goals is None:
            self._goals = tuple(_goal(row) for row in self.raw[5])
        return self._goals

    @property
    def has_turns(self) -> bool:
        return any(map(_TURNS, self.raw[5]))

    @property
    def marks(self) -> tuple[Mark, ...]:
        return tuple(Mark(mark) for mark in self.raw[6])

    @property
    def official(self) -> tuple[Official, ...]:
        return tuple(
            Official(OfficialState(state), count, on and date.fromisoformat(on), reference)
            for state, count, on, reference in self.raw[7]
        )

    @property
    def is_reported(self) -> bool:
        """Whether any entry was ever told to the authority."""
        return any(row[0] != _RECORDED for row in self.raw[7])

    @property
    def entries(self) -> int:
        return int(self.raw[8])

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
    return Brief(json.loads(text))


def read_many(texts: Iterable[str]) -> list[list[Any]]:
    """What many briefs hold, each as `Brief.raw` has it."""
    found: list[list[Any]] = json.loads(f"[{','.join(texts)}]")
    return found


def kind_key(raw: list[Any]) -> Any:
    """Briefs with the same one differ in figures alone: they ask for the same goals, which stand alike on every day,
    and are marked, reported and registered alike."""
    goals = [
        (kind, category, required, running, closed, str(turns) if turns else "")
        for kind, category, required, _reached, _low, _high, running, closed, turns in raw[5]
    ]
    return raw[3], tuple(goals), tuple(raw[6]), tuple(map(tuple, raw[7]))


# A province has a few thousand different figures and a handful of states; each is made once.
figure = lru_cache(maxsize=1 << 13)(Decimal)
_TURNS = itemgetter(8)
_RECORDED = OfficialState.RECORDED.value
_STATES = {state.value: state for state in RequirementState}


def _goal(row: list[Any]) -> GoalBrief:
    kind, category, required, reached, low, high, running, closed, turns = row
    return GoalBrief(
        kind,
        category,
        None if required is None else figure(required),
        figure(reached),
        figure(low),
        figure(high),
        _STATES[running],
        _STATES[closed],
        tuple([(date.fromisoformat(since), _STATES[state]) for since, state in turns]),
    )


def turned(running: str, turns: list[list[str]], day: date) -> str:
    """The code of a goal's state on a day of the running period, as `GoalBrief.state_on`."""
    if not turns:
        return running
    passed = [state for since, state in turns if date.fromisoformat(since) <= day]
    return passed[-1] if passed else running
