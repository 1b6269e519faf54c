"""The list of one's own attempts over JSON."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from quizzes.models import Attempt
from quizzes.services import attempts
from tests.factories.marking import answer, essay
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import AttemptFactory, QuizFactory

pytestmark = pytest.mark.django_db

# The person, how many, the page of them, all attempts at their quizzes for what the review policy says.
QUERIES = 4
ADDRESS = "/api/v1/quiz-results/"


def closed(person, **quiz):
    attempt = AttemptFactory(person=person, quiz=QuizFactory(**quiz))
    return attempts.submit(person=person, public_id=attempt.public_id)


def told_as(moment):
    return moment.isoformat().replace("+00:00", "Z")


@pytest.fixture
def person(client):
    made = PersonFactory()
    client.force_login(made)
    return made


def test_results_are_ones_own_the_newest_first_and_say_what_the_page_says(client, person):
    first = closed(person, title="甲")
    waiting = AttemptFactory(person=person, quiz=QuizFactory(title="乙", questions=[essay()]))
    attempts.submit(person=person, public_id=waiting.public_id, events=answer(waiting, "先停止注射。"))
    still = AttemptFactory(person=person, quiz=QuizFactory(title="丙", time_limit_minutes=30))
    closed(PersonFactory(), title="丁")
    told = client.get(ADDRESS).json()
    assert (told["count"], [row["quiz"] for row in told["results"]]) == (3, ["丙", "乙", "甲"])
    assert told["results"][2] == {
        "id": str(first.public_id),
        "quiz": "甲",
        "number": 1,
        "state": "submitted",
        "opened_at": told_as(first.opened_at),
        "ends_at": None,
        "closed_at": told_as(first.closed_at),
        "receipt": first.receipt,
        "return_url": "/zh-hans/",
        "points": "0.00",
        "points_possible": "2.00",
        "percent": "0.0",
        "pass_percent": "60.0",
        "is_passed": False,
        "waits_for_marks": False,
        "is_review_allowed": True,
        "review_from": None,
    }
    marks, still_open = told["results"][1], told["results"][0]
    assert (marks["id"], marks["points"], marks["waits_for_marks"]) == (str(waiting.public_id), None, True)
    assert (still_open["state"], still_open["receipt"], still_open["is_passed"]) == ("open", None, None)
    assert still_open["ends_at"] == told_as(still.deadline_at)


@pytest.mark.parametrize(("policy", "is_allowed"), [("never", False), ("after_each", True), ("when_over", False)])
def test_review_is_announced_as_the_attempt_itself_does(client, person, policy, is_allowed):
    attempt = closed(person, review_policy=policy, attempts_allowed=2)
    row = client.get(ADDRESS).json()["results"][0]
    result = client.get(reverse("quizzes_api:attempt", args=[attempt.public_id])).json()["result"]
    assert row["is_review_allowed"] == result["is_review_allowed"] == is_allowed


def test_review_after_a_cool_down_or_a_window_says_from_when(client, person):
    closes = timezone.now() + timedelta(hours=1)
    cooling = closed(person, review_policy="after_each", cool_down_minutes=60, attempts_allowed=0)
    closed(person, review_policy="after_window", closes_at=closes)
    rows = client.get(ADDRESS).json()["results"]
    told = [(row["is_review_allowed"], row["review_from"]) for row in rows]
    moments = [closes + timedelta(seconds=120), cooling.closed_at + timedelta(minutes=60)]
    assert told == [(False, told_as(moment)) for moment in moments]


def test_open_attempt_closes_the_review_of_the_earlier_one_at_the_same_quiz(client, person):
    first = closed(person, review_policy="after_each", attempts_allowed=0)
    assert client.get(ADDRESS).json()["results"][0]["is_review_allowed"] is True
    AttemptFactory(person=person, quiz=first.quiz)
    assert [row["is_review_allowed"] for row in client.get(ADDRESS).json()["results"]] == [False, False]


@pytest.mark.parametrize("count", [1, 3])
def test_results_run_constant_queries(client, person, count, django_assert_num_queries):
    for number in range(count):
        closed(person, attempts_allowed=0, cool_down_minutes=number)
    client.get(ADDRESS)
    with django_assert_num_queries(QUERIES):
        assert len(client.get(ADDRESS).json()["results"]) == count


def test_results_come_page_by_page(client, person):
    for _number in range(3):
        closed(person)
    page = client.get(ADDRESS, {"page": 2, "page_size": 2}).json()
    assert (page["count"], page["next"], len(page["results"])) == (3, None, 1)
    assert page["results"][0]["id"] == str(Attempt.objects.order_by("pk").first().public_id)
    assert client.get(ADDRESS, {"page": 3, "page_size": 2}).status_code == 404


def test_nobody_in_particular_has_no_results(client):
    assert client.get(ADDRESS).status_code == 403
