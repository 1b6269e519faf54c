"""Every operation of the API, tried by everybody. A new one fails here until the table says who may do it."""

import itertools
import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from cms.shared.outcomes import Outcome
from credits.models import ExportJob
from organisations.models import Notification
from quizzes.models import Attempt
from tests.architecture.addresses import addresses
from tests.factories.credits import HENAN
from tests.world import WHO, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]

METHODS = ("get", "post", "put", "patch", "delete")
OWN = (200, 200, 200, 200, 403)  # everybody has one's own, which is another for each
ADMINISTRATORS = (403, 403, 200, 200, 403)
LEARNERS_ALONE = (200, 404, 404, 404, 403)
ENROLLED_ALONE = (200, 403, 403, 403, 403)
REQUESTERS_ALONE = (404, 404, 200, 404, 403)
KEYS_ALONE = (401, 401, 401, 401, 401)
EVERYBODY = (200, 200, 200, 200, 200)


def nothing(world: World) -> dict[str, str]:
    return {}


def _session(world: World) -> dict[str, str]:
    return {"session": str(world.play_session.public_id)}


def _attempt(world: World) -> dict[str, str]:
    return {"public_id": str(world.attempt.public_id)}


def _item(world: World) -> dict[str, str]:
    return {**_attempt(world), "item": world.attempt.paper["groups"][0]["items"][0]["id"]}


def _export(world: World) -> dict[str, str]:
    return {"public_id": str(world.export.public_id)}


def _notification(world: World) -> dict[str, str]:
    return {"public_id": str(world.notification.public_id)}


def _learner(world: World) -> dict[str, str]:
    return {"public_id": str(world.learner.public_id)}


def _place(world: World) -> dict[str, str]:
    return {"public_id": str(world.hospital.public_id)}


def _lesson(world: World) -> dict[str, str]:
    return {"key": str(world.lecture_lesson.translation_key)}


def _batch(world: World) -> Any:
    piece = {"from_s": 0, "to_s": 1, "began_s": 0, "ended_s": 1}
    return {"client_id": "tab", "sequence": 1, "pieces": [piece]}


def _answers(world: World) -> Any:
    question = next(iter(world.attempt.shape["items"]))
    return {"events": [{"client": "tab-0001", "counter": 1, "question": question, "value": "A"}]}


def _objection(world: World) -> Any:
    return {"item": _item(world)["item"], "text": "两个选项都对。"}


def _wanted(world: World) -> Any:
    year = world.entry.ends_on.year
    return {
        "place": str(world.hospital.public_id),
        "year": year,
        "rule_set": HENAN,
        "file_format": "csv",
        "reason": "年报",
    }


# (method, route) → (arguments of the route, body, status for each of WHO). The learner owns what the arguments name,
# the administrator the exports.
TABLE: dict[tuple[str, str], tuple[Callable[[World], Any], Callable[[World], Any], tuple[int, ...]]] = {
    ("get", "credits/standing/"): (nothing, nothing, OWN),
    ("get", "credits/entries/"): (nothing, nothing, OWN),
    ("get", "credits/title-path/"): (nothing, nothing, OWN),
    ("get", "credits/people/<uuid:public_id>/title-path/"): (_learner, nothing, (403, 403, 200, 404, 403)),
    ("get", "credits/places/<uuid:public_id>/year/"): (_place, nothing, (403, 403, 200, 404, 403)),
    ("get", "credits/feed/"): (nothing, nothing, KEYS_ALONE),
    ("get", "credit-exports/"): (nothing, nothing, ADMINISTRATORS),
    ("post", "credit-exports/"): (nothing, _wanted, (403, 403, 202, 404, 403)),
    ("get", "credit-exports/<uuid:public_id>/"): (_export, nothing, REQUESTERS_ALONE),
    ("get", "credit-exports/<uuid:public_id>/file/"): (_export, nothing, REQUESTERS_ALONE),
    ("get", "schema/"): (nothing, nothing, EVERYBODY),
    ("get", "docs/"): (nothing, nothing, EVERYBODY),
    ("post", "play-sessions/<uuid:session>/batches/"): (_session, _batch, LEARNERS_ALONE),
    ("get", "learning/"): (nothing, nothing, OWN),
    ("post", "lessons/<uuid:key>/play/"): (_lesson, nothing, ENROLLED_ALONE),
    ("post", "lessons/<uuid:key>/attention/"): (_lesson, nothing, (409, *ENROLLED_ALONE[1:])),
    ("post", "lessons/<uuid:key>/settle/"): (_lesson, nothing, ENROLLED_ALONE),
    ("get", "quiz-results/"): (nothing, nothing, OWN),
    ("post", "attempts/"): (nothing, lambda world: {"permit": world.permit}, (201, 403, 403, 403, 403)),
    ("get", "attempts/<uuid:public_id>/"): (_attempt, nothing, LEARNERS_ALONE),
    ("post", "attempts/<uuid:public_id>/answers/"): (_attempt, _answers, LEARNERS_ALONE),
    # Its quiz has nothing to open after this, which its learner alone is told.
    ("post", "attempts/<uuid:public_id>/advance/"): (_attempt, lambda world: {"section": 1}, (400, 404, 404, 404, 403)),
    # It takes a form with a file, no JSON: who may send one is tried in tests/quizzes/marking/test_files.py.
    ("post", "attempts/<uuid:public_id>/items/<uuid:item>/file/"): (_item, nothing, (415, 415, 415, 415, 403)),
    ("post", "attempts/<uuid:public_id>/submit/"): (_attempt, nothing, LEARNERS_ALONE),
    ("get", "attempts/<uuid:public_id>/objections/"): (_attempt, nothing, LEARNERS_ALONE),
    ("post", "attempts/<uuid:public_id>/objections/"): (_attempt, _objection, (409, 404, 404, 404, 403)),
    ("get", "me/"): (nothing, nothing, OWN),
    ("get", "notifications/"): (nothing, nothing, OWN),
    ("post", "notifications/read/"): (nothing, nothing, (204, 204, 204, 204, 403)),
    ("post", "notifications/<uuid:public_id>/read/"): (_notification, nothing, LEARNERS_ALONE),
}


