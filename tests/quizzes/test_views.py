"""The attempt as a plain form, without a script."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quizzes.models import Attempt
from quizzes.protocol import Event
from quizzes.services import attempts
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import AttemptFactory, QuestionFactory, QuizFactory, item_ids, permit_for

pytestmark = pytest.mark.django_db


def page(attempt: Attempt) -> str:
    return reverse("quizzes:attempt", args=[attempt.public_id])


def filled(attempt: Attempt, *values: str, before: tuple[str, ...] = ("", "", ""), do: str = "save") -> dict:
    data: dict = {"do": do}
    for item, value, was in zip(item_ids(attempt), values, before, strict=False):
        data[f"q-{item}"] = list(value)
        data[f"was-{item}"] = was
    return data


def values_of(attempt: Attempt) -> list[str]:
    attempt.refresh_from_db()
    return [attempt.answers.get(item, {}).get("value", "") for item in item_ids(attempt)]


@pytest.fixture
def attempt():
    return AttemptFactory(quiz=QuizFactory(questions=[QuestionFactory(), QuestionFactory(type="X", answer="AC")]))


@pytest.fixture
def learner(client, attempt):
    client.force_login(attempt.person)
    return client


def test_open_leads_from_a_permit_to_the_paper(client):
    person = PersonFactory()
    client.force_login(person)
    response = client.post(reverse("quizzes:open"), {"permit": permit_for(person, QuizFactory())})
    attempt = Attempt.objects.get()
    assert (response.status_code, response["Location"]) == (302, page(attempt))
    shown = client.get(page(attempt))
    assert shown.templates[0].name == "quizzes/attempt.html"
    assert shown["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


def test_open_with_a_bad_permit_says_what_to_do(client):
    client.force_login(PersonFactory())
    response = client.post(reverse("quizzes:open"), {"permit": "x"})
    assert (response.status_code, response.templates[0].name) == (403, "errors/domain.html")


def test_save_keeps_the_answers_and_comes_back(learner, attempt):
    response = learner.post(page(attempt), filled(attempt, "B", "AC"))
    assert (response.status_code, response["Location"], values_of(attempt)) == (302, page(attempt), ["B", "AC"])
    items = learner.get(page(attempt)).context["sheet"].items
    assert [[option.key for option in item.options if option.is_chosen] for item in items] == [
        ["B"],
        ["A", "C"],
    ]


def test_save_leaves_alone_what_its_form_did_not_change(learner, attempt):
    first, second = item_ids(attempt)
    elsewhere = [Event(first, "C", 7, "phone-001"), Event(second, "DE", 8, "phone-001")]
    attempts.save_answers(person=attempt.person, public_id=attempt.public_id, events=elsewhere)
    learner.post(page(attempt), filled(attempt, "", "A"))
    assert values_of(attempt) == ["C", "A"]


def test_save_can_take_an_answer_back(learner, attempt):
    learner.post(page(attempt), filled(attempt, "B", "AC"))
    learner.post(page(attempt), filled(attempt, "B", "", before=("B", "AC")))
    assert values_of(attempt) == ["B", ""]


def test_submit_asks_once_when_an_answer_is_missing(learner, attempt):
    asked = learner.post(page(attempt), filled(attempt, "B", "", do="submit"))
    assert asked["Location"] == f"{page(attempt)}?confirm=1"
    shown = learner.get(asked["Location"])
    assert ([question.position for question in shown.context["unanswered"]], values_of(attempt)) == ([2], ["B", ""])
    assert shown.context["asks_to_confirm"] is True
    learner.post(page(attempt), filled(attempt, "B", "", before=("B", ""), do="submit-anyway"))
    attempt.refresh_from_db()
    assert (attempt.state, attempt.points) == ("submitted", 1)


def test_submit_of_a_full_paper_shows_the_result(learner, attempt):
    response = learner.post(page(attempt), filled(attempt, "B", "AC", do="submit"), follow=True)
    assert response.templates[0].name == "quizzes/result.html"
    attempt.refresh_from_db()
    assert (attempt.is_passed, response.context["sheet"].percent) == (True, 100)


def test_save_after_the_end_says_so_and_shows_the_result(learner, attempt):
    attempts.submit(public_id=attempt.public_id, person=attempt.person)
    response = learner.post(page(attempt), filled(attempt, "B", "AC"), follow=True)
    assert response.templates[0].name == "quizzes/result.html"
    assert [str(message) for message in response.context["messages"]] == [str(attempts.AttemptClosed())]


def test_an_unknown_option_is_refused_with_a_page(learner, attempt):
    response = learner.post(page(attempt), filled(attempt, "F", ""))
    assert (response.status_code, response.templates[0].name, values_of(attempt)) == (
        400,
        "errors/domain.html",
        ["", ""],
    )


@pytest.mark.parametrize("method", ["get", "post"])
def test_attempt_page_is_for_its_learner_only(client, attempt, method):
    answer = getattr(client, method)(page(attempt))
    assert (answer.status_code, answer["Location"]) == (302, f"{reverse('account_login')}?next={page(attempt)}")
    client.force_login(PersonFactory(is_superuser=True, is_staff=True))
    assert getattr(client, method)(page(attempt)).status_code == 404


@pytest.mark.parametrize("questions", [1, 3])
def test_queries_of_the_pages_are_few_and_fixed(client, questions):
    attempt = AttemptFactory(quiz=QuizFactory(questions=questions))
    client.force_login(attempt.person)
    client.get(page(attempt))  # the first page of a session writes it
    counted = []
    for _state in ("open", "closed"):
        with CaptureQueriesContext(connection) as queries:
            client.get(page(attempt))
        counted.append(sum("SAVEPOINT" not in query["sql"] for query in queries))
        attempts.submit(public_id=attempt.public_id, person=attempt.person)
    assert counted == [4, 4]
