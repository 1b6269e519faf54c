"""How the banks score: versioned data. A change makes the next version and counts for attempts opened from then on."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import Conflict, InvalidInput
from organisations import audit
from organisations.deeds import Deed
from organisations.models import Person
from quizzes import grading
from quizzes.enums import MultipleScoring, QuestionType
from quizzes.grading import scorings as document
from quizzes.models import Bank, Scoring
from quizzes.selectors.scorings import Rules, default, rules_of

__all__ = [
    "InvalidScoring",
    "Rules",
    "UnknownScoring",
    "add_version",
    "default",
    "rules_of",
    "set_multiple_scoring",
]

MAX_SOURCE = 300


class UnknownScoring(InvalidInput):
    code = "unknown_scoring"
    message = _("This way of scoring is not known. Choose one from the list.")


class InvalidScoring(InvalidInput):
    """`field` is the form's field, `path` the place in the rules ("CASE.wrong"), `fault` how it is wrong."""

    code = "invalid_scoring"
    message = _("These rules cannot be used. Please correct them.")


# What is wrong with a place of the rules.
RULE_FAULTS = {
    grading.Fault.MISSING: _("“%(path)s” is missing."),
    grading.Fault.UNKNOWN: _("“%(path)s” is nothing that the rules know."),
    grading.Fault.NOT_A_NUMBER: _('“%(path)s” is not a number; write numbers as text, like "0.5".'),
    grading.Fault.OUT_OF_RANGE: _("“%(path)s” is out of range."),
}


@transaction.atomic
def set_multiple_scoring(*, by: Person | None, bank: Bank, mode: str) -> Rules:
    """Score the bank's X questions by `mode` from now on; the same again changes nothing. Raises UnknownScoring."""
    if mode not in set(MultipleScoring):
        raise UnknownScoring()
    now = rules_of([bank.pk])[bank.pk]
    if now.by_type[QuestionType.X]["mode"] == mode:
        return now
    rules = deepcopy(dict(now.by_type))
    rules[QuestionType.X]["mode"] = mode
    _append(by=by, bank=bank, now=now, rules=rules, source=now.source, mark=now.mark)
    audit.record(
        by=by,
        verb=Deed.SCORING_CHANGED,
        target=bank,
        before={"X": now.by_type[QuestionType.X]["mode"]},
        after={"X": mode, "number": now.number + 1},
    )
    return rules_of([bank.pk])[bank.pk]


@transaction.atomic
def add_version(*, by: Person | None, bank: Bank, rules: Any, source: str, mark: str, seen: int | None = None) -> Rules:
    """The bank's next version of its scoring, for attempts opened from now on. The same again changes nothing.

    `rules` is {type: its rules}, numbers as text; a type that is not named follows the default. `seen` is the version
    that the author started from. Raises InvalidScoring naming the wrong place, and Conflict.
    """
    try:
        checked = document.check_rules(rules)
    except grading.InvalidItem as error:
        said = RULE_FAULTS.get(error.fault, _("“%(path)s” is not written as it must be."))
        path = error.field or "{}"
        raise InvalidScoring(said, field="rules", path=path, fault=str(error.fault)) from error
    source = source.strip()
    if not source or len(source) > MAX_SOURCE:
        raise InvalidScoring(_("Say where these rules come from, in at most 300 characters."), field="source")
    if mark not in document.MARKS:
        raise InvalidScoring(_("Choose how far the source was checked."), field="mark")
    now = rules_of([bank.pk])[bank.pk]
    if seen is not None and seen != now.number:
        raise Conflict()
    after = {**default().by_type, **checked}
    if (after, source, mark) == (dict(now.by_type), now.source, now.mark):
        return now
    _append(by=by, bank=bank, now=now, rules=checked, source=source, mark=mark)
    changed = [str(type) for type in QuestionType if after[type] != now.by_type[type]]
    audit.record(
        by=by,
        verb=Deed.SCORING_CHANGED,
        target=bank,
        before={"number": now.number, "rules": {type: now.by_type[type] for type in changed}},
        after={"number": now.number + 1, "rules": {type: after[type] for type in changed}},
    )
    return rules_of([bank.pk])[bank.pk]


def _append(*, by: Person | None, bank: Bank, now: Rules, rules: Mapping[str, Any], source: str, mark: str) -> None:
    try:
        with transaction.atomic():
            Scoring.objects.create(
                bank=bank, number=now.number + 1, rules=rules, source=source, mark=mark, created_by=by
            )
    except IntegrityError as error:
        raise Conflict() from error
