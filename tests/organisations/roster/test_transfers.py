"""Somebody comes from another unit: by the ID number, or by a click. Whoever loses them is told; it can be undone."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organisations.enums import Role
from organisations.models import AuditEvent, Node, Notification, Person
from organisations.services import people, rosters, transfers
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.organisations.roster import files
from tests.organisations.roster.conftest import Compare, codes, rows_of, run

pytestmark = pytest.mark.django_db

ID, OTHER_ID = files.id_number(1), files.id_number(2)
ROW = ("王伟", "0012", "13800000001", ID, "影像科", "技师")
BY_PHONE = ("王伟", "0012", "13800000001", "", "影像科", "技师")


@pytest.fixture
def other(db: None) -> Node:
    return NodeFactory()


@pytest.fixture
def loser(other: Node) -> Person:
    """Keeps the people of the other unit."""
    return RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=other).person


def working(unit: Node, name: str, *, ends: date | None = None, **fields: Any) -> Person:
    person: Person = PersonFactory(name=name, **fields)
    EmploymentFactory(person=person, unit=unit, staff_number="77", ends=ends)
    return person


def applied(roster: Any, keeper: Person) -> Any:
    rosters.apply(by=keeper, roster=roster)
    return run(roster)


def told() -> list[tuple[int, str]]:
    return list(Notification.objects.order_by("pk").values_list("person", "kind"))


def spans(person: Person) -> list[tuple[Any, ...]]:
    return list(person.employments.order_by("begins").values_list("unit", "ends"))


def test_id_number_brings_somebody_over_and_everybody_is_told(
    compare: Compare, keeper: Person, unit: Node, other: Node, loser: Person
) -> None:
    person, today = working(other, "王伟", id_number=ID, last_login=timezone.now()), timezone.localdate()
    second = working(other, "李娜", id_number=OTHER_ID)
    roster = compare(ROW, ("李娜", "", "", OTHER_ID, "", ""))
    assert [row.outcome for row in rows_of(roster)] == ["transfer", "transfer"]
    applied(roster, keeper)
    assert spans(person) == [(other.pk, today), (Node.objects.get(name="影像科").pk, None)]
    assert sorted(told()) == sorted([(person.pk, "transferred"), (second.pk, "transferred"), (loser.pk, "people_left")])
    message = Notification.objects.get(person=loser)
    assert (message.params, message.link) == (
        {"from": other.name, "to": unit.name, "day": today.isoformat()}, "/zh-hans/manage/people/left/",
    )  # fmt: skip
    events = AuditEvent.objects.filter(verb="employment.take_over", target_id=str(other.public_id)).order_by("pk")
    assert [event.after["person"] for event in events] == [str(person.public_id), str(second.public_id)]
    client = Client()
    client.force_login(loser)
    listed = client.get("/en/manage/people/left/").context["page_obj"]
    assert [(row.person, row.ends, row.went_to) for row in listed] == [
        (second, today, unit.name), (person, today, unit.name),
    ]  # fmt: skip


def test_name_and_phone_wait_for_a_click_that_says_what_it_does(
    compare: Compare, keeper: Person, unit: Node, other: Node, loser: Person
) -> None:
    person = working(other, "王伟", phone="+8613800000001")
    roster = compare(BY_PHONE)
    (row,) = rows_of(roster)
    assert (row.outcome, row.person, row.candidates, row.changes, codes(row)) == (
        "unclear", None, [person.pk], {}, [("", "comes_from_elsewhere")],
    )  # fmt: skip
    with pytest.raises(rosters.RowsUnclear):
        rosters.apply(by=keeper, roster=roster)
    client = Client()
    client.force_login(keeper)
    page = client.get(f"/en/manage/rosters/{roster.public_id}/").content.decode()
    day = timezone.localdate()
    assert f"王** · works at another unit: ends there on {day} and begins here" in page
    assert (other.name in page, "A new person" in page) == (False, True)
    rosters.decide(by=keeper, row=row, choice=str(person.public_id))
    row.refresh_from_db()
    assert (row.outcome, row.changes["unit"]) == ("transfer", [other.name, unit.name])
    applied(roster, keeper)
    assert spans(person) == [(other.pk, day), (Node.objects.get(name="影像科").pk, None)]
    assert sorted(told()) == sorted([(person.pk, "transferred"), (loser.pk, "people_left")])
    rosters.undo(by=keeper, roster=roster)
    run(roster)
    assert spans(person) == [(other.pk, None)]
    assert sorted(told()[2:]) == sorted([(person.pk, "transfer_undone"), (loser.pk, "people_came_back")])
    assert AuditEvent.objects.filter(verb="employment.take_over", after__undone=True).count() == 1


def test_name_and_phone_of_somebody_new(compare: Compare, keeper: Person, unit: Node, other: Node) -> None:
    person = working(other, "王伟", phone="+8613800000001")
    roster = compare(BY_PHONE)
    (row,) = rows_of(roster)
    rosters.decide(by=keeper, row=row, choice=rosters.NEW)
    applied(roster, keeper)
    (row,) = rows_of(roster)
    assert (row.person == person, row.person.phone, spans(person)) == (False, "", [(other.pk, None)])


def test_account_that_never_was_here_waits_even_if_it_works_nowhere(compare: Compare, unit: Node, other: Node) -> None:
    person = working(other, "王伟", phone="+8613800000001", ends=date(2024, 1, 1))
    (row,) = rows_of(compare(BY_PHONE))
    assert (row.outcome, row.candidates, codes(row)) == ("unclear", [person.pk], [("", "known_elsewhere")])


@pytest.mark.parametrize("works", [True, False])
@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("张敏", "9", "13800000001", "", "", ""), "phone_of_another"),
        (("王伟", "9", "13800000001", ID, "", ""), "id_differs"),
    ],
)
def test_phone_that_changed_hands_never_makes_two_people_one(
    compare: Compare, keeper: Person, unit: Node, other: Node, row: tuple[str, ...], code: str, works: bool
) -> None:
    ends = None if works else date(2024, 1, 1)
    owner = working(other, "王伟", phone="+8613800000001", id_number=OTHER_ID, ends=ends)
    roster = compare(row)
    (found,) = rows_of(roster)
    assert (found.outcome, found.candidates, codes(found)) == ("unclear", [owner.pk], [("", code)])
    client = Client()
    client.force_login(keeper)
    assert str(owner.public_id) not in client.get(f"/en/manage/rosters/{roster.public_id}/").content.decode()
    with pytest.raises(rosters.AnotherPerson):
        rosters.decide(by=keeper, row=found, choice=str(owner.public_id))
    rosters.decide(by=keeper, row=found, choice=rosters.NEW)
    applied(roster, keeper)
    owner.refresh_from_db()
    (found,) = rows_of(roster)
    assert (owner.name, owner.phone, spans(owner)) == ("王伟", "+8613800000001", [(other.pk, ends)])
    assert (found.person == owner, found.person.name, found.person.phone) == (False, row[0], "")


def test_phone_taken_elsewhere_after_the_comparison_is_not_followed(
    compare: Compare, keeper: Person, other: Node
) -> None:
    roster = compare(BY_PHONE)
    owner = working(other, "孙丽", phone="+8613800000001")
    applied(roster, keeper)
    (row,) = rows_of(roster)
    assert (row.outcome, row.candidates) == ("unclear", [owner.pk])
    with pytest.raises(rosters.AnotherPerson):
        rosters.decide(by=keeper, row=row, choice=str(owner.public_id))


def test_person_employed_by_hand_is_missed_by_the_unit_that_loses_them(
    keeper: Person, unit: Node, other: Node, loser: Person
) -> None:
    person = working(other, "王伟")
    people.employ(by=keeper, person=person, unit=unit, begins=timezone.localdate())
    assert told() == [(loser.pk, "people_left")]
    people.employ(by=keeper, person=working(unit, "李娜"), unit=NodeFactory(parent=unit, kind="department"),
                  begins=timezone.localdate())  # fmt: skip
    assert (len(told()), AuditEvent.objects.filter(verb="employment.take_over").count()) == (1, 1)


@pytest.mark.parametrize("further", [1, 3])
def test_losses_of_several_units_cost_the_same(
    compare: Compare, keeper: Person, django_assert_num_queries: Any, further: int
) -> None:
    moves = []
    for _number in range(further):
        place = NodeFactory()
        RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=place)
        moves.append(transfers.Move(PersonFactory(), place, date(2026, 5, 1)))
    with django_assert_num_queries(2):
        transfers.tell(by=keeper, moves=moves, to=NodeFactory.build(path="9999", name="x"), key="k")
    assert len(told()) == further


def test_list_of_those_who_left_costs_the_same(keeper: Person, unit: Node) -> None:
    client, counts = Client(), []
    client.force_login(keeper)
    for further in (1, 2):
        for _number in range(further):
            working(unit, "王伟", ends=timezone.localdate())
        client.get("/en/manage/people/left/")
        with CaptureQueriesContext(connection) as asked:
            page = client.get("/en/manage/people/left/")
        counts.append((len(asked), len(page.context["page_obj"])))
    assert [count for _queries, count in counts] == [1, 3]
    assert counts[0][0] == counts[1][0]
