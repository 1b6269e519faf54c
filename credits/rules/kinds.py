"""The kinds of requirement that credits and hours decide, each a function from a ground to a finding."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from credits.enums import RequirementReason
from credits.rules.conditions import holds
from credits.rules.documents import Requirement, number
from credits.rules.findings import (
    FAILED,
    MET,
    OPEN,
    UNDETERMINED,
    Asked,
    Finding,
    decide,
    worst,
)
from credits.rules.grounds import Figures, Ground, Row, Ticks, is_tagged, sum_of
from credits.rules.papers import checklist, external_minimum, fields_present, max_gap_months, min_evidence
from credits.rules.periods import Period, add_months

Kind = Callable[[Requirement, Ground], Finding]


def asked_of(requirement: Requirement, ground: Ground) -> Asked:
    """The value asked for; between the values of its overrides where it is not known whether they apply."""
    kept = ground.asked.get(requirement.id)
    if kept is not None:
        return kept
    stated, possible = requirement.value, []
    for override in requirement.data.get("overrides", []):
        applies = holds(override.get("applies_if"), ground.declared.traits)
        if applies:
            stated = number(override["value"])
            break
        if applies is None:
            possible.append(number(override["value"]))
    every: list[Ticks] = [value * ground.scale for value in (stated, *possible)]
    every = [value.numerator if value.denominator == 1 else value for value in every]
    asked = Asked(every[0], min(every), max(every))
    if "overrides" not in requirement.data:
        ground.asked[requirement.id] = asked
    return asked


def _settle(
    requirement: Requirement,
    ground: Ground,
    figures: Figures,
    relevant: Sequence[Row],
    asked: Asked | None = None,
    *,
    verified: bool = True,
    may_be_deemed: bool = False,
) -> Finding:
    asked = asked or asked_of(requirement, ground)
    verified = verified and requirement.provenance.is_verified
    if may_be_deemed and ground.deems is not None and figures.low < asked.most:
        state = MET if verified and ground.deems.is_verified else UNDETERMINED
        return Finding(asked.stated, figures, state, state, RequirementReason.DEEMED_COMPLETE)
    rests_on_trait = asked.least != asked.most and figures.low == figures.high
    return decide(
        asked,
        figures,
        verified=verified,
        awaiting=any(row.is_awaiting for row in relevant),
        unsure=RequirementReason.UNKNOWN_TRAIT if rests_on_trait else RequirementReason.UNVERIFIED_CREDIT,
    )


def _with_unknown(rows: list[Row], ground: Ground) -> list[Row]:
    """`rows` and those of a type that the rules do not name: they could be of any kind."""
    return [*rows, *(row for row in ground.rows if row.kind is None)]


def min_total(requirement: Requirement, ground: Ground) -> Finding:
    return _settle(requirement, ground, ground.credits(ground.rows), ground.rows, may_be_deemed=True)


def min_hours(requirement: Requirement, ground: Ground) -> Finding:
    return _settle(requirement, ground, ground.hours(), ())


def min_category(requirement: Requirement, ground: Ground) -> Finding:
    rows = ground.in_category(requirement.category)
    figures = _with_substitutes(requirement, ground.credits(rows), ground)
    return _settle(requirement, ground, figures, _with_unknown(rows, ground), may_be_deemed=True)


def min_tagged(requirement: Requirement, ground: Ground) -> Finding:
    rows = ground.tagged(str(requirement.data["tag"]))
    figures = ground.credits(rows)
    return _settle(requirement, ground, figures, _with_unknown(rows, ground), may_be_deemed=True)


def min_share(requirement: Requirement, ground: Ground) -> Finding:
    """A share of the total that is required ("of": "required_total"), else of what was reached."""
    rows = ground.in_category(requirement.category)
    verified = True
    if requirement.data.get("of") == "required_total":
        totals = [r for r in ground.rule_set.requirements if r.kind == "min_total"]
        each = [asked_of(total, ground) for total in totals]
        whole = Asked(*(sum(values) for values in zip(*((a.stated, a.least, a.most) for a in each), strict=True)))
        verified = all(total.provenance.is_verified for total in totals)
    else:
        reached = ground.credits(ground.rows)
        whole = Asked(reached.stated, reached.low, reached.high)
        if reached.high == 0:  # A share of nothing is not reached, it is not there.
            return Finding(0, ground.credits(rows), OPEN, FAILED, RequirementReason.NOT_REACHED)
    share = requirement.value
    asked = Asked(share * whole.stated, share * whole.least, share * whole.most)
    relevant = _with_unknown(rows, ground)
    return _settle(requirement, ground, ground.credits(rows), relevant, asked, verified=verified, may_be_deemed=True)


def min_distinct_categories(requirement: Requirement, ground: Ground) -> Finding:
    """How many categories count anything. An activity whose category nobody named could be of any."""
    codes = {kind.category for kind in ground.rule_set.types.values()} | set(ground.rule_set.categories)
    found = [sum_of(ground.in_category(code)) for code in codes - {""}]
    stated, low, high = (sum(1 for figures in found if figures[n] > 0) for n in range(3))
    high = min(len(found), high + sum(1 for row in ground.in_category("") if row.most > 0 or row.is_awaiting))
    ticks = Figures(*(count * ground.scale for count in (stated, min(stated, low), max(stated, high))))
    return _settle(requirement, ground, ticks, ground.rows)


def min_each_year(requirement: Requirement, ground: Ground) -> Finding:
    """A minimum in every year of the period; shown is the weakest year. What a year clipped by the end of a version
    asks is not said: such a year is met where it reaches the whole minimum, else undetermined."""
    years = ground.period.years()
    found = [_one_year(requirement, ground, year, is_whole) for year, is_whole in years]
    ends = [year.ends for year, _is_whole in years]
    running = worst(part.running for part in found)
    turns, state = [], running
    for number_over, day in enumerate(ends[:-1], 1):
        now = worst([*(p.closed for p in found[:number_over]), *(p.running for p in found[number_over:])])
        if now != state:
            turns.append((day, now))
            state = now
    closed = worst(part.closed for part in found)
    deciding = [part for part in found if part.closed == closed]
    weakest = min(deciding, key=lambda part: (part.figures.stated, part.figures.high))
    reason = RequirementReason.YEAR_MISSED if closed == FAILED else weakest.reason
    return replace(weakest, running=running, closed=closed, reason=reason, turns=tuple(turns))


def _one_year(requirement: Requirement, ground: Ground, year: Period, is_whole: bool) -> Finding:
    rows = [row for row in ground.rows if row.fact.ends_on in year]
    finding = _settle(requirement, ground, ground.credits(rows), rows)
    if is_whole or finding.closed != FAILED:
        return finding
    return replace(finding, closed=UNDETERMINED, reason=RequirementReason.CLIPPED_YEAR)


def min_tagged_rolling(requirement: Requirement, ground: Ground) -> Finding:
    """Credits with a tag in the years up to the period's end, each earlier period judged by the same version."""
    tag = str(requirement.data["tag"])
    since = add_months(ground.period.ends, -12 * int(requirement.data["window_years"]))
    own = ground.tagged(tag)
    earlier, is_complete = ground.earlier(since)
    before = [row for row in earlier if is_tagged(row, tag) and row.fact.ends_on >= since]
    now, then = ground.credits(own), sum_of(before)
    figures = Figures(now.stated + then[0], now.low + min(then[:2]), now.high + max(then[0], then[2]))
    finding = _settle(requirement, ground, figures, _with_unknown([*own, *before], ground))
    if is_complete or finding.closed != FAILED:
        return finding
    return replace(finding, closed=UNDETERMINED, reason=RequirementReason.UNKNOWN_HISTORY)


