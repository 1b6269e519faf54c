"""From a submitted essay to the result: pieces made at closing, settled by their markers, graded once."""

import itertools
from decimal import Decimal as D

import pytest

from organisations.models import AuditEvent, Notification
from quizzes.enums import AttemptState, GradeCause, MarkingState
from quizzes.models import Attempt, AttemptGrade, AttemptOutcome, MarkingItem, Scoring
from quizzes.services import attempts, marking, marking_items
from tests.factories.marking import answer, essay, handed_in, items_of, marker
from tests.factories.organisations import NodeFactory
from tests.factories.quizzes import AttemptFactory, QuestionFactory, QuizFactory
from tests.quizzes.concurrency import race


@pytest.fixture
def place(db):
    return NodeFactory()


def mark(by, points, comment=""):
    seat = marking.claim_next(by=by)
    return marking.hand_in(by=by, public_id=seat.public_id, points=D(points), comment=comment, note="")


def state_of(attempt):
    attempt.refresh_from_db()
    outcomes = AttemptOutcome.objects.filter(subject=attempt).count()
    return attempt.points, attempt.is_passed, attempt.graded_at is not None, outcomes


def test_closing_puts_the_essay_before_the_markers_and_grades_nothing(place):
    attempt = handed_in(QuestionFactory(), essay(), values=("B", "先停止注射。"), place=place)
    item = MarkingItem.objects.get()
    assert (attempt.state, state_of(attempt)) == (AttemptState.SUBMITTED, (None, None, False, 0))
    assert (item.attempt, item.item, item.type, item.unit, item.state) == (
        attempt, items_of(attempt)[1], "ESSAY", place, MarkingState.WAITING,
    )  # fmt: skip
    assert (item.points_possible, item.markers_needed, item.is_blind, item.gap, item.tie, item.rules_mark) == (
        10, 2, True, 2, "higher", "M",
    )  # fmt: skip
    assert item.title == attempt.paper["groups"][1]["stem"]


def test_essay_without_an_answer_needs_nobody(place):
    attempt = handed_in(QuestionFactory(points=D(1)), essay("1"), values=("B",), place=place)
    assert (MarkingItem.objects.count(), state_of(attempt)) == (0, (D("1.00"), False, True, 1))


def test_attempt_closed_by_the_clock_waits_for_its_markers_too(place):
    attempt = AttemptFactory(quiz=QuizFactory(questions=[essay()], time_limit_minutes=1))
    attempts.save_answers(person=attempt.person, public_id=attempt.public_id, events=answer(attempt, "先停"))
    late = attempt.deadline_at.replace(year=2020)
    Attempt.objects.filter(pk=attempt.pk).update(deadline_at=late, last_seen_at=late)
    assert (attempts.close_overdue(), MarkingItem.objects.get().attempt) == (1, attempt)
    assert state_of(attempt) == (None, None, False, 0)


def test_opening_again_makes_nothing_twice(place):
    attempt = handed_in(place=place)
    assert (marking_items.open_items(attempt), MarkingItem.objects.count()) == ([], 1)


def test_bank_says_how_its_essays_are_marked(place):
    question = essay()
    Scoring.objects.create(
        bank=question.bank, number=1, source="院内规定", mark="A",
        rules={"ESSAY": {"markers": "1", "blind": "no", "gap": "0.5", "tie": "all"}},
    )  # fmt: skip
    attempt = handed_in(question, place=place)
    item = MarkingItem.objects.get()
    assert (item.markers_needed, item.is_blind, item.gap, item.tie) == (1, False, 5, "all")
    assert (item.rules_source, item.rules_mark) == ("院内规定", "A")
    mark(marker(place), "6")
    assert state_of(attempt) == (D("6.00"), True, True, 1)


def test_two_near_marks_grade_the_attempt_once_and_tell_its_learner(place):
    attempt = handed_in(QuestionFactory(points=D(5)), essay(), values=("B", "先停"), place=place)
    mark(marker(place), "6", "很好")
    assert state_of(attempt) == (None, None, False, 0)
    mark(marker(place), "7")
    assert state_of(attempt) == (D("11.50"), True, True, 1)
    item, grade = MarkingItem.objects.get(), AttemptGrade.objects.get()
    assert (item.state, item.points, item.basis, grade.cause, grade.revision) == (
        MarkingState.DONE, D("6.50"), "mean", GradeCause.MARKING, 1,
    )  # fmt: skip
    assert attempt.marks[items_of(attempt)[1]] == {"points": "6.50", "is_right": False}
    told = Notification.objects.get(person=attempt.person, kind="quizzes.attempt_marked")
    assert (told.params, told.link) == ({"quiz": attempt.quiz.title}, f"/zh-hans/quizzes/attempts/{attempt.public_id}/")
    assert AuditEvent.objects.filter(verb="quizzes.attempt.marked", target_id=str(attempt.public_id)).count() == 1


def test_two_far_marks_wait_for_a_third(place):
    attempt = handed_in(place=place)
    for points in ("2", "8"):
        mark(marker(place), points)
    assert state_of(attempt) == (None, None, False, 0)
    mark(marker(place), "7")
    assert (state_of(attempt), MarkingItem.objects.get().basis) == ((D("7.50"), True, True, 1), "nearest")


def test_attempt_is_graded_when_its_last_piece_is_settled(place):
    attempt = handed_in(essay(), essay(), values=("一", "二"), place=place)
    people = [marker(place), marker(place)]
    for person in people:
        mark(person, "5")
    assert state_of(attempt) == (None, None, False, 0)
    for person in people:
        mark(person, "8")
    assert state_of(attempt) == (D("13.00"), True, True, 1)


@pytest.mark.slow
def test_two_who_hand_in_at_once_grade_once(committed_db):
    place = NodeFactory()
    attempt = handed_in(place=place)
    people = [marker(place), marker(place)]
    seats, turn = [marking.claim_next(by=person) for person in people], itertools.count()

    def work():
        n = next(turn)
        marking.hand_in(by=people[n], public_id=seats[n].public_id, points=D(6 + n), comment="", note="")

    race(2, work)
    assert state_of(attempt) == (D("6.50"), True, True, 1)
    assert AttemptGrade.objects.count() == 1


@pytest.mark.slow
def test_double_click_hands_in_once(committed_db):
    place = NodeFactory()
    attempt, me = handed_in(place=place), marker(place)
    seat = marking.claim_next(by=me)

    def work():
        try:
            marking.hand_in(by=me, public_id=seat.public_id, points=D(6), comment="", note="")
        except marking.AlreadyHandedIn:
            return "once"
        return "done"

    assert sorted(race(4, work)) == ["done", "once", "once", "once"]
    assert (AuditEvent.objects.filter(verb="quizzes.marking.hand_in").count(), state_of(attempt)[2]) == (1, False)
