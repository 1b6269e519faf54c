"""A roster from upload to undo: what a comparison says, what entering writes, what undoing puts back."""

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.translation import override

from organisations.enums import (
    EmploymentKind,
    NodeKind,
    QualificationState,
    Role,
    RosterStage,
)
from organisations.models import AuditEvent, Employment, Node, Notification, Person, Qualification, RoleGrant
from organisations.selectors import labels
from organisations.services import people, rosters
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.organisations.roster import files
from tests.organisations.roster.conftest import Compare, codes, outcomes, rows_of, run

pytestmark = pytest.mark.django_db

WANG = ("王伟", "0012", "13800000001", files.id_number(1), "影像科", "技师")
LI = ("李娜", "0013", "13800000002", files.id_number(2), "影像科", "主管技师")


def everything() -> list[list[tuple[Any, ...]]]:
    """All that a roster may write about people, for comparing before with after."""
    tables: list[tuple[Any, list[str]]] = [
        (Person, ["pk", "name", "email", "title", "phone_index", "id_number_index"]),
        (Employment, ["pk", "person", "unit", "department", "kind", "staff_number", "begins", "ends"]),
        (Qualification, ["person", "kind", "value", "state"]),
        (RoleGrant, ["pk", "ends"]),
    ]
    return [list(model.objects.order_by("pk").values_list(*columns)) for model, columns in tables]


def applied(roster: Any, keeper: Person, **options: Any) -> Any:
    rosters.apply(by=keeper, roster=roster, **options)
    return run(roster)


def undone(roster: Any, keeper: Person) -> Any:
    rosters.undo(by=keeper, roster=roster)
    return run(roster)


def working(unit: Node, name: str, *, phone: str = "", number: str = "", staff: str = "", **person: Any) -> Person:
    """Somebody who works at `unit` since 2020."""
    made = PersonFactory(name=name, phone=phone, id_number=number, **person)
    EmploymentFactory(person=made, unit=unit, staff_number=staff)
    return made


# What an import writes about itself: the batch, its rows, the unit's columns; SQLite counts its keys.
OWN_TABLES = frozenset(
    {
        "organisations_rosterimport", "organisations_rosterrow", "organisations_rostermapping",
        "organisations_auditevent", "sqlite_sequence",
    }
)  # fmt: skip


