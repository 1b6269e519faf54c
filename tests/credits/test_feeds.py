"""The feed for other systems: a key for a place, a cursor that never skips, nothing about people but a masked name."""

import random
import threading
import time
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cms.shared import errors
from credits.models import Feed, FeedToken
from credits.selectors import feeds as selectors
from credits.services import feeds
from organisations.enums import NodeKind, Role
from organisations.models import AuditEvent, Person
from tests.factories.credits import entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

ADDRESS = "/api/v1/credits/feed/"


class World:
    def __init__(self, learners: int = 1) -> None:
        self.province = NodeFactory(kind=NodeKind.PROVINCE)
        self.hospital = NodeFactory(parent=self.province, name="第一医院")
        self.other = NodeFactory(parent=self.province)
        self.keeper: Person = RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=self.hospital).person
        self.learners = [self.learner(self.hospital, number) for number in range(learners)]
        self.stranger = self.learner(self.other, 99)
        self.token, self.secret = self.issued()

    def learner(self, unit: Any, number: int) -> Person:
        person = PersonFactory(name="王小明")
        EmploymentFactory(person=person, unit=unit, begins=date(2020, 1, 1), staff_number=f"S{number}")
        return person

    def issued(self, **changes: Any) -> tuple[FeedToken, str]:
        wish = {"name": "省平台", "place": self.hospital.public_id, "days": 30} | changes
        return feeds.issue(by=self.keeper, **wish)

    def get(self, secret: str | None = None, **query: Any) -> Any:
        return Client().get(ADDRESS, query, headers={"Authorization": f"Bearer {secret or self.secret}"})


@pytest.mark.django_db
def test_key_opens_the_entries_of_its_place_in_order(rule_sets: int) -> None:
    world = World()
    own = [entry(person=world.learners[0], on=date(2026, 5, day)) for day in (20, 21)]
    entry(person=world.stranger)
    answer = world.get().json()
    assert [item["entry"] for item in answer["items"]] == [str(one.public_id) for one in own]
    assert (answer["next"], answer["more"]) == (answer["items"][-1]["position"], False)
    item = answer["items"][0]
    assert (item["person_number"], item["person_name"], item["work_unit"], item["judged"]) == (
        "S0", "王**", "第一医院", None,
    )  # fmt: skip
    assert not {"id_number", "phone", "name", "birth"} & set(item)


@pytest.mark.django_db
def test_cursor_walks_through_everything_once(rule_sets: int) -> None:
    world = World()
    own = [str(entry(person=world.learners[0], on=date(2026, 5, 1 + day)).public_id) for day in range(5)]
    after, seen = 0, list[str]()
    for _page in range(3):
        answer = world.get(after=after, limit=2).json()
        seen += [item["entry"] for item in answer["items"]]
        after = answer["next"]
    assert (seen, answer["more"], world.get(after=after).json()["items"]) == (own, False, [])


@pytest.mark.django_db
def test_figures_come_only_when_asked_for_and_with_their_mark(rule_sets: int) -> None:
    world = World()
    entry(person=world.learners[0], minutes=180)
    judged = world.get(figures="true").json()["items"][0]["judged"]
    assert (judged["credits"], judged["hours"], judged["state"]) == ("1.00", "3.00", "counted")
    assert judged["mark"] != ""


@pytest.mark.django_db
@pytest.mark.parametrize("query", [{"after": -1}, {"after": "x"}, {"limit": 0}, {"limit": 1001}, {"after": 2**70}])
def test_nonsense_is_refused(query: dict[str, Any]) -> None:
    assert World().get(**query).status_code == 400


