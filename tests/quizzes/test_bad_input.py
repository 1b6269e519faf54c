"""Whatever is sent to an attempt, to its API or its form: a clear 4xx in the reader's language, and nothing stored."""

import json
import uuid

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.translation import override

from organisations.services import consents
from quizzes.models import AnswerFile, Attempt, AttemptOutcome
from quizzes.services import attempts
from tests.factories.organisations import PASSWORD, PersonFactory
from tests.factories.quizzes import AttemptFactory, QuizFactory, item_ids, make_group

# Languages, and what their readers' browsers ask for.
READERS = {"zh-hans": "zh-CN,zh;q=0.9", "en": "en"}
NAMES = ["attempts", "answers", "advance", "submit"]


def address(name: str, attempt: Attempt) -> str:
    return reverse(f"quizzes_api:{name}", args=[] if name == "attempts" else [attempt.public_id])


def kept(attempt: Attempt) -> tuple[object, ...]:
    """All that a request could have stored."""
    row = Attempt.objects.get(pk=attempt.pk)
    stored = (row.answers, row.opened, row.locked, row.refused, row.state, row.points)
    return (*stored, Attempt.objects.count(), AttemptOutcome.objects.count(), AnswerFile.objects.count())


@pytest.fixture
def attempt(db):
    return AttemptFactory(quiz=QuizFactory(questions=[make_group("A4")]))


@pytest.fixture
def learner(client, attempt):
    client.force_login(attempt.person)
    return client


def is_chinese(text: str) -> bool:
    return any("一" <= letter <= "鿿" for letter in text)


def check(response, attempt, before, *, status: int, code: str, language: str = "zh-hans") -> None:
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code)
    assert is_chinese(body["message"]) == (language == "zh-hans")
    assert kept(attempt) == before


BODIES = [
    *("{", b"\xff\xfe", "[" * 100_000, "NaN", "[]", '"text"', "1"),
    *('{"events": {}}', '{"events": [[]]}', '{"more": 1}'),
    '{"permit": 1, "item": 1, "section": "1", "events": [null]}',
]


@pytest.mark.parametrize("name", NAMES)
def test_body_that_says_nothing_is_refused(learner, attempt, name):
    before = kept(attempt)
    for language, accepted in READERS.items():
        for place, body in enumerate(BODIES):
            response = learner.post(
                address(name, attempt), body, content_type="application/json", headers={"accept-language": accepted}
            )
            codes = ("parse_error",) if place < 3 else ("parse_error", "invalid_input")
            assert response.json()["code"] in codes
            check(response, attempt, before, status=400, code=response.json()["code"], language=language)


@pytest.mark.parametrize("name", NAMES)
def test_body_that_is_no_json_is_refused(learner, attempt, name):
    before = kept(attempt)
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"):
        response = learner.post(address(name, attempt), "events=1", content_type=kind)
        check(response, attempt, before, status=415, code="unsupported_media_type")


CHANGES = [
    *({"question": str(uuid.uuid4())}, {"question": "foreign"}, {"question": "hidden"}),
    *({"value": "F"}, {"value": "AB"}, {"value": "\0"}, {"value": ["B"]}),
    *({"counter": 10_001}, {"counter": 10**30}, {"counter": 1.5}, {"client": "x"}, {"at": "0000-99-99"}, {"at": 1}),
]


@pytest.mark.parametrize("name", ["answers", "advance", "submit"])
def test_event_that_no_honest_page_sends_is_refused(learner, attempt, name):
    first, second, _third = item_ids(attempt)
    others = {"foreign": item_ids(AttemptFactory(person=attempt.person))[0], "hidden": second}
    good = {"client": "tab-00000001", "counter": 1, "question": first, "value": "A"}
    before = kept(attempt)
    for change in CHANGES:
        event = {**good, "counter": 2, **change}
        event["question"] = others.get(event["question"], event["question"])
        body = {"events": [good, event], **({"item": first} if name == "advance" else {})}
        response = learner.post(address(name, attempt), json.dumps(body), content_type="application/json")
        assert response.json()["code"] in ("invalid_input", "invalid_answer")
        check(response, attempt, before, status=400, code=response.json()["code"])


def test_step_that_does_not_exist_is_refused(learner, attempt):
    before = kept(attempt)
    first, second, last = item_ids(attempt)
    steps = [{}, {"item": "1"}, {"section": 0}, {"section": True}, {"section": 101}, {"section": 10**40}]
    # The last has nothing after it, the second is not open, and there is one section.
    more = [{"item": second}, {"item": last}, {"section": 1}, {"item": first, "section": 1}]
    for place, body in enumerate([*steps, *more]):
        response = learner.post(address("advance", attempt), json.dumps(body), content_type="application/json")
        code = "cannot_advance" if len(steps) <= place < len(steps) + 3 else "invalid_input"
        check(response, attempt, before, status=400, code=code)


