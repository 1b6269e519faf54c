import uuid
from decimal import Decimal

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from media_pipeline.models import WatchBatch, WatchedTime
from media_pipeline.services.watching import WatchingRule, open_session
from tests.factories.media_pipeline import LectureFactory
from tests.factories.organisations import PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db

RULE = WatchingRule(threshold=Decimal("0.9"), max_speed=Decimal("2"), background_play=True)


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-20T10:00:00+08:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def started(clock):
    """A learner's session that was opened ten minutes ago."""
    session = open_session(person=PersonFactory.create(), lecture=LectureFactory.create(), rule=RULE)
    clock.shift(600)
    return session


def address(session) -> str:
    return f"/api/v1/play-sessions/{session.public_id}/batches/"


def batch(sequence: int = 1, **changes):
    return {"client_id": "tab-1", "sequence": sequence, "pieces": played(1), **changes}


def played(number: int):
    """Ten seconds each, one after the other."""
    return [
        {"from_s": 10.0 * n, "to_s": 10.0 * n + 10, "began_s": 10.0 * n, "ended_s": 10.0 * n + 10}
        for n in range(number)
    ]


def signed_in(person) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


def test_batches_acknowledge_what_counts(started):
    answer = signed_in(started.person).post(address(started), batch(pieces=played(2)), format="json")
    assert answer.status_code == 200
    assert answer.json() == {
        "client_id": "tab-1",
        "sequence": 1,
        "credited_s": 20.0,
        "reason": "",
        "refused": [],
        "watched": {
            "duration_s": 600.0,
            "position_s": 20.0,
            "covered_s": 20.0,
            "share": 0.0333,
            "intervals": [[0.0, 20.0]],
            "missing": [[20.0, 600.0]],
            "is_completed": False,
            "completed_at": None,
        },
    }


def test_batches_answer_a_repeat_alike(started):
    client = signed_in(started.person)
    first = client.post(address(started), batch(), format="json")
    changed = batch(pieces=played(3))
    assert client.post(address(started), changed, format="json").json() == first.json()
    assert WatchBatch.objects.count() == 1


def test_batches_belong_to_the_sessions_own_person(started):
    administrator = RoleGrantFactory.create().person
    assert signed_in(PersonFactory.create()).post(address(started), batch(), format="json").status_code == 404
    assert signed_in(administrator).post(address(started), batch(), format="json").status_code == 404
    superuser = PersonFactory.create(is_superuser=True, is_staff=True)
    assert signed_in(superuser).post(address(started), batch(), format="json").status_code == 404
    anonymous = APIClient().post(address(started), batch(), format="json")
    assert (anonymous.status_code, anonymous.json()["code"]) == (403, "not_signed_in")
    assert not WatchBatch.objects.exists()


def test_batches_want_the_csrf_token(started):
    client = Client(enforce_csrf_checks=True)
    client.force_login(started.person)
    answer = client.post(address(started), batch(), content_type="application/json")
    assert answer.status_code == 403


def test_batches_of_an_unknown_session_are_not_found(started):
    unknown = f"/api/v1/play-sessions/{uuid.uuid4()}/batches/"
    assert signed_in(started.person).post(unknown, batch(), format="json").status_code == 404


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", '"nan"', '"inf"', "1e300", "null", "[]", '"x"'])
def test_batches_refuse_what_is_no_number(started, word):
    piece = f'{{"from_s": 0, "to_s": {word}, "began_s": 0, "ended_s": 10}}'
    body = f'{{"client_id": "t", "sequence": 1, "pieces": [{piece}]}}'
    answer = signed_in(started.person).post(address(started), body, content_type="application/json")
    assert answer.status_code == 400
    assert WatchedTime.objects.get().intervals == []


@pytest.mark.parametrize(
    "changes",
    [{"sequence": -1}, {"sequence": 2**31}, {"client_id": ""}, {"client_id": "x" * 37}, {"pieces": "all of it"}],
)
def test_batches_refuse_a_wrong_form(started, changes):
    answer = signed_in(started.person).post(address(started), batch(**changes), format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


def test_batches_refuse_huge_lists(started):
    client = signed_in(started.person)
    assert client.post(address(started), batch(pieces=played(200)), format="json").status_code == 200
    assert client.post(address(started), batch(2, pieces=played(201)), format="json").status_code == 413
    assert client.post(address(started), batch(3, pieces=played(5_000)), format="json").status_code == 413
    assert WatchBatch.objects.count() == 1


def test_batches_after_a_day_say_that_the_session_is_over(started, clock):
    clock.shift(24 * 3600)
    answer = signed_in(started.person).post(address(started), batch(), format="json")
    assert (answer.status_code, answer.json()["code"]) == (410, "play_session_over")


def test_batches_are_throttled_by_person(started):
    client = signed_in(started.person)
    cache.clear()
    answers = [client.post(address(started), batch(), format="json").status_code for _ in range(241)]
    assert answers == [200] * 240 + [429]
    cache.clear()


@pytest.mark.parametrize("pieces", [1, 3])
def test_batches_take_eight_statements(started, pieces, django_assert_num_queries):
    client = signed_in(started.person)
    client.post(
        address(started), batch(pieces=[{"from_s": 500, "to_s": 510, "began_s": 500, "ended_s": 510}]), format="json"
    )
    # The eight and the savepoint pair of the test's own transaction.
    with django_assert_num_queries(10):
        answer = client.post(address(started), batch(2, pieces=played(pieces)), format="json")
    assert answer.status_code == 200
