"""Caps, in the order in which they apply: activity, day, type per period, category, total."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from credits.enums import LineReason, Mark
from credits.rules.documents import ActivityType, RuleSet
from credits.rules.facts import Fact


@dataclass(frozen=True)
class Stage:
    """A cap on everything of one group; facts outside have no group."""

    reason: LineReason
    maximum: Fraction
    mark: Mark
    clause: str
    group: Callable[[Fact], tuple[str, ...] | None]


@dataclass(frozen=True)
class Allocation:
    """Credits per fact after the caps; `limits` names the last stage that took something from a fact."""

    credits: Mapping[str, Fraction]
    limits: Mapping[str, Stage]

    def total(self, keys: Iterable[str] | None = None) -> Fraction:
        chosen = self.credits if keys is None else keys
        return sum((self.credits.get(key, Fraction(0)) for key in chosen), Fraction(0))


def stages(rule_set: RuleSet) -> list[Stage]:
    found: list[Stage] = []
    for scope, reason in (
        ("activity", LineReason.CAP_ACTIVITY),
        ("day", LineReason.CAP_DAY),
        ("period", LineReason.CAP_TYPE),
    ):
        for kind in rule_set.types.values():
            found += [
                Stage(reason, cap.maximum, cap.mark, kind.provenance.clause, _type_group(kind, scope))
                for cap in kind.caps
                if cap.scope == scope
            ]
    for name, reason in (("cap_category", LineReason.CAP_CATEGORY), ("cap_total", LineReason.CAP_TOTAL)):
        found += [
            Stage(
                reason,
                requirement.value,
                requirement.provenance.mark,
                str(requirement.data.get("note") or requirement.provenance.clause),
                _category_group(rule_set, requirement.category),
            )
            for requirement in rule_set.requirements
            if requirement.kind == name
        ]
    return found


def _type_group(kind: ActivityType, scope: str) -> Callable[[Fact], tuple[str, ...] | None]:
    def group(fact: Fact) -> tuple[str, ...] | None:
        if fact.activity_type != kind.code:
            return None
        return (fact.activity,) if scope == "activity" else (fact.ends_on.isoformat(),) if scope == "day" else ()

    return group


def _category_group(rule_set: RuleSet, category: str) -> Callable[[Fact], tuple[str, ...] | None]:
    def group(fact: Fact) -> tuple[str, ...] | None:
        kind = rule_set.types.get(fact.activity_type)
        return () if not category or (kind is not None and kind.category == category) else None

    return group


def allocate(facts: list[Fact], earned: Mapping[str, Fraction], applied: list[Stage]) -> Allocation:
    """Give every fact its credits, earliest first (day, then position in the book), within every cap.

    The result does not depend on the order of `facts`.
    """
    credits = dict(earned)
    limits: dict[str, Stage] = {}
    ordered = sorted((f for f in facts if f.key in earned), key=lambda f: (f.ends_on, f.position, f.key))
    for stage in applied:
        spent: dict[tuple[str, ...], Fraction] = {}
        for fact in ordered:
            group = stage.group(fact)
            if group is None:
                continue
            room = stage.maximum - spent.get(group, Fraction(0))
            if credits[fact.key] > room:
                credits[fact.key] = room
                limits[fact.key] = stage
            spent[group] = spent.get(group, Fraction(0)) + credits[fact.key]
    return Allocation(credits, limits)