def operations() -> set[tuple[str, str]]:
    """What the resolver knows below /api/v1/."""
    found = set()
    for address in addresses():
        if address.route.startswith("api/v1/"):
            for method in METHODS:
                if hasattr(address.callback.view_class, method):
                    found.add((method, address.route.removeprefix("api/v1/")))
    return found


def send(world: World, method: str, route: str, who: str, **more: bool) -> Any:
    arguments, body, _statuses = TABLE[method, route]
    path = next(a for a in addresses() if a.route == f"api/v1/{route}").path(arguments(world))
    client = world.client(who, **more)
    if method == "get":
        return client.get(path)
    return getattr(client, method)(path, body(world), content_type="application/json")


def text_of(response: Any) -> str:
    """All of it: a stream that is not read to its end stays open."""
    return (response.getvalue() if response.streaming else response.content).decode()


def rows() -> list[Any]:
    tables = [Attempt, ExportJob, Notification, *Outcome.__subclasses__()]
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


def test_the_table_names_every_operation() -> None:
    assert operations() == set(TABLE)


@pytest.mark.parametrize(("method", "route"), TABLE)
def test_operation_answers_whom_it_concerns(method: str, route: str) -> None:
    world, found = World(), []
    for who in reversed(WHO):  # strangers first: they must change nothing for those who follow
        response = send(world, method, route, who)
        text = text_of(response)
        found.append((who, response.status_code))
        if response.status_code >= 400:
            assert sorted(json.loads(text)) == ["code", "message", "params"]
            assert (json.loads(text)["code"] == "not_signed_in") == (who == "anonymous")
    assert dict(found) == dict(zip(WHO, TABLE[method, route][2], strict=True))


def test_nobody_reads_what_belongs_to_another() -> None:
    world = World().complete()
    owned = (world.learner, world.attempt, world.play_session, world.notification, world.entry, world.export)
    personal = [str(row.public_id) for row in owned]
    personal += [world.learner.name, world.learner.username, world.entry.title, world.export.file_sha256]
    for (method, route), who in itertools.product(TABLE, ("colleague", "outsider", "anonymous")):
        if method == "get":
            text = text_of(send(world, method, route, who))
            assert (route, who, [found for found in personal if found in text]) == (route, who, [])


def test_posting_without_the_form_token_changes_nothing() -> None:
    world = World().complete()
    before = rows()
    for method, route in TABLE:
        if method != "get":
            who = "administrator" if route == "credit-exports/" else "learner"
            response = send(world, method, route, who, enforce_csrf_checks=True)
            assert (route, response.status_code) == (route, 403)
    assert rows() == before


def test_schema_is_valid_and_complete() -> None:
    written = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=written)
    assert written.getvalue().startswith("openapi: ")
