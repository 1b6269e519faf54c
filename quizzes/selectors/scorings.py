"""How the banks score now: what each says, over the default that comes with us."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from quizzes.grading import scorings as document
from quizzes.models import Scoring


@dataclass(frozen=True)
class Rules:
    """`by_type` are a type's rules; `number` is the version in the bank, 0 for the default that comes with us.

    `mark` says how far `source` was verified, `marks` where a type differs from it.
    """

    number: int
    by_type: Mapping[str, Any]
    source: str
    mark: str
    marks: Mapping[str, str] = field(default_factory=dict)

    def mark_of(self, type: str) -> str:
        return self.marks.get(type, self.mark)


def default() -> Rules:
    read = document.default()
    return Rules(number=0, by_type=read.rules, source=read.source, mark=read.mark, marks=read.marks)


def rules_of(banks: Iterable[int]) -> dict[int, Rules]:
    """What counts now, by the bank's primary key, in one query. What a bank does not say follows the default."""
    banks, read = set(banks), document.default()
    found = dict.fromkeys(banks, default())
    for row in Scoring.objects.filter(bank__in=banks).order_by("number"):
        found[row.bank_id] = Rules(
            number=row.number,
            by_type={**read.rules, **row.rules},
            source=row.source,
            mark=row.mark,
            marks={type: read.mark_of(type) for type in read.rules if type not in row.rules},
        )
    return found
