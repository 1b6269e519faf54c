"""What one rule-set version makes of the facts of one period."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from credits.enums import JudgementState, LineReason, LineState, Mark, RequirementState
from credits.rules.documents import RuleSet
from credits.rules.periods import Period
from credits.rules.requirements import RequirementResult, overall


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one fact. `earned` is its credit before caps; `limit` the cap's figure where one took from it.

    `hours` are those that count: none for what is undetermined, taken back or done in another role. The figures
    are counted in parts of one by `scale`.
    """

    key: str
    state: LineState
    reason: LineReason
    credits_ticks: int
    earned_ticks: int
    hours_ticks: int
    scale: int
    category: str
    activity_type: str
    mark: Mark
    clause: str
    source: str
    origin: str
    limit: Fraction | None = None

    @property
    def credits(self) -> Fraction:
        return Fraction(self.credits_ticks, self.scale)

    @property
    def earned(self) -> Fraction:
        return Fraction(self.earned_ticks, self.scale)

    @property
    def hours(self) -> Fraction:
        return Fraction(self.hours_ticks, self.scale)


@dataclass(frozen=True)
class Judged:
    """Credits by category and in all, a line for every fact, a result for every requirement that applies."""

    rule_set: RuleSet
    period: Period
    scale: int
    credits_ticks: int
    hours_ticks: int
    category_ticks: Mapping[str, int]
    lines: Mapping[str, Line]
    requirements: tuple[RequirementResult, ...]

    @property
    def credits(self) -> Fraction:
        return Fraction(self.credits_ticks, self.scale)

    @property
    def hours(self) -> Fraction:
        return Fraction(self.hours_ticks, self.scale)

    @property
    def by_category(self) -> dict[str, Fraction]:
        return {code: Fraction(ticks, self.scale) for code, ticks in self.category_ticks.items()}

    @property
    def running(self) -> JudgementState:
        return overall(r.running for r in self.requirements if r.decides)

    @property
    def closed(self) -> JudgementState:
        return overall(r.closed for r in self.requirements if r.decides)

    def state_on(self, day: date) -> JudgementState:
        """The state as it is on `day`: the period may have ended, or a year inside of it."""
        if self.period.is_closed(day):
            return self.closed
        states: list[RequirementState] = [r.state_on(day) for r in self.requirements if r.decides]
        return overall(states)
