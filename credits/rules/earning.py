"""What one activity is worth before any cap. Fractions inside, so that three thirds are one credit exactly."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from credits.enums import LineReason
from credits.rules.documents import ActivityType, CreditRule
from credits.rules.facts import Fact

TIME_UNITS = {"minute", "hour"}


Ratio = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Earned:
    """`worth` is a numerator and a denominator, None where nothing can be computed; `reason` says why."""

    worth: Ratio | None
    reason: LineReason
    deems_complete: bool = False

    @property
    def credits(self) -> Fraction | None:
        return None if self.worth is None else Fraction(*self.worth)


OTHER_ROLE = Earned((0, 1), LineReason.OTHER_ROLE)
TOO_LITTLE = Earned((0, 1), LineReason.BELOW_MINIMUM)
DEEMS_COMPLETE = Earned((0, 1), LineReason.DEEMS_COMPLETE, deems_complete=True)
UNKNOWN_UNIT = Earned(None, LineReason.UNKNOWN_UNIT)
ROW_MISSING = Earned(None, LineReason.ROW_MISSING)
AWAITING_LOCAL_RULE = Earned(None, LineReason.AWAITING_LOCAL_RULE)
AWAITING_DECISION = Earned(None, LineReason.AWAITING_DECISION)


def rounded(value: Fraction) -> Decimal:
    """Two places, downwards: what is shown never exceeds what was earned."""
    return Decimal(value.numerator * 100 // value.denominator).scaleb(-2)


def rounded_ticks(ticks: int | Fraction, scale: int) -> str:
    """The same as text, for an amount that is counted in parts of one. Raises ValueError if it is negative."""
    if ticks < 0:
        raise ValueError("an amount is never negative")
    whole, hundredths = divmod(ticks * 100 // scale, 100)
    return f"{whole}.{hundredths:02d}"


def hours_of(fact: Fact, minutes_per_hour: Fraction) -> Fraction:
    """Hours of study, 0 for what is not measured in time. Demo minutes stand for `time_scale` minutes."""
    return Fraction(*hours_ratio(fact, minutes_per_hour))


def hours_ratio(fact: Fact, minutes_per_hour: Fraction) -> Ratio:
    if fact.unit not in TIME_UNITS:
        return 0, 1
    amount, of = fact.quantity.as_integer_ratio()
    amount *= fact.time_scale
    if fact.unit == "hour":
        return amount, of
    return amount * minutes_per_hour.denominator, of * minutes_per_hour.numerator


def earn(fact: Fact, kind: ActivityType, minutes_per_hour: Fraction) -> Earned:
    """Credits of `fact` as `kind` of activity. Raises ValueError if its quantity is negative."""
    if fact.quantity < 0:
        raise ValueError("a quantity is never negative; a correction is a reversing entry")
    rule = kind.credit
    if rule.role and fact.role != rule.role:
        return OTHER_ROLE
    if rule.mode == "per_unit":
        return _per_unit(fact, rule, minutes_per_hour)
    if rule.mode == "step":
        return _step(fact, rule, minutes_per_hour)
    if rule.mode == "flat":
        # Where sessions are not counted, whatever was recorded is one of them.
        times, of = fact.quantity.as_integer_ratio() if fact.unit == rule.per else (1, 1)
        return _computed(rule.credits.numerator * times, rule.credits.denominator * of)
    if rule.mode == "table":
        return _table(fact, rule)
    if rule.mode == "deem_complete":
        return DEEMS_COMPLETE if fact.unit == "month" and fact.quantity >= rule.min_months else TOO_LITTLE
    if fact.unit == "credit":
        return _computed(*fact.quantity.as_integer_ratio())
    return AWAITING_LOCAL_RULE if rule.mode in {"local_table", "inherit_local"} else AWAITING_DECISION


def _computed(worth: int, of: int) -> Earned:
    return Earned((worth, of), LineReason.COUNTED) if worth > 0 else TOO_LITTLE


def _in_unit(fact: Fact, unit: str, minutes_per_hour: Fraction) -> Ratio | None:
    if fact.unit in TIME_UNITS and unit in TIME_UNITS:
        amount, of = hours_ratio(fact, minutes_per_hour)
        if unit == "hour":
            return amount, of
        return amount * minutes_per_hour.numerator, of * minutes_per_hour.denominator
    return fact.quantity.as_integer_ratio() if fact.unit == unit else None


def _per_unit(fact: Fact, rule: CreditRule, minutes_per_hour: Fraction) -> Earned:
    found = _in_unit(fact, rule.unit, minutes_per_hour)
    if found is None:
        return UNKNOWN_UNIT
    amount, of = found[0] * rule.qty.denominator, found[1] * rule.qty.numerator
    if rule.rounding == "floor":
        amount, of = amount // of, 1
    return _computed(amount * rule.credits.numerator, of * rule.credits.denominator)


def _step(fact: Fact, rule: CreditRule, minutes_per_hour: Fraction) -> Earned:
    found = _in_unit(fact, rule.unit, minutes_per_hour)
    if found is None:
        return UNKNOWN_UNIT
    amount, of = (found[0] // found[1], 1) if rule.integer_input else found
    for threshold, parts, worth in rule.ladder:
        if threshold * of <= amount * parts:
            return _computed(*worth)
    return TOO_LITTLE


def _table(fact: Fact, rule: CreditRule) -> Earned:
    wanted = tuple(fact.level.split("/"))
    for keys, worth in rule.rows:
        if keys == wanted:
            return _computed(*worth.as_integer_ratio())
    return ROW_MISSING
