"""What a file adds up to, and whether the stored judgements say the same."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from credits.enums import JudgementState
from credits.exports.cells import Kind, Year
from credits.exports.people import Crowd
from credits.models import Judgement
from credits.rules import Period
from credits.selectors import LoadedRuleSet
from credits.selectors.briefs import figure
from credits.selectors.judging import by_version, is_stored
from organisations.enums import PersonState

CENT = Decimal("0.01")


class TotalsDiffer(Exception):
    """The rows written do not add up to the stored judgements: the file must not leave."""


@dataclass
class Sums:
    """Credits, hours and how many stand in which state."""

    people: int = 0
    credits: Decimal = Decimal(0)
    hours: Decimal = Decimal(0)
    states: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, years: Sequence[Year], kinds: Mapping[Kind, int]) -> "Sums":
        found = cls(
            len(years),
            sum(map(figure, [year.raw[0] for year in years]), Decimal(0)),
            sum(map(figure, [year.raw[1] for year in years]), Decimal(0)),
        )
        for kind, people in kinds.items():
            found.states[kind.judged.value] += people
        return found

    def add(self, other: "Sums") -> None:
        self.people += other.people
        self.credits += other.credits
        self.hours += other.hours
        self.states.update(other.states)


@dataclass
class Totals:
    """`stored` are those written from a stored judgement, `all` every one, also who was judged while the file was made
    (changed rules, a period that moves with the person). `aside`: people whose stored judgement is not the whole of
    it, because two accounts were merged."""

    all: Sums = field(default_factory=Sums)
    stored: Sums = field(default_factory=Sums)
    aside: frozenset[int] = frozenset()
    not_assessed: int = 0
    has_turns: bool = False
    marks: set[str] = field(default_factory=set)

    def add(self, stored: Sequence[Year], others: Sequence[Year] = ()) -> None:
        """The years of some rows: those from a stored judgement, and the others."""
        for years in (stored, others):
            kinds = Counter([year.kind for year in years])
            sums = Sums.of(years, kinds)
            self.all.add(sums)
            if years is stored:
                self.stored.add(sums)
            for kind, people in kinds.items():
                self.not_assessed += people * (kind.state != PersonState.ACTIVE)
                self.has_turns = self.has_turns or kind.has_turns
                self.marks.update(kind.marks)

    def reconcile(
        self, crowd: Crowd, rule_set_id: str, version: LoadedRuleSet, period: Period | None, *, is_closed: bool
    ) -> None:
        """Compare with the judgements' own columns, summed by the database. Raises TotalsDiffer."""
        if period is None or not is_stored(version.rules):
            return
        found = stored_sums(crowd, rule_set_id, version, period, is_closed=is_closed, aside=self.aside)
        if self.has_turns and not is_closed:
            # The column holds the state of the day of judging, and a year inside of the period may have ended since.
            found.states = self.stored.states
        if found != self.stored:
            raise TotalsDiffer(f"written {self.stored}, judged {found}")

    def document(self, rows: int) -> dict[str, Any]:
        """As the job keeps them."""
        return {
            "rows": rows,
            "people": self.all.people,
            "credits": f"{self.all.credits:.2f}",
            "hours": f"{self.all.hours:.2f}",
            "not_assessed": self.not_assessed,
            "marks": sorted(self.marks),
            **{state.value: self.all.states[state.value] for state in JudgementState},
        }


def judgements(owners: Any, rule_set_id: str, version: LoadedRuleSet, period: Period) -> "QuerySet[Judgement]":
    """Those of people, of their primary books."""
    return Judgement.objects.filter(
        book__owner__in=owners, book__is_primary=True, **by_version(rule_set_id, version, period)
    ).exclude(brief="")


def stored_sums(
    crowd: Crowd,
    rule_set_id: str,
    version: LoadedRuleSet,
    period: Period,
    *,
    is_closed: bool,
    aside: frozenset[int] = frozenset(),
) -> Sums:
    """What the judgements' own columns add up to, summed by the database; without the people `aside`."""
    rows = judgements(crowd.keys, rule_set_id, version, period).exclude(book__owner__in=aside)
    column = "state_closed" if is_closed else "state"
    found = Sums()
    for state, people, credits, hours in (
        rows.order_by().values_list(column).annotate(Count("pk"), Sum("credits"), Sum("hours"))
    ):
        found.people += people
        found.states[state] += people
        found.credits += credits.quantize(CENT)
        found.hours += hours.quantize(CENT)
    return found
