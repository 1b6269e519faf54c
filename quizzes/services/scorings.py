"""How the banks score: versioned data. A change makes the next version and counts for attempts opened from then on."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import Conflict, InvalidInput
from organisations import audit
from organisations.enums import Deed
from organisations.models import Person
from quizzes.enums import MultipleScoring, QuestionType
from quizzes.grading import scorings as document
from quizzes.models import Bank, Scoring


class UnknownScoring(InvalidInput):
    code = "unknown_scoring"
    message = _("This way of scoring is not known. Choose one from the list.")


@dataclass(frozen=True)
class Rules:
    """`by_type` are a type's rules; `number` is the version in the bank, 0 for the default that comes with us."""

    number: int
    by_type: Mapping[str, Any]
    source: str
    mark: str


def default() -> Rules:
    read = document.default()
    return Rules(number=0, by_type=read.rules, source=read.source, mark=read.mark)


def rules_of(banks: Iterable[int]) -> dict[int, Rules]:
    """What counts now, by the bank's primary key, in one query. What a bank does not say follows the default."""
    banks = set(banks)
    found = dict.fromkeys(banks, default())
    for row in Scoring.objects.filter(bank__in=banks).order_by("number"):
        by_type = {**default().by_type, **row.rules}
        found[row.bank_id] = Rules(number=row.number, by_type=by_type, source=row.source, mark=row.mark)
    return found


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
    try:
        with transaction.atomic():
            Scoring.objects.create(
                bank=bank, number=now.number + 1, rules=rules, source=now.source, mark=now.mark, created_by=by
            )
    except IntegrityError as error:
        raise Conflict() from error
    audit.record(
        by=by,
        verb=Deed.SCORING_CHANGED,
        target=bank,
        before={"X": now.by_type[QuestionType.X]["mode"]},
        after={"X": mode, "number": now.number + 1},
    )
    return rules_of([bank.pk])[bank.pk]
