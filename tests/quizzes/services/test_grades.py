"""Grades, receipts, and attempts that wait for people."""

from decimal import Decimal

import pytest

from organisations import rules
from quizzes import selectors
from quizzes.models import AttemptGrade, AttemptOutcome
from quizzes.protocol import Event
from quizzes.services import attempts, grades
from tests.factories.quizzes import CONTEXT, AttemptFactory, QuestionFactory, QuizFactory, item_ids

pytestmark = pytest.mark.django_db


@pytest.fixture
def essay():
    """A submitted attempt at an A1 question, rightly answered, and an essay of three points, written."""
    written = QuestionFactory(type="ESSAY", options=(), answer={"guidance": "三点"}, points=Decimal(3))
    attempt = AttemptFactory(quiz=QuizFactory(questions=[QuestionFactory(), written], pass_share=Decimal("0.7")))
    first, second = item_ids(attempt)
    events = [Event(first, "B", 1, "tab-0001"), Event(second, "先停注射", 2, "tab-0001")]
    return attempts.submit(public_id=attempt.public_id, person=attempt.person, events=events)


def items(attempt) -> list[str]:
    return item_ids(attempt)


def test_an_attempt_with_an_essay_waits_for_its_marks(essay):
    assert (essay.state, essay.graded_at, essay.points, essay.is_passed) == ("submitted", None, None, None)
    assert (AttemptGrade.objects.count(), AttemptOutcome.objects.count()) == (0, 0)
    sheet = selectors.sheet(selectors.attempt_of(person=essay.person, public_id=essay.public_id))
    assert (sheet.unmarked, sheet.percent, essay.waits_for_marks) == (1, None, True)
    with pytest.raises(attempts.MarksPending):
        AttemptFactory(person=essay.person, quiz=essay.quiz)
    summary = selectors.attempts_summary(person=essay.person, quiz=essay.quiz, context=CONTEXT)
    assert (summary.may_open, summary.waits_for_marks, summary.next_allowed_at) == (False, True, None)


def test_grade_again_waits_until_every_mark_is_there_and_writes_the_first_grade_once(essay):
    assert grades.grade_again(attempt=essay, marks_by_people={}) is None
    marks = {items(essay)[1]: Decimal("2.5")}
    grade = grades.grade_again(attempt=essay, marks_by_people=marks)
    again = grades.grade_again(attempt=essay, marks_by_people=marks)
    essay.refresh_from_db()
    assert (grade, grade.revision, grade.cause) == (again, 1, "marking")
    assert (essay.points, essay.is_passed, essay.graded_at) == (Decimal("3.50"), True, grade.at)
    assert [(o.kind, o.revision) for o in AttemptOutcome.objects.all()] == [("attempt_graded", 1)]


def test_another_mark_makes_a_grade_beside_the_old_and_an_outcome_upward(essay):
    for points in ("2.5", "1"):
        grades.grade_again(attempt=essay, marks_by_people={items(essay)[1]: Decimal(points)})
    essay.refresh_from_db()
    rows = AttemptGrade.objects.order_by("revision").values_list("revision", "points", "is_passed")
    assert list(rows) == [(1, Decimal("3.50"), True), (2, Decimal("2.00"), False)]
    assert (essay.points, essay.is_passed) == (Decimal("2.00"), False)
    assert list(AttemptOutcome.objects.order_by("pk").values_list("revision", flat=True)) == [1, 2]


def test_an_open_attempt_gets_no_grade():
    with pytest.raises(ValueError, match="open"):
        grades.grade_again(attempt=AttemptFactory(), marks_by_people={})


def test_an_essay_that_was_not_written_needs_nobody():
    attempt = AttemptFactory(quiz=QuizFactory(questions=[QuestionFactory(type="ESSAY", options=(), answer={})]))
    done = attempts.submit(public_id=attempt.public_id, person=attempt.person)
    assert (done.points, done.is_passed, done.graded_at == done.closed_at) == (Decimal(0), False, True)


def test_a_closed_attempt_has_a_receipt_that_catches_typing_errors():
    attempt = AttemptFactory()
    assert attempt.receipt is None
    done = attempts.submit(public_id=attempt.public_id, person=attempt.person)
    again = attempts.submit(public_id=attempt.public_id, person=attempt.person)
    assert (rules.code(done.receipt), len(done.receipt), again.receipt) == (done.receipt, 12, done.receipt)


def test_a_grade_of_closing_is_written_beside_the_attempt():
    attempt = AttemptFactory()
    done = attempts.submit(public_id=attempt.public_id, person=attempt.person)
    grade = AttemptGrade.objects.get()
    assert (grade.attempt_id, grade.revision, grade.cause, grade.points, grade.marks, grade.at) == (
        done.pk, 1, "closing", done.points, done.marks, done.closed_at,
    )  # fmt: skip
