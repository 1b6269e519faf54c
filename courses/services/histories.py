"""What this package keeps of a person: enrolments with their lessons and completions, and places in quiz pages."""

from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.enums import EnrolmentState
from courses.models import AttentionCheck, Enrolment, LessonProgress, LostPass, QuizProgress
from courses.services.completion import complete_course, lock
from courses.services.progress import settle_outcomes
from organisations.histories import History, Told
from organisations.models import Person


def count(person: Person) -> dict[str, int]:
    return {
        "courses.Enrolment": person.enrolments.count(),
        "courses.LessonProgress": LessonProgress.objects.filter(enrolment__person=person).completed().count(),
        "courses.QuizProgress": person.quiz_progress.count(),
    }


def move(kept: Person, merged: Person) -> dict[str, int]:
    """Enrolments go over. Where both took up one offer, the earlier completion is kept's, and of two that are not
    complete `kept` gets the lessons that either has done; what is left stays with `merged`, no longer in progress."""
    both = Enrolment.objects.filter(person__in=[kept, merged]).order_by("pk")
    for pk in both.values_list("pk", flat=True):
        Enrolment.objects.filter(pk=pk).update(progressed_at=F("progressed_at"))
    mine = {row.offer_id: row for row in both if row.person_id == kept.pk}
    enrolments = lessons = 0
    for row in Enrolment.objects.filter(person=merged).order_by("pk"):
        if row.offer_id not in mine:
            Enrolment.objects.filter(pk=row.pk).update(person=kept)
            enrolments += 1
            lessons += row.lessons.completed().count()
        elif _is_better(row, mine[row.offer_id]):
            exchange(Enrolment, "person_id", mine[row.offer_id].pk, row.pk)
            enrolments += 1
            lessons += row.lessons.completed().count()
        elif mine[row.offer_id].state != EnrolmentState.COMPLETED:
            lessons += _join(mine[row.offer_id], row)
    Enrolment.objects.filter(person=merged, state=EnrolmentState.ACTIVE).update(
        state=EnrolmentState.WITHDRAWN, withdrawn_at=timezone.now()
    )
    return {
        "courses.Enrolment": enrolments,
        "courses.LessonProgress": lessons,
        "courses.QuizProgress": _move_quizzes(kept, merged),
    }


def _move_quizzes(kept: Person, merged: Person) -> int:
    """Places in quiz pages go over; where both have one, `kept` gets the one that was passed, and earlier."""
    mine = {row.page_key: row for row in QuizProgress.objects.filter(person=kept)}
    moved = 0
    for row in QuizProgress.objects.filter(person=merged).order_by("pk"):
        there = mine.get(row.page_key)
        if there is None:
            QuizProgress.objects.filter(pk=row.pk).update(person=kept)
        elif row.passed_at and (there.passed_at is None or row.passed_at < there.passed_at):
            exchange(QuizProgress, "person_id", there.pk, row.pk)
        else:
            continue
        moved += 1
    return moved


def _is_better(theirs: Enrolment, mine: Enrolment) -> bool:
    if theirs.completed_at is None:
        return False
    return mine.completed_at is None or theirs.completed_at < mine.completed_at


def _join(mine: Enrolment, theirs: Enrolment) -> int:
    """Give `mine` the lessons of `theirs` that it lacks or has only begun; returns how many done ones went over."""
    moved = 0
    own = {row.lesson_key: row for row in mine.lessons.all()}
    for row in theirs.lessons.order_by("pk"):
        there = own.get(row.lesson_key)
        if there is None:
            LessonProgress.objects.filter(pk=row.pk).update(enrolment=mine)
        elif row.completed_at and (there.completed_at is None or row.completed_at < there.completed_at):
            exchange(LessonProgress, "enrolment_id", there.pk, row.pk)
        else:
            continue
        moved += row.completed_at is not None
    if EnrolmentState.ACTIVE in {mine.state, theirs.state}:
        Enrolment.objects.filter(pk=mine.pk).update(
            state=EnrolmentState.ACTIVE,
            withdrawn_at=None,
            enrolled_at=min(mine.enrolled_at, theirs.enrolled_at),
            progressed_at=max(mine.progressed_at, theirs.progressed_at),
        )
    return moved


