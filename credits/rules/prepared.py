"""A rule-set version made ready for one period: everything that does not depend on the person is worked out once.

Amounts are counted in whole parts of a credit, fine enough for every value of the rules, so that sums and caps are
exact without fractions.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import lcm

from credits.enums import LineReason, LineState, Mark
from credits.rules.caps import LimitBook, Limits
from credits.rules.documents import ActivityType, Attendance, Provenance, RuleSet, number, worst
from credits.rules.earning import TIME_UNITS, Earned, Ratio, earn, hours_ratio
from credits.rules.facts import NOTHING_DECLARED, Declared, Fact
from credits.rules.grounds import Asked, Ground, Row, share_out
from credits.rules.judging import Judged, Line
from credits.rules.periods import Period, add_months, earlier_periods
from credits.rules.requirements import evaluate

# Part of what stored judgements are compared by: one more whenever the same text would be judged otherwise, or more of
# it is stored.
REVISION = 6
# The book keeps quantities with three places.
PARTS_OF_A_QUANTITY = 1000


class TooCoarse(Exception):
    """An amount is no whole number of parts; `of` is by how much finer they have to be."""

    def __init__(self, of: int) -> None:
        self.of = of


@dataclass(frozen=True, slots=True)
class PreparedType:
    """A type of activity in one category, with its limits. `mark_of_minutes` holds where an hour's length matters."""

    kind: ActivityType
    category: str
    limits: Limits
    verified_limits: Limits
    mark: Mark
    mark_of_minutes: Mark


