"""The pages that merge two accounts, for those who may and those who may not."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from organisations.enums import Role
from organisations.models import AccountMerge, AuditEvent, Person
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db


class World:
    def __init__(self) -> None:
        self.hospital = NodeFactory()
        self.kept: Person = PersonFactory(name="王伟", phone="+8613800000001")
        self.merged: Person = PersonFactory(name="王伟")
        for person in (self.kept, self.merged):
            EmploymentFactory(person=person, unit=self.hospital)
        self.administrator = RoleGrantFactory(node=self.hospital).person
        self.department = RoleGrantFactory(node=self.hospital, role=Role.DEPARTMENT_CREDIT_ADMINISTRATOR).person
        self.outsider = RoleGrantFactory(node=NodeFactory()).person
        self.learner = self.kept

    def client(self, who: str) -> Client:
        client = Client()
        if who != "anonymous":
            client.force_login(getattr(self, who), backend="django.contrib.auth.backends.ModelBackend")
        return client

    @property
    def address(self) -> str:
        return reverse("manage:merge", args=[self.kept.public_id])


WHO = [
    ("administrator", 200), ("outsider", 404), ("department", 403), ("learner", 403), ("anonymous", 302),
]  # fmt: skip


@pytest.mark.parametrize(("who", "status"), WHO)
def test_merge_pages_are_for_those_who_keep_both(who: str, status: int) -> None:
    world = World()
    client = world.client(who)
    compared = f"{world.address}?other={world.merged.public_id}"
    assert [client.get(path).status_code for path in (world.address, compared)] == [status, status]
    assert AuditEvent.objects.filter(verb="account.compare").count() == (status == 200)
    form = {"other": str(world.merged.public_id), "reason": "同一人", "sure": "on"}
    assert client.post(world.address, form).status_code == (302 if status in {200, 302} else status)
    assert AccountMerge.objects.count() == (status == 200)


def test_namesakes_are_offered_and_others_found() -> None:
    world = World()
    other = EmploymentFactory(unit=world.hospital, staff_number="0815").person
    stranger = EmploymentFactory(unit=NodeFactory(), person=PersonFactory(name="王伟")).person
    client = world.client("administrator")
    assert client.get(world.address).context["candidates"] == [world.merged]
    assert client.post(world.address, {"q": "0815"}).context["candidates"] == [other]
    back = reverse("manage:merge", args=[other.public_id])
    assert client.post(back, {"q": "138 0000 0001"}).context["candidates"] == [world.kept]
    assert client.post(world.address, {"q": stranger.username}).context["candidates"] == []


def test_comparison_names_what_each_has_and_masks() -> None:
    world = World()
    world.merged.set_id_number("410102199003074516")
    world.merged.save()
    page = world.client("administrator").get(f"{world.address}?other={world.merged.public_id}")
    assert [count for _label, count in page.context["kept"].holdings] == [1]
    text = page.content.decode()
    assert (text.count("138****0001"), text.count("4101**********4516")) == (1, 1)
    assert "13800000001" not in text and "410102199003074516" not in text


def test_merge_needs_a_reason_and_a_tick() -> None:
    world = World()
    client = world.client("administrator")
    page = client.post(world.address, {"other": str(world.merged.public_id), "reason": ""})
    assert (page.status_code, sorted(page.context["form"].errors)) == (400, ["reason", "sure"])
    assert AccountMerge.objects.count() == 0


def test_closed_account_can_be_read_but_not_signed_in_to() -> None:
    world = World()
    client, closed = world.client("administrator"), Client()
    closed.force_login(world.merged, backend="django.contrib.auth.backends.ModelBackend")
    form = {"other": str(world.merged.public_id), "reason": "同一人", "sure": "on"}
    page = client.post(world.address, form, follow=True)
    assert page.redirect_chain == [(reverse("manage:merged", args=[world.merged.public_id]), 302)]
    assert [number for _label, number in page.context["found"].left] == [1]
    assert world.client("outsider").get(page.redirect_chain[0][0]).status_code == 404
    assert closed.get(reverse("organisations:profile")).status_code == 302
    assert client.get(f"{world.address}?other={world.merged.public_id}").status_code == 404


def test_refusal_is_said_before_anything_is_typed() -> None:
    world = World()
    RoleGrantFactory(person=world.merged, role=Role.CITY_REVIEWER, node=world.hospital)
    page = world.client("administrator").get(f"{world.address}?other={world.merged.public_id}")
    assert page.context["refusal"] != ""
    assert 'name="sure"' not in page.content.decode()


def test_search_costs_the_same_for_one_and_three() -> None:
    world, counts = World(), []
    client = world.client("administrator")
    for further in (0, 2):
        for _number in range(further):
            EmploymentFactory(person=PersonFactory(name="王伟"), unit=world.hospital)
        client.get(world.address)
        with CaptureQueriesContext(connection) as asked:
            assert len(client.get(world.address).context["candidates"]) == 1 + further
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("other", ["x", "00000000-0000-4000-8000-000000000000", "%00"])
def test_unknown_other_account_is_not_found(other: str) -> None:
    world = World()
    assert world.client("administrator").get(f"{world.address}?other={other}").status_code in {400, 404}