def exchange(model: type[models.Model], column: str, one: int, other: int) -> None:
    """Let two rows change owners although only one row an owner may be there.

    In between one of them points at nobody: foreign keys are checked at the commit, unique keys at once.
    """
    rows = model._default_manager
    first, second = (rows.values_list(column, flat=True).get(pk=pk) for pk in (one, other))
    rows.filter(pk=one).update(**{column: -one})
    rows.filter(pk=other).update(**{column: first})
    rows.filter(pk=one).update(**{column: second})


def settle(person: Person) -> None:
    """What the engines found is settled; what two accounts did together may complete a course."""
    settle_outcomes(person=person)
    active = Enrolment.objects.active().filter(person=person).order_by("pk")
    for enrolment in active.select_related("person", "offer__course", "offer__project", "offer__in_house_unit"):
        with transaction.atomic():
            if lock(enrolment):
                complete_course(enrolment=enrolment)


def export(person: Person) -> Told:
    lessons = LessonProgress.objects.filter(enrolment__person=person).order_by("enrolment", "pk")
    by_enrolment: dict[int, list[dict[str, Any]]] = {}
    for row in lessons:
        names = ("title", "kind", "opened_at", "completed_at", "minutes", "evidence")
        by_enrolment.setdefault(row.enrolment_id, []).append({name: getattr(row, name) for name in names})
    asked = AttentionCheck.objects.filter(progress__enrolment__person=person).order_by("asked_at", "pk")
    enrolments = person.enrolments.order_by("enrolled_at", "pk").values(
        "pk", "public_id", "offer__course__title", "state", "enrolled_at", "progressed_at", "completed_at",
        "withdrawn_at", "completion__title", "completion__minutes", "completion__entry_public_id",
    )  # fmt: skip
    quizzes = person.quiz_progress.order_by("opened_at", "pk").values("title", "opened_at", "passed_at", "evidence")
    lost = LostPass.objects.filter(progress__enrolment__person=person).order_by("created_at", "pk")
    return Told(
        {
            "enrolments": [dict(row) | {"lessons": by_enrolment.get(row["pk"], [])} for row in enrolments],
            "quiz_pages": [dict(row) for row in quizzes],
            "attention_checks": list(asked.values("progress__title", "asked_at", "answered_at", "intervals")),
            "lost_passes": list(lost.values("progress__title", "state", "created_at", "decided_at", "decision")),
        }
    )


def erase(person: Person) -> None:
    """Completions are append-only and name nobody, passed quizzes stay as evidence; an enrolment in progress ends, what
    was said of a lost pass goes."""
    LostPass.objects.filter(progress__enrolment__person=person).update(decision="")
    Enrolment.objects.filter(person=person, state=EnrolmentState.ACTIVE).update(
        state=EnrolmentState.WITHDRAWN, withdrawn_at=timezone.now()
    )


HISTORY = History(
    name="courses",
    turn=3,
    labels={
        "courses.Enrolment": _("Enrolments"),
        "courses.LessonProgress": _("Completed lessons"),
        "courses.QuizProgress": _("Quizzes on pages of their own"),
    },
    count=count,
    move=move,
    export=export,
    erase=erase,
    settle=settle,
    told={"courses.Enrolment.person": "enrolments", "courses.QuizProgress.person": "quiz_pages"},
    untold={
        "courses.LessonProgress.signed_off_by": "Somebody else's lesson; the deed stands in the copy's audit log.",
        "courses.LostPass.decided_by": "Somebody else's credit; the deed stands in the copy's audit log.",
    },
    fields=frozenset({"courses.Enrolment.person", "courses.QuizProgress.person"}),
    doers=frozenset({"courses.LessonProgress.signed_off_by", "courses.LostPass.decided_by"}),
)
