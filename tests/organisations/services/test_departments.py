"""The department as a place: found by name, chosen, added, left."""

from datetime import date
from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client

from organisations import rules
from organisations.enums import NodeKind, Role
from organisations.models import Employment, Node, RoleGrant
from organisations.services import bulk, people, registrations
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db
PAST = date(2020, 1, 1)
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("CT室", "ｃｔ 室", True), ("CT　室", "ct室", True), ("CT室", "CT", False), ("", " ", True)],
)
def test_department_key_ignores_space_width_and_case(one: str, other: str, same: bool) -> None:
    assert (rules.department_key(one) == rules.department_key(other)) is same


def unit_with(*names: str) -> tuple[Node, list[Node]]:
    unit = NodeFactory(name="甲医院", code="H1")
    return unit, [NodeFactory(parent=unit, kind=NodeKind.DEPARTMENT, name=name) for name in names]


def test_employment_begins_in_the_department_that_its_text_names() -> None:
    unit, (place,) = unit_with("CT室")
    named = people.employ(by=None, person=PersonFactory(), unit=unit, begins=PAST, department="ct 室")
    other = people.employ(by=None, person=PersonFactory(), unit=unit, begins=PAST, department="超声科")
    assert (named.unit, named.department, named.workplace) == (place, "ct 室", "甲医院 · CT室")
    assert (other.unit, other.department_name, other.workplace) == (unit, "超声科", "甲医院 · 超声科")
    assert Node.objects.count() == 2


def test_new_department_is_added_once_under_the_hospital() -> None:
    unit, (place,) = unit_with("CT室")
    by = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=unit).person
    first, second, known = (
        people.employ(by=by, person=PersonFactory(), unit=where, begins=PAST, new_department=name)
        for where, name in ((unit, "介入室"), (place, " 介入 室"), (unit, "ct室"))
    )
    assert (first.unit.name, first.unit.code, first.unit.get_parent()) == ("介入室", "H1-01", unit)
    assert (second.unit, known.unit) == (first.unit, place)


def test_change_of_department_moves_and_ends_the_role_in_the_old_one() -> None:
    unit, (ct, mr) = unit_with("CT室", "MR室")
    row = EmploymentFactory(unit=ct, department="CT室", begins=PAST)
    grant = RoleGrantFactory(person=row.person, role=Role.DEPARTMENT_CREDIT_ADMINISTRATOR, node=ct)
    by = PersonFactory()
    people.change_employment(by=by, employment=row, unit=ct, kind="contract")
    assert (row.unit, row.department) == (ct, "CT室")
    people.change_employment(by=by, employment=row, unit=mr)
    row.refresh_from_db()
    assert (row.unit, row.department, row.department_name, row.begins) == (mr, "", "MR室", PAST)
    assert RoleGrant.objects.get(pk=grant.pk).ends is not None
    people.change_employment(by=by, employment=row, unit=unit)
    assert (row.unit, row.department_name) == (unit, "")
    with pytest.raises(people.NotOfThisUnit):
        people.change_employment(by=by, employment=row, unit=NodeFactory())


def test_department_of_several_is_set_in_its_own_unit_only() -> None:
    unit, (ct,) = unit_with("CT室")
    by = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=unit).person
    mine, stranger = EmploymentFactory(unit=unit), EmploymentFactory(unit=NodeFactory())
    chosen = [mine.person, stranger.person]
    assert bulk.set_department(by=by, people=chosen, unit=ct) == 1
    assert Employment.objects.get(pk=mine.pk).unit == ct
    assert bulk.set_department(by=by, people=chosen, unit=unit, new_department="介入室") == 1
    assert [Employment.objects.get(pk=row.pk).unit.name for row in (mine, stranger)] == [
        "介入室",
        stranger.unit.name,
    ]


def test_registration_offers_the_departments_and_takes_another(client: Client) -> None:
    unit, (ct, _mr) = unit_with("CT室", "MR室")
    by = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=unit).person
    for number, sent in enumerate(({"listed_department": "CT室"}, {"department": "介入室"})):
        person = PersonFactory(username=f"new{number}")
        client.force_login(person, backend=BACKEND)
        address = f"/en/account/register/unit/{unit.public_id}/"
        choices = client.get(address).context["form"].fields["listed_department"].choices
        assert [value for value, _label in choices] == ["", "CT室", "MR室"]
        assert client.post(address, sent).status_code == 302
        registrations.accept(by=by, registration=person.registrations.get())
    rows = Employment.objects.filter(person__username__startswith="new").order_by("person__username")
    assert [(row.unit, row.department) for row in rows] == [(ct, "CT室"), (unit, "介入室")]
    assert Node.objects.count() == 3


def test_department_administrator_sees_who_works_there(client: Client) -> None:
    unit, (ct, mr) = unit_with("CT室", "MR室")
    here, there = PersonFactory(name="甲"), PersonFactory(name="乙")
    people.employ(by=None, person=here, unit=unit, begins=PAST, department="CT室")
    people.employ(by=None, person=there, unit=unit, begins=PAST, department="MR室")
    client.force_login(RoleGrantFactory(role=Role.DEPARTMENT_CREDIT_ADMINISTRATOR, node=ct).person, backend=BACKEND)
    shown = client.get("/en/manage/people/").context["rows"]
    assert [(row.person, row.employment.unit_name, row.employment.department_name) for row in shown] == [
        (here, "甲医院", "CT室")
    ]
    assert mr.employments.count() == 1


def test_migration_links_texts_that_name_one_department() -> None:
    unit, (ct,) = unit_with("CT室")
    rows = [EmploymentFactory(unit=unit, department=text) for text in ("ct 室", "超声科", "")]
    elsewhere = EmploymentFactory(unit=NodeFactory(), department="CT室")
    migration = import_module("organisations.migrations.0016_departments_of_employments")
    for _again in range(2):
        migration.forwards(apps, None)
        found = [Employment.objects.get(pk=row.pk).unit for row in (*rows, elsewhere)]
        assert found == [ct, unit, unit, elsewhere.unit]
    assert Employment.objects.get(pk=rows[0].pk).department == "ct 室"
