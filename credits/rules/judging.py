"""What one rule-set version makes of the facts of one period."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from credits.enums import JudgementState, LineReason, LineState, Mark
from credits.rules.caps import Allocation, Stage, allocate, stages
from credits.rules.documents import ActivityType, Provenance, RuleSet, worst
from credits.rules.earning import TIME_UNITS, Earned, earn, hours_of
from credits.rules.facts import NOTHING_DECLARED, Declared, Fact
from credits.rules.periods import Period
from credits.rules.requirements import Ground, RequirementResult, evaluate, overall


@dataclass(frozen=True)
class Line:
    """What became of one fact. `earned` is its credit before caps; `limit` the cap's figure where one took from it.

    `hours` are those that count: none for what is undetermined, taken back or done in another role.
    """

    key: str
    state: LineState
    credits: Fraction
    earned: Fraction
    hours: Fraction
    reason: LineReason
    category: str
    activity_type: str
    mark: Mark
    clause: str
    source: str
    origin: str
    limit: Fraction | None = None


@dataclass(frozen=True)
class Judged:
    rule_set: RuleSet
    period: Period
    credits: Fraction
    hours: Fraction
    by_category: Mapping[str, Fraction]
    lines: Mapping[str, Line]
    requirements: tuple[RequirementResult, ...]

    @property
    def running(self) -> JudgementState:
        return overall(r.running for r in self.requirements if not r.is_limit)

    @property
    def closed(self) -> JudgementState:
        return overall(r.closed for r in self.requirements if not r.is_limit)


@dataclass
class _Sorted:
    """Facts of the period by what can be said of them."""

    lines: dict[str, Line] = field(default_factory=dict)
    credited: list[tuple[Fact, ActivityType, Earned]] = field(default_factory=list)
    standing: list[Fact] = field(default_factory=list)
    awaiting: set[str] = field(default_factory=set)
    deems: list[Provenance] = field(default_factory=list)


def judge(rule_set: RuleSet, period: Period, facts: Iterable[Fact], *, declared: Declared = NOTHING_DECLARED) -> Judged:
    """Judge the facts whose deciding day lies in `period`. The order of `facts` does not matter.

    `declared` is what is known of the person beside the facts; a condition on an unknown trait is undetermined.
    """
    rule_set = rule_set.amended(period.begins)
    minutes = rule_set.minutes_per_hour
    chosen = sorted((f for f in facts if f.ends_on in period), key=lambda f: (f.ends_on, f.position, f.key))
    found = _sort(rule_set, chosen)

    applied = stages(rule_set)
    verified_caps = [stage for stage in applied if stage.mark == Mark.A]
    live = [fact for fact, _kind, _earned in found.credited]
    sure = {fact.key for fact, kind, _earned in found.credited if kind.provenance.is_verified}
    stated = allocate(live, {fact.key: e.credits for fact, _k, e in found.credited if e.credits is not None}, applied)
    low = allocate(live, _worth(found, minutes.longest, only=sure), applied)
    high = allocate(live, _worth(found, minutes.shortest), verified_caps)

    for fact, kind, earned in found.credited:
        found.lines[fact.key] = _line(rule_set, fact, kind, earned, stated)
    ground = Ground(
        rule_set,
        found.standing,
        stated,
        low,
        high,
        frozenset(found.awaiting),
        min(found.deems, key=lambda p: p.mark != Mark.A, default=None),
        declared.traits,
    )
    categories = {rule_set.types[fact.activity_type].category for fact in live}
    return Judged(
        rule_set=rule_set,
        period=period,
        credits=stated.total(),
        hours=ground.hours().stated,
        by_category={code: stated.total(ground.in_category(code)) for code in sorted(categories)},
        lines={fact.key: found.lines[fact.key] for fact in chosen},
        requirements=tuple(evaluate(ground)),
    )


def _sort(rule_set: RuleSet, chosen: list[Fact]) -> _Sorted:
    found = _Sorted()
    for fact in chosen:
        kind = rule_set.types.get(fact.activity_type)
        if fact.is_reversed or fact.is_reversal:
            reason = LineReason.REVERSAL if fact.is_reversal else LineReason.REVERSED
            found.lines[fact.key] = _uncounted(rule_set, fact, kind, LineState.NOT_COUNTED, reason)
            continue
        if fact.is_doubled:
            found.lines[fact.key] = _uncounted(rule_set, fact, kind, LineState.NOT_COUNTED, LineReason.DOUBLED)
            continue
        if kind is None:
            found.awaiting.add(fact.key)
            found.standing.append(fact)
            found.lines[fact.key] = _uncounted(rule_set, fact, None, LineState.UNDETERMINED, LineReason.UNKNOWN_TYPE)
            continue
        earned = earn(fact, kind, rule_set.minutes_per_hour.value)
        if earned.reason == LineReason.OTHER_ROLE:
            found.lines[fact.key] = _uncounted(rule_set, fact, kind, LineState.NOT_COUNTED, earned.reason)
            continue
        found.standing.append(fact)
        if earned.credits is None:
            found.awaiting.add(fact.key)
            found.lines[fact.key] = _uncounted(rule_set, fact, kind, LineState.UNDETERMINED, earned.reason)
            continue
        if earned.deems_complete:
            found.deems.append(kind.provenance)
        found.credited.append((fact, kind, earned))
    return found


def _worth(found: _Sorted, minutes_per_hour: Fraction, *, only: set[str] | None = None) -> dict[str, Fraction]:
    worth: dict[str, Fraction] = {}
    for fact, kind, _earned in found.credited:
        credits = earn(fact, kind, minutes_per_hour).credits
        if credits is not None and (only is None or fact.key in only):
            worth[fact.key] = credits
    return worth


def _mark(rule_set: RuleSet, fact: Fact, kind: ActivityType, limit: Stage | None) -> Mark:
    """The least certain value that the figure rests on; the length of an hour matters for recorded minutes only."""
    marks = [kind.provenance.mark]
    if fact.unit == "minute" and kind.credit.unit == "hour":
        marks.append(rule_set.minutes_per_hour.mark)
    if limit is not None:
        marks.append(limit.mark)
    return worst(*marks)


def _line(rule_set: RuleSet, fact: Fact, kind: ActivityType, earned: Earned, stated: Allocation) -> Line:
    full = earned.credits or Fraction(0)
    credits = stated.credits[fact.key]
    limit = stated.limits.get(fact.key)
    reason = limit.reason if limit is not None else earned.reason
    if earned.deems_complete:
        state = LineState.COUNTED
    elif credits == 0:
        state = LineState.NOT_COUNTED
    else:
        state = LineState.COUNTED if credits == full else LineState.PARTLY_COUNTED
    return Line(
        key=fact.key,
        state=state,
        credits=credits,
        earned=full,
        hours=_hours(rule_set, fact),
        reason=reason,
        category=kind.category,
        activity_type=kind.code,
        mark=_mark(rule_set, fact, kind, limit),
        clause=limit.clause if limit is not None else kind.provenance.clause,
        source=kind.provenance.source,
        origin=kind.provenance.origin,
        limit=limit.maximum if limit is not None else None,
    )


def _uncounted(rule_set: RuleSet, fact: Fact, kind: ActivityType | None, state: LineState, reason: LineReason) -> Line:
    return Line(
        key=fact.key,
        state=state,
        credits=Fraction(0),
        earned=Fraction(0),
        hours=Fraction(0),
        reason=reason,
        category=kind.category if kind is not None else "",
        activity_type=fact.activity_type,
        mark=kind.provenance.mark if kind is not None else rule_set.mark,
        clause=kind.provenance.clause if kind is not None else rule_set.authority,
        source=kind.provenance.source if kind is not None else next(iter(rule_set.sources), ""),
        origin=kind.provenance.origin if kind is not None else rule_set.key,
    )


def _hours(rule_set: RuleSet, fact: Fact) -> Fraction:
    return hours_of(fact, rule_set.minutes_per_hour.value) if fact.unit in TIME_UNITS else Fraction(0)
