"""What others entered about a person: seen, found right, objected to, answered."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from organisations.enums import Role
from organisations.models import AuditEvent, Node, Notification, Objection, Person
from organisations.selectors.details import administrators_of, details_of
from organisations.services import objections, people
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Node:
    return NodeFactory(name="第一医院")


@pytest.fixture
def administrator(hospital: Node) -> Person:
    return RoleGrantFactory(node=hospital, person__name="管理员").person


@pytest.fixture
def person(hospital: Node, administrator: Person) -> Person:
    made = people.create_person(by=administrator, username="wang.li", name="王丽", phone="13800000001")
    people.employ(
        by=administrator, person=made, unit=hospital, begins=date(2024, 7, 1), department="CT室", staff_number="0042"
    )
    return made


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_details_name_what_stands_and_who_entered_it(person: Person) -> None:
    people.change_details(by=person, person=person, language="en")
    found = details_of(person)
    assert [(row.unit.name, row.staff_number) for row in found.employments] == [("第一医院", "0042")]
    assert [(event.verb, event.actor) for event in found.origins] == [
        ("employment.begin", "管理员"),
        ("person.create", "管理员"),
    ]
    page = signed_in(person).get("/en/account/details/").content.decode()
    assert ["138****0001" in page, "13800000001" in page, "0042" in page, "管理员" in page] == [True, False, True, True]


def test_finding_it_right_is_kept_with_its_time(person: Person) -> None:
    client = signed_in(person)
    assert details_of(person).is_new is True
    assert client.post(reverse("organisations:details"), {"answer": "right"}).status_code == 302
    person.refresh_from_db()
    assert details_of(person).is_new is False
    assert AuditEvent.objects.filter(verb="details.confirm", target_id=str(person.public_id)).count() == 1


def test_objection_reaches_the_unit_and_its_answer_the_person(person: Person, administrator: Person) -> None:
    client, keeper = signed_in(person), signed_in(administrator)
    form = {"answer": "object", "text": "我的名字是王莉。"}
    assert client.post(reverse("organisations:details"), form).status_code == 302
    objection = Objection.objects.get()
    assert Notification.objects.filter(person=administrator, kind="objection_made").count() == 1
    assert "我的名字是王莉。" in keeper.get(reverse("manage:objections")).content.decode()

    address = reverse("manage:objection_answer", args=[objection.public_id])
    assert keeper.post(address, {"answer": " "}).status_code == 400
    assert keeper.post(address, {"answer": "已更正。"}).status_code == 302
    assert keeper.post(address, {"answer": "再答"}).status_code == 409
    objection.refresh_from_db()
    assert (objection.answer, objection.answered_by) == ("已更正。", administrator)
    assert Notification.objects.filter(person=person, kind="objection_answered").count() == 1
    assert "已更正。" in client.get(reverse("organisations:details")).content.decode()


def test_empty_objection_says_what_to_write(person: Person) -> None:
    response = signed_in(person).post("/en/account/details/", {"answer": "object", "text": "  "})
    assert response.status_code == 400
    assert str(objections.NothingSaid.message) in response.content.decode()
    assert Objection.objects.count() == 0


def test_somebody_without_a_unit_is_offered_no_form_and_sends_none() -> None:
    client = signed_in(PersonFactory())
    assert 'name="text"' not in client.get("/en/account/details/").content.decode()
    assert client.post("/en/account/details/", {"answer": "object", "text": "x"}).status_code == 400
    assert Objection.objects.count() == 0


def test_objections_belong_to_their_unit_alone(person: Person) -> None:
    objection = objections.object_to(by=person, text="不对")
    outsider = RoleGrantFactory(node=NodeFactory()).person
    list_address = reverse("manage:objections")
    answer_address = reverse("manage:objection_answer", args=[objection.public_id])
    assert "不对" not in signed_in(outsider).get(list_address).content.decode()
    assert signed_in(outsider).post(answer_address, {"answer": "x"}).status_code == 404
    auditor = RoleGrantFactory(node=objection.unit, role=Role.AUDITOR).person
    for stranger, status in ((person, 403), (auditor, 200)):
        assert signed_in(stranger).get(list_address).status_code == status
        assert signed_in(stranger).post(answer_address, {"answer": "x"}).status_code == 403
    read = signed_in(auditor).get(list_address).content.decode()
    assert ("不对" in read, answer_address in read, "<textarea" in read) == (True, False, False)
    assert Client().get(list_address).status_code == 302
    assert Objection.objects.get().answer == ""


@pytest.mark.parametrize("count", [1, 3])
def test_pages_take_constant_queries(
    person: Person, administrator: Person, count: int, django_assert_num_queries: Any
) -> None:
    for _number in range(count):
        objections.object_to(by=person, text="不对")
    client, keeper = signed_in(person), signed_in(administrator)
    client.get("/en/account/details/")
    keeper.get("/en/manage/objections/")
    with django_assert_num_queries(7):
        client.get("/en/account/details/")
    with django_assert_num_queries(7):
        keeper.get("/en/manage/objections/")


def test_the_nearest_administrators_are_told() -> None:
    province = NodeFactory(kind="province")
    hospital = NodeFactory(parent=province)
    department = NodeFactory(parent=hospital, kind="department")
    far = RoleGrantFactory(node=province, role=Role.SYSTEM_ADMINISTRATOR).person
    assert administrators_of(department) == [far]
    near = RoleGrantFactory(node=hospital).person
    RoleGrantFactory(node=hospital, ends=date(2021, 1, 1))
    assert administrators_of(department) == [near]


def test_a_trainee_is_not_told_twice(person: Person) -> None:
    EmploymentFactory(person=PersonFactory(), unit=person.employments.get().unit)
    first = objections.object_to(by=person, text="一")
    second = objections.object_to(by=person, text="二")
    keys = Notification.objects.filter(kind="objection_made").values_list("key", flat=True)
    assert sorted(keys) == sorted(f"objection_made:{one.public_id}" for one in (first, second))


def test_number_in_an_objection_is_not_kept_and_the_person_is_told(person: Person) -> None:
    client = signed_in(person)
    form = {"answer": "object", "text": "我的手机是 139 0000 0009，身份证 11010519491231002X，工号 0043"}
    page = client.post(reverse("organisations:details"), form, follow=True).content.decode()
    assert Objection.objects.get().text == "我的手机是 ***，身份证 ***，工号 0043"
    assert page.count("已替换为") == 1
    objection = Objection.objects.get()
    objections.answer(by=objection.unit.role_grants.get().person, objection=objection, text="改为 13900000009")
    assert Objection.objects.get().answer == "改为 ***"


def test_text_without_a_number_is_kept_and_nobody_is_told(person: Person) -> None:
    form = {"answer": "object", "text": "工号 0043，2019-0077"}
    page = signed_in(person).post(reverse("organisations:details"), form, follow=True).content.decode()
    assert Objection.objects.get().text == "工号 0043，2019-0077"
    assert "was replaced by ***" not in page


def test_account_page_leads_to_it_until_the_person_has_answered(person: Person) -> None:
    client, link = signed_in(person), "Others entered data about you."
    assert link in client.get("/en/account/profile/").content.decode()
    client.post("/en/account/details/", {"answer": "right"})
    page = client.get("/en/account/profile/").content.decode()
    assert (link in page, 'href="/en/account/details/"' in page) == (False, True)
    abroad = signed_in(PersonFactory())
    assert link not in abroad.get("/en/account/profile/").content.decode()
