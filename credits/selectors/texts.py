"""Reasons and requirements in words. The rules speak in codes; here they become sentences in the reader's language."""

from decimal import Decimal

from django.utils.translation import gettext as _

from credits.enums import JudgementState, LineReason, OfficialState, RequirementReason


def plain(value: Decimal | None) -> str:
    """A figure without idle zeros: 25, 3.2, 0.33."""
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def line_reason(reason: LineReason, *, limit: Decimal | None = None, credits: Decimal, earned: Decimal) -> str:
    """Why an entry counts as it does, as one sentence."""
    figures = {"limit": plain(limit), "credits": plain(credits), "earned": plain(earned)}
    return _line_texts()[reason] % figures


def sent_late() -> str:
    return _("Done before New Year and sent after it: it belongs to the old year.")


def _line_texts() -> dict[LineReason, str]:
    return {
        LineReason.COUNTED: _("Counted in full."),
        LineReason.CAP_ACTIVITY: _("%(credits)s of %(earned)s counted: one activity gives at most %(limit)s."),
        LineReason.CAP_DAY: _("%(credits)s of %(earned)s counted: one day gives at most %(limit)s."),
        LineReason.CAP_TYPE: _(
            "%(credits)s of %(earned)s counted: this kind of activity gives at most %(limit)s in a period."
        ),
        LineReason.CAP_CATEGORY: _(
            "%(credits)s of %(earned)s counted: this category gives at most %(limit)s in a period."
        ),
        LineReason.CAP_TOTAL: _("%(credits)s of %(earned)s counted: at most %(limit)s count in a period."),
        LineReason.BELOW_MINIMUM: _("Not counted: too little for the smallest credit that the rules give."),
        LineReason.AWAITING_DECISION: _("Not counted yet: the rules leave this credit to the authority's decision."),
        LineReason.AWAITING_LOCAL_RULE: _(
            "Not counted yet: the rules leave this credit to a local table, which is not loaded."
        ),
        LineReason.ROW_MISSING: _("Not counted yet: the rules' table has no row for what was recorded."),
        LineReason.UNKNOWN_TYPE: _("Not counted yet: the rules in force do not name this kind of activity."),
        LineReason.UNKNOWN_UNIT: _("Not counted yet: the rules measure this kind of activity in another unit."),
        LineReason.OTHER_ROLE: _("Not counted: the rules give this credit to another role."),
        LineReason.DEEMS_COMPLETE: _("Counted: the rules take the period's credits as completed."),
        LineReason.REVERSED: _("Not counted: this entry was taken back."),
        LineReason.REVERSAL: _("This entry takes another one back."),
        LineReason.DOUBLED: _(
            "Not counted: the same activity counts from the other account that was merged with this one."
        ),
        LineReason.NO_APPROVAL: _(
            "Not counted: no recognised approval of this activity is recorded, and the rules ask for one."
        ),
        LineReason.PARTLY_ATTENDED: _("Not counted: the rules give this credit for full attendance only."),
        LineReason.AWAITING_ATTENDANCE: _("Not counted yet: how much of it was attended is not recorded."),
        LineReason.AWAITING_EVIDENCE: _("Not counted yet: the evidence that the rules ask for is not on file."),
        LineReason.WRONG_PERIOD: _("Not counted here: it belongs to another period."),
    }


def unit(code: str) -> str:
    """What a rule set counts."""
    return {"activity": _("activities"), "hour": _("hours"), "class_hour": _("class hours")}.get(code, _("credits"))


def category(code: str) -> str:
    """A category of rules that name none of them in words."""
    known = {
        "work_based": _("Work-based learning"),
        "professional": _("Professional activities"),
        "formal": _("Formal education"),
        "self_directed": _("Self-directed learning"),
        "other": _("Other activities"),
    }
    return known.get(code, code)


def requirement_title(kind: str, category: str, required: Decimal | None, unit: str = "credit") -> str:
    """What a requirement asks, as a short phrase. `unit` is what its rule set counts."""
    figures = {"required": plain(required), "category": category}
    titles = _requirement_titles() | _in_units().get(unit, {})
    return titles.get(kind, _("A requirement that a person has to check")) % figures


def _in_units() -> dict[str, dict[str, str]]:
    """Where a rule set counts something other than credits."""
    return {
        "hour": {
            "min_total": _("At least %(required)s hours"),
            "min_category": _("At least %(required)s hours in “%(category)s”"),
            "min_each_year": _("At least %(required)s hours in each year of the period"),
        },
        "class_hour": {
            "min_total": _("At least %(required)s class hours"),
            "min_share": _("At least %(required)s class hours in “%(category)s”"),
        },
        "activity": {"min_total": _("At least %(required)s activities")},
    }


