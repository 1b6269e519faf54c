from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from organisations.enums import Role
from organisations.models import Activation, AuditEvent, Node, Notification, Person, Registration
from organisations.services import activation, people, registrations
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db
LIST = "/en/manage/registrations/"
NEW = "gradient-coil-55"


@pytest.fixture
def unit() -> Node:
    return NodeFactory(name="示范医院")


@pytest.fixture
def admin(client: Client, unit: Node) -> Person:
    person = EmploymentFactory(unit=unit, person__name="管理员").person
    RoleGrantFactory(person=person, node=unit, role=Role.UNIT_CREDIT_ADMINISTRATOR)
    client.force_login(person)
    return person


def registered(unit: Node, **more: str) -> Registration:
    fields = {"name": "王伟", "department": "CT室", "phone": "13800000001"} | more
    person = registrations.register(password=NEW, unit=unit, **fields)
    return person.registrations.get()


def entered(unit: Node, name: str = "王伟", **more: str) -> Person:
    person = people.create_person(by=None, username=f"r{Person.objects.count()}", name=name)
    EmploymentFactory(unit=unit, person=person, **({"staff_number": "2019-0077"} | more))
    return person


def path_of(row: Registration) -> str:
    return f"{LIST}{row.public_id}/"


def test_confirmed_person_works_here_and_is_reached_as_said(client: Client, admin: Person, unit: Node) -> None:
    row = registered(unit, email="wei@example.org", staff_number="0042")
    assert "王伟" in client.get(LIST).content.decode()
    page = client.get(path_of(row)).content.decode()
    assert ("138****0001" in page, "w***@example.org" in page, "13800000001" in page) == (True, True, False)
    assert client.post(path_of(row), {"decision": "accept"}).url == LIST
    person = Person.objects.get(pk=row.person_id)
    assert (person.phone, person.email) == ("+8613800000001", "wei@example.org")
    assert list(person.employments.values_list("unit", "department", "staff_number", "begins", "ends")) == [
        (unit.pk, "CT室", "0042", timezone.localdate(), None)
    ]
    assert list(Notification.objects.filter(person=person).values_list("kind", flat=True)) == ["registration_accepted"]
    assert Client().post("/en/account/login/", {"login": "13800000001", "password": NEW}).status_code == 302
    again = client.post(path_of(row), {"decision": "accept"})
    assert (again.status_code, person.employments.count()) == (400, 1)
    assert AuditEvent.objects.filter(verb__in=["registration.accept", "person.read"]).count() == 2


def test_number_of_another_account_stays_with_it(client: Client, admin: Person, unit: Node) -> None:
    holder = PersonFactory(phone="+8613800000001")
    row = registered(unit, email="wei@example.org")
    assert client.get(path_of(row)).content.decode().count("belongs to another account") == 1
    client.post(path_of(row), {"decision": "accept"})
    person = Person.objects.get(pk=row.person_id)
    holder.refresh_from_db()
    assert (person.phone, person.email, holder.phone) == ("", "wei@example.org", "+8613800000001")


def test_refused_person_reads_why_and_names_another_unit(client: Client, admin: Person, unit: Node) -> None:
    row = registered(unit)
    assert client.post(path_of(row), {"decision": "refuse", "reason": " "}).status_code == 400
    assert client.post(path_of(row), {"decision": "refuse", "reason": "不在本院工作"}).url == LIST
    learner = Client()
    learner.force_login(Person.objects.get(pk=row.person_id))
    assert "不在本院工作" in learner.get("/en/account/registered/").content.decode()
    other = NodeFactory()
    assert learner.post(f"/en/account/register/unit/{other.public_id}/", {}).url == "/en/account/registered/"
    assert sorted(Registration.objects.values_list("unit", "state")) == sorted(
        [(unit.pk, "refused"), (other.pk, "waiting")]
    )


def test_person_entered_before_takes_over_the_sign_in(client: Client, admin: Person, unit: Node) -> None:
    one = entered(unit)
    code = activation.issue(by=admin, person=one)
    row = registered(unit)
    username = row.person.username
    page = client.get(path_of(row)).content.decode()
    assert ("It is this person" in page, "same name" in page, "***77" in page) == (True, True, True)
    assert client.post(path_of(row), {"decision": f"same:{one.public_id}"}).url == LIST
    one.refresh_from_db()
    gone = Person.objects.get(pk=row.person_id)
    assert (one.username, one.phone, one.is_active, gone.is_active, gone.merged_into) == (
        username, "+8613800000001", True, False, one,
    )  # fmt: skip
    assert one.employments.filter(ends=None).values_list("staff_number", flat=True).get() == "2019-0077"
    assert Client().post("/en/account/login/", {"login": username, "password": NEW}).status_code == 302
    assert Activation.objects.filter(used_at=None, expires_at__gt=timezone.now()).count() == 0
    with pytest.raises(activation.UnusableCode):
        activation.activate(code=code, password=NEW)
    event = AuditEvent.objects.get(verb="registration.take_over")
    assert (event.actor_id_copy, event.target_id) == (admin.pk, str(one.public_id))


