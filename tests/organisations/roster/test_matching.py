"""Whom a row is about: found by its numbers, or somebody decides. Nothing is guessed."""

from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from cms.shared.errors import NotFound
from organisations.enums import Role
from organisations.models import AuditEvent, Node, Person
from organisations.services import people, rosters
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.organisations.roster import files
from tests.organisations.roster.conftest import Compare, codes, rows_of, run

pytestmark = pytest.mark.django_db

ID, OTHER_ID = files.id_number(1), files.id_number(2)


def working(
    unit: Node, name: str, *, phone: str = "", number: str = "", staff: str = "", department: str = "影像科",
    ends: date | None = None, **person: Any,
) -> Person:  # fmt: skip
    made = PersonFactory(name=name, phone=phone and f"+86{phone}", id_number=number, **person)
    EmploymentFactory(person=made, unit=unit, staff_number=staff, department=department, ends=ends)
    return made


def test_number_that_agrees_with_the_name_finds_the_person(compare: Compare, unit: Node) -> None:
    by_staff = working(unit, "王伟", staff="1")
    by_phone = working(unit, "李娜", phone="13800000002")
    by_id = working(unit, "张敏", number=ID)
    by_tail = working(NodeFactory(parent=unit, kind="department", name="影像科"), "赵磊", number=OTHER_ID)
    rows = [
        ("王伟", "1", "", "", "", ""),
        ("李娜", "", "138 0000 0002", "", "", ""),
        ("张敏", "", "", ID, "", ""),
        ("赵磊", "", "", f"4101**********{OTHER_ID[-4:]}", "影像科", ""),
    ]
    found = rows_of(compare(*rows))
    assert [(row.outcome, row.person, codes(row)) for row in found] == [
        ("unchanged", by_staff, []), ("unchanged", by_phone, []), ("unchanged", by_id, []),
        ("unchanged", by_tail, [("身份证号", "id_masked")]),
    ]  # fmt: skip


def test_numbers_in_full_that_only_end_alike_are_not_one_person(compare: Compare, unit: Node) -> None:
    """A masked number finds its person by the last four; one in full would have been found whole."""
    known = working(unit, "王伟", staff="1", phone="13700001234", department="影像科")
    masked, full = rows_of(
        compare(("王伟", "", "139****1234", "", "影像科", ""), ("王伟", "77", "13900001234", "", "影像科", ""))
    )
    assert masked.person == known
    assert (full.outcome, full.person, codes(full)) == ("unclear", None, [("", "same_name")])


def test_three_people_of_one_name_wait_for_a_click(compare: Compare, keeper: Person, unit: Node) -> None:
    namesakes = [working(unit, "王伟", staff=f"{n}") for n in range(3)]
    roster = compare(("王伟", "77", "13800000007", "", "影像科", ""))
    (row,) = rows_of(roster)
    assert (row.outcome, row.candidates, codes(row)) == (
        "unclear", [person.pk for person in namesakes], [("", "several_candidates")],
    )  # fmt: skip
    rosters.decide(by=keeper, row=row, choice=str(namesakes[1].public_id))
    row.refresh_from_db()
    assert (row.outcome, row.person, row.changes) == (
        "update",
        namesakes[1],
        {"phone": ["", "138****0007"], "staff_number": ["1", "77"], "unit": [unit.name, "影像科"]},
    )  # fmt: skip
    rosters.decide(by=keeper, row=row, choice=rosters.SKIP)
    row.refresh_from_db()
    assert (row.outcome, row.changes) == ("skipped", {})
    rosters.decide(by=keeper, row=row, choice=rosters.NEW)
    roster.refresh_from_db()
    assert roster.counts == {"create": 1}


def test_namesake_whom_another_row_names_is_no_candidate(compare: Compare, unit: Node) -> None:
    person = working(unit, "王伟", staff="1")
    found = rows_of(compare(("王伟", "1", "", "", "", ""), ("王伟", "2", "13800000007", "", "", "")))
    assert [(row.outcome, row.person, row.candidates) for row in found] == [
        ("unchanged", person, []), ("create", None, []),
    ]  # fmt: skip


