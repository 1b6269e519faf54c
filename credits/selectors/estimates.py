"""What an activity would be worth, for the page that offers it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from credits.enums import CreditRole, Mark
from credits.rules import Fact, earn, hours_of, rounded, worst
from credits.selectors.rule_sets import RuleBook, rule_book
from credits.selectors.views import in_english, readable


@dataclass(frozen=True)
class Estimate:
    """The most that an activity of some minutes can earn by itself, before caps of day, type and period.

    `credits` is None where rules cannot compute it; `mark` is the least certain of what the figure rests on.
    """

    credits: Decimal | None
    hours: Decimal
    mark: Mark
    title: str
    note: str
    clause: str
    source: str


def estimate(
    *,
    rule_set_id: str,
    activity_type: str,
    minutes: int | Decimal,
    on: date,
    role: str = CreditRole.LEARNER,
    time_scale: int = 1,
    book: RuleBook | None = None,
) -> Estimate | None:
    """None if no version of the rule set is in force on `on`, or it does not know the type. No query with `book`."""
    version = (book or rule_book()).in_force(rule_set_id, on)
    kind = version.rules.types.get(activity_type) if version else None
    if version is None or kind is None:
        return None
    fact = Fact(
        key="",
        activity="",
        activity_type=activity_type,
        role=role,
        quantity=Decimal(minutes),
        unit="minute",
        ends_on=on,
        time_scale=time_scale,
    )
    per_hour = version.rules.minutes_per_hour
    earned = earn(fact, kind, per_hour.value).credits
    marks = [kind.provenance.mark, per_hour.mark]
    for cap in kind.caps:
        if cap.scope == "activity" and earned is not None and earned > cap.maximum:
            earned = Fraction(cap.maximum)
            marks.append(cap.mark)
    return Estimate(
        credits=None if earned is None else rounded(earned),
        hours=rounded(hours_of(fact, per_hour.value)),
        mark=worst(*marks),
        title=(kind.title_en if in_english() and kind.title_en else kind.title),
        note=readable(version.rules, kind.note),
        clause=kind.provenance.clause,
        source=kind.provenance.source,
    )
