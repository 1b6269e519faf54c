"""What this package keeps of a person: attempts at quizzes."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from organisations.histories import History, Table, Told
from organisations.models import Person
from quizzes.enums import AttemptState
from quizzes.models import Attempt


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
        "points_possible", "is_passed",
    )  # fmt: skip
    return Told({"attempts": [_without_key(dict(row)) for row in attempts]})


def _without_key(row: dict[str, Any]) -> dict[str, Any]:
    """The questions as they were put, without what would be right: the next learner gets them too."""
    paper = row["paper"]
    if isinstance(paper, list):
        hidden = {"answer", "explanation"}
        row["paper"] = [{name: value for name, value in item.items() if name not in hidden} for item in paper]
    return row


def erase(person: Person) -> None:
    """Attempts that were handed in stay as evidence, of nobody by name; an open one goes."""
    person.attempts.filter(state=AttemptState.OPEN).delete()


HISTORY = History(
    name="quizzes",
    turn=2,
    labels={"quizzes.Attempt": _("Attempts at quizzes")},
    count=count,
    move=move,
    export=export,
    erase=erase,
    told={"quizzes.Attempt.person": "attempts"},
    tables={"quizzes.QuestionRevision.created_by": Table("questions_written", ("number", "stem", "created_at"))},
    fields=frozenset({"quizzes.Attempt.person"}),
    doers=frozenset({"quizzes.QuestionRevision.created_by"}),
)
