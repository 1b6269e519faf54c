"""The rule engine: pure, exact, no country in the code, no clock (`on=` is passed in)."""

from credits.rules.documents import RuleSet, build, worst
from credits.rules.earning import earn, hours_of, rounded
from credits.rules.facts import NOTHING_DECLARED, Declaration, Declared, Fact, Supplement
from credits.rules.judging import Judged, Line, judge
from credits.rules.periods import FOR_EVER, AnchorMissing, Anchors, Period, is_fixed, period_for, version_for
from credits.rules.requirements import RequirementResult, overall

__all__ = [
    "FOR_EVER",
    "NOTHING_DECLARED",
    "AnchorMissing",
    "Anchors",
    "Declaration",
    "Declared",
    "Fact",
    "Judged",
    "Line",
    "Period",
    "RequirementResult",
    "RuleSet",
    "Supplement",
    "build",
    "earn",
    "hours_of",
    "is_fixed",
    "judge",
    "overall",
    "period_for",
    "rounded",
    "version_for",
    "worst",
]
