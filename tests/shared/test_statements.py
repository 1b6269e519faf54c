"""Statements that are written once: they say what the mapper would have said, and PostgreSQL plans them once."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from cms.shared import statements
from organisations.models import Person
from quizzes.models import Attempt, Quiz
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import QuizFactory

pytestmark = pytest.mark.django_db

NAMES = ("pk", "public_id", "title", "pass_share", "closes_at")


def test_rows_follow_their_values_and_come_as_the_mapper_gives_them(django_assert_num_queries):
    asked = statements.Rows(lambda pk, title: Quiz.objects.filter(pk=pk, title=title).values_list(*NAMES), int, str)
    closes = timezone.now() + timedelta(days=1)
    one, two = (QuizFactory(title=title, questions=[], closes_at=closes) for title in ("甲 100%", "乙"))
    for quiz in (one, two, one):
        with django_assert_num_queries(1):
            assert asked(quiz.pk, quiz.title) == [(quiz.pk, quiz.public_id, quiz.title, quiz.pass_share, closes)]
    assert asked(one.pk, two.title) == []


def attempt_of(person: Person, quiz: Quiz) -> Attempt:
    return Attempt(person=person, quiz=quiz, number=1, pass_share="0.6", points_possible=1, context_kind="test")


def test_insertion_writes_what_the_mapper_would_and_nothing_twice(django_assert_num_queries):
    insert, person, quiz = statements.Insertion(Attempt), PersonFactory(), QuizFactory(questions=[])
    row = attempt_of(person, quiz)
    with django_assert_num_queries(1):
        assert insert(row, paper='{"groups":["测"]}') is True
    kept = Attempt.objects.get()
    assert (kept.pk, kept.public_id, kept.opened_at, kept.paper, kept.answers, kept.closed_at, row._state.adding) == (
        row.pk,
        row.public_id,
        row.opened_at,
        {"groups": ["测"]},
        {},
        None,
        False,
    )
    # The same number again: whoever asks is told, and the transaction goes on.
    again = attempt_of(person, quiz)
    again.public_id = uuid.uuid4()
    assert (insert(again), again.pk, Attempt.objects.count()) == (False, None, 1)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps no plans")
def test_postgresql_plans_a_statement_once_and_no_other():
    with connection.cursor() as plain:
        plain.execute("DEALLOCATE ALL")
        for number in range(3):
            with statements.cursor() as asked:
                asked.execute("SELECT %s + 1", [number])
                assert asked.fetchone() == (number + 1,)
        plain.execute("SELECT statement FROM pg_prepared_statements")
        assert plain.fetchall() == [("SELECT $1 + 1",)]
