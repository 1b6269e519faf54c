"""Titles and degrees of several people confirmed or refused at once, each checked by itself."""

import pytest
from django.test import Client

from organisations.enums import Role
from organisations.models import Node, Notification, Person, Qualification
from organisations.services import qualifications
from tests.factories.organisations import EmploymentFactory, NodeFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db
LIST = "/en/manage/qualifications/"
TOGETHER = f"{LIST}together/"


@pytest.fixture
def place() -> Node:
    return NodeFactory(name="示范医院")


@pytest.fixture
def keeper(client: Client, place: Node) -> Person:
    person = EmploymentFactory(unit=place, person__name="管理员").person
    RoleGrantFactory(person=person, node=place, role=Role.UNIT_CREDIT_ADMINISTRATOR)
    client.force_login(person)
    return person


def claimed(place: Node, name: str, value: str = "技师") -> Qualification:
    person = EmploymentFactory(unit=place, person__name=name).person
    return qualifications.claim(by=person, kind="title", value=value)


def states(*rows: Qualification) -> list[str]:
    for row in rows:
        row.refresh_from_db()
    return [row.state for row in rows]


def test_those_ticked_are_confirmed_and_ones_own_and_other_units_stay(
    client: Client, keeper: Person, place: Node
) -> None:
    first, second, unticked = (claimed(place, name) for name in ("李娜", "王伟", "赵强"))
    own = qualifications.claim(by=keeper, kind="degree", value="master")
    elsewhere = claimed(NodeFactory(), "外人")
    ids = " ".join(str(row.public_id) for row in (first, second, own, elsewhere))
    asked = client.post(TOGETHER, {"deed": "accept", "qualifications": ids})
    assert (asked.status_code, asked.context["count"], states(first, own)) == (200, 3, ["claimed", "claimed"])
    done = client.post(TOGETHER, {"deed": "accept", "qualifications": asked.context["ids"], "confirmed": "1"})
    assert states(first, second, unticked, own, elsewhere) == ["confirmed"] * 2 + ["claimed"] * 3
    assert first.person.title == "技师"
    assert [(one.row, one.reason) for one in done.context["left"]] == [(own, str(qualifications.OwnQualification()))]
    assert "2 titles and degrees are confirmed" in done.content.decode()
    again = client.post(TOGETHER, {"deed": "accept", "qualifications": asked.context["ids"], "confirmed": "1"})
    assert (again.context["done"], [one.row for one in again.context["left"]]) == (0, [own])


def test_all_found_are_refused_with_one_reason_that_each_reads(client: Client, keeper: Person, place: Node) -> None:
    rows = [claimed(place, name) for name in ("李娜", "王伟")]
    other = qualifications.claim(by=rows[0].person, kind="degree", value="master")
    filters = {"deed": "refuse", "everybody": "1", "filters": "kind=title"}
    assert client.post(TOGETHER, filters | {"confirmed": "1", "reason": " "}).status_code == 400
    assert states(*rows) == ["claimed", "claimed"]
    done = client.post(TOGETHER, filters | {"confirmed": "1", "reason": "请上传证书"})
    assert (done.context["done"], states(*rows, other)) == (2, ["refused", "refused", "claimed"])
    told = Notification.objects.filter(kind="qualification_refused")
    assert {note.params["reason"] for note in told} == {"请上传证书"}
    assert told.count() == 2


@pytest.mark.parametrize("sent", [{}, {"deed": "accept"}, {"deed": "x", "everybody": "1"}, {"qualifications": "x"}])
def test_nothing_ticked_or_no_deed_leads_back_to_the_list(
    client: Client, keeper: Person, place: Node, sent: dict[str, str]
) -> None:
    row = claimed(place, "李娜")
    answer = client.post(TOGETHER, {"confirmed": "1", **sent})
    assert (answer.status_code, answer.headers["Location"], states(row)) == (302, LIST, ["claimed"])
