"""What a file adds up to, and whether the stored judgements say the same."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from credits.enums import JudgementState
from credits.exports.cells import Year
from credits.exports.people import Crowd, Found
from credits.models import Judgement
from credits.rules import Period
from credits.selectors import LoadedRuleSet
from credits.selectors.briefs import CREDITS, HOURS
from credits.selectors.judging import by_version
from organisations.enums import PersonState

CENT, ZERO = Decimal("0.01"), Decimal(0)


class TotalsDiffer(Exception):
    """The rows written do not add up to the stored judgements: the file must not leave."""


@dataclass
class Sums:
    """Credits, hours and how many stand in which state."""

    people: int = 0
    credits: Decimal = Decimal(0)
    hours: Decimal = Decimal(0)
    states: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Sums") -> "Sums":
        states = self.states.copy()
        states.update(other.states)
        return Sums(self.people + other.people, self.credits + other.credits, self.hours + other.hours, states)


class Figures:
    """Adds up figures that come as texts. Each different one is read once, unless there are very many."""

    most = 1 << 14

    def __init__(self) -> None:
        self.read, self.told = ZERO, Counter[str]()

    def add(self, texts: Iterable[str]) -> None:
        self.told.update(texts)
        if len(self.told) > self.most:
            self._read()

    def _read(self) -> None:
        self.read = sum([Decimal(text) * times for text, times in self.told.items()], self.read)
        self.told.clear()

    @property
    def sum(self) -> Decimal:
        self._read()
        return self.read


class Adding:
    """People, credits, hours and states of some rows after others."""

    def __init__(self) -> None:
        self.people, self.credits, self.hours, self.states = 0, Figures(), Figures(), Counter[str]()

    def add(self, people: int, credits: Iterable[str], hours: Iterable[str], states: Mapping[str, int]) -> None:
        self.people += people
        self.credits.add(credits)
        self.hours.add(hours)
        self.states.update(states)

    @property
    def sums(self) -> Sums:
        return Sums(self.people, self.credits.sum, self.hours.sum, self.states.copy())


class Totals:
    """What is written: rows from a stored judgement, and others, who were judged while the file was made (changed
    rules, a period that moves with the person, two accounts that were merged)."""

    def __init__(self) -> None:
        self._stored, self._others = Adding(), Adding()
        self._judged: Adding | None = None
        self.not_assessed, self.has_turns = 0, False
        self.marks: set[str] = set()

    @property
    def stored(self) -> Sums:
        return self._stored.sums

    @property
    def all(self) -> Sums:
        return self.stored + self._others.sums

    @property
    def judged(self) -> Sums | None:
        """What the columns of the stored judgements add up to, where they were read with the rows."""
        return None if self._judged is None else self._judged.sums

    def add(self, stored: Sequence[Year], others: Sequence[Year] = ()) -> None:
        """The years of some rows: those from a stored judgement, and the others."""
        for years, adding in ((stored, self._stored), (others, self._others)):
            if not years:
                continue
            states = Counter[str]()
            for kind, people in Counter([kind for kind, _figures in years]).items():
                states[kind.judged.value] += people
                self.not_assessed += people * (kind.state != PersonState.ACTIVE)
                self.has_turns = self.has_turns or kind.has_turns
                self.marks.update(kind.marks)
            every = [figures for _kind, figures in years]
            adding.add(len(years), [one[CREDITS] for one in every], [one[HOURS] for one in every], states)

    def add_judged(self, people: Sequence[Found]) -> None:
        """The judgements' own columns, of people whose rows are written from a stored judgement."""
        self._judged = self._judged or Adding()
        if people:
            *_person, credits, hours, states = zip(*people, strict=True)
            self._judged.add(len(people), credits, hours, Counter(states))

    def reconcile(self, judged: Sums, *, is_closed: bool) -> None:
        """Compare with what the judgements' own columns add up to. Raises TotalsDiffer."""
        if self.has_turns and not is_closed:
            # The column holds the state of the day of judging, and a year inside of the period may have ended since.
            judged = replace(judged, states=self.stored.states)
        if judged != self.stored:
            raise TotalsDiffer(f"written {self.stored}, judged {judged}")

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


def stored_sums(crowd: Crowd, rule_set_id: str, version: LoadedRuleSet, period: Period, *, is_closed: bool) -> Sums:
    """What the judgements' own columns add up to, summed by the database; without people who have the books of two
    accounts."""
    rows = judgements(crowd.keys, rule_set_id, version, period).exclude(book__owner__in=crowd.merged)
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