@pytest.mark.parametrize("name", ["answers", "advance", "submit"])
def test_attempt_of_somebody_else_does_not_exist(client, attempt, name):
    client.force_login(PersonFactory())
    before, first = kept(attempt), item_ids(attempt)[0]
    event = {"client": "tab-00000001", "counter": 1, "question": first, "value": "A"}
    body = {"events": [event], **({"item": first} if name == "advance" else {})}
    response = client.post(address(name, attempt), json.dumps(body), content_type="application/json")
    check(response, attempt, before, status=404, code="not_found")
    sent = client.post(
        reverse("quizzes_api:file", args=[attempt.public_id, first]), {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.4")}
    )
    check(sent, attempt, before, status=404, code="not_found")
    assert client.post(reverse("quizzes:attempt", args=[attempt.public_id]), {f"q-{first}": "A"}).status_code == 404
    assert kept(attempt) == before


@pytest.mark.parametrize("language", READERS)
def test_form_that_no_honest_page_sends_is_refused_with_a_page(learner, attempt, language):
    before, field = kept(attempt), f"q-{item_ids(attempt)[0]}"
    with override(language):
        page = reverse("quizzes:attempt", args=[attempt.public_id])
    answers = [{field: "F"}, {field: ["A", "B"]}, {field: "\0"}]
    for data in (*answers, {"do": "advance:x"}, {"do": "section:1"}, {"do": "section:٣"}):
        response = learner.post(page, data)
        assert (response.status_code, response.templates[0].name) == (400, "errors/domain.html")
        assert is_chinese(str(response.context["message"])) == (language == "zh-hans")
        assert kept(attempt) == before


def test_way_in_that_was_made_for_nobody_is_refused(learner, attempt):
    before = kept(attempt)
    for permit in ("", "x" * 2000, "a:b:c", "\0"):
        response = learner.post(reverse("quizzes:open"), {"permit": permit})
        assert (response.status_code, response.templates[0].name) == (403, "errors/domain.html")
    assert kept(attempt) == before


@pytest.mark.slow
def test_ten_megabytes_are_refused_by_the_running_server(live_site):
    """Really sent: the answer comes, the next request is served, nothing was stored."""
    attempt = AttemptFactory(quiz=QuizFactory(questions=[make_group("A4")]))
    consents.accept(person=attempt.person, language="zh-hans")
    before, first = kept(attempt), item_ids(attempt)[0]
    ten = "x" * 10_000_000
    with override("zh-hans"):
        sign_in, page, way_in = (
            reverse(name, args=arguments)
            for name, arguments in (
                ("account_login", []), ("quizzes:attempt", [attempt.public_id]), ("quizzes:open", []),
            )
        )  # fmt: skip
    with httpx.Client(base_url=live_site.url, timeout=120, headers={"accept-language": "zh-CN"}) as browser:
        browser.get(sign_in)
        token = browser.cookies["csrftoken"]
        login = {"login": attempt.person.username, "password": PASSWORD, "csrfmiddlewaretoken": token}
        browser.post(sign_in, data=login, headers={"referer": live_site.url})
        headers = {"x-csrftoken": browser.cookies["csrftoken"], "referer": live_site.url}
        for name in NAMES:
            body = json.dumps({"events": [], "permit": ten, "item": first})
            json_headers = {**headers, "content-type": "application/json"}
            answer = browser.post(address(name, attempt), content=body, headers=json_headers)
            check(answer, attempt, before, status=413, code="too_large")
        for path, field in ((page, f"q-{first}"), (way_in, "permit")):
            answer = browser.post(path, data={field: ten}, headers=headers)
            assert (answer.status_code, is_chinese(answer.text)) == (413, True)
            assert kept(attempt) == before
        sent = browser.post(
            reverse("quizzes_api:file", args=[attempt.public_id, first]),
            files={"file": ("a.pdf", ten.encode() * 3)}, headers=headers,
        )  # fmt: skip
        assert (400 <= sent.status_code < 500, is_chinese(sent.json()["message"])) == (True, True)
        good = {"client": "tab-00000001", "counter": 1, "question": first, "value": "A"}
        answer = browser.post(address("answers", attempt), json={"events": [good]}, headers=headers)
        assert answer.status_code == 200
    assert attempts.submit(person=attempt.person, public_id=attempt.public_id).answers[first]["value"] == "A"
