"""Everything that requirements are judged on: the facts of a period, what each counts, what is known beside."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from credits.enums import LineReason
from credits.rules.caps import Limit, Limits, allocate
from credits.rules.documents import ActivityType, Provenance, RuleSet
from credits.rules.facts import Declared, Fact
from credits.rules.periods import Period

# Amounts are counted in whole parts ("ticks") of a credit or hour; products with shares may be fractions of them.
Ticks = int | Fraction


@dataclass(frozen=True, slots=True)
class Figures:
    """`stated`: as the document reads; `low`: nothing unverified; `high`: all of it, without unverified caps."""

    stated: Ticks
    low: Ticks
    high: Ticks


NO_FIGURES = Figures(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a requirement asks as its text reads (`stated`), and between which bounds that is certain."""

    stated: Ticks
    least: Ticks
    most: Ticks


@dataclass(slots=True)
class Row:
    """One fact that stands: counted, or waiting to be. Amounts in ticks; those after caps are filled in by `share_out`.

    `is_awaiting`: nothing is known of its credit yet; `least` and `most` are its worth at its surest and at its best.
    """

    fact: Fact
    kind: ActivityType | None
    category: str
    limits: Limits
    verified_limits: Limits
    reason: LineReason
    is_awaiting: bool
    earned: int
    least: int
    most: int
    hours: int
    hours_least: int
    hours_most: int
    stated: int = 0
    low: int = 0
    high: int = 0
    limit: Limit | None = None


Chosen = Callable[[Row], bool]


def share_out(rows: Sequence[Row]) -> None:
    """Fill in what each row counts: as stated, at the least, and at the most."""
    facts = [row.fact for row in rows]
    limits = [row.limits for row in rows]
    stated, taken = allocate(facts, [row.earned for row in rows], limits)
    least, most = [row.least for row in rows], [row.most for row in rows]
    low = allocate(facts, least, limits)[0] if any(least) else least
    high = allocate(facts, most, [row.verified_limits for row in rows])[0]
    for n, row in enumerate(rows):
        row.stated, row.low, row.high, row.limit = stated[n], low[n], high[n], taken[n]


@dataclass(slots=True)
class Ground:
    """`asked` keeps what requirements ask where that is the same for everybody. `earlier` judges the rows of earlier
    periods from a day on, and says whether they are all that there can be."""

    rule_set: RuleSet
    period: Period
    scale: int
    rows: list[Row]
    deems: Provenance | None
    declared: Declared
    asked: dict[str, Asked]
    earlier: Callable[[date], tuple[list[Row], bool]]
    _by_category: dict[str, list[Row]] = field(default_factory=dict)

    def in_category(self, category: str) -> list[Row]:
        if not self._by_category:
            for row in self.rows:
                self._by_category.setdefault(row.category, []).append(row)
        return self._by_category.get(category, [])

    def tagged(self, tag: str) -> list[Row]:
        return [row for row in self.rows if is_tagged(row, tag)]

    def credits(self, rows: Sequence[Row]) -> Figures:
        """What `rows` count. Where uncertain facts compete with them for the room under one cap, their least is what
        is left beside the most of the others."""
        stated, low, high = sum_of(rows)
        if 0 < len(rows) < len(self.rows):
            mine = {id(row) for row in rows}
            own = {limit.number for row in rows for limit in row.limits}
            others = (row for row in self.rows if row.least != row.most and id(row) not in mine)
            if any(limit.number in own for row in others for limit in row.limits):
                low = min(low, self._contested(mine, own_most=False))
                high = max(high, self._contested(mine, own_most=True))
        return Figures(stated, min(stated, low), max(stated, high))

    def _contested(self, mine: set[int], *, own_most: bool) -> int:
        worth = [row.most if (id(row) in mine) is own_most else row.least for row in self.rows]
        limits = [row.verified_limits if own_most else row.limits for row in self.rows]
        counted, _taken = allocate([row.fact for row in self.rows], worth, limits)
        return sum(credits for row, credits in zip(self.rows, counted, strict=True) if id(row) in mine)

    def hours(self) -> Figures:
        """Hours of what is counted; `high` also holds those of entries that wait for a decision."""
        stated = sum(row.hours for row in self.rows)
        low = sum(row.hours_least for row in self.rows)
        return Figures(stated, min(stated, low), max(stated, sum(row.hours_most for row in self.rows)))


def is_tagged(row: Row, tag: str) -> bool:
    return tag in row.fact.tags or (row.kind is not None and tag in row.kind.tags)


def sum_of(rows: Iterable[Row]) -> tuple[int, int, int]:
    stated = low = high = 0
    for row in rows:
        stated += row.stated
        low += row.low
        high += row.high
    return stated, low, high
