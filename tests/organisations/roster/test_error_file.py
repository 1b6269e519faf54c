"""The sheet that goes back: the same columns, only what has to be corrected, and why."""

import io
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from cms.shared.errors import NotFound
from organisations.enums import Role
from organisations.models import AuditEvent, Person, RosterImport
from organisations.services import rosters
from tests.factories.organisations import PersonFactory, RoleGrantFactory
from tests.organisations.roster import files
from tests.organisations.roster.conftest import Compare, rows_of, run

pytestmark = pytest.mark.django_db

HEADINGS = ("序号", "姓名", "手机号", "身份证号", "入职日期", "备注")
FIRST_DAY = datetime.fromisoformat("2019-07-01")
LENGTH = "手机号: A mobile number has 11 digits; this one has 5. Correct it."


def cells_of(content: bytes) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets}


def test_error_file_has_the_same_columns_and_only_rows_with_problems(compare: Compare, keeper: Person) -> None:
    rows = [
        (1, "王伟", 13800000001, files.id_number(1), date(2019, 7, 1), "好"),
        (2, "李娜", 12345, files.id_number(2), date(2019, 7, 1), '=HYPERLINK("http://example.org")'),
    ]
    roster = compare(*rows, headings=HEADINGS)
    with translation.override("en"):
        made = rosters.error_file(by=keeper, roster=roster)
    assert cells_of(made) == {
        "名单": [
            ["What to correct", *HEADINGS],
            [LENGTH, 2, "李娜", "12345", files.id_number(2), FIRST_DAY, None],
        ]
    }
    event = AuditEvent.objects.get(verb="roster.download")
    assert (event.actor_id_copy, event.target_id, event.after) == (keeper.pk, str(roster.public_id), {"rows": 1})


def test_error_file_leaves_out_what_needs_no_correction(compare: Compare, keeper: Person) -> None:
    headings = ("姓名", "工号", "手机号", "入职日期", "邮箱")
    good, wrong = ("王伟", "001", "13800000001", "2019.07", None), ("李娜", "002", "12345", None, None)
    noted = ("赵强", "003", "13800000003", None, "none")
    content = files.xlsx(
        ("甲", [headings, good, wrong, noted, ("合计", "2人", None, None, None)]),
        ("乙", [headings, ("孙丽", "004", "13800000004", "2019.07", None)]),
    )
    roster = compare(content=content)
    assert [(row.row_number, row.outcome, bool(row.problems)) for row in rows_of(roster)] == [
        (2, "create", True), (3, "wrong", True), (4, "create", True), (5, "skipped", True), (2, "create", True),
    ]  # fmt: skip
    found = cells_of(rosters.error_file(by=keeper, roster=roster))
    assert {sheet: [row[1] for row in rows] for sheet, rows in found.items()} == {"甲": ["姓名", "李娜", "赵强"]}
    everything = cells_of(rosters.error_file(by=keeper, roster=roster, all_rows=True))
    assert {sheet: len(rows) for sheet, rows in everything.items()} == {"甲": 5, "乙": 2}


def test_error_file_without_anything_to_correct_has_only_the_headings(compare: Compare, keeper: Person) -> None:
    roster = compare(("王伟", "13800000001"), headings=("姓名", "手机号"))
    with translation.override("en"):
        found = cells_of(rosters.error_file(by=keeper, roster=roster))
    assert list(found.values()) == [[["What to correct", "姓名", "手机号"]]]


def test_error_file_of_all_rows_keeps_numbers_of_people_as_text(compare: Compare, keeper: Person) -> None:
    roster = compare((1, "王伟", 13800000001, files.id_number(1), None, None), headings=HEADINGS)
    made = rosters.error_file(by=keeper, roster=roster, all_rows=True)
    book = openpyxl.load_workbook(io.BytesIO(made))
    row = [(cell.value, cell.data_type) for cell in book.active[2]][1:5]
    assert row == [(1, "n"), ("王伟", "s"), ("13800000001", "s"), (files.id_number(1), "s")]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "http://example.org", "\t=1"])
def test_text_never_becomes_a_formula(compare: Compare, keeper: Person, text: str) -> None:
    content = files.csv([("姓名", "手机号", "备注"), ("王伟", "12345", text)])
    made = rosters.error_file(by=keeper, roster=compare(content=content, name="a.csv"))
    (sheet,) = openpyxl.load_workbook(io.BytesIO(made)).worksheets
    found = [(cell.value, cell.data_type, cell.hyperlink) for cell in sheet[2]][3]
    assert found == (text, "s", None)


def test_corrected_error_file_is_read_again(compare: Compare, keeper: Person) -> None:
    roster = compare((1, "王伟", 12345, files.id_number(1), date(2019, 7, 1), None), headings=HEADINGS)
    book = openpyxl.load_workbook(io.BytesIO(rosters.error_file(by=keeper, roster=roster)))
    book.active["D2"] = "13800000001"
    corrected = io.BytesIO()
    book.save(corrected)
    again = compare(content=corrected.getvalue())
    assert [(row.outcome, row.problems) for row in rows_of(again)] == [("create", [])]


def test_error_file_is_for_its_sender_alone(compare: Compare, keeper: Person, unit: Any) -> None:
    """It holds numbers in full, which nobody reads but who typed them."""
    roster = compare(("王伟", "12345"), headings=("姓名", "手机号"))
    colleague = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=unit).person
    with pytest.raises(rosters.NotYourFile):
        rosters.error_file(by=colleague, roster=roster)
    address, page = (reverse(f"manage:{name}", args=[roster.public_id]) for name in ("roster_errors", "roster"))
    shown = []
    for person in (keeper, colleague):
        client = Client()
        client.force_login(person)
        file = client.get(address).status_code
        shown.append((file, address in client.get(page).content.decode()))
    assert shown == [(200, True), (403, False)]


def test_error_file_is_for_the_keeper_after_the_comparison_and_while_the_file_is_kept(
    compare: Compare, keeper: Person, unit: Any, django_capture_on_commit_callbacks: Any
) -> None:
    sent = files.upload(files.csv([("姓名", "手机号"), ("王伟", "13800000001")]), "a.csv")
    fresh = run(rosters.receive(by=keeper, unit=unit, upload=sent))
    with pytest.raises(rosters.RosterBusy):
        rosters.error_file(by=keeper, roster=fresh)
    roster = compare(("王伟", "12345"), ("李娜", "13800000001"), headings=("姓名", "手机号"))
    with pytest.raises(NotFound):
        rosters.error_file(by=PersonFactory(), roster=roster)
    long_ago = timezone.now() - timedelta(days=31)
    RosterImport.objects.filter(pk=roster.pk).update(created_at=long_ago, finished_at=long_ago)
    with django_capture_on_commit_callbacks(execute=True):
        assert rosters.erase_old() == 1
    roster.refresh_from_db()
    assert [(row.sealed, row.undo) for row in rows_of(roster)] == [("", "")] * 2
    with pytest.raises(rosters.NothingToApply):
        rosters.apply(by=keeper, roster=roster)
    with pytest.raises(rosters.FileGone):
        rosters.error_file(by=keeper, roster=roster)