def digests() -> dict[str, str]:
    """Every table of the database → a digest of all its rows in any order."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows = sorted(repr(row) for row in cursor.fetchall())
            found[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    assert set(before) == set(after)
    return {table for table in after if before[table] != after[table]}


def test_comparison_writes_nothing_but_its_rows(compare: Compare, keeper: Person, unit: Node) -> None:
    working(unit, "王伟", phone="+8613800000001", staff="0012")
    working(unit, "赵强", staff="0090")
    elsewhere = working(NodeFactory(), "孙丽", number=files.id_number(5), phone="+8613800000005")
    for staff in ("0071", "0072"):
        working(unit, "张敏", staff=staff)
    before, audited = digests(), AuditEvent.objects.count()
    roster = compare(
        WANG, LI, ("孙丽", "0014", elsewhere.phone[3:], files.id_number(5), "影像科", "技师"),
        ("张敏", "", "", "", "影像科", "技师"), ("钱芳", "0016", "138", "", "", ""), is_complete=True,
    )  # fmt: skip
    after = digests()
    assert len(before) > 50
    assert roster.roster_stage == RosterStage.CHECKED
    assert {"create", "update", "wrong"} <= set(outcomes(roster))
    assert changed(before, after) - OWN_TABLES == set()
    assert changed(before, after) >= {"organisations_rosterimport", "organisations_rosterrow"}
    assert AuditEvent.objects.count() - audited == 2  # received, columns confirmed
    # The digests see what entering writes.
    applied(roster, keeper, skip_unclear=True)
    assert changed(after, digests()) >= {"organisations_person", "organisations_employment"}


def test_new_people_are_entered_with_all_that_the_sheet_tells(compare: Compare, keeper: Person, unit: Node) -> None:
    headings = (*files.HEADINGS, "邮箱", "学历", "用工形式", "入职日期")
    roster = compare((*WANG, "Wang@Example.org", "本科", "合同制", "2019年7月1日"), headings=headings)
    applied(roster, keeper)
    person = Person.objects.get(name="王伟")
    job = person.employments.get()
    assert (person.phone, person.email, person.title, person.has_usable_password(), person.is_active) == (
        "+8613800000001", "wang@example.org", "技师", False, True,
    )  # fmt: skip
    assert person.masked_id_number == f"4101**********{WANG[3][-4:]}"
    assert (job.unit_name, job.unit.name, job.department, job.kind, job.staff_number, job.begins, job.ends) == (
        unit.name, "影像科", "影像科", EmploymentKind.CONTRACT, "0012", date(2019, 7, 1), None,
    )  # fmt: skip
    assert list(person.qualifications.order_by("pk").values_list("kind", "value", "state", "entered_by")) == [
        ("title", "技师", "confirmed", keeper.pk), ("degree", "bachelor", "confirmed", keeper.pk),
    ]  # fmt: skip
    told = AuditEvent.objects.filter(target_id=str(person.public_id)).order_by("pk")
    assert list(told.values_list("verb", "actor_id_copy")) == [
        ("person.create", keeper.pk), ("employment.begin", keeper.pk), ("qualification.enter", keeper.pk),
        ("qualification.enter", keeper.pk),
    ]  # fmt: skip
    assert (roster.roster_stage, roster.counts, [row.is_applied for row in rows_of(roster)]) == (
        RosterStage.APPLIED, {"create": 1}, [True],
    )  # fmt: skip


def test_same_roster_again_changes_nothing(compare: Compare, keeper: Person) -> None:
    applied(compare(WANG, LI), keeper)
    before = everything()
    again = compare(WANG, LI)
    assert (outcomes(again), [row.changes for row in rows_of(again)]) == (["unchanged"] * 2, [{}, {}])
    with pytest.raises(rosters.NothingToApply):
        rosters.apply(by=keeper, roster=again)
    assert everything() == before


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        (("王伟", "0012", "13800000009", "", "", ""), {"phone": ["138****0001", "138****0009"]}),
        (("王伟", "0099", "13800000001", "", "", ""), {"staff_number": ["0012", "0099"]}),
        (
            ("王伟", "0012", "", "", "超声科", "主管技师"),
            {"title": ["技师", "主管技师"], "department": ["影像科", "超声科"]},
        ),
    ],
)
def test_change_is_told_masked_and_entered(
    compare: Compare, keeper: Person, unit: Node, row: tuple[str, ...], changes: dict[str, list[str]]
) -> None:
    person = working(unit, "王伟", phone="+8613800000001", staff="0012", title="技师")
    roster = compare(row)
    if "department" in changes:  # where it is a place, the person works there
        changes = changes | {"unit": [unit.name, changes["department"][1]]}
    assert [(one.outcome, one.person, one.changes) for one in rows_of(roster)] == [("update", person, changes)]
    applied(roster, keeper)
    assert outcomes(compare(row)) == ["unchanged"]


def test_transfer_ends_there_begins_here_and_tells_the_person(compare: Compare, keeper: Person, unit: Node) -> None:
    other = NodeFactory()
    person = working(other, "王伟", number=WANG[3], staff="77")
    today = timezone.localdate()
    roster = compare(WANG)
    assert [(row.outcome, row.changes["unit"]) for row in rows_of(roster)] == [("transfer", [other.name, unit.name])]
    applied(roster, keeper)
    assert list(person.employments.order_by("begins").values_list("unit", "begins", "ends")) == [
        (other.pk, date(2020, 1, 1), today), (Node.objects.get(name="影像科").pk, today, None),
    ]  # fmt: skip
    assert list(Notification.objects.values_list("person", "kind")) == [(person.pk, "transferred")]


def test_complete_roster_lets_the_others_leave_and_ends_their_roles(
    compare: Compare, keeper: Person, unit: Node
) -> None:
    gone = working(unit, "赵磊", staff="1")
    grant = RoleGrantFactory(person=gone, role=Role.DEPARTMENT_CREDIT_ADMINISTRATOR, node=unit)
    stays = working(unit, "王伟", phone="+8613800000001", staff="0012")
    plain = working(unit, "钱多", staff="2")
    roster = compare(WANG, is_complete=True)
    rows = rows_of(roster)
    assert [(row.outcome, row.person, row.row_number, codes(row)) for row in rows] == [
        ("update", stays, 2, []), ("unclear", gone, 0, [("", "leaves_with_role")]), ("leave", plain, 0, []),
    ]  # fmt: skip
    assert rosters.decide(by=keeper, row=rows[1], choice=str(gone.public_id)).outcome == "leave"
    before = everything()
    applied(roster, keeper)
    today = timezone.localdate()
    grant.refresh_from_db()
    assert (gone.employments.get().ends, grant.ends, stays.employments.get().ends) == (today, today, None)
    undone(roster, keeper)
    assert everything() == before


def test_complete_roster_leaves_its_sender_in_place(compare: Compare, keeper: Person, unit: Node) -> None:
    EmploymentFactory(person=keeper, unit=unit, staff_number="K1")
    roster = compare(WANG, is_complete=True)
    assert outcomes(roster) == ["create"]


def test_absent_person_whom_an_unreadable_row_may_name_is_asked_about(
    compare: Compare, keeper: Person, unit: Node
) -> None:
    person = working(unit, "王伟", staff="1")
    roster = compare(("王伟", "0012", "12345", "", "", ""), is_complete=True)
    wrong, absent = rows_of(roster)
    assert (wrong.outcome, absent.outcome, codes(absent)) == ("wrong", "unclear", [("", "leaves_perhaps")])
    decided = rosters.decide(by=keeper, row=absent, choice=str(person.public_id))
    assert decided.outcome == "leave"


def test_department_with_a_node_of_its_own_is_where_the_person_works(
    compare: Compare, keeper: Person, unit: Node
) -> None:
    node = NodeFactory(parent=unit, kind=NodeKind.DEPARTMENT, name="影像科")
    applied(compare(WANG), keeper)
    assert Employment.objects.get(person__name="王伟").unit == node


def test_move_between_departments_begins_a_new_employment(compare: Compare, keeper: Person, unit: Node) -> None:
    one = NodeFactory(parent=unit, kind=NodeKind.DEPARTMENT, name="影像科")
    other = NodeFactory(parent=unit, kind=NodeKind.DEPARTMENT, name="超声科")
    person = PersonFactory(name="王伟")
    EmploymentFactory(person=person, unit=one, staff_number="0012")
    roster = compare(("王伟", "0012", "", "", "超声科", ""))
    before = everything()
    applied(roster, keeper)
    today = timezone.localdate()
    told = person.employments.order_by("begins").values_list("unit", "department", "begins", "ends")
    assert list(told) == [(one.pk, "影像科", date(2020, 1, 1), today), (other.pk, "超声科", today, None)]
    undone(roster, keeper)
    assert everything() == before


def test_last_day_in_the_sheet_ends_the_employment(compare: Compare, keeper: Person, unit: Node) -> None:
    person = working(unit, "王伟", staff="0012")
    roster = compare(("王伟", "0012", "2026-06-30"), headings=("姓名", "工号", "离职日期"))
    applied(roster, keeper)
    assert ([row.outcome for row in rows_of(roster)], person.employments.get().ends) == (["leave"], date(2026, 6, 30))


def test_undo_puts_everything_back(compare: Compare, keeper: Person, unit: Node) -> None:
    working(unit, "王伟", phone="+8613800000008", staff="0012", title="技士", email="w@example.org")
    elsewhere = working(NodeFactory(), "李娜", number=LI[3])
    Qualification.objects.create(person=elsewhere, kind="title", value="主管技师", entered_by=elsewhere)
    before = everything()
    roster = compare(WANG, LI, ("张敏", "0014", "13800000003", files.id_number(3), "影像科", "技师"))
    assert outcomes(roster) == ["update", "transfer", "create"]
    applied(roster, keeper)
    assert everything() != before
    assert elsewhere.qualifications.get().state == QualificationState.CONFIRMED
    undone(roster, keeper)
    assert everything() == before
    assert (roster.roster_stage, [row.is_applied for row in rows_of(roster)]) == (RosterStage.UNDONE, [False] * 3)
    with pytest.raises(rosters.NothingToUndo):
        rosters.undo(by=keeper, roster=roster)


def test_log_still_tells_apart_whom_an_undo_removed(compare: Compare, keeper: Person) -> None:
    undone(applied(compare(("王伟", "001", "13800000001", None, None, None)), keeper), keeper)
    events = AuditEvent.objects.filter(target_kind="organisations.person", target="").order_by("pk")
    with override("en"):
        named = labels.named(events)
    assert {(event.verb, event.target) for event in named if event.target_id != str(keeper.public_id)} == {
        (verb, f"removed by undoing a roster ({events.last().target_id[:6]})")
        for verb in ("person.create", "employment.begin", "person.remove")
    }


def test_undo_keeps_and_names_whoever_was_used_or_changed(compare: Compare, keeper: Person, unit: Node) -> None:
    names = ["王伟", "李娜", "张敏", "赵磊", "陈静"]
    rows = [(name, f"00{n}", "", "", "影像科", "") for n, name in enumerate(names)]
    roster = applied(compare(*rows), keeper)
    made = {person.name: person for person in Person.objects.filter(name__in=names)}
    made["王伟"].last_login = timezone.now()
    made["王伟"].save(update_fields=["last_login"])
    RoleGrantFactory(person=made["李娜"], node=unit)
    people.change_details(by=keeper, person=made["张敏"], name="张明")
    made["陈静"].set_password("tomography-2026")
    made["陈静"].save(update_fields=["password"])
    undone(roster, keeper)
    assert [(row.shown["name"], codes(row), row.is_applied) for row in rows_of(roster)] == [
        ("王伟", [("", "kept_signed_in")], True),
        ("李娜", [("", "kept_used")], True),
        ("张敏", [("", "kept_edited")], True),
        ("赵磊", [], False),
        ("陈静", [("", "kept_signed_in")], True),
    ]
    assert sorted(Person.objects.filter(pk__in=[p.pk for p in made.values()]).values_list("name", flat=True)) == sorted(
        ["王伟", "李娜", "张明", "陈静"]
    )


def test_person_changed_after_the_comparison_is_not_overwritten(compare: Compare, keeper: Person, unit: Node) -> None:
    person = working(unit, "王伟", phone="+8613800000001", staff="0012")
    roster = compare(("王伟", "0012", "13800000009", "", "", ""), LI)
    people.change_contact(by=keeper, person=person, phone="13800000007", email="")
    applied(roster, keeper)
    changed, entered = rows_of(roster)
    person.refresh_from_db()
    assert (changed.outcome, codes(changed), changed.is_applied, entered.is_applied, person.phone) == (
        "unclear", [("", "changed_meanwhile")], False, True, "+8613800000007",
    )  # fmt: skip
    rosters.decide(by=keeper, row=changed, choice=str(person.public_id))
    applied(roster, keeper)
    person.refresh_from_db()
    assert (person.phone, roster.counts) == ("+8613800000009", {"create": 1, "update": 1})


def test_phone_taken_after_the_comparison_stops_the_new_person(compare: Compare, keeper: Person, unit: Node) -> None:
    roster = compare(WANG)
    other = PersonFactory(name="孙丽", phone="+8613800000001")
    applied(roster, keeper)
    (row,) = rows_of(roster)
    assert (row.outcome, row.candidates, Person.objects.filter(name="王伟").count()) == ("unclear", [other.pk], 0)


def test_unclear_rows_wait_unless_left_for_later(compare: Compare, keeper: Person, unit: Node) -> None:
    working(unit, "王伟", staff="1")
    roster = compare(WANG, LI)
    assert outcomes(roster) == ["unclear", "create"]
    with pytest.raises(rosters.RowsUnclear) as caught:
        rosters.apply(by=keeper, roster=roster)
    assert caught.value.params == {"rows": 1}
    applied(roster, keeper, skip_unclear=True)
    assert roster.counts == {"create": 1, "unclear": 1}
    rosters.decide(by=keeper, row=rows_of(roster)[0], choice="new")
    applied(roster, keeper)
    assert (roster.counts, Person.objects.filter(name="王伟").count()) == ({"create": 2}, 2)


def test_entering_again_after_a_kill_does_each_row_once(
    compare: Compare, keeper: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from organisations.services.rosters import applying, checking

    monkeypatch.setattr(checking, "CHUNK", 2)
    roster = compare(*[(f"李{n}", "", f"138000000{n:02}", "", "", "") for n in range(10, 15)])
    assert outcomes(roster) == ["wrong"] * 5  # a digit in the name
    roster = compare(*[(f"李{'一二三四五'[n]}", "", f"138000000{n:02}", "", "", "") for n in range(5)])
    rosters.apply(by=keeper, roster=roster)
    done: list[int] = []
    enter = applying._Chunk.enter

    def killed(chunk: Any) -> None:
        if len(done) == 2:
            raise KeyboardInterrupt
        enter(chunk)
        done.append(1)

    monkeypatch.setattr(applying._Chunk, "enter", killed)
    with pytest.raises(KeyboardInterrupt):
        rosters.run_roster(roster.pk)
    assert Person.objects.filter(name__startswith="李").count() == 4
    monkeypatch.setattr(applying._Chunk, "enter", enter)
    type(roster).objects.filter(pk=roster.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    type(roster).reap()
    run(roster)
    assert (roster.roster_stage, Person.objects.filter(name__startswith="李").count()) == (RosterStage.APPLIED, 5)