class Prepared:
    """`rule_set` for `period`. Judges any number of people; keeps nothing about them."""

    def __init__(self, rule_set: RuleSet, period: Period, *, finer: int = 1) -> None:
        self._as_written = rule_set
        self.rule_set = rule_set.amended(period.begins)
        self.period = period
        self._finer = finer
        self.reach = self._reach()
        self._window = period.window(rule_set.period.window_last_months)
        minutes = rule_set.minutes_per_hour
        self._minutes, self._longest, self._shortest = minutes.value, minutes.longest, minutes.shortest
        self._may_be_longer, self._may_be_shorter = self._longest > self._minutes, self._shortest < self._minutes
        self.scale = _scale(rule_set) * finer
        self._limits = LimitBook(self.rule_set, self.scale)
        self._types: dict[tuple[str, str], PreparedType] = {}
        self._earlier: dict[date, list[Prepared]] = {}
        self._refined: dict[int, Prepared] = {}
        self._asked: dict[str, Asked] = {}

    def _reach(self) -> Period:
        """The period and what lies before it on which a requirement looks back."""
        ends = self.period.ends
        windows = [r.data["window_years"] for r in self.rule_set.requirements if r.kind == "min_tagged_rolling"]
        begins = [
            earlier.begins
            for years in windows
            for earlier in earlier_periods(self._as_written, self.period, add_months(ends, -12 * int(years)))
        ]
        return Period(min([self.period.begins, *begins]), ends)

    def judge(
        self, facts: Iterable[Fact], *, declared: Declared = NOTHING_DECLARED, history: Iterable[Fact] = ()
    ) -> Judged:
        """What the rules make of `facts`; their order does not matter. Facts of other days get a line that says so.

        `history`: facts of earlier periods, for requirements that look back.
        """
        every, before = list(facts), list(history)
        try:
            return self._judge(every, declared, before)
        except TooCoarse as error:
            if error.of not in self._refined:
                self._refined[error.of] = Prepared(self._as_written, self.period, finer=self._finer * error.of)
            return self._refined[error.of].judge(every, declared=declared, history=before)

    def _judge(self, facts: list[Fact], declared: Declared, history: list[Fact]) -> Judged:
        chosen = sorted(facts, key=lambda f: (f.ends_on, f.position, f.key))
        lines: dict[str, Line] = {}
        rows, deems = self._rows(chosen, lines)
        share_out(rows)
        categories: dict[str, int] = {}
        for row in rows:
            if not row.is_awaiting:
                categories[row.category] = categories.get(row.category, 0) + row.stated
            lines[row.fact.key] = self._line(row)
        ground = Ground(
            rule_set=self.rule_set,
            period=self.period,
            scale=self.scale,
            rows=rows,
            deems=deems,
            declared=declared,
            asked=self._asked,
            earlier=lambda since: self._earlier_rows(since, history, declared),
        )
        return Judged(
            rule_set=self.rule_set,
            period=self.period,
            scale=self.scale,
            credits_ticks=sum(categories.values()),
            hours_ticks=sum(row.hours for row in rows),
            category_ticks={code: categories[code] for code in sorted(categories)},
            lines={fact.key: lines[fact.key] for fact in chosen},
            requirements=tuple(evaluate(ground)),
        )

    def _rows(self, chosen: list[Fact], lines: dict[str, Line]) -> tuple[list[Row], Provenance | None]:
        """The facts that stand, as rows; those that do not get their line at once."""
        rows: list[Row] = []
        deems: list[Provenance] = []
        for fact in chosen:
            prepared = self._type_of(fact)
            reason = self._refusal(fact, prepared)
            if reason is not None:
                lines[fact.key] = self._refused(fact, prepared, reason)
            elif prepared is None:
                rows.append(_unknown(fact))
            else:
                row = self._row(fact, prepared, earn(fact, prepared.kind, self._minutes))
                if row.reason is LineReason.DEEMS_COMPLETE:
                    deems.append(prepared.kind.provenance)
                rows.append(row)
        return rows, min(deems, key=lambda p: not p.is_verified, default=None)

    def _refusal(self, fact: Fact, prepared: PreparedType | None) -> LineReason | None:
        """Why the fact does not stand at all."""
        if fact.is_reversal:
            return LineReason.REVERSAL
        if fact.is_reversed:
            return LineReason.REVERSED
        if fact.is_doubled:
            return LineReason.DOUBLED
        if fact.ends_on not in self._window:
            return LineReason.WRONG_PERIOD
        if prepared is None:
            return None
        rule = prepared.kind.credit
        if rule.role and fact.role != rule.role:
            return LineReason.OTHER_ROLE
        approval, attendance = prepared.kind.approval, self.rule_set.attendance
        if approval is not None and approval.mark == Mark.A and approval.scheme not in fact.approvals:
            return LineReason.NO_APPROVAL
        if attendance is not None and attendance.mark == Mark.A and _missed(fact, attendance):
            return LineReason.PARTLY_ATTENDED
        return None

    def _hold(self, fact: Fact, kind: ActivityType) -> LineReason | None:
        """Why the fact's credit waits although it can be computed: what is not on file, or an unverified condition."""
        attendance = self.rule_set.attendance
        if kind.approval is not None and kind.approval.scheme not in fact.approvals:
            return LineReason.NO_APPROVAL
        if attendance is not None and fact.ends_on >= attendance.since and attendance.minimum > 0:
            if fact.attended is None:
                return LineReason.AWAITING_ATTENDANCE
            if _missed(fact, attendance):
                return LineReason.PARTLY_ATTENDED
        if not kind.needs <= (fact.evidence or frozenset()):
            return LineReason.AWAITING_EVIDENCE
        return None

    def _row(self, fact: Fact, prepared: PreparedType, earned: Earned) -> Row:
        kind = prepared.kind
        hold = self._hold(fact, kind)
        hours = hours_least = hours_most = 0
        timed = fact.unit in TIME_UNITS
        if timed:
            hours = hours_least = hours_most = self._ticks(hours_ratio(fact, self._minutes))
            if self._may_be_shorter:
                hours_most = self._ticks(hours_ratio(fact, self._shortest))
            if self._may_be_longer:
                hours_least = self._ticks(hours_ratio(fact, self._longest))
        if earned.worth is None:
            return self._made(fact, prepared, earned.reason, awaiting=True, worth=(0, 0, 0), hours=(0, 0, hours_most))
        value = self._ticks(earned.worth)
        most = value
        if timed and self._may_be_shorter:
            most = self._ticks(earn(fact, kind, self._shortest).worth or (0, 1))
        if hold is not None:
            return self._made(fact, prepared, hold, awaiting=True, worth=(0, 0, most), hours=(0, 0, hours_most))
        least = value if prepared.mark == Mark.A else 0
        if least and timed and self._may_be_longer:
            least = self._ticks(earn(fact, kind, self._longest).worth or (0, 1))
        worth = (value, least, most)
        return self._made(
            fact, prepared, earned.reason, awaiting=False, worth=worth, hours=(hours, hours_least, hours_most)
        )

    def _made(
        self,
        fact: Fact,
        prepared: PreparedType,
        reason: LineReason,
        *,
        awaiting: bool,
        worth: tuple[int, int, int],
        hours: tuple[int, int, int],
    ) -> Row:
        return Row(
            fact,
            prepared.kind,
            prepared.category,
            prepared.limits,
            prepared.verified_limits,
            reason,
            awaiting,
            *worth,
            *hours,
        )

    def _ticks(self, ratio: Ratio) -> int:
        whole, rest = divmod(ratio[0] * self.scale, ratio[1])
        if rest:
            raise TooCoarse(ratio[1])
        return whole

    def _type_of(self, fact: Fact) -> PreparedType | None:
        """The fact's type; in the learner's category where the type leaves it open and the rules know it."""
        key = fact.activity_type, fact.category
        found = self._types.get(key)
        if found is None:
            kind = self.rule_set.types.get(fact.activity_type)
            if kind is None:
                return None
            named = fact.category if fact.category in self.rule_set.categories else ""
            found = self._types[key] = self._prepare(kind, kind.category or named)
        return found

    def _prepare(self, kind: ActivityType, category: str) -> PreparedType:
        limits = self._limits.of(kind, category)
        verified = tuple(limit for limit in limits if limit.mark == Mark.A)
        mark = kind.provenance.mark
        by_the_hour = worst(mark, self.rule_set.minutes_per_hour.mark) if kind.credit.unit == "hour" else mark
        return PreparedType(kind, category, limits, verified, mark, by_the_hour)

    def _earlier_rows(self, since: date, history: list[Fact], declared: Declared) -> tuple[list[Row], bool]:
        """The rows of earlier periods from `since` on, and whether nothing can be missing among them."""
        if since not in self._earlier:
            periods = earlier_periods(self._as_written, self.period, since)
            self._earlier[since] = [Prepared(self._as_written, period, finer=self._finer) for period in periods]
        found: list[Row] = []
        for prepared in self._earlier[since]:
            chosen = [fact for fact in history if fact.ends_on in prepared.period]
            rows, _deems = prepared._rows(sorted(chosen, key=lambda f: (f.ends_on, f.position, f.key)), {})
            share_out(rows)
            found += rows
        known_since = max(declared.complete_since or date.max, self.rule_set.effective_from)
        return found, since >= known_since

    def _line(self, row: Row) -> Line:
        kind = row.kind
        if kind is None or row.is_awaiting:
            return self._uncounted(row.fact, kind, row.category, LineState.UNDETERMINED, row.reason)
        limit = row.limit
        state = LineState.NOT_COUNTED
        if row.reason is LineReason.DEEMS_COMPLETE:
            state = LineState.COUNTED
        elif row.stated > 0:
            state = LineState.COUNTED if row.stated == row.earned else LineState.PARTLY_COUNTED
        prepared = self._types[row.fact.activity_type, row.fact.category]
        mark = prepared.mark_of_minutes if row.fact.unit == "minute" else prepared.mark
        provenance = kind.provenance
        return Line(
            row.fact.key,
            state,
            row.reason if limit is None else limit.reason,
            row.stated,
            row.earned,
            row.hours,
            self.scale,
            row.category,
            kind.code,
            mark if limit is None else worst(mark, limit.mark),
            provenance.clause if limit is None else limit.clause,
            provenance.source if limit is None else limit.source,
            provenance.origin,
            None if limit is None else limit.maximum,
        )

    def _refused(self, fact: Fact, prepared: PreparedType | None, reason: LineReason) -> Line:
        kind, category = (prepared.kind, prepared.category) if prepared is not None else (None, "")
        return self._uncounted(fact, kind, category, LineState.NOT_COUNTED, reason)

    def _uncounted(
        self, fact: Fact, kind: ActivityType | None, category: str, state: LineState, reason: LineReason
    ) -> Line:
        rules = self.rule_set
        provenance = kind.provenance if kind is not None else None
        return Line(
            fact.key,
            state,
            reason,
            0,
            0,
            0,
            self.scale,
            category,
            fact.activity_type,
            provenance.mark if provenance is not None else rules.mark,
            provenance.clause if provenance is not None else rules.authority,
            provenance.source if provenance is not None else next(iter(rules.sources), ""),
            provenance.origin if provenance is not None else rules.key,
        )


