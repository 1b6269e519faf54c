"""Sixteen connections at once: one attempt, one grade, one outcome, no answer lost."""

import itertools
from datetime import timedelta

import pytest

from quizzes.models import Attempt, AttemptOutcome
from quizzes.protocol import Event
from quizzes.services import attempts
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import AttemptFactory, QuizFactory, item_ids, permit_for
from tests.quizzes.concurrency import race

pytestmark = pytest.mark.slow

THREADS = 16


def test_sixteen_submits_give_one_grade_and_one_outcome(committed_db):
    attempt = AttemptFactory()
    person = attempt.person
    events = [Event(item, "B", n, "tab-0001") for n, item in enumerate(item_ids(attempt), 1)]
    results = race(THREADS, lambda: attempts.submit(public_id=attempt.public_id, person=person, events=events))
    assert {(row.state, row.points, row.closed_at) for row in results} == {("submitted", 2, results[0].closed_at)}
    assert Attempt.objects.get().version == 2
    assert AttemptOutcome.objects.count() == 1


def test_sixteen_openings_give_one_attempt(committed_db):
    person, quiz = PersonFactory(), QuizFactory()
    permit = permit_for(person, quiz)
    results = race(THREADS, lambda: attempts.open_attempt(person=person, permit=permit))
    assert len({attempt.pk for attempt, _is_new in results}) == 1
    assert sorted(is_new for _attempt, is_new in results) == [False] * (THREADS - 1) + [True]
    assert Attempt.objects.count() == 1


def test_sixteen_saves_at_once_keep_every_answer(committed_db):
    attempt = AttemptFactory(quiz=QuizFactory(questions=THREADS))
    person, turn = attempt.person, itertools.count()

    def save() -> None:
        n = next(turn)
        event = Event(item_ids(attempt)[n], "C", n + 1, f"tab-{n:04}")
        attempts.save_answers(person=person, public_id=attempt.public_id, events=[event])

    race(THREADS, save)
    attempt.refresh_from_db()
    assert [attempt.answers[item]["value"] for item in attempt.shape["items"]] == ["C"] * THREADS


def test_sweep_and_submit_at_once_close_an_attempt_once(committed_db):
    attempt = AttemptFactory(quiz=QuizFactory(time_limit_minutes=1))
    late = attempt.deadline_at - timedelta(minutes=10)
    Attempt.objects.filter(pk=attempt.pk).update(deadline_at=late, last_seen_at=late)
    turn = itertools.count()

    def close() -> None:
        if next(turn) % 2:
            attempts.close_overdue()
        else:
            attempts.submit(public_id=attempt.public_id, person=attempt.person)

    race(THREADS, close)
    attempt.refresh_from_db()
    assert (attempt.state, AttemptOutcome.objects.count()) == ("expired", 1)