@pytest.mark.parametrize("why", ["signed in", "elsewhere", "another name", "system administrator"])
def test_nobody_else_is_taken_over(client: Client, admin: Person, unit: Node, why: str) -> None:
    one = entered(NodeFactory() if why == "elsewhere" else unit, name="李娜" if why == "another name" else "王伟")
    if why == "signed in":
        one.set_password("gradient-coil-66")
        one.save()
    if why == "system administrator":
        RoleGrantFactory(person=one, role=Role.SYSTEM_ADMINISTRATOR, node=unit)
    row = registered(unit)
    assert "It is this person" not in client.get(path_of(row)).content.decode()
    assert client.post(path_of(row), {"decision": f"same:{one.public_id}"}).status_code in {400, 409}
    with pytest.raises(registrations.CannotTakeOver):
        registrations.take_over(by=admin, registration=row, entered=one)
    row.refresh_from_db()
    assert (row.state, Person.objects.filter(is_active=True, name=one.name, pk=one.pk).count()) == ("waiting", 1)


def test_candidates_are_found_by_number_and_staff_number(client: Client, admin: Person, unit: Node) -> None:
    by_phone, by_number = entered(unit, "甲", staff_number=""), entered(unit, "乙", staff_number="A77")
    by_phone.set_phone("+8613800000001")
    by_phone.save()
    row = registered(unit, staff_number="a77")
    page = client.get(path_of(row)).content.decode()
    assert (page.count("It is this person"), by_number.name in page) == (2, True)
    assert (page.count("same mobile number"), page.count("same staff number")) == (1, 1)


def test_unknown_decision_changes_nothing(client: Client, admin: Person, unit: Node) -> None:
    row = registered(unit)
    assert client.post(path_of(row), {"decision": "same:x"}).status_code == 400
    row.refresh_from_db()
    assert row.state == "waiting"


def test_registrations_are_for_those_who_keep_the_units_people(client: Client, unit: Node) -> None:
    row = registered(unit)

    def statuses() -> list[int]:
        return [
            client.get(LIST).status_code,
            client.get(path_of(row)).status_code,
            client.post(path_of(row), {"decision": "accept"}).status_code,
        ]

    assert statuses() == [302, 302, 302]  # anonymous: to sign-in
    client.force_login(row.person)
    assert statuses() == [403, 403, 403]
    client.force_login(RoleGrantFactory(node=unit, role=Role.DEPARTMENT_CREDIT_ADMINISTRATOR).person)
    assert statuses() == [403, 403, 403]
    client.force_login(RoleGrantFactory(node=NodeFactory(), role=Role.UNIT_CREDIT_ADMINISTRATOR).person)
    assert statuses() == [200, 404, 404]
    assert "王伟" not in client.get(f"{LIST}?state=all").content.decode()
    row.refresh_from_db()
    assert row.state == "waiting"


def test_administrator_does_not_confirm_an_own_registration(unit: Node) -> None:
    row = registered(unit)
    RoleGrantFactory(person=row.person, node=unit, role=Role.UNIT_CREDIT_ADMINISTRATOR)
    with pytest.raises(registrations.errors.OutOfScope):
        registrations.accept(by=row.person, registration=row)


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_constant_queries(
    client: Client, admin: Person, unit: Node, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        row = registered(unit, phone=f"1380000000{number}")
        entered(unit)
    client.get(LIST)
    with django_assert_num_queries(7):
        client.get(LIST)
    with django_assert_num_queries(12):
        client.get(path_of(row))


def test_person_whom_another_unit_entered_since_is_asked_about(client: Client, admin: Person, unit: Node) -> None:
    row, other = registered(unit), NodeFactory()
    loser = RoleGrantFactory(node=other, role=Role.UNIT_CREDIT_ADMINISTRATOR).person
    there = EmploymentFactory(unit=other, person=row.person, begins=timezone.localdate() - timedelta(days=1))
    page = client.get(path_of(row)).content.decode()
    assert ("Another unit has entered this person" in page, 'value="accept"' in page) == (True, False)
    refused = client.post(path_of(row), {"decision": "accept"})
    there.refresh_from_db()
    row.refresh_from_db()
    assert (refused.status_code, row.state, there.ends) == (400, "waiting", None)
    assert client.post(path_of(row), {"decision": "transfer"}).url == LIST
    there.refresh_from_db()
    row.refresh_from_db()
    assert (row.state, there.ends) == ("accepted", timezone.localdate())
    assert list(Notification.objects.filter(person=loser).values_list("kind", flat=True)) == ["people_left"]


def test_work_elsewhere_is_not_ended_by_taking_an_account_over(client: Client, admin: Person, unit: Node) -> None:
    one, row = entered(unit), registered(unit)
    there = EmploymentFactory(unit=NodeFactory(), person=row.person, begins=timezone.localdate() - timedelta(days=1))
    with pytest.raises(registrations.WorksElsewhere):
        registrations.take_over(by=admin, registration=row, entered=one)
    there.refresh_from_db()
    row.refresh_from_db()
    assert (row.state, there.ends) == ("waiting", None)


def test_person_whom_the_unit_itself_entered_since_keeps_that_work(client: Client, admin: Person, unit: Node) -> None:
    row = registered(unit, staff_number="0042")
    EmploymentFactory(unit=unit, person=row.person, staff_number="7", begins=timezone.localdate())
    assert client.post(path_of(row), {"decision": "accept"}).url == LIST
    assert list(row.person.employments.values_list("staff_number", "ends")) == [("7", None)]