def judge(
    rule_set: RuleSet,
    period: Period,
    facts: Iterable[Fact],
    *,
    declared: Declared = NOTHING_DECLARED,
    history: Iterable[Fact] = (),
) -> Judged:
    """Judge one person's facts: `Prepared.judge` for once. Who judges many prepares the rules first."""
    return Prepared(rule_set, period).judge(facts, declared=declared, history=history)


def _unknown(fact: Fact) -> Row:
    """A fact of a type that the rules do not name."""
    return Row(fact, None, "", (), (), LineReason.UNKNOWN_TYPE, True, 0, 0, 0, 0, 0, 0)


def _missed(fact: Fact, attendance: Attendance) -> bool:
    share = fact.attended
    return share is not None and share < attendance.minimum and fact.ends_on >= attendance.since


def _scale(rule_set: RuleSet) -> int:
    """Parts of one credit or hour, so that every value of the rules and every amount under them is whole."""
    return lcm(PARTS_OF_A_QUANTITY, *(value.denominator for value in _values(rule_set)))


def _values(rule_set: RuleSet) -> Iterator[Fraction]:
    """What amounts are made of: the smallest step of each."""
    minutes = rule_set.minutes_per_hour
    lengths = {minutes.value, minutes.longest, minutes.shortest}
    for length in lengths:
        yield 1 / (PARTS_OF_A_QUANTITY * length)
    for kind in rule_set.types.values():
        rule = kind.credit
        yield from (cap.maximum for cap in kind.caps)
        yield from (worth for _at, worth in rule.steps)
        yield from (worth for _keys, worth in rule.rows)
        yield rule.credits / (PARTS_OF_A_QUANTITY * rule.qty)
        if rule.mode == "per_unit" and rule.unit == "hour":
            yield from (rule.credits / (PARTS_OF_A_QUANTITY * rule.qty * length) for length in lengths)
    for requirement in rule_set.requirements:
        yield requirement.value
    for amendment in rule_set.amendments:
        yield from (number(v) for name, v in amendment.get("set", {}).items() if name.endswith(".value"))
