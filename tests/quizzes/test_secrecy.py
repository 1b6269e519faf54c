"""What is right never leaves the server before the review is allowed: for every type, by every way out."""

import json
import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from organisations import histories
from quizzes import grading
from quizzes.enums import FAMILIES, GROUPS, LOCKING, QuestionType
from quizzes.models import Attempt, Question
from quizzes.protocol import Event
from quizzes.services import attempts, bank
from quizzes.services.histories import HISTORY
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import BankFactory, QuizFactory, item_ids, make_group, permit_for
from tests.quizzes.grading.examples import EXAMPLES

pytestmark = pytest.mark.django_db

SECRET = "机密解析"
FORBIDDEN = ("key", "is_right", "mark", "explanation", "answer", "guidance", "accepted", "regions")


def question_of(type: str) -> Question:
    if type in GROUPS:
        return make_group(type, secret=SECRET)
    written = EXAMPLES[type][0]
    draft = bank.single(
        type=type, stem="题干", options=written.get("options", ()), answer=written["key"],
        settings=written.get("settings", {}), explanation=SECRET, points=Decimal(1),
    )  # fmt: skip
    return bank.create_question(by=None, bank=BankFactory(), code=f"{type}-{uuid.uuid4().hex[:6]}", draft=draft)


def secrets_in(body: Any) -> list[str]:
    """Where a parsed JSON answer tells something that it must not tell."""
    told: list[str] = []

    def look(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                # Nothing that is called so may have a value, and the rules of scoring are not sent at all.
                if ".settings" not in path and name in FORBIDDEN:
                    is_option = name == "key" and "text" in value
                    if inner is not None and not is_option:
                        told.append(f"{path}.{name}")
                if name in ("scoring", "weights", "revision", "origin"):
                    told.append(f"{path}.{name}")
                look(inner, f"{path}.{name}")
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                look(inner, f"{path}.{number}")
        elif isinstance(value, str) and SECRET in value:
            told.append(path)

    look(body, "")
    return told


def post(client: Client, name: str, body: Any, attempt: Attempt) -> Any:
    address = reverse(f"quizzes_api:{name}", args=[attempt.public_id])
    response = client.post(address, json.dumps(body), content_type="application/json")
    assert response.status_code == 200, response.content
    return response.json()


def right(attempt: Attempt) -> list[dict[str, Any]]:
    """Events that answer all that is open as its key says, or as an example does where people mark."""
    values = {}
    for group in attempt.paper["groups"]:
        for item in group["items"]:
            key = item["key"]
            values[item["id"]] = key if isinstance(key, str) and key else EXAMPLES[group["type"]][1]
    shape, progress = attempt.shape, attempts.protocol.Progress(attempt.opened, attempt.locked)
    # A file is sent before it is named as an answer.
    asked = [i for i in item_ids(attempt) if shape["items"][i]["type"] != QuestionType.FILE]
    open_ones = [i for i in asked if attempts.protocol.state_of(shape, progress, i) == "open"]
    return [
        {"client": "tab-0001", "counter": number, "question": item, "value": values[item]}
        for number, item in enumerate(open_ones, 1)
    ]


@pytest.mark.parametrize("type", list(QuestionType))
def test_key_stays_on_the_server_by_the_api_and_in_the_persons_own_copy(client, type):
    person = PersonFactory()
    client.force_login(person)
    quiz = QuizFactory(questions=[question_of(type)], review_policy="never", attempts_allowed=2)
    body = {"permit": permit_for(person, quiz)}
    opened = client.post(reverse("quizzes_api:attempts"), json.dumps(body), content_type="application/json").json()
    attempt = Attempt.objects.get()
    answers = [opened, post(client, "answers", {"events": right(attempt)}, attempt)]
    if type in LOCKING:
        first = item_ids(attempt)[0]
        assert "第 2 问" not in json.dumps(opened, ensure_ascii=False)
        answers.append(post(client, "advance", {"item": first}, attempt))
    answers.append(client.get(reverse("quizzes_api:attempt", args=[attempt.public_id])).json())
    answers.append(histories_of(person))
    answers.append(post(client, "submit", {}, attempt))
    answers.append(client.get(reverse("quizzes_api:attempt", args=[attempt.public_id])).json())
    answers.append(histories_of(person))
    answers.append(client.get(reverse("quizzes_api:results")).json())
    assert [secrets_in(answer) for answer in answers] == [[]] * len(answers)


def histories_of(person: Any) -> Any:
    assert HISTORY in histories.registered()
    told = json.loads(json.dumps(HISTORY.export(person).data, default=str))
    # Marks of the whole are the person's own; the questions are told without what is right.
    return [{"paper": attempt["paper"], "answers": attempt["answers"]} for attempt in told["attempts"]]


@pytest.mark.parametrize("type", [type for type in QuestionType if type not in ("ESSAY", "FILE")])
def test_key_is_shown_once_the_review_is_allowed(client, type):
    person = PersonFactory()
    client.force_login(person)
    attempt, _new = attempts.open_attempt(
        person=person, permit=permit_for(person, QuizFactory(questions=[question_of(type)]))
    )
    done = post(client, "submit", {"events": right(attempt)}, attempt)
    items = [item for section in done["sections"] for group in section["groups"] for item in group["items"]]
    assert [(bool(item["key"]), SECRET in item["explanation"]) for item in items] == [(True, True)] * len(items)
    assert items[0]["is_right"] is True


@pytest.mark.parametrize("type", list(QuestionType))
def test_key_stays_on_the_server_on_the_pages(client, type):
    person = PersonFactory()
    client.force_login(person)
    quiz = QuizFactory(questions=[question_of(type)], review_policy="never")
    attempt, _new = attempts.open_attempt(person=person, permit=permit_for(person, quiz))
    address = reverse("quizzes:attempt", args=[attempt.public_id])
    shown = [client.get(address).content.decode()]
    attempts.submit(public_id=attempt.public_id, person=person)
    shown.append(client.get(address).content.decode())
    for page in shown:
        told = [word for word in (SECRET, "guidance", "accepted", "regions") if word in page]
        assert (told, re.findall(r"answer--(?:right|wrong)", page)) == ([], [])


def test_every_type_has_an_example_and_a_widget_by_name():
    assert set(EXAMPLES) == set(FAMILIES) == set(grading.KINDS)


def test_events_are_refused_without_telling_what_would_fit(client):
    person = PersonFactory()
    attempt, _new = attempts.open_attempt(
        person=person, permit=permit_for(person, QuizFactory(questions=[question_of("SHORT_TEXT")]))
    )
    with pytest.raises(attempts.InvalidAnswer) as refused:
        too_long = Event(item_ids(attempt)[0], "长" * 5000, 1, "tab-0001")
        attempts.save_answers(person=person, public_id=attempt.public_id, events=[too_long])
    assert SECRET not in str(refused.value.params)
