"""A roster is received, read, mapped: what its stages hold, who may, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cms.shared.errors import DomainError, NotFound, OutOfScope
from cms.shared.jobs import JobState
from cms.shared.storage import private_storage
from organisations.enums import Role, RosterStage
from organisations.formats.problems import FileProblem
from organisations.models import AuditEvent, Node, Person, RosterImport, RosterMapping
from organisations.services import rosters
from organisations.services.people import ClosedPlace
from tests.factories.organisations import BranchFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.organisations.roster import files

pytestmark = pytest.mark.django_db

ROWS = [files.HEADINGS, ("王伟", "0012", "13800000001", files.id_number(1), "影像科", "技师")]


def received(keeper: Person, unit: Node, content: bytes, name: str = "名单.xlsx") -> RosterImport:
    """A roster whose file has been read."""
    roster = rosters.receive(by=keeper, unit=unit, upload=files.upload(content, name))
    rosters.run_roster(roster.pk)
    roster.refresh_from_db()
    return roster


def confirm(keeper: Person, roster: RosterImport, **changes: Any) -> RosterImport:
    wanted: dict[str, Any] = {"mapping": roster.mapping, "effective_on": timezone.localdate()} | changes
    return rosters.confirm_mapping(by=keeper, roster=roster, **wanted)


def test_received_file_is_read_and_its_columns_proposed(keeper: Person, unit: Node) -> None:
    roster = received(keeper, unit, files.xlsx(("名单", [("2026年名单",), *ROWS])))
    assert (roster.roster_stage, roster.state) == (RosterStage.MAPPING, JobState.DONE)
    assert roster.mapping == {
        "姓名": "name", "工号": "staff_number", "手机号": "phone", "身份证号": "id_number", "科室": "department",
        "职称": "title",
    }  # fmt: skip
    assert roster.sheets == [
        {
            "name": "名单", "is_hidden": False, "header_row": 2, "columns": list(files.HEADINGS), "rows": 1,
            "is_taken": True, "is_header_chosen": False,
            "samples": {
                "姓名": ["王伟"], "工号": ["0012"], "手机号": ["138****0001"], "科室": ["影像科"], "职称": ["技师"],
                "身份证号": [f"410***********{files.id_number(1)[-4:]}"],
            },
        }
    ]  # fmt: skip


def test_hidden_sheet_is_named_and_left_out_until_chosen(keeper: Person, unit: Node) -> None:
    roster = received(keeper, unit, files.xlsx(("名单", ROWS), ("旧", ROWS), hidden=["旧"]))
    assert [(sheet["name"], sheet["is_hidden"], sheet["is_taken"]) for sheet in roster.sheets] == [
        ("名单", False, True), ("旧", True, False),
    ]  # fmt: skip
    confirm(keeper, roster, sheets=["旧"])
    assert [sheet["is_taken"] for sheet in RosterImport.objects.get().sheets] == [False, True]


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (files.csv(ROWS), "名单.xlsx", FileProblem.TEXT_NAMED_EXCEL),
        (b"", "名单.xlsx", FileProblem.EMPTY_FILE),
        (b"%PDF-1.7", "名单.pdf", FileProblem.NOT_A_TABLE),
    ],
)
def test_file_that_is_no_table_is_refused_at_once(
    keeper: Person, unit: Node, content: bytes, name: str, code: FileProblem
) -> None:
    with pytest.raises(rosters.RosterUnreadable) as caught:
        rosters.receive(by=keeper, unit=unit, upload=files.upload(content, name))
    assert (caught.value.code, str(caught.value), RosterImport.objects.count()) == (code.value, str(code.label), 0)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (files.xlsx(("a", [])), FileProblem.EMPTY_SHEETS),
        (files.xlsx(("a", [("王伟", "13800000001")])), FileProblem.NO_HEADER),
        (files.xlsx(("a", ROWS))[:900], FileProblem.DAMAGED),
    ],
)
def test_file_that_cannot_be_read_ends_with_its_reason(
    keeper: Person, unit: Node, content: bytes, code: FileProblem
) -> None:
    roster = received(keeper, unit, content)
    assert (roster.roster_stage, roster.state, roster.error_code) == (
        RosterStage.UNREADABLE, JobState.FAILED, code.value,
    )  # fmt: skip


def test_file_over_20_mb_is_refused(keeper: Person, unit: Node) -> None:
    upload = files.upload(b"x" * 20_000_001, "a.csv")
    with pytest.raises(rosters.RosterTooLarge):
        rosters.receive(by=keeper, unit=unit, upload=upload)


def test_only_the_keeper_of_the_unit_uploads_and_maps(keeper: Person, unit: Node) -> None:
    roster = received(keeper, unit, files.xlsx(("a", ROWS)))
    reader = RoleGrantFactory(role=Role.AUDITOR, node=unit).person
    other = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=NodeFactory()).person
    for person in (reader, other, PersonFactory()):
        with pytest.raises(OutOfScope):
            rosters.receive(by=person, unit=unit, upload=files.upload(files.csv(ROWS), "a.csv"))
        with pytest.raises(NotFound):
            confirm(person, roster)
        with pytest.raises(NotFound):
            rosters.discard(by=person, roster=roster)


def test_branch_of_the_society_has_no_roster() -> None:
    branch = BranchFactory()
    secretary = RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=branch).person
    with pytest.raises(OutOfScope):
        rosters.receive(by=secretary, unit=branch, upload=files.upload(files.csv(ROWS), "a.csv"))


def test_closed_unit_takes_no_roster(keeper: Person, unit: Node) -> None:
    roster = received(keeper, unit, files.xlsx(("a", ROWS)))
    confirm(keeper, roster)
    rosters.run_roster(roster.pk)
    Node.objects.filter(pk=unit.pk).update(closed_on=timezone.localdate())
    unit.refresh_from_db()
    with pytest.raises(ClosedPlace):
        rosters.receive(by=keeper, unit=unit, upload=files.upload(files.xlsx(("a", ROWS))))
    with pytest.raises(ClosedPlace):
        rosters.apply(by=keeper, roster=RosterImport.objects.get())


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"mapping": {"工号": "staff_number"}}, rosters.BadMapping),
        ({"mapping": {"姓名": "name", "工号": "gender"}}, rosters.BadMapping),
        ({"mapping": {"姓名": "name", "工号": "phone", "手机号": "phone"}}, rosters.BadMapping),
        ({"mapping": {"姓名": "name", "科室": "department"}}, rosters.NoIdentityColumn),
        ({"sheets": []}, rosters.NoSheetTaken),
        ({"effective_on": timezone.localdate() + timedelta(days=400)}, rosters.BadDay),
    ],
)
def test_mapping_that_cannot_work_is_refused(
    keeper: Person, unit: Node, change: dict[str, Any], error: type[DomainError]
) -> None:
    roster = received(keeper, unit, files.xlsx(("a", ROWS)))
    with pytest.raises(error):
        confirm(keeper, roster, **change)
    assert RosterImport.objects.get().roster_stage == RosterStage.MAPPING


def test_mapping_is_remembered_and_proposed_again(keeper: Person, unit: Node) -> None:
    rows = [("姓名", "编码甲", "手机号", "职称"), ("王伟", "0012", "13800000001", "技师")]
    roster = received(keeper, unit, files.xlsx(("a", rows)))
    confirm(keeper, roster, mapping={"姓名": "name", "编码甲": "staff_number", "手机号": "phone"})
    assert RosterMapping.objects.get(unit=unit).columns == {
        "姓名": "name", "编码甲": "staff_number", "手机号": "phone", "职称": "",
    }  # fmt: skip
    again = received(keeper, unit, files.xlsx(("a", rows)))
    assert again.mapping == {"姓名": "name", "编码甲": "staff_number", "手机号": "phone"}


def test_other_header_row_is_read_again(keeper: Person, unit: Node) -> None:
    rows = [("姓名", "工号", "手机"), ("姓名（新）", "工号", "联系人电话"), ("王伟", "0012", "13800000001")]
    roster = received(keeper, unit, files.xlsx(("a", rows)))
    assert roster.sheets[0]["header_row"] == 1
    confirm(keeper, roster, header_rows={"a": 2})
    assert RosterImport.objects.get().roster_stage == RosterStage.READING
    rosters.run_roster(roster.pk)
    roster.refresh_from_db()
    assert (roster.roster_stage, roster.sheets[0]["header_row"], roster.sheets[0]["columns"]) == (
        RosterStage.MAPPING, 2, ["姓名(新)", "工号", "联系人电话"],
    )  # fmt: skip


def test_discarded_roster_keeps_neither_file_nor_rows(
    keeper: Person, unit: Node, django_capture_on_commit_callbacks: Any
) -> None:
    roster = received(keeper, unit, files.xlsx(("a", ROWS)))
    name = roster.file.name
    assert private_storage().exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        rosters.discard(by=keeper, roster=roster)
    kept = RosterImport.objects.get()
    assert (kept.roster_stage, kept.file.name, kept.sheets, private_storage().exists(name)) == (
        RosterStage.DISCARDED, "", [], False,
    )  # fmt: skip
    with pytest.raises(rosters.RosterBusy):
        rosters.discard(by=keeper, roster=kept)


def test_upload_and_mapping_stand_in_the_audit_log(keeper: Person, unit: Node) -> None:
    confirm(keeper, received(keeper, unit, files.xlsx(("a", ROWS))))
    assert list(AuditEvent.objects.order_by("pk").values_list("verb", "actor_id_copy")) == [
        ("roster.upload", keeper.pk), ("roster.check", keeper.pk),
    ]  # fmt: skip