def test_namesake_with_another_id_number_is_somebody_else(compare: Compare, unit: Node) -> None:
    working(unit, "王伟", number=ID)
    (row,) = rows_of(compare(("王伟", "", "", OTHER_ID, "影像科", "")))
    assert row.outcome == "create"


@pytest.mark.parametrize(
    ("row", "candidates", "code"),
    [
        (("王伟", "1", "13800000002", "", "", ""), ["王伟", "李娜"], "contradiction"),
        (("王伟", "1", "", OTHER_ID, "", ""), ["王伟", "李娜"], "contradiction"),
        (("张敏", "1", "", "", "", ""), ["王伟"], "name_differs"),
        (("张敏", "", "13800000002", "", "", ""), ["李娜"], "phone_of_another"),
        (("张敏", "", "", OTHER_ID, "", ""), ["李娜"], "id_of_another"),
        (("李娜", "", "13800000002", ID, "", ""), ["李娜"], "id_differs"),
        (("王伟", "", "13800000009", "", "影像科", ""), ["王伟"], "same_name"),
    ],
)
def test_what_does_not_agree_waits(
    compare: Compare, unit: Node, row: tuple[str, ...], candidates: list[str], code: str
) -> None:
    working(unit, "王伟", staff="1")
    working(unit, "李娜", staff="2", phone="13800000002", number=OTHER_ID)
    (found,) = rows_of(compare(row))
    names = {person.pk: person.name for person in Person.objects.all()}
    assert (found.outcome, [names[pk] for pk in found.candidates], codes(found)) == (
        "unclear",
        candidates,
        [("", code)],
    )


def test_staff_number_of_another_unit_means_nothing(compare: Compare) -> None:
    working(NodeFactory(), "王伟", staff="1")
    (row,) = rows_of(compare(("王伟", "1", "13800000001", "", "", "")))
    assert row.outcome == "create"


def test_staff_number_of_somebody_who_left_means_nothing(compare: Compare, unit: Node) -> None:
    working(unit, "王伟", staff="1", ends=date(2022, 1, 1))
    (row,) = rows_of(compare(("李娜", "1", "", "", "", "")))
    assert row.outcome == "create"


def test_two_rows_about_one_person_are_both_named(compare: Compare, unit: Node) -> None:
    working(unit, "王伟", staff="1", phone="13800000001")
    found = rows_of(compare(("王伟", "1", "", "", "", ""), ("王伟", "", "13800000001", "", "", "")))
    assert [(row.outcome, codes(row), row.problems[0]["params"]) for row in found] == [
        ("wrong", [("", "same_person_twice")], {"rows": [3]}), ("wrong", [("", "same_person_twice")], {"rows": [2]}),
    ]  # fmt: skip


def test_contact_that_the_person_entered_is_kept_until_somebody_clicks(
    compare: Compare, keeper: Person, unit: Node
) -> None:
    person = working(unit, "王伟", staff="1", phone="13800000001")
    people.change_contact(by=person, person=person, phone="13800000002", email="")
    roster = compare(("王伟", "1", "13800000001", "", "", ""))
    (row,) = rows_of(roster)
    assert (row.outcome, codes(row), row.candidates) == ("unchanged", [("", "contact_kept")], [person.pk])
    rosters.decide(by=keeper, row=row, choice=str(person.public_id))
    row.refresh_from_db()
    assert (row.outcome, row.changes) == ("update", {"phone": ["138****0002", "138****0001"]})


def test_contact_that_the_unit_entered_follows_the_roster(compare: Compare, keeper: Person, unit: Node) -> None:
    person = working(unit, "王伟", staff="1", phone="13800000001")
    people.change_contact(by=keeper, person=person, phone="13800000002", email="")
    (row,) = rows_of(compare(("王伟", "1", "13800000001", "", "", "")))
    assert row.outcome == "update"


