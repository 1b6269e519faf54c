"""Whether a requirement is met. What rests on an unverified value is undetermined, with both figures."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from credits.enums import JudgementState, RequirementReason, RequirementState
from credits.rules.conditions import holds
from credits.rules.documents import Provenance, Requirement, number
from credits.rules.findings import FAILED, MET, OPEN, UNDETERMINED, Finding, undetermined
from credits.rules.grounds import NO_FIGURES, Asked, Figures, Ground, Ticks
from credits.rules.kinds import KINDS

LIMITS = {"cap_category", "cap_total", "substitution"}


@dataclass(frozen=True)
class Exact:
    """Figures as exact fractions of a credit, an hour, or whatever the requirement counts."""

    stated: Fraction
    low: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """`running` holds while the period runs, `closed` from its end on. `turns`: from that day on, another state holds
    although the period still runs (a year inside of it has ended). Figures in parts of one by `scale`."""

    id: str
    kind: str
    category: str
    required_ticks: Ticks | None
    ticks: Figures
    scale: int
    running: RequirementState
    closed: RequirementState
    reason: RequirementReason
    provenance: Provenance
    turns: tuple[tuple[date, RequirementState], ...] = ()
    is_advice: bool = False

    @property
    def is_limit(self) -> bool:
        return self.kind in LIMITS

    @property
    def decides(self) -> bool:
        """Whether it is part of the whole result."""
        return not self.is_limit and not self.is_advice

    @property
    def required(self) -> Fraction | None:
        return None if self.required_ticks is None else Fraction(self.required_ticks) / self.scale

    @property
    def figures(self) -> Exact:
        stated, low, high = (Fraction(v) / self.scale for v in (self.ticks.stated, self.ticks.low, self.ticks.high))
        return Exact(stated, low, high)

    def state_on(self, day: date) -> RequirementState:
        """The state on `day` of the running period."""
        return next((state for since, state in reversed(self.turns) if since <= day), self.running)


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
    """Every requirement that applies to the person; none where the whole rule set does not."""
    applies = holds(ground.rule_set.applies_if, ground.declared.traits)
    if applies is False:
        return []
    found = (_evaluate(requirement, ground, applies) for requirement in ground.rule_set.requirements)
    return [result for result in found if result is not None]


def _evaluate(requirement: Requirement, ground: Ground, whole_applies: bool | None) -> RequirementResult | None:
    applies = holds(requirement.data.get("applies_if"), ground.declared.traits)
    if applies is False:
        return None
    if requirement.kind in LIMITS:
        own = ground.in_category(requirement.category) if requirement.category else []
        figures = ground.credits(own) if own else NO_FIGURES
        finding = Finding(_limit(requirement, ground).stated, figures, MET, MET, RequirementReason.LIMIT)
        return _result(requirement, ground, finding)
    kind = KINDS.get(requirement.kind)
    finding = kind(requirement, ground) if kind is not None else undetermined(RequirementReason.UNKNOWN_KIND)
    if applies is None or whole_applies is None:
        finding = undetermined(RequirementReason.UNKNOWN_TRAIT, finding.required, finding.figures)
    if ground.declared.is_excused and ground.rule_set.has_exemptions:
        finding = finding.excused()
    return _result(requirement, ground, finding)


def _limit(requirement: Requirement, ground: Ground) -> Asked:
    if requirement.id not in ground.asked:
        limit = number(requirement.data.get("value", requirement.data.get("max_share", 0))) * ground.scale
        ground.asked[requirement.id] = Asked(limit, limit, limit)
    return ground.asked[requirement.id]


def _result(requirement: Requirement, ground: Ground, finding: Finding) -> RequirementResult:
    return RequirementResult(
        requirement.id,
        requirement.kind,
        requirement.category,
        finding.required,
        finding.figures,
        ground.scale,
        finding.running,
        finding.closed,
        finding.reason,
        requirement.provenance,
        finding.turns,
        requirement.is_advice,
    )
