"""Reads of the book and of the rules."""

from credits.selectors.beside import follows
from credits.selectors.choices import RuleSetChoice, rule_set_choices
from credits.selectors.estimates import Estimate, estimate
from credits.selectors.judging import JudgedFigures, entries_of, is_stored, judge_entries, with_official_state
from credits.selectors.objections import review_position
from credits.selectors.rule_sets import (
    LoadedRuleSet,
    NoRuleSetInForce,
    RuleBook,
    default_rule_set_id,
    in_force,
    is_usual_project_number,
    period_of_year,
    rule_book,
    time_zone_of,
)
from credits.selectors.standings import (
    category_title,
    rule_sets_of,
    standing,
    standings,
    today_in,
    years_with_entries,
)
from credits.selectors.views import LineView, RequirementView, Standing

__all__ = [
    "Estimate",
    "JudgedFigures",
    "LineView",
    "LoadedRuleSet",
    "NoRuleSetInForce",
    "RequirementView",
    "RuleBook",
    "RuleSetChoice",
    "Standing",
    "category_title",
    "default_rule_set_id",
    "entries_of",
    "estimate",
    "follows",
    "in_force",
    "is_stored",
    "is_usual_project_number",
    "judge_entries",
    "period_of_year",
    "review_position",
    "rule_book",
    "rule_set_choices",
    "rule_sets_of",
    "standing",
    "standings",
    "time_zone_of",
    "today_in",
    "with_official_state",
    "years_with_entries",
]
