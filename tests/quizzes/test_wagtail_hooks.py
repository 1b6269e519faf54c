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


def filled(**changes: object) -> dict:
    data = {
        "code": "A1-09",
        "subject": "CT成像原理",
        "type": "A1",
        "stem": "噪声约变为原来的",
        "answer": "b",
        "explanation": "量子噪声",
        "points": "1",
        "difficulty": "2",
        "source": "",
        "licence": "",
        "seen": "",
    }
    data.update({f"option_{letter}": "" for letter in "abcdefghijkl"})
    data.update(zip([f"option_{letter}" for letter in "abcde"], ["1/4", "1/2", "不变", "2 倍", "4 倍"], strict=True))
    return {**data, **changes}


def test_author_creates_a_question_through_the_form(author):
    home = BankFactory()
    response = author.post(address("question", "add"), filled(bank=home.pk))
    question = Question.objects.get()
    assert (response.status_code, question.code, question.subject) == (302, "A1-09", "CT成像原理")
    item = question.current.items[0]
    assert (item["key"], item["options"], question.current.number) == ("B", ["1/4", "1/2", "不变", "2 倍", "4 倍"], 1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"answer": "F"}, "answer"),
        ({"answer": "AB"}, "answer"),
        ({"type": "X"}, "answer"),
        ({"option_b": ""}, "option_a"),
        ({"points": "0"}, "points"),
        ({"stem": ""}, "stem"),
    ],
)
def test_author_is_told_which_field_is_wrong(author, change, field):
    response = author.post(address("question", "add"), filled(bank=BankFactory().pk, **change))
    assert (response.status_code, list(response.context["form"].errors), Question.objects.count()) == (200, [field], 0)


def test_author_changes_a_question_into_a_new_revision(author):
    question = QuestionFactory()
    form = author.get(address("question", "edit", question.pk)).context["form"]
    assert (form.initial["seen"], form.initial["answer"], form.initial["option_b"]) == (1, "B", "乙")
    data = filled(bank=question.bank_id, code="other", answer="C", seen="1")
    assert author.post(address("question", "edit", question.pk), data).status_code == 302
    question.refresh_from_db()
    assert (question.current.number, question.current.items[0]["key"], question.revisions.count()) == (2, "C", 2)
    assert question.code != "other"


def test_author_does_not_overwrite_a_colleagues_change(author):
    question = QuestionFactory()
    data = filled(bank=question.bank_id, seen="1", answer="C")
    author.post(address("question", "edit", question.pk), data)
    late = author.post(address("question", "edit", question.pk), {**data, "answer": "D"})
    question.refresh_from_db()
    assert (late.status_code, question.current.items[0]["key"]) == (200, "C")


def test_preview_shows_the_question_without_its_key(author):
    preview = address("question", "preview_on_add")
    assert author.post(preview, filled(bank=BankFactory().pk)).json()["is_valid"] is True
    response = author.get(preview, {"mode": ""})
    assert (response.status_code, response.templates[0].name) == (200, "quizzes/question_preview.html")
    assert response.context["object"].preview.items[0].key is None
    assert ("1/2" in response.content.decode(), "量子噪声" in response.content.decode()) == (True, False)
    assert Question.objects.count() == 0


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
