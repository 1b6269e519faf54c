from datetime import date

import pytest
from allauth.account.models import EmailAddress

from organisations.models import AuditEvent, Employment, Person
from organisations.services import people
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db


def test_create_person_seals_phone_and_logs_without_personal_data() -> None:
    person = people.create_person(
        by=None, username="Wang", name=" 王丽 ", password="x", phone="138 0000 0001", email="W@Example.org"
    )
    person.refresh_from_db()
    assert (person.username, person.name, person.phone, person.email) == (
        "wang",
        "王丽",
        "+8613800000001",
        "w@example.org",
    )
    assert "13800000001" not in person.phone_sealed
    assert list(EmailAddress.objects.values_list("user", "email")) == [(person.pk, "w@example.org")]
    event = AuditEvent.objects.get()
    assert (event.verb, event.after) == ("person.create", {"username": "***", "title": "none"})


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"username": "13800000002"}, people.BadUsername),
        ({"username": "a b"}, people.BadUsername),
        ({"phone": "123"}, people.BadPhone),
        ({"email": "nobody"}, people.BadEmail),
        ({"username": "taken"}, people.AlreadyTaken),
        ({"phone": "+86 13800000001"}, people.AlreadyTaken),
        ({"email": "TAKEN@example.org"}, people.AlreadyTaken),
    ],
)
def test_create_person_refuses(fields: dict, error: type[Exception]) -> None:
    PersonFactory(username="taken", phone="+8613800000001", email="taken@example.org")
    with pytest.raises(error):
        people.create_person(**{"by": None, "username": "new", "name": "新", **fields})
    assert Person.objects.count() == 1


def test_change_contact_keeps_one_address_and_says_only_what_kind() -> None:
    person = PersonFactory(phone="+8613800000001", email="old@example.org")
    people.keep_address(person)
    people.change_contact(by=person, person=person, phone="", email="new@example.org")
    assert list(EmailAddress.objects.values_list("email", "primary")) == [("new@example.org", True)]
    event = AuditEvent.objects.get()
    assert (event.before, event.after) == ({"has_contact": ["email", "phone"]}, {"has_contact": ["email"]})


def test_employ_ends_the_employment_before() -> None:
    first = EmploymentFactory(begins=date(2020, 1, 1))
    unit = NodeFactory()
    people.employ(by=None, person=first.person, unit=unit, begins=date(2026, 3, 1), department="CT")
    assert list(Employment.objects.order_by("begins").values_list("unit", "begins", "ends")) == [
        (first.unit_id, date(2020, 1, 1), date(2026, 3, 1)),
        (unit.pk, date(2026, 3, 1), None),
    ]


@pytest.mark.parametrize(
    ("begins", "ends"), [(date(2020, 1, 1), None), (date(2019, 1, 1), None), (date(2019, 1, 1), date(2020, 1, 2))]
)
def test_employ_refuses_overlap(begins: date, ends: date | None) -> None:
    first = EmploymentFactory(begins=date(2020, 1, 1))
    with pytest.raises(people.OverlappingEmployment):
        people.employ(by=None, person=first.person, unit=first.unit, begins=begins, ends=ends)
    assert Employment.objects.get().ends is None


def test_change_details_logs_only_what_changed() -> None:
    person = PersonFactory(name="王丽")
    people.change_details(by=person, person=person, name="王莉", language="zh-hans")
    people.change_details(by=person, person=person, name="王莉")
    assert list(AuditEvent.objects.values_list("before", "after")) == [({"name": "***"}, {"name": "***"})]


def test_whoever_leaves_loses_the_roles_of_the_unit_that_day() -> None:
    unit = NodeFactory()
    employment = EmploymentFactory(unit=unit, begins=date(2020, 1, 1))
    inside = RoleGrantFactory(person=employment.person, node=NodeFactory(parent=unit, kind="department"))
    outside = RoleGrantFactory(person=employment.person, node=NodeFactory())
    colleague = RoleGrantFactory(node=unit)
    day = date(2026, 3, 1)
    people.end_employment(by=None, employment=employment, on=day, reason="离职")
    for grant in (inside, outside, colleague):
        grant.refresh_from_db()
    assert (employment.ends, inside.ends, outside.ends, colleague.ends) == (day, day, None, None)
    with pytest.raises(people.NotEmployed):
        people.end_employment(by=None, employment=employment, on=day)
    with pytest.raises(people.EndsBeforeItBegins):
        people.end_employment(by=None, employment=employment, on=date(2020, 1, 1))
    event = AuditEvent.objects.get(verb="employment.end")
    assert event.after == {"unit": unit.code, "ends": "2026-03-01", "reason": "离职"}


def test_change_of_employment_logs_what_changed_without_the_staff_number() -> None:
    employment = EmploymentFactory(department="CT")
    people.change_employment(
        by=employment.person, employment=employment, department="MR ", kind="rehired", staff_number="007"
    )
    employment.refresh_from_db()
    assert (employment.department, employment.kind, employment.staff_number) == ("MR", "rehired", "007")
    event = AuditEvent.objects.get()
    assert (event.before, event.after) == (
        {"unit": employment.unit.code, "department": "CT", "kind": "staff", "staff_number": ""},
        {"department": "MR", "kind": "rehired", "staff_number": "***"},
    )
    people.change_employment(by=employment.person, employment=employment, department="MR")
    assert AuditEvent.objects.count() == 1


@pytest.mark.parametrize("number", ["13900000009", "139 0000 0009", "11010519491231002X"])
def test_staff_number_is_no_number_of_a_person(number: str) -> None:
    row = EmploymentFactory(staff_number="A1")
    with pytest.raises(people.PersonalStaffNumber):
        people.change_employment(by=None, employment=row, staff_number=number)
    with pytest.raises(people.PersonalStaffNumber):
        people.employ(by=None, person=row.person, unit=row.unit, begins=date(2030, 1, 1), staff_number=number)
    row.refresh_from_db()
    assert (row.staff_number, Employment.objects.count()) == ("A1", 1)


def test_id_number_is_no_user_name() -> None:
    with pytest.raises(people.BadUsername):
        people.create_person(by=None, username="11010519491231002x", name="王丽")
