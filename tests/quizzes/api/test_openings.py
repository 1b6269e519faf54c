"""What an opening answers is put together from text that is kept; reading the attempt says the same."""

import json

import pytest
from django.urls import reverse
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from quizzes.enums import QuestionType
from quizzes.models import Attempt, QuestionImage, QuizQuestion, QuizSection
from quizzes.services import papers
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import QuestionFactory, QuizFactory, make_group, permit_for
from tests.quizzes.test_secrecy import question_of

pytestmark = pytest.mark.django_db


def opened_and_read(client, quiz, language="zh-CN") -> tuple[dict, dict]:
    person = PersonFactory()
    client.force_login(person)
    body, headers = json.dumps({"permit": permit_for(person, quiz)}), {"Accept-Language": language}
    answer = client.post(reverse("quizzes_api:attempts"), body, content_type="application/json", headers=headers)
    attempt = Attempt.objects.get(person=person)
    opened = answer.json()
    read = client.get(reverse("quizzes_api:attempt", args=[attempt.public_id]), headers=headers).json()
    # The one is when it was opened, the other now.
    assert (answer.status_code, answer["Content-Type"], opened.pop("server_now") < read.pop("server_now")) == (
        201,
        "application/json",
        True,
    )
    return opened, read


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_an_opening_shows_every_type_as_reading_does(client, language):
    questions = [question_of(type) for type in QuestionType]
    image = get_image_model().objects.create(title="胸片", file=get_test_image_file(size=(40, 30)))
    for question in questions[:3]:
        QuestionImage.objects.create(revision=question.current, image=image, alt="胸片")
    quiz = QuizFactory(questions=questions, shuffle_options=True, shuffle_questions=True, time_limit_minutes=30)
    for _turn in range(2):  # the second finds everything kept
        opened, read = opened_and_read(client, quiz, language)
        assert opened == read
    assert len(opened["sections"][0]["groups"]) == len(questions)


def test_an_opening_shows_the_first_section_only_where_sections_lock(client):
    quiz = QuizFactory(questions=[make_group("A4"), QuestionFactory()], navigation="sections")
    QuizSection.objects.create(quiz=quiz, number=2, title='末 "二"')
    QuizQuestion.objects.create(quiz=quiz, question=QuestionFactory(), section=2, sort_order=9)
    opened, read = opened_and_read(client, quiz)
    assert opened == read
    assert [(one["title"], one["state"], len(one["groups"])) for one in opened["sections"]] == [
        ("", "open", 2),
        ('末 "二"', "hidden", 0),
    ]
    assert (opened["total"], [item["position"] for item in opened["sections"][0]["groups"][1]["items"]]) == (5, [4])


def test_what_is_stored_is_what_was_put_together():
    quiz = QuizFactory(questions=[question_of(type) for type in QuestionType], shuffle_options=True)
    built = papers.build(quiz)
    groups = [(one.material.group["type"], len(one.orders)) for one in built.placed]
    assert [(group["type"], len(group["items"])) for group in built.paper["groups"]] == groups
    for group in built.paper["groups"]:
        for item in group["items"]:
            letters = [option["key"] for option in group["options"] or item["options"]]
            assert "".join(letters) == built.shape["items"][item["id"]]["keys"]
            assert sorted(option["origin"] for option in item["options"]) == sorted(letters if item["options"] else [])
    assert [group["items"] for group in built.shape["groups"]] == [
        [item["id"] for item in group["items"]] for group in built.paper["groups"]
    ]