@pytest.mark.django_db
def test_key_that_is_unknown_revoked_or_expired_opens_nothing() -> None:
    world = World()
    assert [world.get(secret).status_code for secret in ("x", "iso_feed_x", world.secret)] == [401, 401, 200]
    FeedToken.objects.update(expires_at=timezone.now())
    assert world.get().json()["code"] == "feed_key_refused"
    FeedToken.objects.update(expires_at=timezone.now() + timedelta(days=1))
    assert world.get().status_code == 200
    feeds.revoke(by=world.keeper, public_id=world.token.public_id)
    feeds.revoke(by=world.keeper, public_id=world.token.public_id)
    assert world.get().status_code == 401
    assert AuditEvent.objects.filter(verb="credits.feed_token.revoke").count() == 1
    assert AuditEvent.objects.filter(verb="credits.feed.read").count() == 1  # five minutes are one reading
    assert Client().post(ADDRESS, {}, headers={"Authorization": f"Bearer {world.secret}"}).status_code in {401, 405}


@pytest.mark.django_db
def test_only_the_hash_of_a_key_is_stored() -> None:
    world = World()
    row = FeedToken.objects.filter(pk=world.token.pk).values().get()
    assert world.secret not in {str(value) for value in row.values()}
    assert row["token_sha256"] == feeds.hash_of(world.secret)


@pytest.mark.django_db
def test_keys_are_issued_by_system_administrators_for_their_places() -> None:
    world = World()
    with pytest.raises(errors.NotFound):
        world.issued(place=world.other.public_id)
    for changes in ({"name": " "}, {"days": 0}, {"days": 367}):
        with pytest.raises(feeds.NameMissing):
            world.issued(**changes)
    reviewer: Person = RoleGrantFactory(role=Role.PROVINCE_REVIEWER, node=world.province).person
    with pytest.raises(errors.OutOfScope):
        feeds.issue(by=reviewer, name="x", place=world.hospital.public_id, days=1)


@pytest.mark.django_db
def test_page_shows_a_new_key_once() -> None:
    world = World()
    client = Client()
    client.force_login(world.keeper, backend="django.contrib.auth.backends.ModelBackend")
    form = {"name": "医院系统", "days": "30", "place": str(world.hospital.public_id)}
    page = client.post(reverse("manage:feed_token_issue"), form).content.decode()
    made = FeedToken.objects.get(name="医院系统")
    start = page.index(feeds.PREFIX)
    assert feeds.hash_of(page[start : page.index("<", start)]) == made.token_sha256
    assert feeds.PREFIX not in client.get(reverse("manage:feed_tokens")).content.decode()
    client.post(reverse("manage:feed_token_revoke", args=[made.public_id]))
    made.refresh_from_db()
    assert (made.revoked_at is None, made.is_valid) == (False, False)


@pytest.mark.django_db
def test_reading_costs_the_same_for_one_and_three(rule_sets: int) -> None:
    world, counts = World(3), []
    for number in (1, 2):
        for learner in world.learners[number - 1 : 2 * number - 1]:
            entry(person=learner)
        with CaptureQueriesContext(connection) as asked:
            selectors.batch(world.token, after=0, limit=10, with_figures=True)
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.slow
def test_reader_beside_twenty_writers_sees_each_entry_once(committed_db: str, rule_sets: int) -> None:
    world = World(20)
    over, seen, faults = threading.Event(), list[int](), list[BaseException]()

    def write(learner: Person, seed: int) -> None:
        dice = random.Random(seed)
        try:
            for day in (1, 2):
                with transaction.atomic():
                    entry(person=learner, on=date(2026, 5, day))
                    time.sleep(dice.random() / 50)
        except BaseException as fault:  # shown by the assertion below
            faults.append(fault)
        finally:
            connection.close()

    def read() -> None:
        after = 0
        try:
            while True:
                was_over = over.is_set()
                found = selectors.batch(world.token, after=after, limit=7)
                seen.extend(item.position for item in found.items)
                after = found.next
                if was_over and not found.more:
                    return
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(one, seed)) for seed, one in enumerate(world.learners)]
    reader = threading.Thread(target=read)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    reader.join()
    assert faults == []
    assert seen == list(range(1, 41)) == sorted(Feed.objects.values_list("position", flat=True))
