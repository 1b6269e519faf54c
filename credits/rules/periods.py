"""Which period a day belongs to. Dates are local days of the rule set's time zone; periods are half-open."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from credits.rules.documents import RuleSet

FOR_EVER = date(9999, 12, 31)


class AnchorMissing(ValueError):
    """The period hangs on something about the person that is not known here."""


@dataclass(frozen=True)
class Period:
    """`begins` to `ends`, that day excluded. `whole_begins` is its first day before it was clipped to a version."""

    begins: date
    ends: date
    whole_begins: date | None = field(default=None, compare=False)

    def __contains__(self, day: date) -> bool:
        return self.begins <= day < self.ends

    def is_closed(self, on: date) -> bool:
        return on >= self.ends

    def years(self) -> list[tuple["Period", bool]]:
        """Its years of twelve months, counted from where it begins unclipped, and whether each is a whole one."""
        first, found, turn = self.whole_begins or self.begins, [], 0
        while (begins := add_months(first, 12 * turn)) < self.ends:
            ends = add_months(first, 12 * (turn + 1)) if begins.year < date.max.year - 1 else self.ends
            year = Period(max(begins, self.begins), min(ends, self.ends))
            if year.begins < year.ends:
                found.append((year, (year.begins, year.ends) == (begins, ends)))
            turn += 1
        return found

    def window(self, months: int) -> "Period":
        """Its last `months`; all of it where `months` is 0."""
        begins = add_months(self.ends, -months) if months else self.begins
        return Period(max(begins, self.begins), self.ends)


@dataclass(frozen=True)
class Anchors:
    """What personal periods hang on; None: not known."""

    birth_month: int | None = None
    biennium_start_year: int | None = None
    credential_earned_on: date | None = None


def add_months(day: date, months: int) -> date:
    """`day` moved by whole months; the last days of a month stay the last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def version_for(versions: list[RuleSet], day: date) -> RuleSet | None:
    """The version in force on `day`; the newest where two overlap."""
    found = [version for version in versions if version.in_force(day)]
    return max(found, key=lambda version: version.effective_from, default=None)


def period_for(rule_set: RuleSet, day: date, anchors: Anchors = Anchors()) -> Period:
    """The period of `rule_set` that holds `day`, clipped to the days on which the version is in force.

    Raises AnchorMissing for a personal period whose anchor is not known, ValueError for an unknown period type.
    """
    whole_begins, ends = _unclipped(rule_set, day, anchors)
    begins = max(whole_begins, rule_set.effective_from)
    if rule_set.effective_to is not None:
        ends = min(ends, rule_set.effective_to)
    if not begins < ends:
        raise ValueError(f"{rule_set.key} is not in force on {day}")
    return Period(begins, ends, whole_begins)


def earlier_periods(rule_set: RuleSet, period: Period, since: date) -> list[Period]:
    """The periods before `period` that reach beyond `since`, newest first, as far back as the version was in force."""
    found: list[Period] = []
    ends, months = period.whole_begins or period.begins, rule_set.period.months
    while ends > max(since, rule_set.effective_from):
        begins = add_months(ends, -months)
        found.append(Period(max(begins, rule_set.effective_from), ends, begins))
        ends = begins
    return found


def is_fixed(rule_set: RuleSet) -> bool:
    """Whether the period is the same for everybody and does not move with today."""
    return rule_set.period.type in {"calendar_year", "fixed_multi_year", "none"}


def _unclipped(rule_set: RuleSet, day: date, anchors: Anchors) -> tuple[date, date]:
    rule = rule_set.period
    if rule.type == "calendar_year":
        month, dom = (int(part) for part in rule.year_start.split("-"))
        begins = date(day.year, month, dom)
        if begins > day:
            begins = date(day.year - 1, month, dom)
        return begins, add_months(begins, 12)
    if rule.type == "fixed_multi_year":
        return _between_boundaries(rule.boundaries, rule.months, day)
    if rule.type == "anniversary":
        if anchors.birth_month is None or anchors.biennium_start_year is None:
            raise AnchorMissing(rule_set.key)
        return _repeat(date(anchors.biennium_start_year, anchors.birth_month, 1), rule.months, day)
    if rule.type == "per_credential":
        if anchors.credential_earned_on is None:
            raise AnchorMissing(rule_set.key)
        return _repeat(anchors.credential_earned_on, rule.months, day)
    if rule.type == "rolling":
        tomorrow = day + timedelta(days=1)
        return add_months(tomorrow, -rule.months), tomorrow
    if rule.type == "none":
        return rule_set.effective_from, FOR_EVER
    raise ValueError(f"{rule_set.key}: unknown period type {rule.type!r}")


def _between_boundaries(boundaries: tuple[date, ...], months: int, day: date) -> tuple[date, date]:
    if not boundaries:
        raise ValueError("a fixed period needs boundaries")
    before = [boundary for boundary in boundaries if boundary <= day]
    if not before or before[-1] == boundaries[-1]:
        return _repeat((before or boundaries)[-1 if before else 0], months, day)
    return before[-1], boundaries[len(before)]


def _repeat(anchor: date, months: int, day: date) -> tuple[date, date]:
    """The period of `months` around `day`, counted from `anchor` in both directions."""
    turn = ((day.year - anchor.year) * 12 + day.month - anchor.month) // months
    while add_months(anchor, turn * months) > day:
        turn -= 1
    while add_months(anchor, (turn + 1) * months) <= day:
        turn += 1
    return add_months(anchor, turn * months), add_months(anchor, (turn + 1) * months)
