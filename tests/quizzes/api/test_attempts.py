"""The API of attempts, tried by its learner, somebody else, an administrator of the unit, and nobody."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from organisations.enums import Role
from quizzes.models import Attempt, AttemptOutcome
from quizzes.services import attempts
from tests.factories.organisations import EmploymentFactory, PersonFactory, RoleGrantFactory
from tests.factories.quizzes import CONTEXT, AttemptFactory, QuestionFactory, QuizFactory, item_ids, permit_for

pytestmark = pytest.mark.django_db

CLIENT = "tab-00000001"


def post(client, name, body, attempt=None):
    address = reverse(f"quizzes_api:{name}", args=[attempt.public_id] if attempt else [])
    return client.post(address, json.dumps(body), content_type="application/json")


def event(attempt, value="B", *, position=0, counter=1, **fields):
    question = item_ids(attempt)[position]
    return {"client": CLIENT, "counter": counter, "question": question, "value": value, **fields}


def items(body):
    return [item for section in body["sections"] for group in section["groups"] for item in group["items"]]


@pytest.fixture
def attempt():
    return AttemptFactory()


@pytest.fixture
def learner(client, attempt):
    client.force_login(attempt.person)
    return client


def test_open_gives_the_paper_without_its_key(client):
    person = PersonFactory()
    client.force_login(person)
    question = QuestionFactory(explanation="机密")
    body = {"permit": permit_for(person, QuizFactory(title="测验", questions=[question]))}
    response = post(client, "attempts", body)
    attempt = Attempt.objects.get()
    shown = response.json()
    assert (response.status_code, shown["id"], shown["quiz"], shown["state"]) == (
        201,
        str(attempt.public_id),
        "测验",
        "open",
    )
    assert shown["result"] is None
    assert shown["sections"] == [
        {
            "number": 1,
            "title": "",
            "state": "open",
            "may_finish": False,
            "groups": [
                {
                    "type": "A1",
                    "stem": question.current.stem,
                    "options": [],
                    "images": [],
                    "locks": False,
                    "is_reviewed": False,
                    "unseen": 0,
                    "items": [
                        {
                            "id": str(question.public_id),
                            "position": 1,
                            "stem": question.current.stem,
                            "reveal": "",
                            "options": [
                                {"key": k, "text": t, "is_right": None}
                                for k, t in zip("ABCDE", "甲乙丙丁戊", strict=True)
                            ],
                            "settings": {},
                            "images": [],
                            "points": "1",
                            "state": "open",
                            "may_advance": False,
                            "value": "",
                            "mark": None,
                            "is_right": None,
                            "key": None,
                            "explanation": None,
                        }
                    ],
                }
            ],
        }
    ]
    assert "机密" not in response.content.decode()
    again = post(client, "attempts", body)
    assert (again.status_code, again.json()["id"]) == (200, str(attempt.public_id))


def test_save_and_submit_give_the_result(learner, attempt):
    saved = post(learner, "answers", {"events": [event(attempt), event(attempt, "A", position=1, counter=2)]}, attempt)
    assert saved.status_code == 200
    assert [answer["value"] for answer in saved.json()["answers"].values()] == ["B", "A"]
    assert set(saved.json()) == {"state", "ends_at", "server_now", "answers", "refused"}
    done = post(learner, "submit", {"events": [event(attempt, position=1, counter=3)]}, attempt)
    assert (done.status_code, done.json()["state"]) == (200, "submitted")
    assert done.json()["result"] == {
        "points": "2.00",
        "points_possible": "2.00",
        "percent": "100.0",
        "pass_percent": "60.0",
        "is_passed": True,
        "unmarked": 0,
        "is_review_allowed": True,
        "review_from": None,
    }
    assert [item["key"] for item in items(done.json())] == ["B", "B"]
    assert post(learner, "submit", {}, attempt).json()["closed_at"] == done.json()["closed_at"]
    assert AttemptOutcome.objects.count() == 1


def test_key_stays_on_the_server_during_the_cool_down(client):
    attempt = AttemptFactory(quiz=QuizFactory(cool_down_minutes=30))
    client.force_login(attempt.person)
    failed = post(client, "submit", {}, attempt).json()
    closed = Attempt.objects.get().closed_at
    assert (failed["result"]["is_passed"], failed["result"]["is_review_allowed"]) == (False, False)
    assert {(item["is_right"], item["key"], item["explanation"], item["mark"]) for item in items(failed)} == {
        (None,) * 4
    }
    refused = post(client, "attempts", {"permit": permit_for(attempt.person, attempt.quiz)})
    assert (refused.status_code, refused.json()["code"]) == (409, "cool_down")
    with time_machine.travel(closed + timedelta(minutes=31), tick=False):
        shown = client.get(reverse("quizzes_api:attempt", args=[attempt.public_id])).json()
    assert [item["key"] for item in items(shown)] == ["B", "B"]


def test_key_stays_on_the_server_while_another_attempt_is_open_or_the_policy_waits(client):
    quiz = QuizFactory(attempts_allowed=2)
    first = AttemptFactory(quiz=quiz)
    client.force_login(first.person)
    address = reverse("quizzes_api:attempt", args=[first.public_id])
    assert post(client, "submit", {}, first).json()["result"]["is_review_allowed"] is True
    second = AttemptFactory(quiz=quiz, person=first.person)
    assert items(client.get(address).json())[0]["key"] is None
    post(client, "submit", {}, second)
    assert items(client.get(address).json())[0]["key"] == "B"

    careful = AttemptFactory(person=first.person, quiz=QuizFactory(review_policy="when_over", attempts_allowed=1))
    free = AttemptFactory(person=first.person, quiz=QuizFactory(review_policy="when_over", attempts_allowed=2))
    assert post(client, "submit", {}, careful).json()["result"]["is_review_allowed"] is True
    assert post(client, "submit", {}, free).json()["result"]["is_review_allowed"] is False


@pytest.mark.parametrize("name", ["attempts", "attempt", "answers", "submit"])
@pytest.mark.parametrize("who", ["learner", "administrator", "outsider", "anonymous"])
def test_endpoints_know_only_the_attempts_own_learner(client, attempt, name, who):
    unit = EmploymentFactory(person=attempt.person).unit
    people = {
        "learner": attempt.person,
        "administrator": RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=unit).person,
        "outsider": PersonFactory(),
    }
    if who in people:
        client.force_login(people[who])
    if name == "attempt":
        response = client.get(reverse("quizzes_api:attempt", args=[attempt.public_id]))
    elif name == "attempts":
        response = post(client, name, {"permit": permit_for(attempt.person, attempt.quiz)})
    else:
        response = post(client, name, {"events": []}, attempt)
    foreign = (403, "permit_invalid") if name == "attempts" else (404, "not_found")
    expected = {"learner": (200, None), "anonymous": (403, "not_signed_in")}.get(who, foreign)
    assert (response.status_code, response.json().get("code")) == expected
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        {},
        {"events": {}},
        {"events": [1]},
        {"events": [{"client": CLIENT}]},
        {"events": [], "more": 1},
        {"events": ["counter", "1"]},
    ],
)
def test_answers_refuse_a_body_of_the_wrong_shape(learner, attempt, body):
    response = post(learner, "answers", body, attempt)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize(
    "change",
    [
        {"counter": "1"},
        {"counter": True},
        {"counter": 0},
        {"counter": 10**9 + 1},
        {"counter": 10_001},
        {"value": 1},
        {"value": None},
        {"value": "F"},
        {"value": "AB"},
        {"value": "A" * 20_001},
        {"client": "x"},
        {"client": "<script>1"},
        {"question": "not-an-id"},
        {"question": "8b5a6ab8-6b0c-4d2b-9d32-7f1ee4f7f9a5"},
        {"at": "yesterday"},
        {"answer": "B"},
    ],
)
def test_answers_refuse_a_bad_event_and_store_nothing(learner, attempt, change):
    body = {"events": [event(attempt, "A", position=1), {**event(attempt, counter=2), **change}]}
    response = post(learner, "answers", body, attempt)
    attempt.refresh_from_db()
    assert (response.status_code, attempt.answers) == (400, {})


def test_answers_refuse_malformed_json_and_big_bodies(learner, attempt):
    address = reverse("quizzes_api:answers", args=[attempt.public_id])
    broken = learner.post(address, "{", content_type="application/json")
    assert (broken.status_code, broken.json()["code"]) == (400, "parse_error")
    big = learner.post(address, json.dumps({"events": [], "x": "x" * 1_100_000}), content_type="application/json")
    assert (big.status_code, big.json()["code"]) == (413, "too_large")


def test_answers_after_the_end_say_so(learner, attempt):
    attempts.submit(public_id=attempt.public_id, person=attempt.person)
    response = post(learner, "answers", {"events": [event(attempt)]}, attempt)
    assert (response.status_code, response.json()["code"]) == (409, "attempt_closed")


def test_answers_after_the_deadline_hand_in_what_was_saved(client):
    attempt = AttemptFactory(quiz=QuizFactory(time_limit_minutes=1))
    client.force_login(attempt.person)
    with time_machine.travel(attempt.deadline_at - timedelta(seconds=3), tick=False):
        assert post(client, "answers", {"events": [event(attempt)]}, attempt).status_code == 200
    with time_machine.travel(attempt.deadline_at + timedelta(seconds=3), tick=False):
        late = post(client, "answers", {"events": [event(attempt, position=1, counter=2)]}, attempt)
        assert (late.status_code, late.json()["code"]) == (409, "attempt_overdue")
        result = client.get(reverse("quizzes_api:attempt", args=[attempt.public_id])).json()
    assert (result["state"], result["result"]["points"]) == ("expired", "1.00")


def test_open_says_when_no_attempt_is_left(client):
    attempt = AttemptFactory(quiz=QuizFactory(attempts_allowed=1))
    attempts.submit(public_id=attempt.public_id, person=attempt.person)
    client.force_login(attempt.person)
    response = post(client, "attempts", {"permit": permit_for(attempt.person, attempt.quiz, CONTEXT)})
    assert (response.status_code, response.json()["code"], response.json()["params"]) == (
        409,
        "no_attempts_left",
        {"allowed": 1},
    )


@pytest.mark.parametrize("questions", [1, 3])
def test_queries_of_the_endpoints_are_few_and_fixed(client, questions):
    person, quiz = PersonFactory(), QuizFactory(questions=questions)
    client.force_login(person)
    permit = permit_for(person, quiz)
    counted = {}

    def count(name, call):
        with CaptureQueriesContext(connection) as queries:
            call()
        counted[name] = sum("SAVEPOINT" not in query["sql"] for query in queries)

    count("open", lambda: post(client, "attempts", {"permit": permit}))
    attempt = Attempt.objects.get()
    count("save", lambda: post(client, "answers", {"events": [event(attempt)]}, attempt))
    count("read", lambda: client.get(reverse("quizzes_api:attempt", args=[attempt.public_id])))
    count("submit", lambda: post(client, "submit", {}, attempt))
    count("result", lambda: client.get(reverse("quizzes_api:attempt", args=[attempt.public_id])))
    count("open again", lambda: post(client, "attempts", {"permit": permit}))  # the questions have been read once
    # The person is one of each; the session comes from the cache.
    assert counted == {"open": 7, "save": 3, "read": 4, "submit": 5, "result": 3, "open again": 4}
