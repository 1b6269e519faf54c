"""Departments in a roster: matched as places however they are written, proposed, added, closed again."""

from datetime import date

import pytest
from django.utils.translation import override

from organisations.enums import NodeKind, Role
from organisations.formats import problems
from organisations.models import Employment, Node, Person
from organisations.selectors import people_in, scope_of
from organisations.services import people, rosters
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.organisations.roster import files
from tests.organisations.roster.conftest import Compare, outcomes, rows_of, run

pytestmark = pytest.mark.django_db


NAMES = "零甲乙丙丁"


def row(number: int, department: str) -> tuple[str, str, str, str, str, str]:
    return (f"王伟{NAMES[number]}", f"00{number}", f"1380000000{number}", files.id_number(number), department, "技师")


def applied(roster, keeper: Person):
    rosters.apply(by=keeper, roster=roster)
    return run(roster)


def departments(unit: Node) -> list[tuple[str, bool]]:
    rows = Node.objects.filter(path__startswith=unit.path, kind=NodeKind.DEPARTMENT).order_by("path")
    return [(node.name, node.is_closed) for node in rows]


def test_department_is_found_however_it_is_written(compare: Compare, keeper: Person, unit: Node) -> None:
    place = NodeFactory(parent=unit, kind=NodeKind.DEPARTMENT, name="CT室")
    roster = applied(compare(row(1, "CT 室"), row(2, "ｃｔ室")), keeper)
    assert (roster.new_departments, roster.made_departments) == ([], [])
    found = Employment.objects.filter(person__name__startswith="王伟").select_related("unit").order_by("pk")
    assert [(one.unit, one.department_name, one.unit_name) for one in found] == [(place, "CT室", unit.name)] * 2
    administrator = RoleGrantFactory(role=Role.DEPARTMENT_CREDIT_ADMINISTRATOR, node=place).person
    scope = scope_of(administrator, {Role.DEPARTMENT_CREDIT_ADMINISTRATOR})
    assert {person.name for person in people_in(scope)} == {"王伟甲", "王伟乙"}


def test_new_departments_are_proposed_added_once_and_closed_when_undone(
    compare: Compare, keeper: Person, unit: Node
) -> None:
    roster = compare(row(1, "CT室"), row(2, "CT 室"), row(3, "磁共振室"), row(4, ""))
    assert roster.new_departments == ["CT室", "磁共振室"]
    assert departments(unit) == []
    roster = applied(roster, keeper)
    assert departments(unit) == [("CT室", False), ("磁共振室", False)]
    assert len(roster.made_departments) == 2
    found = Employment.objects.filter(person__name__startswith="王伟").select_related("unit").order_by("person__name")
    assert sorted(one.unit.name for one in found) == sorted(["CT室", "CT室", "磁共振室", unit.name])
    again = compare(row(1, "CT室"), row(2, "CT 室"), row(3, "磁共振室"), row(4, ""))
    assert (outcomes(again), again.new_departments) == (["unchanged"] * 4, [])
    rosters.undo(by=keeper, roster=roster)
    roster = run(roster)
    assert (roster.roster_stage, departments(unit)) == ("undone", [("CT室", True), ("磁共振室", True)])
    # Entered once more they are opened again, not added a second time.
    applied(compare(row(1, "ct室")), keeper)
    assert departments(unit) == [("CT室", False), ("磁共振室", True)]


def test_undo_leaves_a_department_in_which_somebody_else_works(compare: Compare, keeper: Person, unit: Node) -> None:
    roster = applied(compare(row(1, "CT室"), row(3, "磁共振室")), keeper)
    place = Node.objects.get(name="CT室")
    people.employ(by=keeper, person=PersonFactory(), unit=place, begins=date(2026, 1, 1))
    rosters.undo(by=keeper, roster=roster)
    run(roster)
    assert departments(unit) == [("CT室", False), ("磁共振室", True)]


def test_name_that_several_departments_have_is_guessed_by_nobody(compare: Compare, keeper: Person, unit: Node) -> None:
    for name in ("CT室", "CT 室"):
        NodeFactory(parent=unit, kind=NodeKind.DEPARTMENT, name=name)
    roster = applied(compare(row(1, "CT室")), keeper)
    employment = Employment.objects.get(person__name="王伟甲")
    assert (roster.new_departments, employment.unit, employment.department_name) == ([], unit, "CT室")


def test_department_written_long_since_becomes_the_place_without_a_move(
    compare: Compare, keeper: Person, unit: Node
) -> None:
    person = PersonFactory(name="王伟甲", phone="+8613800000001")
    was = EmploymentFactory(person=person, unit=unit, department="CT室", staff_number="001", begins=date(2020, 1, 1))
    place = NodeFactory(parent=unit, kind=NodeKind.DEPARTMENT, name="CT室")
    roster = compare(row(1, "CT室"))
    assert outcomes(roster) == ["update"]
    applied(roster, keeper)
    found = Employment.objects.get(person=person)
    assert (found.pk, found.unit, found.begins) == (was.pk, place, was.begins)
    assert rows_of(roster)[0].is_applied
    rosters.undo(by=keeper, roster=roster)
    run(roster)
    assert Employment.objects.get(person=person).unit == unit


def test_roster_of_a_department_says_which_rows_name_another(keeper: Person, unit: Node) -> None:
    place = NodeFactory(parent=unit, kind=NodeKind.DEPARTMENT, name="CT室")
    content = files.xlsx(("名单", [files.HEADINGS, row(1, "CT 室"), row(2, ""), row(3, "磁共振室")]))
    roster = run(rosters.receive(by=keeper, unit=place, upload=files.upload(content)))
    rosters.confirm_mapping(by=keeper, roster=roster, mapping=roster.mapping, effective_on=date(2026, 7, 1))
    roster = run(roster)
    told = {"column": "科室", "code": "other_department", "params": {"unit": "CT室"}}
    assert [(one.outcome, one.problems) for one in rows_of(roster)] == [
        ("create", []), ("create", []), ("create", [told]),
    ]  # fmt: skip
    with override("en"):
        assert problems.text(told).startswith("This roster is for CT室, but the row names another department.")
    applied(roster, keeper)
    assert Employment.objects.filter(unit=place).count() == 3
