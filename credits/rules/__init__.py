"""The rule engine: pure, exact, no country in the code, no clock (`on=` is passed in)."""

from credits.rules.building import build
from credits.rules.documents import RuleSet, worst
from credits.rules.earning import earn, hours_of, rounded, rounded_ticks
from credits.rules.facts import NOTHING_DECLARED, Declaration, Declared, Fact, Supplement
from credits.rules.judging import Judged, Line
from credits.rules.periods import FOR_EVER, AnchorMissing, Anchors, Period, is_fixed, period_for, version_for
from credits.rules.prepared import REVISION, Prepared, judge
from credits.rules.requirements import RequirementResult, overall

__all__ = [
    "FOR_EVER",
    "NOTHING_DECLARED",
    "REVISION",
    "AnchorMissing",
    "Anchors",
    "Declaration",
    "Declared",
    "Fact",
    "Judged",
    "Line",
    "Period",
    "Prepared",
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
    "rounded_ticks",
    "version_for",
    "worst",
]
