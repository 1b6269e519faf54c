"""Whether a requirement is met. What rests on an unverified value is undetermined, with both figures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from credits.enums import JudgementState, RequirementReason, RequirementState
from credits.rules.caps import Allocation
from credits.rules.documents import MinutesPerHour, Provenance, Requirement, RuleSet, number
from credits.rules.earning import hours_of
from credits.rules.facts import Fact

MET, OPEN, FAILED, UNDETERMINED = RequirementState
LIMITS = {"cap_category", "cap_total", "substitution"}


@dataclass(frozen=True)
class Figures:
    """`stated`: as the document reads; `low`: nothing unverified; `high`: all of it, without unverified caps."""

    stated: Fraction
    low: Fraction
    high: Fraction


@dataclass(frozen=True)
class RequirementResult:
    """`running` holds while the period runs, `closed` from its end on."""

    id: str
    kind: str
    category: str
    required: Fraction | None
    figures: Figures
    running: RequirementState
    closed: RequirementState
    reason: RequirementReason
    provenance: Provenance

    @property
    def is_limit(self) -> bool:
        return self.kind in LIMITS


@dataclass(frozen=True)
class Ground:
    """What requirements are judged on."""

    rule_set: RuleSet
    facts: list[Fact]
    stated: Allocation
    low: Allocation
    high: Allocation
    awaiting: frozenset[str]
    deems: Provenance | None
    traits: Mapping[str, Any]

    def credits(self, keys: Iterable[str] | None = None) -> Figures:
        chosen = None if keys is None else list(keys)
        stated = self.stated.total(chosen)
        return Figures(stated, min(stated, self.low.total(chosen)), max(stated, self.high.total(chosen)))

    def in_category(self, category: str) -> list[str]:
        return [
            fact.key
            for fact in self.facts
            if (kind := self.rule_set.types.get(fact.activity_type)) is not None and kind.category == category
        ]

    def tagged(self, tag: str) -> list[str]:
        return [
            fact.key
            for fact in self.facts
            if (kind := self.rule_set.types.get(fact.activity_type)) is not None and tag in kind.tags
        ]

    def hours(self) -> Figures:
        """Hours of what is counted; `high` also holds those of entries that wait for a decision."""
        minutes: MinutesPerHour = self.rule_set.minutes_per_hour
        return Figures(
            self._hours(minutes.value), self._hours(minutes.longest), self._hours(minutes.shortest, awaiting=True)
        )

    def _hours(self, minutes_per_hour: Fraction, *, awaiting: bool = False) -> Fraction:
        known = (
            fact
            for fact in self.facts
            if fact.activity_type in self.rule_set.types and (awaiting or fact.key not in self.awaiting)
        )
        return sum((hours_of(fact, minutes_per_hour) for fact in known), Fraction(0))


def overall(states: Iterable[RequirementState]) -> JudgementState:
    """The worst certainty first: a failure is a failure, an open requirement keeps the period open."""
    found = set(states)
    if not found:
        return JudgementState.RECORD_ONLY
    for state in (FAILED, OPEN, UNDETERMINED):
        if state in found:
            return JudgementState(state.value)
    return JudgementState.MET


def evaluate(ground: Ground) -> list[RequirementResult]:
    return [
        result for requirement in ground.rule_set.requirements if (result := _evaluate(requirement, ground)) is not None
    ]


def _evaluate(requirement: Requirement, ground: Ground) -> RequirementResult | None:
    applies = _applies(requirement.data.get("applies_if"), ground.traits)
    if applies is False:
        return None
    nothing = Figures(Fraction(0), Fraction(0), Fraction(0))
    if requirement.kind in LIMITS:
        figures = ground.credits(ground.in_category(requirement.category)) if requirement.category else nothing
        return _result(requirement, _limit(requirement), figures, (MET, MET, RequirementReason.LIMIT))
    if applies is None:
        return _result(requirement, None, nothing, (UNDETERMINED, UNDETERMINED, RequirementReason.UNKNOWN_TRAIT))
    found = _figures(requirement, ground)
    if found is None:
        return _result(requirement, None, nothing, (UNDETERMINED, UNDETERMINED, RequirementReason.UNKNOWN_KIND))
    required, figures, relevant = found
    return _result(requirement, required, figures, _decide(requirement, required, figures, relevant, ground))


def _result(
    requirement: Requirement,
    required: Fraction | None,
    figures: Figures,
    decided: tuple[RequirementState, RequirementState, RequirementReason],
) -> RequirementResult:
    running, closed, reason = decided
    return RequirementResult(
        requirement.id,
        requirement.kind,
        requirement.category,
        required,
        figures,
        running,
        closed,
        reason,
        requirement.provenance,
    )


def _limit(requirement: Requirement) -> Fraction:
    return number(requirement.data.get("value", requirement.data.get("max_share", 0)))


def _decide(
    requirement: Requirement, required: Fraction, figures: Figures, relevant: frozenset[str], ground: Ground
) -> tuple[RequirementState, RequirementState, RequirementReason]:
    verified = requirement.provenance.is_verified
    if ground.deems is not None and requirement.kind != "min_hours" and figures.low < required:
        certain = verified and ground.deems.is_verified
        state = MET if certain else UNDETERMINED
        return state, state, RequirementReason.DEEMED_COMPLETE
    if figures.low >= required:
        if verified:
            return MET, MET, RequirementReason.REACHED
        return UNDETERMINED, UNDETERMINED, RequirementReason.UNVERIFIED_VALUE
    if figures.high >= required:
        return UNDETERMINED, UNDETERMINED, RequirementReason.UNVERIFIED_CREDIT
    if relevant & ground.awaiting:
        return OPEN, UNDETERMINED, RequirementReason.AWAITING
    if not verified:
        return OPEN, UNDETERMINED, RequirementReason.UNVERIFIED_VALUE
    return OPEN, FAILED, RequirementReason.NOT_REACHED


def _figures(requirement: Requirement, ground: Ground) -> tuple[Fraction, Figures, frozenset[str]] | None:
    """(required, reached, facts that could add to it); None for a kind that machines do not judge here."""
    every = frozenset(fact.key for fact in ground.facts)
    required = _value(requirement, ground.traits)
    if requirement.kind == "min_total":
        return required, ground.credits(), every
    if requirement.kind == "min_hours":
        return required, ground.hours(), frozenset()
    if requirement.kind == "min_category":
        keys = ground.in_category(requirement.category)
        return required, _with_substitutes(requirement, ground.credits(keys), ground), frozenset(keys)
    if requirement.kind == "min_tagged":
        keys = ground.tagged(str(requirement.data["tag"]))
        return required, ground.credits(keys), frozenset(keys)
    if requirement.kind == "min_share":
        keys = ground.in_category(requirement.category)
        whole = _required_total(ground) if requirement.data.get("of") == "required_total" else ground.credits().stated
        return required * whole, ground.credits(keys), frozenset(keys)
    if requirement.kind == "min_distinct_categories":
        return required, _distinct_categories(ground), every
    return None


def _value(requirement: Requirement, traits: Mapping[str, Any]) -> Fraction:
    for override in requirement.data.get("overrides", []):
        if _applies(override.get("applies_if"), traits):
            return number(override["value"])
    return requirement.value


def _applies(condition: Mapping[str, Any] | None, traits: Mapping[str, Any]) -> bool | None:
    """Whether `condition` ({"<trait>_in": […]}) holds; None if a trait is not known."""
    if not condition:
        return True
    answers: list[bool | None] = []
    for name, wanted in condition.items():
        trait = name.removesuffix("_in")
        answers.append(traits[trait] in wanted if trait in traits and name.endswith("_in") else None)
    if False in answers:
        return False
    return None if None in answers else True


def _required_total(ground: Ground) -> Fraction:
    return sum((r.value for r in ground.rule_set.requirements if r.kind == "min_total"), Fraction(0))


def _distinct_categories(ground: Ground) -> Figures:
    codes = {kind.category for kind in ground.rule_set.types.values() if kind.category}

    def count(allocation: Allocation) -> Fraction:
        return Fraction(sum(1 for code in codes if allocation.total(ground.in_category(code)) > 0))

    return Figures(count(ground.stated), count(ground.low), count(ground.high))


def _with_substitutes(requirement: Requirement, own: Figures, ground: Ground) -> Figures:
    """What a category reaches when a surplus of its partners may fill up to `max_share` of its requirement."""
    rules = [r for r in ground.rule_set.requirements if r.kind == "substitution"]
    rule = next((r for r in rules if requirement.category in r.data.get("between", [])), None)
    share = number(rule.data.get("max_share", 0)) if rule is not None else Fraction(0)
    if rule is None or share <= 0:
        return own
    minima = {r.category: r.value for r in ground.rule_set.requirements if r.kind == "min_category"}

    def filled(figure: Fraction, allocation: Allocation) -> Fraction:
        surplus = sum(
            (
                max(Fraction(0), allocation.total(ground.in_category(code)) - minima.get(code, Fraction(0)))
                for code in rule.data["between"]
                if code != requirement.category
            ),
            Fraction(0),
        )
        return figure + min(share * requirement.value, surplus)

    low = filled(own.low, ground.low) if rule.provenance.is_verified else own.low
    return Figures(filled(own.stated, ground.stated), low, filled(own.high, ground.high))