def test_new_person_is_entered_without_the_phone_of_another(compare: Compare, keeper: Person, unit: Node) -> None:
    owner = working(unit, "李娜", phone="13800000002")
    roster = compare(("王伟", "9", "13800000002", "", "", ""))
    (row,) = rows_of(roster)
    rosters.decide(by=keeper, row=row, choice=rosters.NEW)
    rosters.apply(by=keeper, roster=roster)
    run(roster)
    (row,) = rows_of(roster)
    owner.refresh_from_db()
    assert (Person.objects.get(name="王伟").phone, owner.phone, codes(row)) == (
        "", "+8613800000002", [("", "phone_of_another"), ("", "phone_left_out")],
    )  # fmt: skip


@pytest.mark.parametrize("row", [("王伟", "2", "", "", "", ""), ("王伟", "", "", OTHER_ID, "", "")])
def test_number_of_another_is_no_new_person(compare: Compare, keeper: Person, unit: Node, row: tuple[str, ...]) -> None:
    working(unit, "李娜", staff="2", number=OTHER_ID)
    (found,) = rows_of(compare(row))
    with pytest.raises(rosters.NumberTaken):
        rosters.decide(by=keeper, row=found, choice=rosters.NEW)


def test_only_open_rows_are_decided_and_only_for_their_candidates(compare: Compare, keeper: Person, unit: Node) -> None:
    working(unit, "王伟", staff="1")
    stranger = PersonFactory(name="王伟")
    roster = compare(("王伟", "9", "", "", "", ""), ("李娜", "2", "", "", "", ""), ("张敏", "", "123", "", "", ""))
    unclear, clear, wrong = rows_of(roster)
    with pytest.raises(rosters.NoCandidate):
        rosters.decide(by=keeper, row=unclear, choice=str(stranger.public_id))
    for row in (clear, wrong):
        with pytest.raises(rosters.NothingToDecide):
            rosters.decide(by=keeper, row=row, choice=rosters.NEW)
    with pytest.raises(NotFound):
        rosters.decide(by=stranger, row=unclear, choice=rosters.NEW)
    assert rows_of(roster)[0].outcome == "unclear"


def test_many_rows_are_decided_at_once_or_none(compare: Compare, keeper: Person, unit: Node) -> None:
    working(unit, "王伟", staff="1")
    working(unit, "李娜", staff="2")
    roster = compare(("王伟", "8", "", "", "", ""), ("李娜", "9", "", "", "", ""))
    one, other = rows_of(roster)
    with pytest.raises(rosters.NoCandidate):
        rosters.decide_many(by=keeper, roster=roster, choices={one.pk: "new", other.pk: "nobody"})
    assert [row.outcome for row in rows_of(roster)] == ["unclear", "unclear"]
    assert rosters.decide_many(by=keeper, roster=roster, choices={one.pk: "new", other.pk: "skip"}) == 2
    assert roster.counts == {"create": 1, "skipped": 1}
    event = AuditEvent.objects.get(verb="roster.decide")
    assert event.after == {
        "rows": [
            {"sheet": "名单", "row": 2, "choice": "new", "outcome": "create"},
            {"sheet": "名单", "row": 3, "choice": "skip", "outcome": "skipped"},
        ]
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"is_superuser": True}, "privileged_account"),
        ({"is_active": False}, "account_closed"),
    ],
)
def test_account_that_the_unit_may_not_touch_is_named(
    compare: Compare, unit: Node, change: dict[str, bool], code: str
) -> None:
    working(unit, "王伟", staff="1", **change)
    (row,) = rows_of(compare(("王伟", "1", "13800000009", "", "", "")))
    assert (row.outcome, codes(row)) == ("wrong", [("", code)])


