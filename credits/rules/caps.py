"""Caps, in the order in which they apply: activity, day, type per period, category, total."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from credits.enums import LineReason, Mark
from credits.rules.documents import ActivityType, RuleSet
from credits.rules.facts import Fact

ACTIVITY, DAY = LineReason.CAP_ACTIVITY, LineReason.CAP_DAY


@dataclass(frozen=True, slots=True)
class Limit:
    """A cap on everything of one group. `number` tells one limit from another; a category's limit is one for all types.

    `ticks` is `maximum` in the smallest parts that its rule set counts in.
    """

    number: int
    reason: LineReason
    maximum: Fraction
    ticks: int
    mark: Mark
    clause: str
    source: str

    def group(self, fact: Fact) -> tuple[int, object]:
        if self.reason is ACTIVITY:
            return self.number, fact.activity
        return self.number, fact.ends_on if self.reason is DAY else None


Limits = tuple[Limit, ...]


class LimitBook:
    """Every limit of a rule set, made once."""

    def __init__(self, rule_set: RuleSet, scale: int) -> None:
        self._scale = scale
        self._count = 0
        self._shared: dict[str, list[Limit]] = {"cap_category": [], "cap_total": []}
        self._categories: dict[str, list[Limit]] = {}
        for requirement in rule_set.requirements:
            if requirement.kind not in self._shared:
                continue
            reason = LineReason.CAP_CATEGORY if requirement.kind == "cap_category" else LineReason.CAP_TOTAL
            clause = str(requirement.data.get("note") or requirement.provenance.clause)
            provenance = requirement.provenance
            limit = self._limit(reason, requirement.value, provenance.mark, clause, provenance.source)
            if requirement.category:
                self._categories.setdefault(requirement.category, []).append(limit)
            else:
                self._shared[requirement.kind].append(limit)

    def of(self, kind: ActivityType, category: str) -> Limits:
        """The limits on one type of activity, in their order."""
        own = [
            self._limit(reason, cap.maximum, cap.mark, kind.provenance.clause, kind.provenance.source)
            for scope, reason in (("activity", ACTIVITY), ("day", DAY), ("period", LineReason.CAP_TYPE))
            for cap in kind.caps
            if cap.scope == scope
        ]
        shared = (*self._shared["cap_category"], *self._categories.get(category, ()), *self._shared["cap_total"])
        return (*own, *sorted(shared, key=lambda limit: limit.reason is LineReason.CAP_TOTAL))

    def _limit(self, reason: LineReason, maximum: Fraction, mark: Mark, clause: str, source: str) -> Limit:
        self._count += 1
        # Rounded downwards; the scale is made so that there is nothing to round.
        return Limit(self._count, reason, maximum, (maximum * self._scale).__floor__(), mark, clause, source)


def allocate(
    facts: Sequence[Fact], worth: Sequence[int], limits: Sequence[Limits]
) -> tuple[list[int], list[Limit | None]]:
    """What counts of each fact's worth, and the last limit that took something from it.

    `facts` in the order in which they count (day, then position in the book); `limits` are those on each fact.
    """
    spent: dict[tuple[int, object], int] = {}
    counted: list[int] = []
    taken: list[Limit | None] = []
    for fact, credits, applied in zip(facts, worth, limits, strict=True):
        last = None
        for limit in applied:
            group = limit.group(fact)
            before = spent.get(group, 0)
            if credits > limit.ticks - before:
                credits = limit.ticks - before
                last = limit
            spent[group] = before + credits
        counted.append(credits)
        taken.append(last)
    return counted, taken
