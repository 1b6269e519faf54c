"""The admin's banks, questions and quizzes, used as an author would."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quizzes.models import Bank, Question, Quiz
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import BankFactory, QuestionFactory, QuizFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(client):
    """Somebody who may write questions and quizzes, and nothing more."""
    group = Group.objects.create(name="question authors of this test")
    group.permissions.set(
        Permission.objects.filter(
            content_type__app_label="quizzes", content_type__model__in=["bank", "question", "quiz"]
        )
    )
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    person = PersonFactory(is_staff=True)
    person.groups.add(group)
    client.force_login(person)
    return client


def address(model: str, view: str, *args: object) -> str:
    return reverse(f"wagtailsnippets_quizzes_{model}:{view}", args=args)


def test_author_makes_a_quiz_with_questions_in_order(author):
    first, second = QuestionFactory(), QuestionFactory()
    data = {
        "title": "测验",
        "pass_share": "0.6",
        "attempts_allowed": "3",
        "cool_down_minutes": "0",
        "time_limit_minutes": "",
        "review_policy": "after_each",
        "navigation": "free",
        "quiz_questions-TOTAL_FORMS": "2",
        "quiz_questions-INITIAL_FORMS": "0",
        "quiz_questions-MIN_NUM_FORMS": "1",
        "quiz_questions-MAX_NUM_FORMS": "1000",
    }
    for inline in ("sections", "draws"):
        data |= {f"{inline}-{what}_FORMS": "0" for what in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
    for order, question in enumerate((second, first)):
        data[f"quiz_questions-{order}-question"] = str(question.pk)
        data[f"quiz_questions-{order}-section"] = "1"
        data[f"quiz_questions-{order}-ORDER"] = str(order + 1)
        data[f"quiz_questions-{order}-DELETE"] = ""
    response = author.post(address("quiz", "add"), data)
    assert response.status_code == 302
    assert [row.question for row in Quiz.objects.get().quiz_questions.all()] == [second, first]


def test_question_list_filters_and_searches(author):
    home = BankFactory()
    x = QuestionFactory(bank=home, type="X", answer="AB", stem="对比剂")
    QuestionFactory(bank=home)
    quiz = QuizFactory(questions=[x])

    def found(**query: object) -> list[Question]:
        return list(author.get(address("question", "list"), query).context["object_list"])

    assert found(type="X") == [x]
    assert found(in_quiz=quiz.pk) == [x]
    assert found(q="对比剂") == [x]
    assert len(found(bank=home.pk)) == 2


@pytest.mark.parametrize("model", ["bank", "question", "quiz"])
def test_lists_take_as_many_queries_for_three_rows_as_for_one(author, model):
    counted = []
    for rows in (1, 2):
        for _n in range(rows):
            QuizFactory(questions=1)
        author.get(address(model, "list"))
        with CaptureQueriesContext(connection) as queries:
            assert author.get(address(model, "list")).status_code == 200
        counted.append(len(queries))
    assert counted[0] == counted[1]


@pytest.mark.parametrize("model", ["bank", "question", "quiz"])
def test_lists_are_closed_to_learners(client, model):
    client.force_login(PersonFactory())
    response = client.get(address(model, "list"))
    assert (response.status_code, Bank.objects.count()) == (302, 0)


def test_question_that_no_quiz_uses_can_be_deleted(author):
    question = QuestionFactory()
    assert author.post(address("question", "delete", question.pk)).status_code == 302
    assert Question.objects.count() == 0