def _with_substitutes(requirement: Requirement, own: Figures, ground: Ground) -> Figures:
    """What a category reaches when a surplus of its partners may fill up to `max_share` of its requirement."""
    rules = [r for r in ground.rule_set.requirements if r.kind == "substitution"]
    rule = next((r for r in rules if requirement.category in r.data.get("between", [])), None)
    share = number(rule.data.get("max_share", 0)) if rule is not None else number(0)
    if rule is None or share <= 0:
        return own
    minima = {r.category: r.value * ground.scale for r in ground.rule_set.requirements if r.kind == "min_category"}
    partners = [code for code in rule.data["between"] if code != requirement.category]
    reached = {code: ground.credits(ground.in_category(code)) for code in partners}

    def filled(figure: Ticks, partner: Callable[[Figures], Ticks]) -> Ticks:
        surplus = sum(max(0, partner(reached[code]) - minima.get(code, 0)) for code in partners)
        return figure + min(share * requirement.value * ground.scale, surplus)

    low = filled(own.low, lambda figures: figures.low) if rule.provenance.is_verified else own.low
    return Figures(
        filled(own.stated, lambda figures: figures.stated), low, filled(own.high, lambda figures: figures.high)
    )


KINDS: dict[str, Kind] = {
    "min_total": min_total,
    "min_hours": min_hours,
    "min_category": min_category,
    "min_share": min_share,
    "min_tagged": min_tagged,
    "min_tagged_rolling": min_tagged_rolling,
    "min_each_year": min_each_year,
    "min_distinct_categories": min_distinct_categories,
    "max_gap_months": max_gap_months,
    "min_evidence": min_evidence,
    "fields_present": fields_present,
    "checklist": checklist,
    "external_minimum": external_minimum,
}
