"""From figures to a state: met, open, failed or undetermined, and what that rests on."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from credits.enums import RequirementReason, RequirementState
from credits.rules.grounds import NO_FIGURES, Asked, Figures, Ticks

MET, OPEN, FAILED, UNDETERMINED = RequirementState
WORST_FIRST = (FAILED, OPEN, UNDETERMINED, MET)
Turns = tuple[tuple[date, RequirementState], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a requirement asks (None: no figure), what was reached, and the states while the period runs and after."""

    required: Ticks | None
    figures: Figures
    running: RequirementState
    closed: RequirementState
    reason: RequirementReason
    turns: Turns = ()

    def excused(self) -> "Finding":
        """For somebody whom the rules exempt: what would have failed is for the authority to decide."""
        if self.closed != FAILED and all(state != FAILED for _day, state in self.turns):
            return self
        turns = tuple((day, UNDETERMINED if state == FAILED else state) for day, state in self.turns)
        return replace(self, closed=UNDETERMINED, reason=RequirementReason.EXCUSED, turns=turns)


def undetermined(reason: RequirementReason, required: Ticks | None = None, figures: Figures = NO_FIGURES) -> Finding:
    return Finding(required, figures, UNDETERMINED, UNDETERMINED, reason)


def worst(states: Iterable[RequirementState]) -> RequirementState:
    """The first of failed, open, undetermined, met that is among `states`; met of none."""
    found = set(states)
    return next((state for state in WORST_FIRST if state in found), MET)


def exactly(value: Ticks) -> Asked:
    return Asked(value, value, value)


def decide(
    asked: Asked,
    figures: Figures,
    *,
    verified: bool,
    awaiting: bool = False,
    unsure: RequirementReason = RequirementReason.UNVERIFIED_CREDIT,
) -> Finding:
    """`verified`: the value asked for is. `awaiting`: facts whose credit is not known yet could add to the figures.

    `unsure` names what the figures rest on where their bounds decide either way.
    """

    def found(running: RequirementState, closed: RequirementState, reason: RequirementReason) -> Finding:
        return Finding(asked.stated, figures, running, closed, reason)

    if figures.low >= asked.most:
        if verified:
            return found(MET, MET, RequirementReason.REACHED)
        return found(UNDETERMINED, UNDETERMINED, RequirementReason.UNVERIFIED_VALUE)
    if figures.high >= asked.least:
        return found(UNDETERMINED, UNDETERMINED, unsure)
    if awaiting:
        return found(OPEN, UNDETERMINED, RequirementReason.AWAITING)
    if not verified:
        return found(OPEN, UNDETERMINED, RequirementReason.UNVERIFIED_VALUE)
    return found(OPEN, FAILED, RequirementReason.NOT_REACHED)


def together(shown: Finding, others: Iterable[Finding]) -> Finding:
    """One finding of several parts: the figures of `shown`, the worst states, the reason of what decides."""
    parts = [shown, *others]
    closed = worst(part.closed for part in parts)
    reason = next(part.reason for part in parts if part.closed == closed)
    return replace(shown, running=worst(part.running for part in parts), closed=closed, reason=reason)