def _requirement_titles() -> dict[str, str]:
    return {
        "min_total": _("At least %(required)s credits"),
        "min_hours": _("At least %(required)s hours"),
        "min_category": _("At least %(required)s credits in “%(category)s”"),
        "min_share": _("At least %(required)s credits in “%(category)s”"),
        "min_tagged": _("At least %(required)s credits of a special kind"),
        "min_tagged_rolling": _("At least %(required)s credits of a special kind over several years"),
        "min_each_year": _("At least %(required)s credits in each year of the period"),
        "min_distinct_categories": _("At least %(required)s different categories"),
        "cap_category": _("At most %(required)s credits in “%(category)s” count"),
        "cap_total": _("At most %(required)s credits count"),
        "substitution": _("How far categories stand in for each other (share: %(required)s)"),
        "max_gap_months": _("No long gap between activities"),
        "min_evidence": _("Evidence for at least %(required)s activities"),
        "fields_present": _("Written reflection with each activity"),
        "checklist": _("Steps to complete"),
        "external_minimum": _("Practice outside of this platform"),
    }


def requirement_reason(reason: RequirementReason, *, low: Decimal, high: Decimal) -> str:
    """What the state of a requirement rests on, as one sentence; with both figures where that decides."""
    return _requirement_reasons()[reason] % {"low": plain(low), "high": plain(high)}


def _requirement_reasons() -> dict[RequirementReason, str]:
    return {
        RequirementReason.REACHED: _("Reached with verified figures."),
        RequirementReason.NOT_REACHED: _("Not reached yet."),
        RequirementReason.UNVERIFIED_CREDIT: _(
            "It rests on figures that have not been verified: %(low)s without them, %(high)s if all of them hold."
        ),
        RequirementReason.UNVERIFIED_VALUE: _("The figure asked for has not been verified against the official text."),
        RequirementReason.AWAITING: _("Some entries still wait for their credit to be decided."),
        RequirementReason.UNKNOWN_KIND: _("This requirement is not judged by the platform; a person has to check it."),
        RequirementReason.UNKNOWN_TRAIT: _("Whether this applies depends on facts that are not recorded here."),
        RequirementReason.DEEMED_COMPLETE: _("An entry makes the rules take this as completed."),
        RequirementReason.LIMIT: _("A limit on what counts, not a goal."),
        RequirementReason.AWAITING_EVIDENCE: _("For some activities no evidence is on file here yet."),
        RequirementReason.AWAITING_FIELDS: _("For some activities the written reflection is not recorded here yet."),
        RequirementReason.AWAITING_STEPS: _("Some steps are not recorded here yet."),
        RequirementReason.AWAITING_FIGURE: _("The figure is kept outside of this platform and not recorded here yet."),
        RequirementReason.UNCONFIRMED: _(
            "It rests on what the person stated and nobody has confirmed yet: %(low)s without it, %(high)s with it."
        ),
        RequirementReason.UNKNOWN_HISTORY: _("What was done in earlier years is not completely recorded here."),
        RequirementReason.CLIPPED_YEAR: _(
            "A year of this period is shorter than twelve months, and the rules do not say what it asks for."
        ),
        RequirementReason.YEAR_MISSED: _("A year of this period has ended below its minimum."),
        RequirementReason.GAP_TOO_LONG: _("There is a longer gap between activities than the rules allow."),
        RequirementReason.EXCUSED: _(
            "Not reached, but the person is in a state that the rules exempt; the authority decides."
        ),
    }


def state(value: str) -> str:
    """The state of a judgement or requirement in words."""
    return {
        JudgementState.MET: _("Met"),
        JudgementState.OPEN: _("Still open"),
        JudgementState.FAILED: _("Not met"),
        JudgementState.UNDETERMINED: _("Undetermined"),
        JudgementState.RECORD_ONLY: _("Recorded only"),
    }[JudgementState(value)]


def official_state(value: str) -> str:
    return {
        OfficialState.RECORDED: _("Recorded here"),
        OfficialState.REPORTED: _("Reported"),
        OfficialState.REGISTERED: _("Registered by the authority"),
        OfficialState.RETURNED: _("Returned"),
    }[OfficialState(value)]