def test_holder_of_duties_elsewhere_is_not_drawn_over(compare: Compare) -> None:
    other = NodeFactory()
    person = working(other, "王伟", phone="13800000001")
    RoleGrantFactory(person=person, role=Role.PROVINCE_REVIEWER, node=other)
    (row,) = rows_of(compare(("王伟", "1", "13800000001", "", "", "")))
    assert (row.outcome, codes(row)) == ("wrong", [("", "privileged_account")])


def test_title_only_rises_and_nobody_raises_their_own(compare: Compare, keeper: Person, unit: Node) -> None:
    working(unit, "王伟", staff="1", title="主管技师")
    EmploymentFactory(person=keeper, unit=unit, staff_number="2")
    found = rows_of(compare(("王伟", "1", "", "", "", "技师"), (keeper.name, "2", "", "", "", "主任技师")))
    assert [(row.outcome, codes(row)) for row in found] == [
        ("unchanged", [("", "title_kept")]), ("wrong", [("姓名", "name_not_a_name")]),
    ]  # fmt: skip
    Person.objects.filter(pk=keeper.pk).update(name="陈静")
    (own,) = rows_of(compare(("陈静", "2", "", "", "", "主任技师")))
    assert (own.outcome, codes(own)) == ("unchanged", [("", "own_qualification")])


def test_first_day_inside_an_earlier_employment_is_named(compare: Compare, unit: Node) -> None:
    person = working(NodeFactory(), "王伟", phone="13800000001", ends=date(2022, 1, 1))
    EmploymentFactory(person=person, unit=unit, staff_number="1", begins=date(2022, 1, 1))
    (row,) = rows_of(compare(("王伟", "1", "2021-05-01"), headings=("姓名", "工号", "入职日期")))
    assert (row.outcome, codes(row)) == ("wrong", [("", "begins_overlap")])


def test_first_day_is_corrected(compare: Compare, keeper: Person, unit: Node) -> None:
    person = working(unit, "王伟", staff="1")
    roster = compare(("王伟", "1", "2018-05-01"), headings=("姓名", "工号", "入职日期"))
    rosters.apply(by=keeper, roster=roster)
    run(roster)
    assert person.employments.get().begins == date(2018, 5, 1)


def test_transfer_begins_on_the_sheets_day_where_it_can(compare: Compare, keeper: Person, unit: Node) -> None:
    person = working(NodeFactory(), "王伟", number=ID)
    roster = compare(("王伟", ID, "2026-05-01"), headings=("姓名", "身份证号", "入职日期"))
    rosters.apply(by=keeper, roster=roster)
    run(roster)
    assert list(person.employments.order_by("begins").values_list("begins", "ends")) == [
        (date(2020, 1, 1), date(2026, 5, 1)), (date(2026, 5, 1), None),
    ]  # fmt: skip


def test_former_colleague_comes_back(compare: Compare, keeper: Person, unit: Node) -> None:
    person = working(unit, "王伟", phone="13800000001", ends=date(2022, 1, 1))
    roster = compare(("王伟", "1", "13800000001", "", "", ""))
    assert [row.outcome for row in rows_of(roster)] == ["update"]
    rosters.apply(by=keeper, roster=roster)
    run(roster)
    told = person.employments.order_by("begins").values_list("begins", "ends")
    assert list(told) == [(date(2020, 1, 1), date(2022, 1, 1)), (timezone.localdate(), None)]


def test_everybody_is_found_while_two_index_keys_are_in_the_ring(compare: Compare, unit: Node, settings: Any) -> None:
    person, other = working(unit, "王伟", phone="13800000001"), working(unit, "李娜", number=ID)
    ring = settings.ISOCENTER_KEYS
    settings.ISOCENTER_KEYS = ring | {"field_index": ["new:" + "QUFB" * 10 + "QUE=", *ring["field_index"]]}
    found = rows_of(compare(("王伟", "", "13800000001", "", "", ""), ("李娜", "", "", ID, "", "")))
    assert [(row.outcome, row.person, row.candidates) for row in found] == [
        ("unchanged", person, []), ("unchanged", other, []),
    ]  # fmt: skip
