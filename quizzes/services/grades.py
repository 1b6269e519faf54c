"""Grades of closed attempts: one row each, the attempt's own row holds the current one, outcomes go upward."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from cms.shared.errors import Conflict
from quizzes import grading
from quizzes.enums import AttemptState, GradeCause, OutcomeKind
from quizzes.models import Attempt, AttemptGrade, AttemptOutcome
from quizzes.services.papers import items_of


def graded(attempt: Attempt, marks_by_people: Mapping[str, Decimal] | None = None) -> grading.Grade:
    """What `attempt` would get now, by its own paper and what regrades said over it; needs no query."""
    values = {item: answer["value"] for item, answer in attempt.answers.items()}
    return grading.grade(
        items_of(attempt.paper, attempt.rulings), values, marks_by_people or {}, pass_share=attempt.pass_share
    )


def as_stored(grade: grading.Grade) -> dict[str, dict[str, Any]]:
    """The marks of a grade as an attempt keeps them."""
    return {item: {"points": str(mark.points), "is_right": mark.is_right} for item, mark in grade.marks.items()}


def current(grade: grading.Grade, *, at: datetime) -> dict[str, Any]:
    """The attempt's own fields for `grade`; while people have not marked everything it has no points."""
    return {
        "marks": as_stored(grade),
        "points": grade.points,
        "points_possible": grade.possible,
        "is_passed": grade.is_passed,
        "graded_at": at if grade.is_complete else None,
    }


def append(*, attempt: Attempt, grade: grading.Grade, revision: int, cause: GradeCause, at: datetime) -> None:
    """Write the grade's row and its outcome; the caller holds the attempt and has written its own fields."""
    if grade.points is None or grade.is_passed is None:
        raise ValueError("people have not marked everything")
    AttemptGrade.objects.create(
        attempt=attempt,
        revision=revision,
        marks=as_stored(grade),
        points=grade.points,
        points_possible=grade.possible,
        is_passed=grade.is_passed,
        cause=cause,
        at=at,
    )
    AttemptOutcome.objects.create(subject=attempt, kind=OutcomeKind.ATTEMPT_GRADED, revision=revision)
    AttemptOutcome.announce()


@transaction.atomic
def grade_again(
    *, attempt: Attempt, marks_by_people: Mapping[str, Decimal], cause: GradeCause = GradeCause.MARKING
) -> AttemptGrade | None:
    """The next grade of a closed attempt, with what people marked; None while a mark is still missing.

    The same grade again writes nothing and returns the one that stands. Raises Conflict, and ValueError for an open
    attempt.
    """
    row = Attempt.objects.select_for_update().get(pk=attempt.pk)
    if row.state == AttemptState.OPEN:
        raise ValueError("an open attempt")
    grade = graded(row, marks_by_people)
    if not grade.is_complete:
        return None
    last = row.grades.aggregate(last=Max("revision"))["last"] or 0
    if last and stands(row, grade):
        return row.grades.get(revision=last)
    return write(attempt=row, grade=grade, revision=last + 1, cause=cause)


def stands(attempt: Attempt, grade: grading.Grade) -> bool:
    """Whether the attempt has this very grade."""
    found = (attempt.marks, attempt.points, attempt.points_possible, attempt.is_passed)
    return found == (as_stored(grade), grade.points, grade.possible, grade.is_passed)


def write(
    *, attempt: Attempt, grade: grading.Grade, revision: int, cause: GradeCause, **fields: Any
) -> AttemptGrade | None:
    """Give the attempt this grade, and write `fields` with it; None while people have not marked everything. The caller
    holds the attempt. Raises Conflict."""
    now = timezone.now()
    rows = Attempt.objects.filter(pk=attempt.pk, version=attempt.version)
    if rows.update(version=attempt.version + 1, **current(grade, at=now), **fields) != 1:
        raise Conflict()
    if not grade.is_complete:
        return None
    append(attempt=attempt, grade=grade, revision=revision, cause=cause, at=now)
    return attempt.grades.get(revision=revision)
