"""What this package keeps of a person: attempts at quizzes, files sent as answers, and what markers said of them."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cms.shared.storage import delete_on_commit
from organisations.histories import History, Table, Told
from organisations.models import Person
from quizzes import selectors
from quizzes.enums import AttemptState, ObjectionState
from quizzes.models import AnswerFile, Attempt, Marking, MarkingItem, QuestionObjection, RegradeLine
from quizzes.selectors.attempts import LARGE


def count(person: Person) -> dict[str, int]:
    return {"quizzes.Attempt": person.attempts.count()}


def move(kept: Person, merged: Person) -> dict[str, int]:
    """Attempts go over; one that bears the number of an attempt of `kept` in the same context stays where it is."""
    taken = {
        (row.quiz_id, row.context_kind, row.context_id, row.number)
        for row in kept.attempts.only("quiz", "context_kind", "context_id", "number")
    }
    going = [
        row.pk
        for row in merged.attempts.only("quiz", "context_kind", "context_id", "number")
        if (row.quiz_id, row.context_kind, row.context_id, row.number) not in taken
    ]
    # One attempt of a context is open at a time: the one that stays behind can no longer be handed in.
    mine = set(kept.attempts.filter(state=AttemptState.OPEN).values_list("quiz", "context_kind", "context_id"))
    for row in Attempt.objects.filter(pk__in=going, state=AttemptState.OPEN):
        if (row.quiz_id, row.context_kind, row.context_id) in mine:
            going.remove(row.pk)
    return {"quizzes.Attempt": Attempt.objects.filter(pk__in=going).update(person=kept)}


def export(person: Person) -> Told:
    attempts = person.attempts.order_by("opened_at", "pk").values(
        "quiz__title", "number", "state", "opened_at", "closed_at", "paper", "answers", "points",
        "points_possible", "is_passed", "receipt", "graded_at", "opened",
    )  # fmt: skip
    files = list(AnswerFile.objects.filter(attempt__person=person).order_by("uploaded_at", "pk"))
    sent = [
        {"name": row.name, "size_bytes": row.size_bytes, "sha256": row.sha256, "uploaded_at": row.uploaded_at}
        for row in files
    ]
    stored = [
        (f"answers/{number}.{row.extension}", str(row.file.name), row.file.storage)
        for number, row in enumerate(files, start=1)
        if row.file
    ]
    # What a marker noted for themselves is told to the marker; a mark is told once it is final.
    said = Marking.objects.filter(item__attempt__person=person, item__done_at__isnull=False)
    objected = QuestionObjection.objects.filter(attempt__person=person).order_by("made_at", "pk")
    closed = Attempt.objects.filter(person=person).exclude(state=AttemptState.OPEN).select_related("quiz")
    reviews = selectors.reviewable(list(closed.defer(*LARGE)))
    shown = {pk for pk, (is_allowed, _from) in reviews.items() if is_allowed}
    data = {
        "attempts": [_without_key(dict(row)) for row in attempts],
        "answer_files": sent,
        "comments_of_markers": [
            _told(row, shown, points=None, comment="")
            for row in said.order_by("item__done_at", "pk").values(
                "item__attempt", "item__item", "round", "points", "comment", "handed_in_at"
            )
        ],
        "graded_again": [
            _told(row, shown, regrade__reason="")
            for row in RegradeLine.objects.filter(attempt__person=person, applied_at__isnull=False, grade__isnull=False)
            .order_by("applied_at", "pk")
            .values("attempt", "attempt__quiz__title", "old_points", "new_points", "regrade__reason", "applied_at")
        ],
        "question_objections": [
            _told(row, shown, answer="")
            for row in objected.values("attempt", "item", "text", "made_at", "state", "answer", "answered_at")
        ],
    }
    return Told(data, tuple(stored))


def _told(row: Mapping[str, Any], shown: set[int], **hidden: Any) -> dict[str, Any]:
    """With `hidden` in the place of what may name what is right, as long as the quiz does not show that."""
    values = dict(row)
    attempt = values.pop("attempt", None) or values.pop("item__attempt", None)
    return values if attempt in shown else values | hidden


def _without_key(row: dict[str, Any]) -> dict[str, Any]:
    """The questions as they were put, without what would be right: the next learner gets them too.

    Of an open attempt nothing of what is not open yet.
    """
    attempt = Attempt(state=row["state"], paper=row["paper"], opened=row.pop("opened"))
    row["paper"] = [
        {
            "type": group["type"],
            "stem": group["stem"],
            "options": _texts(group["options"]),
            "items": [
                {
                    "id": item["id"],
                    "reveal": item["reveal"],
                    "stem": item["stem"],
                    "options": _texts(item["options"]),
                    "points": item["points"],
                }
                for item in selectors.seen_items(attempt, group, index)
            ],
        }
        for index, group in enumerate(row["paper"]["groups"])
        if selectors.seen_items(attempt, group, index)
    ]
    return row


def _texts(options: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{"key": option["key"], "text": option["text"]} for option in options]


@transaction.atomic
def erase(person: Person) -> None:
    """Attempts that were handed in stay as evidence, of nobody by name; an open one goes.

    Of files their fingerprint stays. What waits to be marked waits no longer; what markers wrote about the person goes,
    their points stay. Of objections the words go, and those that nobody has answered. Seats that the person holds as
    a marker are free again.
    """
    for file in AnswerFile.objects.filter(attempt__person=person).exclude(file=""):
        delete_on_commit(str(file.file.name))
    AnswerFile.objects.filter(attempt__person=person).update(file="", name="")
    person.attempts.filter(state=AttemptState.OPEN).delete()
    MarkingItem.objects.filter(attempt__person=person).not_done().delete()
    Marking.objects.filter(item__attempt__person=person).update(comment="", note="")
    objected = QuestionObjection.objects.filter(attempt__person=person)
    objected.filter(state=ObjectionState.OPEN).delete()
    objected.update(text="", answer="")
    person.markings.filter(handed_in_at__isnull=True).delete()


HISTORY = History(
    name="quizzes",
    turn=2,
    labels={"quizzes.Attempt": _("Attempts at quizzes")},
    count=count,
    move=move,
    export=export,
    erase=erase,
    told={"quizzes.Attempt.person": "attempts"},
    tables={
        "quizzes.QuestionRevision.created_by": Table("questions_written", ("number", "stem", "created_at")),
        "quizzes.QuestionObjection.answered_by": Table(
            "question_objections_answered", ("question__code", "item", "state", "answer", "answered_at")
        ),
        "quizzes.Regrade.made_by": Table("regrades_begun", ("bank__title", "cause", "reason", "created_at")),
        "quizzes.Regrade.confirmed_by": Table("regrades_confirmed", ("bank__title", "cause", "confirmed_at")),
        "quizzes.Regrade.withdrawn_by": Table("regrades_withdrawn", ("bank__title", "cause", "withdrawn_at")),
        "quizzes.QuestionReview.by": Table(
            "questions_reviewed", ("revision__question__code", "revision__number", "state", "at", "note")
        ),
        "quizzes.Scoring.created_by": Table("scorings_set", ("bank__title", "number", "created_at")),
        "quizzes.Marking.marker": Table(
            "markings", ("item__type", "round", "points", "comment", "note", "claimed_at", "handed_in_at")
        ),
    },
    fields=frozenset({"quizzes.Attempt.person"}),
    doers=frozenset(
        {
            "quizzes.QuestionRevision.created_by",
            "quizzes.QuestionObjection.answered_by",
            "quizzes.QuestionReview.by",
            "quizzes.Regrade.made_by",
            "quizzes.Regrade.confirmed_by",
            "quizzes.Regrade.withdrawn_by",
            "quizzes.Scoring.created_by",
            "quizzes.Marking.marker",
        }
    ),
)
