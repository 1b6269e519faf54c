"""The list of registrations: found, downloaded, decided together, each checked by itself."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from organisations.enums import Role
from organisations.models import AuditEvent, Employment, Node, Notification, Person, Registration
from organisations.services import bulk, registrations
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db
LIST = "/en/manage/registrations/"
CSV, TOGETHER = f"{LIST}list.csv", f"{LIST}together/"


@pytest.fixture
def unit() -> Node:
    return NodeFactory(name="示范医院")


@pytest.fixture
def admin(client: Client, unit: Node) -> Person:
    person = EmploymentFactory(unit=unit, person__name="管理员").person
    RoleGrantFactory(person=person, node=unit, role=Role.UNIT_CREDIT_ADMINISTRATOR)
    client.force_login(person)
    return person


def claims(unit: Node, *names: str, phone: str = "", **more: Any) -> list[Registration]:
    """Registrations with `unit`, one a name; the first of them says `phone`."""
    rows = [Registration(person=PersonFactory(name=name), unit=unit, **more) for name in names]
    rows[0].set_contact(phone=phone, email="")
    return Registration.objects.bulk_create(rows)


def told(row: Registration) -> tuple[str, str]:
    row.refresh_from_db()
    return row.person.name, row.state


def shown(client: Client, **asked: str) -> list[str]:
    return [row.person.name for row in client.get(LIST, asked).context["page_obj"]]


def test_every_filter_finds_its_registrations(client: Client, admin: Person, unit: Node) -> None:
    below = NodeFactory(parent=unit, kind="department", name="放射科")
    claims(unit, "王伟", department="CT室", staff_number="G77")
    claims(below, "李娜")
    claims(unit, "赵强", state="refused")
    claims(NodeFactory(), "外人")
    assert {
        "nothing": shown(client),
        "name": shown(client, q="李"),
        "department": shown(client, q="ct"),
        "staff number": shown(client, q="g7"),
        "place": shown(client, place=str(below.public_id)),
        "state": shown(client, state="refused"),
        "all": sorted(shown(client, state="all")),
        "no state": shown(client, state="x"),
    } == {
        "nothing": ["王伟", "李娜"],
        "name": ["李娜"],
        "department": ["王伟"],
        "staff number": ["王伟"],
        "place": ["李娜"],
        "state": ["赵强"],
        "all": sorted(["李娜", "王伟", "赵强"]),
        "no state": ["王伟", "李娜"],
    }
    assert "Try fewer letters, or fewer filters." in client.get(LIST, {"q": "zzz"}).content.decode()


def test_file_holds_what_is_shown_and_no_formula(client: Client, admin: Person, unit: Node) -> None:
    first, _second = claims(unit, "=cmd()", "李娜", phone="+8613800000001", department="+CT", staff_number="G77")
    claims(unit, "赵强", state="refused", decided_by=admin, decided_at=timezone.now(), decision="@x")
    text = client.get(CSV, {"state": "waiting", "q": "cmd"}).getvalue().decode("utf-8-sig")
    rows = list(csv.reader(StringIO(text)))
    asked_on = timezone.localtime(first.created_at)
    assert rows[1:] == [
        ["'=cmd()", first.person.username, "示范医院", "'+CT", "G77", f"{asked_on:%Y-%m-%d %H:%M}", "Waiting"]
        + [""] * 3
    ]
    assert "13800000001" not in text
    refused = list(csv.reader(StringIO(client.get(CSV, {"state": "refused"}).getvalue().decode("utf-8-sig"))))
    assert [(row[0], row[7], row[9]) for row in refused[1:]] == [("赵强", "管理员", "'@x")]
    event = AuditEvent.objects.filter(verb="list.download").earliest("pk")
    assert event.after == {"list": "registrations", "filters": {"q": "…", "state": "waiting"}}


def test_several_are_confirmed_and_each_that_needs_a_look_is_left(client: Client, admin: Person, unit: Node) -> None:
    EmploymentFactory(unit=unit, person__name="王伟")
    PersonFactory(phone="+8613800000001")
    free, namesake = claims(unit, "李娜", "王伟")
    (taken,) = claims(unit, "赵强", phone="+8613800000001")
    (over,) = claims(unit, "孙丽", state="refused")
    (elsewhere,) = claims(NodeFactory(), "外人")
    ids = " ".join(str(row.public_id) for row in (free, namesake, taken, over, elsewhere))
    asked = client.post(TOGETHER, {"deed": "accept", "registrations": ids})
    assert (asked.status_code, asked.context["count"], Employment.objects.filter(person=free.person).count()) == (
        200, 4, 0,
    )  # fmt: skip
    done = client.post(TOGETHER, {"deed": "accept", "registrations": asked.context["ids"], "confirmed": "1"})
    assert [told(row) for row in (free, namesake, taken, over, elsewhere)] == [
        ("李娜", "accepted"), ("王伟", "waiting"), ("赵强", "waiting"), ("孙丽", "refused"), ("外人", "waiting"),
    ]  # fmt: skip
    assert (done.context["done"], {one.row.person.name: one.reason for one in done.context["left"]}) == (
        1,
        {
            "王伟": str(bulk.MayBeKnown()),
            "赵强": str(bulk.ContactTaken()),
            "孙丽": str(registrations.AlreadyDecided()),
        },
    )
    page = done.content.decode()
    assert ("1 registration is confirmed" in page, "Left as they are: 3" in page) == (True, True)
    assert list(Employment.objects.filter(person=free.person).values_list("unit", flat=True)) == [unit.pk]
    assert list(Notification.objects.filter(person=free.person).values_list("kind", flat=True)) == [
        "registration_accepted"
    ]


def test_two_of_one_name_in_one_go_are_not_both_confirmed(client: Client, admin: Person, unit: Node) -> None:
    one, two = claims(unit, "王伟", "王伟")
    client.post(TOGETHER, {"deed": "accept", "everybody": "1", "confirmed": "1", "filters": ""})
    assert [told(one), told(two)] == [("王伟", "accepted"), ("王伟", "waiting")]


def test_several_are_refused_with_one_reason(client: Client, admin: Person, unit: Node) -> None:
    rows = claims(unit, "王伟", "李娜")
    (other,) = claims(unit, "赵强")
    form = {"deed": "refuse", "everybody": "1", "filters": "q=&state=waiting"}
    assert client.post(TOGETHER, form | {"confirmed": "1", "reason": ""}).status_code == 400
    form = {"deed": "refuse", "registrations": [str(row.public_id) for row in rows], "confirmed": "1"}
    done = client.post(TOGETHER, form | {"reason": "不在本院"})
    assert (done.context["done"], done.context["left"]) == (2, [])
    assert [told(row) for row in (*rows, other)] == [("王伟", "refused"), ("李娜", "refused"), ("赵强", "waiting")]
    assert set(Registration.objects.filter(state="refused").values_list("decision", flat=True)) == {"不在本院"}


@pytest.mark.parametrize("form", [{"deed": "accept"}, {"deed": "x", "everybody": "1"}, {}])
def test_nothing_ticked_changes_nothing(client: Client, admin: Person, unit: Node, form: dict[str, str]) -> None:
    (row,) = claims(unit, "王伟")
    assert client.post(TOGETHER, form | {"confirmed": "1"}).url == LIST
    assert told(row) == ("王伟", "waiting")


def test_nobody_else_decides_or_downloads(client: Client, unit: Node) -> None:
    (row,) = claims(unit, "王伟")
    form = {"deed": "accept", "registrations": str(row.public_id), "confirmed": "1"}

    def statuses() -> list[int]:
        return [client.get(CSV).status_code, client.post(TOGETHER, form).status_code]

    assert statuses() == [302, 302]  # anonymous: to sign-in
    client.force_login(row.person)
    assert statuses() == [403, 403]
    client.force_login(RoleGrantFactory(node=unit, role=Role.DEPARTMENT_CREDIT_ADMINISTRATOR).person)
    assert statuses() == [403, 403]
    client.force_login(RoleGrantFactory(node=NodeFactory(), role=Role.UNIT_CREDIT_ADMINISTRATOR).person)
    assert statuses() == [200, 302]
    assert "王伟" not in client.get(CSV, {"state": "all"}).getvalue().decode()
    assert told(row) == ("王伟", "waiting")


@pytest.mark.slow
def test_four_hundred_are_confirmed_in_one_go(client: Client, admin: Person, unit: Node) -> None:
    EmploymentFactory(unit=unit, person__name="技师0007")
    people = Person.objects.bulk_create(
        Person(username=f"u{number:04}", name=f"技师{number:04}", password="!") for number in range(510)
    )
    Registration.objects.bulk_create(Registration(person=person, unit=unit) for person in people)
    asked = client.post(TOGETHER, {"deed": "accept", "everybody": "1", "filters": ""})
    assert (asked.context["count"], len(asked.context["rows"]), asked.context["beyond"]) == (500, 50, 10)
    assert "10 more are found" in asked.content.decode()
    Registration.objects.filter(person__username__gte="u0400").delete()
    done = client.post(TOGETHER, {"deed": "accept", "registrations": asked.context["ids"], "confirmed": "1"})
    left = [(one.row.person.name, one.reason) for one in done.context["left"]]
    assert (done.context["done"], left) == (399, [("技师0007", str(bulk.MayBeKnown()))])
    assert Employment.objects.filter(unit=unit, person__username__startswith="u0", ends=None).count() == 399
