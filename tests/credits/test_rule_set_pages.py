"""Rule sets in management: uploaded, tried, published; only from the top of the tree."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries

from credits.models import RuleSetProposal
from credits.services import rule_set_proposals as proposals
from organisations.enums import Role
from organisations.models import AuditEvent, Person
from tests.credits.services.test_rule_set_proposals import World, content, document, practised
from tests.factories.credits import HENAN
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.usefixtures("rule_sets")


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with override("en"):
        yield


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def uploaded(found: bytes, reason: str = "省厅新文件") -> dict[str, Any]:
    return {"file": SimpleUploadedFile("henan.json", found, "application/json"), "reason": reason}


def person_at(unit: object) -> Person:
    person: Person = PersonFactory()
    EmploymentFactory(person=person, unit=unit, begins=date(2020, 1, 1))
    return person


def page_of(row: RuleSetProposal) -> str:
    return reverse("manage:rule_set_proposal", args=[row.public_id])


def test_upload_shows_the_trial_and_a_second_person_publishes_it() -> None:
    world = World()
    practised(date(2026, 5, 20), person=person_at(world.hospital))
    response = client_of(world.keeper).post(reverse("manage:rule_set_upload"), uploaded(content(document())))
    row = RuleSetProposal.objects.get()
    assert (response.status_code, response["Location"]) == (302, page_of(row))
    proposals.run(row.pk)
    own = client_of(world.keeper).get(page_of(row))
    assert [one.cells[4:7] for one in _changes(own)] == [["More credits", "1", "2"]]
    assert [own.content.count(f'value="{do}"'.encode()) for do in ("publish", "refuse", "withdraw")] == [0, 0, 1]
    second = client_of(world.second)
    other = second.get(page_of(row)).content
    assert [other.count(f'value="{do}"'.encode()) for do in ("publish", "refuse", "withdraw")] == [1, 1, 0]
    second.post(reverse("manage:rule_set_decide", args=[row.public_id]), {"do": "publish"})
    row.refresh_from_db()
    assert (row.decision, row.decided_by, str(row.version)) == ("accepted", world.second, f"{HENAN}@2025.2")
    shown = second.get(reverse("manage:rule_set_version", args=[f"{HENAN}@2025.2"]))
    assert [(one.path, one.before, one.after) for one in shown.context["differences"]] == [
        ("version", "2025.1", "2025.2"),
        ("activity_types[practice].credit.steps", *_steps()),
    ]


def _changes(response: Any) -> list[Any]:
    from credits.selectors.rule_trials import change_views

    return list(change_views(response.context["page_obj"].object_list))


def _steps() -> tuple[str, str]:
    after = "[[0, 0], [1, 0.2], [6, 2], [7, 1.2], [12, 2], [13, 2.2], [18, 3], [19, 3.2], [24, 4], [25, 4.2], [30, 5]]"
    return after.replace("[6, 2]", "[6, 1]"), after


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (b'{"id": "x"', "The file is not valid JSON: look at line 1, column 11."),
        (b'{"id": "x"}', "version: This field is missing."),
    ],
)
def test_bad_file_is_answered_with_its_places_and_nothing_is_stored(sent: bytes, sentence: str) -> None:
    world = World()
    response = client_of(world.keeper).post(reverse("manage:rule_set_upload"), uploaded(sent))
    assert (response.status_code, RuleSetProposal.objects.count()) == (400, 0)
    assert [text for text in response.context["problems"] if text == sentence] == [sentence]
    assert response.content.decode().count(sentence) == 1


def test_upload_without_a_reason_says_so() -> None:
    response = client_of(World().keeper).post(reverse("manage:rule_set_upload"), uploaded(content(document()), ""))
    assert (response.status_code, response.context["form"].errors["reason"]) == (
        400,
        ["Say why; others decide by it and read it later."],
    )


def test_refusal_without_a_reason_is_told_and_changes_nothing() -> None:
    world = World()
    row = world.tried(document())
    address = reverse("manage:rule_set_decide", args=[row.public_id])
    response = client_of(world.second).post(address, {"do": "refuse"}, follow=True)
    assert [str(one) for one in response.context["messages"]] == ["Say why; others decide by it and read it later."]
    row.refresh_from_db()
    assert row.decision == "waiting"
    assert client_of(world.second).post(address, {"do": "burn"}).status_code == 400


def test_list_of_changes_as_a_file_names_the_readers_people_only_and_is_logged() -> None:
    world, elsewhere = World(), NodeFactory()
    own, foreign = person_at(world.hospital), person_at(elsewhere)
    practised(date(2026, 5, 20), person=own)
    practised(date(2026, 5, 20), person=foreign)
    row = world.tried(document())
    response = client_of(world.second).get(reverse("manage:rule_set_changes_csv", args=[row.public_id]))
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert [(line[0], line[1], line[5], line[6]) for line in rows[1:]] == [(str(own), HENAN, "1", "2")]
    assert (row.counts, AuditEvent.objects.filter(verb="list.download").count()) == ({"more": 2}, 1)
    less = client_of(world.second).get(page_of(row), {"kind": "less"})
    assert less.context["page_obj"].paginator.count == 0


def test_pages_are_read_by_some_and_kept_by_system_administrators_of_the_whole_tree() -> None:
    world = World()
    row = world.tried(document())
    learner = person_at(world.hospital)
    city = RoleGrantFactory(role=Role.PROVINCE_REVIEWER, node=world.province, begins=date(2020, 1, 1)).person
    auditor = RoleGrantFactory(role=Role.AUDITOR, node=world.hospital, begins=date(2020, 1, 1)).person
    pages = [
        reverse("manage:rule_sets"),
        reverse("manage:rule_set_version", args=[f"{HENAN}@2025.1"]),
        page_of(row),
        reverse("manage:rule_set_changes_csv", args=[row.public_id]),
    ]
    for page in pages:
        answers = [client_of(who).get(page).status_code for who in (world.keeper, world.below, auditor, learner, city)]
        assert (answers, Client().get(page).status_code) == ([200, 200, 200, 403, 403], 302)
    for who in (world.below, auditor, learner, city):
        assert client_of(who).post(reverse("manage:rule_set_upload"), uploaded(b"{}")).status_code == 403
        sent = client_of(who).post(reverse("manage:rule_set_decide", args=[row.public_id]), {"do": "publish"})
        assert sent.status_code == 403
    for page in (pages[0], pages[2]):
        mains = [client_of(who).get(page).content.decode().partition("<main")[2] for who in (world.second, auditor)]
        assert ['method="post"' in main for main in mains] == [True, False]


@pytest.mark.parametrize("count", [1, 3])
def test_proposal_takes_the_same_queries_for_any_number(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    world = World()
    for _number in range(count):
        practised(date(2026, 5, 20), person=person_at(world.hospital))
    row = world.tried(document())
    client = client_of(world.second)
    client.get(page_of(row))
    with django_assert_num_queries(14):
        assert len(client.get(page_of(row)).context["page_obj"].object_list) == count
