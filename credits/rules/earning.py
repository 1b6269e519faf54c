"""What one activity is worth before any cap. Fractions inside, so that three thirds are one credit exactly."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction

from credits.enums import LineReason
from credits.rules.documents import ActivityType, CreditRule
from credits.rules.facts import Fact

HUNDREDTH = Decimal("0.01")
TIME_UNITS = {"minute", "hour"}


@dataclass(frozen=True)
class Earned:
    """`credits` is None where nothing can be computed; `reason` says why."""

    credits: Fraction | None
    reason: LineReason
    deems_complete: bool = False


def rounded(value: Fraction) -> Decimal:
    """Two places, downwards: what is shown never exceeds what was earned."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(HUNDREDTH, rounding=ROUND_DOWN)


def hours_of(fact: Fact, minutes_per_hour: Fraction) -> Fraction:
    """Hours of study, 0 for what is not measured in time. Demo minutes stand for `time_scale` minutes."""
    if fact.unit not in TIME_UNITS:
        return Fraction(0)
    amount = Fraction(fact.quantity) * fact.time_scale
    return amount if fact.unit == "hour" else amount / minutes_per_hour


def earn(fact: Fact, kind: ActivityType, minutes_per_hour: Fraction) -> Earned:
    """Credits of `fact` as `kind` of activity. Raises ValueError if its quantity is negative."""
    if fact.quantity < 0:
        raise ValueError("a quantity is never negative; a correction is a reversing entry")
    rule = kind.credit
    if rule.role and fact.role != rule.role:
        return Earned(Fraction(0), LineReason.OTHER_ROLE)
    if rule.mode == "per_unit":
        return _per_unit(fact, rule, minutes_per_hour)
    if rule.mode == "step":
        return _step(fact, rule, minutes_per_hour)
    if rule.mode == "flat":
        # Where sessions are not counted, whatever was recorded is one of them.
        times = Fraction(fact.quantity) if fact.unit == rule.per else Fraction(1)
        return _computed(rule.credits * times)
    if rule.mode == "table":
        return _table(fact, rule)
    if rule.mode == "deem_complete":
        if fact.unit == "month" and fact.quantity >= rule.min_months:
            return Earned(Fraction(0), LineReason.DEEMS_COMPLETE, deems_complete=True)
        return Earned(Fraction(0), LineReason.BELOW_MINIMUM)
    if fact.unit == "credit":
        return _computed(Fraction(fact.quantity))
    if rule.mode in {"local_table", "inherit_local"}:
        return Earned(None, LineReason.AWAITING_LOCAL_RULE)
    return Earned(None, LineReason.AWAITING_DECISION)


def _computed(credits: Fraction) -> Earned:
    return Earned(credits, LineReason.COUNTED if credits > 0 else LineReason.BELOW_MINIMUM)


def _in_unit(fact: Fact, unit: str, minutes_per_hour: Fraction) -> Fraction | None:
    if unit == "hour" and fact.unit in TIME_UNITS:
        return hours_of(fact, minutes_per_hour)
    if unit == "minute" and fact.unit in TIME_UNITS:
        return hours_of(fact, minutes_per_hour) * minutes_per_hour
    return Fraction(fact.quantity) if fact.unit == unit else None


def _per_unit(fact: Fact, rule: CreditRule, minutes_per_hour: Fraction) -> Earned:
    amount = _in_unit(fact, rule.unit, minutes_per_hour)
    if amount is None:
        return Earned(None, LineReason.UNKNOWN_UNIT)
    units = amount / rule.qty
    return _computed((units.__floor__() if rule.rounding == "floor" else units) * rule.credits)


def _step(fact: Fact, rule: CreditRule, minutes_per_hour: Fraction) -> Earned:
    amount = _in_unit(fact, rule.unit, minutes_per_hour)
    if amount is None:
        return Earned(None, LineReason.UNKNOWN_UNIT)
    if rule.integer_input:
        amount = Fraction(amount.__floor__())
    reached = [worth for threshold, worth in sorted(rule.steps) if threshold <= amount]
    return _computed(reached[-1] if reached else Fraction(0))


def _table(fact: Fact, rule: CreditRule) -> Earned:
    wanted = tuple(fact.level.split("/"))
    for keys, worth in rule.rows:
        if keys == wanted:
            return _computed(worth)
    return Earned(None, LineReason.ROW_MISSING)
