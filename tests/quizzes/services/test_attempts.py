"""Opening, saving, submitting and closing attempts."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from cms.shared.errors import NotFound
from quizzes.models import Attempt, AttemptOutcome
from quizzes.protocol import Event
from quizzes.selectors import attempts_summary, sheet
from quizzes.services import attempts
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import CONTEXT, AttemptFactory, QuestionFactory, QuizFactory, item_ids, permit_for

pytestmark = pytest.mark.django_db


def questions_of(attempt: Attempt) -> list[str]:
    return item_ids(attempt)


def answer(attempt: Attempt, *values: str, counter: int = 1, client: str = "tab-0001") -> list[Event]:
    return [
        Event(question, value, counter + offset, client)
        for offset, (question, value) in enumerate(zip(questions_of(attempt), values, strict=False))
    ]


def save(attempt: Attempt, events: list[Event]) -> Attempt:
    return attempts.save_answers(person=attempt.person, public_id=attempt.public_id, events=events)


def values_of(attempt: Attempt) -> list[str]:
    return [attempt.answers.get(question, {}).get("value", "") for question in questions_of(attempt)]


def test_open_attempt_freezes_the_paper():
    question = QuestionFactory(type="X", answer="AC", points=Decimal(2))
    attempt = AttemptFactory(quiz=QuizFactory(questions=[question]))
    assert attempt.paper == {
        "version": 2,
        "sections": [{"title": "", "locks": False}],
        "groups": [
            {
                "question": str(question.public_id),
                "revision": str(question.current.public_id),
                "type": "X",
                "section": 0,
                "stem": question.current.stem,
                "options": [],
                "images": [],
                "locks": False,
                "is_reviewed": False,
                "scoring": 0,
                "items": [
                    {
                        "id": str(question.public_id),
                        "stem": "",
                        "reveal": "",
                        "options": [
                            {"key": k, "text": t, "origin": k} for k, t in zip("ABCDE", "甲乙丙丁戊", strict=True)
                        ],
                        "settings": {},
                        "key": "AC",
                        "explanation": "乙正确。",
                        "points": "2",
                        "scoring": {"mode": "all_or_nothing", "each": "0.5"},
                    }
                ],
            }
        ],
    }
    assert attempt.shape == {
        "sections": [False],
        "groups": [{"section": 0, "locks": False, "items": [str(question.public_id)]}],
        "items": {str(question.public_id): {"group": 0, "type": "X", "keys": "ABCDE"}},
    }
    assert (attempt.number, attempt.state, attempt.points_possible) == (1, "open", Decimal(2))


def test_open_attempt_shuffles_options_with_their_key():
    question = QuestionFactory(options=tuple(f"选项{n}" for n in range(12)), type="X", answer="ABC")
    quiz = QuizFactory(questions=[question], shuffle_options=True)
    orders = set()
    for _n in range(6):
        item = AttemptFactory(quiz=quiz).paper["groups"][0]["items"][0]
        assert [option["key"] for option in item["options"]] == list("ABCDEFGHIJKL")
        right = {option["text"] for option in item["options"] if option["key"] in item["key"]}
        assert right == {"选项0", "选项1", "选项2"}
        orders.add("".join(option["origin"] for option in item["options"]))
    assert len(orders) > 1


def test_open_attempt_resumes_the_open_one():
    person, quiz = PersonFactory(), QuizFactory()
    first, is_new = attempts.open_attempt(person=person, permit=permit_for(person, quiz))
    again, is_new_again = attempts.open_attempt(person=person, permit=permit_for(person, quiz))
    assert (is_new, is_new_again, first.pk) == (True, False, again.pk)


def test_open_attempt_refuses_foreign_and_old_and_forged_permits():
    person, quiz = PersonFactory(), QuizFactory()
    permit = permit_for(person, quiz)
    with pytest.raises(attempts.PermitInvalid):
        attempts.open_attempt(person=PersonFactory(), permit=permit)
    with pytest.raises(attempts.PermitInvalid):
        attempts.open_attempt(person=person, permit=permit[:-1] + ("A" if permit[-1] != "A" else "B"))
    with time_machine.travel(timezone.now() + timedelta(hours=12, minutes=1)), pytest.raises(attempts.PermitInvalid):
        attempts.open_attempt(person=person, permit=permit)
    assert Attempt.objects.count() == 0


def test_permit_refuses_to_lead_away_from_the_site():
    with pytest.raises(ValueError, match="return_url"):
        attempts.permit(
            person=PersonFactory(), quiz=QuizFactory(), context=CONTEXT, return_url="https://elsewhere.example/"
        )


def test_open_attempt_refuses_an_empty_quiz():
    with pytest.raises(attempts.QuizNotReady):
        AttemptFactory(quiz=QuizFactory(questions=[]))


def test_open_attempt_counts_attempts_in_their_context():
    person, quiz = PersonFactory(), QuizFactory(attempts_allowed=2)
    for _n in range(2):
        attempts.submit(public_id=AttemptFactory(person=person, quiz=quiz).public_id, person=person)
    with pytest.raises(attempts.NoAttemptsLeft):
        AttemptFactory(person=person, quiz=quiz)
    elsewhere = AttemptFactory(person=person, quiz=quiz, context=attempts.Context("test", "elsewhere"))
    assert elsewhere.number == 1


def test_open_attempt_without_limit_goes_on():
    person, quiz = PersonFactory(), QuizFactory(attempts_allowed=0)
    for _n in range(4):
        attempts.submit(public_id=AttemptFactory(person=person, quiz=quiz).public_id, person=person)
    summary = attempts_summary(person=person, quiz=quiz, context=CONTEXT)
    assert (summary.used, summary.allowed, summary.may_open, summary.is_used_up) == (4, 0, True, False)


def test_open_attempt_waits_for_the_cool_down_after_a_failure_only():
    person, quiz = PersonFactory(), QuizFactory(cool_down_minutes=30)
    failed = attempts.submit(public_id=AttemptFactory(person=person, quiz=quiz).public_id, person=person)
    with pytest.raises(attempts.CoolDown) as refused:
        AttemptFactory(person=person, quiz=quiz)
    assert refused.value.params["next_allowed_at"] == (failed.closed_at + timedelta(minutes=30)).isoformat()
    with time_machine.travel(failed.closed_at + timedelta(minutes=31), tick=False):
        second = AttemptFactory(person=person, quiz=quiz)
        passed = attempts.submit(public_id=second.public_id, person=person, events=answer(second, "B", "B"))
        assert passed.is_passed
        assert AttemptFactory(person=person, quiz=quiz).number == 3


def test_save_answers_takes_the_greatest_stamp_and_repeats_without_effect():
    attempt = AttemptFactory()
    save(attempt, answer(attempt, "A", "C", counter=5))
    save(attempt, answer(attempt, "B", counter=4))
    saved = save(attempt, answer(attempt, "A", "C", counter=5))
    assert values_of(saved) == ["A", "C"]
    assert values_of(save(attempt, answer(attempt, "D", counter=5, client="tab-0002"))) == ["D", "C"]


def test_save_answers_refuses_a_whole_batch_for_one_bad_event():
    attempt = AttemptFactory()
    good, other = answer(attempt, "A", "A")
    bad = [
        Event(other.question, "F", 2, "tab-0001"),
        Event(other.question, "AB", 2, "tab-0001"),
        Event("8b5a6ab8-6b0c-4d2b-9d32-7f1ee4f7f9a5", "A", 2, "tab-0001"),
        Event(other.question, "A", 10_001, "tab-0001"),
    ]
    for event in bad:
        with pytest.raises(attempts.InvalidAnswer):
            save(attempt, [good, event])
    attempt.refresh_from_db()
    assert attempt.answers == {}


def test_save_answers_knows_nothing_of_somebody_elses_attempt():
    attempt = AttemptFactory()
    with pytest.raises(NotFound):
        attempts.save_answers(person=PersonFactory(), public_id=attempt.public_id, events=[])


def test_submit_grades_once_and_writes_one_outcome(django_capture_on_commit_callbacks):
    attempt = AttemptFactory()
    save(attempt, answer(attempt, "B", "A"))
    with django_capture_on_commit_callbacks() as callbacks:
        done = attempts.submit(public_id=attempt.public_id, person=attempt.person)
        again = attempts.submit(public_id=attempt.public_id, person=attempt.person)
    assert len(callbacks) == 1
    assert (done.state, done.points, done.is_passed) == ("submitted", Decimal(1), False)
    assert (again.state, again.points, again.closed_at) == (done.state, done.points, done.closed_at)
    assert [m["is_right"] for m in done.marks.values()] == [True, False]
    outcome = AttemptOutcome.objects.get()
    assert (outcome.subject_id, outcome.kind, outcome.revision) == (attempt.pk, "attempt_graded", 1)


def test_submit_takes_the_last_answers_with_it():
    attempt = AttemptFactory()
    done = attempts.submit(public_id=attempt.public_id, person=attempt.person, events=answer(attempt, "B", "B"))
    assert (done.points, done.is_passed) == (Decimal(2), True)


def test_submit_of_somebody_else_is_not_found():
    attempt = AttemptFactory()
    with pytest.raises(NotFound):
        attempts.submit(public_id=attempt.public_id, person=PersonFactory())


def test_save_answers_after_submit_is_refused():
    attempt = AttemptFactory()
    attempts.submit(public_id=attempt.public_id, person=attempt.person)
    with pytest.raises(attempts.AttemptClosed):
        save(attempt, answer(attempt, "B"))


@pytest.fixture
def limited():
    """An attempt of ten minutes, and a way to be at so many seconds around its deadline."""
    attempt = AttemptFactory(quiz=QuizFactory(time_limit_minutes=10))

    def at(seconds: float):
        return time_machine.travel(attempt.deadline_at + timedelta(seconds=seconds), tick=False)

    return attempt, at


def test_deadline_closes_at_once_when_the_line_was_up(limited):
    attempt, at = limited
    with at(-10):
        save(attempt, answer(attempt, "B"))
    with at(1), pytest.raises(attempts.AttemptOverdue):
        save(attempt, answer(attempt, "B", "B"))
    attempt.refresh_from_db()
    assert (attempt.state, attempt.points, attempt.closed_at) == ("expired", Decimal(1), attempt.deadline_at)
    assert AttemptOutcome.objects.count() == 1


def test_deadline_gives_grace_when_the_line_was_silent(limited):
    attempt, at = limited
    with at(-15):
        save(attempt, answer(attempt, "B"))
    with at(100):
        save(attempt, answer(attempt, "B", "B", counter=2))
    with at(119):
        done = attempts.submit(public_id=attempt.public_id, person=attempt.person)
    assert (done.state, done.points, done.grace_s) == ("submitted", Decimal(2), 120)


def test_deadline_grace_ends_after_two_minutes(limited):
    attempt, at = limited
    with at(121):
        done = attempts.submit(public_id=attempt.public_id, person=attempt.person, events=answer(attempt, "B", "B"))
    assert (done.state, done.points) == ("expired", Decimal(0))
    assert done.closed_at == attempt.deadline_at + timedelta(seconds=120)


def test_visit_closes_an_overdue_attempt_and_resumes_one_in_grace(limited):
    attempt, at = limited
    with at(60):
        assert attempts.visit(attempt=attempt).is_open
    with at(119):
        assert attempts.visit(attempt=attempt).is_open
    with at(121):
        assert attempts.visit(attempt=attempt).state == "expired"


def test_open_attempt_replaces_an_overdue_one(limited):
    attempt, at = limited
    with at(300):
        fresh = AttemptFactory(person=attempt.person, quiz=attempt.quiz)
    assert (fresh.number, fresh.pk != attempt.pk) == (2, True)


def test_close_overdue_waits_for_the_grace_and_closes_each_once(limited):
    _attempt, at = limited
    seen = AttemptFactory(quiz=QuizFactory(time_limit_minutes=10))
    AttemptFactory()
    with at(-5):
        save(seen, answer(seen, "B", "B"))
    with at(60):
        assert attempts.close_overdue() == 1
    seen.refresh_from_db()
    assert (seen.state, seen.is_passed, seen.closed_at) == ("expired", True, seen.deadline_at)
    with at(121):
        assert attempts.close_overdue() == 1
        assert attempts.close_overdue() == 0
    assert AttemptOutcome.objects.count() == 2


@pytest.mark.parametrize("questions", [1, 3])
def test_queries_of_a_save_and_a_submit_are_few_and_fixed(questions, django_assert_num_queries):
    attempt = AttemptFactory(quiz=QuizFactory(questions=questions))
    events = answer(attempt, *"BBB"[:questions])
    around = 2 if connection.in_atomic_block else 0  # the savepoint of the test's own transaction
    with django_assert_num_queries(2 + around):
        save(attempt, events)
    with django_assert_num_queries(4 + around):
        attempts.submit(public_id=attempt.public_id, person=attempt.person)


def test_attempts_summary_tells_the_best_share_in_one_query(django_assert_num_queries):
    person, quiz = PersonFactory(), QuizFactory(attempts_allowed=3)
    for value in ("B", "A"):
        attempt = AttemptFactory(person=person, quiz=quiz)
        attempts.submit(public_id=attempt.public_id, person=person, events=answer(attempt, value))
    opened = AttemptFactory(person=person, quiz=quiz)
    with django_assert_num_queries(1):
        summary = attempts_summary(person=person, quiz=quiz, context=CONTEXT)
        assert (summary.used, summary.allowed, summary.best_share) == (3, 3, Decimal("0.5"))
        assert (summary.is_passed, summary.open_attempt, summary.next_allowed_at) == (False, opened, None)
        assert (summary.is_used_up, summary.may_open) == (False, True)


def test_first_attempt_handed_in_again_knows_of_the_second():
    first = AttemptFactory()
    handed_in = attempts.submit(person=first.person, public_id=first.public_id)
    shown = sheet(handed_in)
    assert (handed_in.is_only, shown.is_review_allowed, shown.summary.used) == (True, True, 1)
    AttemptFactory(person=first.person, quiz=first.quiz)
    again = attempts.submit(person=first.person, public_id=first.public_id)
    shown = sheet(again)
    assert (again.is_only, shown.is_review_allowed, shown.summary.used) == (False, False, 2)
