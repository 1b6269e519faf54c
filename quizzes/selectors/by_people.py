"""What of an attempt is in people's hands, for its learner: files that were sent, and what markers say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from quizzes.enums import QuestionType
from quizzes.models import AnswerFile, Attempt, Marking, MarkingItem


@dataclass(frozen=True)
class Said:
    """What a marker said to the learner, in the order of the rounds; who, is not told."""

    number: int
    comment: str


@dataclass(frozen=True)
class Marked:
    """One piece of a closed attempt: `points`, `basis` and `said` once it is settled and the review is allowed."""

    is_done: bool
    points: Decimal | None
    basis: str
    said: tuple[Said, ...]


@dataclass(frozen=True)
class ByPeople:
    """`files` by their id, which is the answer's value; `marked` by item."""

    files: Mapping[str, AnswerFile] = field(default_factory=dict)
    marked: Mapping[str, Marked] = field(default_factory=dict)


def by_people_of(attempt: Attempt, *, with_marks: bool) -> ByPeople:
    """No query for an attempt without essays and files; else one for the files, two for the marks once it is closed."""
    types = {group["type"] for group in attempt.paper["groups"]}
    files: dict[str, AnswerFile] = {}
    if QuestionType.FILE in types:
        files = {str(row.public_id): row for row in attempt.files.exclude(file="")}
    if attempt.is_open or not types & {QuestionType.FILE, QuestionType.ESSAY}:
        return ByPeople(files)
    return ByPeople(files, _marked(attempt, with_marks=with_marks))


def _marked(attempt: Attempt, *, with_marks: bool) -> dict[str, Marked]:
    items = list(MarkingItem.objects.filter(attempt=attempt).order_by("pk"))
    said: dict[int, list[Said]] = {}
    # Comments may name what would have been right: they wait for the review like the key.
    if with_marks and items:
        rows = Marking.objects.filter(item__in=items, handed_in_at__isnull=False).exclude(comment="")
        for row in rows.order_by("item", "round"):
            listed = said.setdefault(row.item_id, [])
            listed.append(Said(len(listed) + 1, row.comment))
    return {
        item.item: Marked(
            is_done=item.is_done,
            points=item.points if with_marks else None,
            basis=str(item.get_basis_display()) if with_marks else "",
            said=tuple(said.get(item.pk, ())) if item.is_done else (),
        )
        for item in items
    }
