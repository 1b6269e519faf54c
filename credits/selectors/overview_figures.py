"""What is asked about a year of a place, and what the people of it come to."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db.models import Case, F, Value, When
from django.db.models.expressions import Combinable

from credits.enums import JudgementState
from credits.rules import Period
from credits.rules.personal import hangs_on_person
from credits.selectors.judging import ZERO, JudgedFigures, decides, is_stored, judge_entries
from credits.selectors.rule_sets import LoadedRuleSet
from organisations.models import Node

# What is missing is told in so many parts of what is asked for.
PARTS = 4
MONTHS = 120


@dataclass(frozen=True)
class Question:
    """Which year of which place, by which rules, as of which day (`on`). `title` and `kind` of employment narrow it,
    and `department` to those who work at the very place with this written down ("": nothing).

    `period` is None where it hangs on what is not known of people.
    """

    node: Node
    rule_set_id: str
    year: int
    on: date
    version: LoadedRuleSet
    period: Period | None
    title: str = ""
    kind: str = ""
    department: str | None = None

    @property
    def is_closed(self) -> bool:
        return self.period is not None and self.period.is_closed(self.on)

    @property
    def day(self) -> date:
        """The last day of the period so far: where people work and what they are is told as of it, as in exports."""
        period = self.period or Period(date(self.year, 1, 1), date(self.year + 1, 1, 1))
        return self.on if self.on in period else max(period.ends - date.resolution, period.begins)

    @property
    def is_summed(self) -> bool:
        """Whether stored judgements can say it."""
        return self.period is not None and is_stored(self.version.rules)

    @property
    def fixed_period(self) -> Period:
        """For all, wherever `nothing` is known."""
        assert self.period is not None  # noqa: S101 - the caller asked
        return self.period

    def state_in(self, judged: str) -> Combinable:
        """The state as of `on`, of the judgements behind the relation `judged`. What turns while the period runs is
        open before it does."""
        if self.is_closed:
            return F(f"{judged}__state_closed")
        return Case(
            When(**{f"{judged}__turns_on__lte": self.on}, then=F(f"{judged}__turns_to")),
            When(**{f"{judged}__turns_on__gt": self.on}, then=Value(JudgementState.OPEN.value)),
            default=F(f"{judged}__state"),
        )

    @cached_property
    def nothing(self) -> JudgedFigures | None:
        """What the rules make of somebody without entries; None where that hangs on the person."""
        if self.period is None or hangs_on_person(self.version.rules):
            return None
        return judge_entries(self.version, self.period, [])

    @property
    def required(self) -> Decimal | None:
        """The total that is asked for; None where the rules ask for none."""
        rows = self.nothing.requirements if self.nothing is not None else []
        asked = [Decimal(row["required"]) for row in rows if row["kind"] == "min_total" and row["required"]]
        return asked[0] if asked and any(decides(row) for row in rows if row["kind"] == "min_total") else None

    @property
    def months(self) -> list[str]:
        """The months of the period so far, as they stand in `Judgement.by_month`; none where they are not known, or
        more than ten years of them."""
        if self.period is None or self.nothing is None:
            return []
        last = min(self.on, self.period.ends - date.resolution)
        begins = self.period.begins.year * 12 + self.period.begins.month - 1
        ends = last.year * 12 + last.month
        return [
            f"{number // 12}-{number % 12 + 1:02}"
            for number in range(begins, ends if ends - begins <= MONTHS else begins)
        ]


@dataclass
class Figures:
    """What some people come to. `states` and what is missing: of those assessed; `away`: how many are what else.

    `shortfall`: how many lack nothing (0), at most one quarter of what is asked for (1) … more than three (4).
    `months` are in hundredths. `is_unverified`: somebody's figures rest on a value that is not official.
    """

    people: int = 0
    states: Counter[str] = field(default_factory=Counter)
    away: Counter[str] = field(default_factory=Counter)
    credits: Decimal = ZERO
    hours: Decimal = ZERO
    registered: Decimal = ZERO
    missing_credits: Decimal = ZERO
    missing_hours: Decimal = ZERO
    shortfall: Counter[int] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)
    is_unverified: bool = False

    @property
    def assessed(self) -> int:
        return self.people - self.not_assessed

    @property
    def not_assessed(self) -> int:
        return sum(self.away.values())

    @property
    def short(self) -> int:
        """How many of those assessed lack credits of the total that is asked for."""
        return sum(count for part, count in self.shortfall.items() if part)

    def add(self, other: "Figures", times: int = 1) -> None:
        if not times:
            return
        self.people += other.people * times
        self.credits += other.credits * times
        self.hours += other.hours * times
        self.registered += other.registered * times
        self.missing_credits += other.missing_credits * times
        self.missing_hours += other.missing_hours * times
        self.is_unverified = self.is_unverified or other.is_unverified
        for own, more in (
            (self.states, other.states), (self.away, other.away), (self.shortfall, other.shortfall),
            (self.months, other.months),
        ):  # fmt: skip
            for key, count in more.items():
                own[key] += count * times  # type: ignore[index]


@dataclass(frozen=True)
class Own:
    """One person's year, judged here and now."""

    credits: Decimal
    hours: Decimal
    registered: Decimal
    state: JudgementState
    missing_credits: Decimal
    missing_hours: Decimal
    is_unverified: bool
    by_month: dict[str, int]


def own_of(question: Question, figures: JudgedFigures) -> Own:
    return Own(
        figures.credits,
        figures.hours,
        figures.credits_registered,
        JudgementState(figures.state_on(question.on, question.fixed_period)),
        figures.missing_credits,
        figures.missing_hours,
        figures.is_unverified,
        figures.by_month,
    )


def figures_of(question: Question, own: Own, away: str) -> Figures:
    """Of one person."""
    is_assessed = not away
    return Figures(
        people=1,
        states=Counter({own.state.value: 1} if is_assessed else {}),
        away=Counter({} if is_assessed else {away: 1}),
        credits=own.credits,
        hours=own.hours,
        registered=own.registered,
        missing_credits=own.missing_credits if is_assessed else ZERO,
        missing_hours=own.missing_hours if is_assessed else ZERO,
        shortfall=Counter({shortfall_of(own.missing_credits, question.required): 1} if is_assessed else {}),
        months=Counter(own.by_month),
        is_unverified=own.is_unverified,
    )


def shortfall_of(missing: Decimal, required: Decimal | None) -> int:
    """In which part of what is asked for the missing credits lie; 0: none are missing."""
    if not required or missing <= 0:
        return 0
    return next((part for part, (_low, most) in enumerate(edges(required), 1) if missing <= most), PARTS)


def edges(required: Decimal) -> list[tuple[Decimal, Decimal]]:
    """More than the first, at most the second, for every part."""
    return [(required * part / PARTS, required * (part + 1) / PARTS) for part in range(PARTS)]
