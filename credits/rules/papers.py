"""The kinds of requirement that ask for papers, steps and dates instead of credits. They count activities or steps."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from credits.enums import RequirementReason
from credits.rules.documents import Requirement, number
from credits.rules.findings import (
    FAILED,
    MET,
    OPEN,
    UNDETERMINED,
    Finding,
    decide,
    exactly,
    together,
    undetermined,
)
from credits.rules.grounds import Figures, Ground, Row
from credits.rules.periods import add_months

ONE_DAY = timedelta(days=1)


def min_evidence(requirement: Requirement, ground: Ground) -> Finding:
    """So many activities with evidence on file, and so many of them in each category of `with_category`."""
    shown = _with_evidence(requirement, ground, ground.rows, number(requirement.data["value"]).__ceil__())
    parts = requirement.data.get("with_category", {})
    others = [_with_evidence(requirement, ground, ground.in_category(code), n) for code, n in parts.items()]
    return together(shown, others)


def _with_evidence(requirement: Requirement, ground: Ground, rows: Sequence[Row], wanted: int) -> Finding:
    filed = sum(1 for row in rows if row.fact.evidence and not row.is_awaiting)
    open_ones = sum(1 for row in rows if row.fact.evidence is None or (row.is_awaiting and row.fact.evidence))
    figures = Figures(filed * ground.scale, filed * ground.scale, (filed + open_ones) * ground.scale)
    reason = RequirementReason.AWAITING_EVIDENCE
    verified = requirement.provenance.is_verified
    return decide(exactly(wanted * ground.scale), figures, verified=verified, unsure=reason)


def fields_present(requirement: Requirement, ground: Ground) -> Finding:
    """Every activity that counts has all of `fields` written; where types name such a field among their evidence,
    only activities of those types. Somebody without such an activity has written nothing."""
    fields = frozenset(requirement.data["fields"])
    naming = {code for code, kind in ground.rule_set.types.items() if fields & set(kind.evidence)}
    rows = [row for row in ground.rows if not naming or row.kind is None or row.kind.code in naming]
    sure = [row for row in rows if not row.is_awaiting]
    written = sum(1 for row in sure if row.fact.fields is not None and fields <= row.fact.fields)
    lacking = sum(1 for row in sure if row.fact.fields is not None and not fields <= row.fact.fields)
    unknown = len(sure) - written - lacking
    asked = max(1, len(sure)) * ground.scale
    figures = Figures(written * ground.scale, written * ground.scale, (written + unknown) * ground.scale)
    if lacking or not rows:
        return Finding(asked, figures, OPEN, FAILED if requirement.provenance.is_verified else UNDETERMINED, _LACKING)
    if unknown or len(rows) > len(sure):
        return undetermined(RequirementReason.AWAITING_FIELDS, asked, figures)
    return decide(exactly(asked), figures, verified=requirement.provenance.is_verified)


_LACKING = RequirementReason.NOT_REACHED


def checklist(requirement: Requirement, ground: Ground) -> Finding:
    """Every item is done and confirmed. What the person alone says, or nobody, is undetermined."""
    items = list(requirement.data["items"])
    known = [ground.declared.steps.get(item) for item in items]
    done = sum(1 for step in known if step is not None and step.value > 0)
    confirmed = sum(1 for step in known if step is not None and step.value > 0 and step.is_confirmed)
    unknown = sum(1 for step in known if step is None)
    scale = ground.scale
    figures = Figures(done * scale, confirmed * scale, (done + unknown) * scale)
    asked = exactly(len(items) * scale)
    reason = RequirementReason.AWAITING_STEPS if unknown else RequirementReason.UNCONFIRMED
    return decide(asked, figures, verified=requirement.provenance.is_verified, unsure=reason)


def external_minimum(requirement: Requirement, ground: Ground) -> Finding:
    """A figure that is kept outside of the book and recorded by name ("field")."""
    asked = exactly(requirement.value * ground.scale)
    known = ground.declared.figures.get(str(requirement.data["field"]))
    if known is None:
        return undetermined(RequirementReason.AWAITING_FIGURE, asked.stated)
    value = number(known.value) * ground.scale
    figures = Figures(value, value if known.is_confirmed else 0, value)
    verified = requirement.provenance.is_verified
    finding = decide(asked, figures, verified=verified, unsure=RequirementReason.UNCONFIRMED)
    if known.is_confirmed or finding.closed != FAILED:
        return finding
    return Finding(asked.stated, figures, OPEN, UNDETERMINED, RequirementReason.UNCONFIRMED)


def max_gap_months(requirement: Requirement, ground: Ground) -> Finding:
    """No more than so many months between one activity and the next, the ends of the period being such marks too.

    The figures are the longest gap in whole months: `low` if everything recorded counts, `high` by what surely does.
    """
    months = int(requirement.value)
    sure = _Gaps(ground, months, [row.fact.ends_on for row in ground.rows if row.low > 0])
    best = _Gaps(ground, months, [row.fact.ends_on for row in ground.rows if row.most > 0 or row.is_awaiting])
    stated = _Gaps(ground, months, [row.fact.ends_on for row in ground.rows if row.stated > 0])
    longest = sorted((best.longest, stated.longest, sure.longest))
    figures = Figures(longest[1] * ground.scale, longest[0] * ground.scale, longest[2] * ground.scale)
    if sure.broken_on is None:
        if requirement.provenance.is_verified:
            return Finding(None, figures, OPEN, MET, RequirementReason.REACHED)
        return Finding(None, figures, OPEN, UNDETERMINED, RequirementReason.UNVERIFIED_VALUE)
    certain = best.broken_on is not None and requirement.provenance.is_verified
    closed = FAILED if certain else UNDETERMINED
    reason = (
        RequirementReason.GAP_TOO_LONG
        if certain
        else RequirementReason.UNVERIFIED_VALUE
        if not requirement.provenance.is_verified
        else RequirementReason.UNVERIFIED_CREDIT
    )
    since = best.broken_on if certain and best.broken_on is not None else sure.broken_on
    turns = ((since, closed),) if since < ground.period.ends else ()
    return Finding(None, figures, OPEN, closed, reason, turns)


class _Gaps:
    """The gaps between `days` in the period; `broken_on` is the first day on which one was too long."""

    def __init__(self, ground: Ground, months: int, days: Sequence[date]) -> None:
        marks = [ground.period.begins, *sorted(days), ground.period.ends]
        pairs = list(pairwise(marks))
        self.longest = max(_months_between(one, next_one) for one, next_one in pairs)
        too_long = [add_months(one, months) + ONE_DAY for one, next_one in pairs if add_months(one, months) < next_one]
        self.broken_on = min(too_long, default=None)


def _months_between(one: date, other: date) -> int:
    months = (other.year - one.year) * 12 + other.month - one.month
    return months if add_months(one, months) <= other else months - 1
