"""A roster as its sender meets it: page after page, forms alone."""

import io
import re
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from organisations.enums import Role, RosterStage
from organisations.models import Employment, Node, Person, RosterImport
from organisations.services import rosters
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db

HEAD = ["姓名", "工号", "手机", "科室", "职称", "鞋码"]


def workbook(*rows: list[Any], sheet: str = "花名册") -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in (HEAD, *rows):
        page.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.fixture
def hospital() -> Node:
    return NodeFactory(name="第一医院")


@pytest.fixture
def keeper(hospital: Node) -> Client:
    return signed_in(RoleGrantFactory(node=hospital).person)


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def sent(client: Client, hospital: Node, content: bytes, name: str = "花名册.xlsx") -> RosterImport:
    form = {"unit": str(hospital.public_id), "file": SimpleUploadedFile(name, content)}
    response = client.post(reverse("manage:rosters"), form)
    assert response.status_code == 302, response.content.decode()
    roster = RosterImport.objects.latest("pk")
    rosters.run_roster(roster.pk)
    roster.refresh_from_db()
    return roster


def confirmed(client: Client, roster: RosterImport, **more: str) -> None:
    form = {"effective_on": "2026-11-01", "sheet-0": "on", **more}
    for number, heading in enumerate(roster.sheets[0]["columns"]):
        form[f"column-{number}"] = roster.mapping.get(heading, "")
    response = client.post(reverse("manage:roster_columns", args=[roster.public_id]), form)
    assert response.status_code == 302, response.content.decode()
    rosters.run_roster(roster.pk)
    roster.refresh_from_db()


def page_of(client: Client, roster: RosterImport, query: str = "") -> str:
    response = client.get(reverse("manage:roster", args=[roster.public_id]) + query)
    assert response.status_code == 200
    return str(response.content.decode())


def test_roster_goes_from_file_to_people_and_back(hospital: Node, keeper: Client) -> None:
    namesakes = [PersonFactory(name="王伟"), PersonFactory(name="王伟")]
    for number, namesake in enumerate(namesakes):
        EmploymentFactory(person=namesake, unit=hospital, staff_number=f"W{number}")
    content = workbook(
        ["李雷", "1001", "13800000001", "CT室", "技师", 42],
        ["韩梅", "1002", "12345", "CT室", "", ""],
        ["王伟", "", "13800000003", "CT室", "", ""],
    )
    roster = sent(keeper, hospital, content)
    columns = page_of(keeper, roster)
    assert ["鞋码" in columns, "138****0001" in columns, "13800000001" in columns] == [True, True, False]
    confirmed(keeper, roster)
    assert (roster.roster_stage, roster.counts) == (RosterStage.CHECKED, {"create": 1, "wrong": 1, "unclear": 1})
    assert Person.objects.filter(name__in=["李雷", "韩梅"]).count() == 0

    unclear = page_of(keeper, roster)
    assert [str(namesake.public_id) in unclear for namesake in namesakes] == [True, True]
    apply_address = reverse("manage:roster_apply", args=[roster.public_id])
    assert keeper.post(apply_address).status_code == 409
    row = roster.rows.get(outcome="unclear")
    decide_address = reverse("manage:roster_decide", args=[roster.public_id])
    chosen = {f"row-{row.pk}": str(namesakes[0].public_id), "outcome": "unclear"}
    assert keeper.post(decide_address, chosen).status_code == 302
    assert keeper.post(decide_address, {f"row-{row.pk}": str(PersonFactory().public_id)}).status_code == 400

    assert keeper.post(apply_address).status_code == 302
    rosters.run_roster(roster.pk)
    roster.refresh_from_db()
    assert roster.roster_stage == RosterStage.APPLIED
    made = Person.objects.get(name="李雷")
    assert [(e.unit.name, e.unit.get_parent(), e.staff_number) for e in Employment.objects.filter(person=made)] == [
        ("CT室", hospital, "1001")
    ]
    namesakes[0].refresh_from_db()
    assert namesakes[0].phone == "+8613800000003"

    assert keeper.post(reverse("manage:roster_undo", args=[roster.public_id])).status_code == 302
    rosters.run_roster(roster.pk)
    roster.refresh_from_db()
    assert roster.roster_stage == RosterStage.UNDONE
    assert "notice--ok" in page_of(keeper, roster)
    assert Person.objects.filter(name="李雷").count() == 0
    namesakes[0].refresh_from_db()
    assert namesakes[0].phone == ""
    assert page_of(keeper, roster)


def test_choice_that_cannot_be_is_told_at_its_row_and_the_others_stand(hospital: Node, keeper: Client) -> None:
    for name, number in (("王伟", "W1"), ("王伟", "W2"), ("李四", "L1")):
        EmploymentFactory(person=PersonFactory(name=name), unit=hospital, staff_number=number)
    roster = sent(
        keeper,
        hospital,
        workbook(["王伟", "", "13800000003", "", "", ""], ["张三", "L1", "", "", "", ""]),
    )
    confirmed(keeper, roster)
    free, taken = roster.rows.filter(outcome="unclear").order_by("pk")
    page = page_of(keeper, roster)
    assert [f'name="shown-new" value="{row.pk}"' in page for row in (free, taken)] == [True, False]
    form = {f"row-{free.pk}": "new", f"row-{taken.pk}": "new", "outcome": "unclear"}
    response = keeper.post(reverse("manage:roster_decide", args=[roster.public_id]), form)
    assert (response.status_code, f'id="refused-{taken.pk}"' in response.content.decode()) == (409, True)
    assert list(roster.rows.order_by("pk").values_list("outcome", flat=True)) == ["create", "unclear"]


def test_absent_person_has_left_or_not(hospital: Node, keeper: Client) -> None:
    person = PersonFactory(name="王伟")
    EmploymentFactory(person=person, unit=hospital, staff_number="W1", department="CT室")
    roster = sent(keeper, hospital, workbook(["王伟", "0012", "12345", "", "", ""], ["李雷", "7", "", "", "", ""]))
    confirmed(keeper, roster, is_complete="on")
    row = roster.rows.get(row_number=0)
    page = page_of(keeper, roster)
    assert re.findall(rf'name="row-{row.pk}" value="([^"]+)"', page) == [str(person.public_id), "skip"]
    assert ["2026-11-01" in page, "W1" in page] == [True, True]


def test_columns_read_twice_are_named_at_themselves(hospital: Node, keeper: Client) -> None:
    roster = sent(keeper, hospital, workbook(["李雷", "1001", "", "", "", ""]))
    form = {"effective_on": "2026-11-01", "sheet-0": "on", "column-0": "name", "column-1": "phone", "column-2": "phone"}
    response = keeper.post(reverse("manage:roster_columns", args=[roster.public_id]), form)
    found = [f'id="id_column-{number}_error"' in response.content.decode() for number in range(4)]
    assert (response.status_code, found) == (400, [False, True, True, False])


def test_wrong_rows_come_back_as_the_sheet_with_reasons(hospital: Node, keeper: Client) -> None:
    roster = sent(keeper, hospital, workbook(["韩梅", "1002", "12345", "CT室", "", 38]))
    confirmed(keeper, roster)
    response = keeper.get(reverse("manage:roster_errors", args=[roster.public_id]))
    assert (response.status_code, response["Content-Type"].endswith("sheet")) == (200, True)
    rows = list(openpyxl.load_workbook(io.BytesIO(response.content)).active.iter_rows(values_only=True))
    assert list(rows[0][1:]) == HEAD
    assert list(rows[1][1:5]) == ["韩梅", "1002", "12345", "CT室"]
    assert "手机" in rows[1][0]


def test_empty_roster_is_named_in_the_language_of_its_reader(keeper: Client) -> None:
    with translation.override("zh-hans"), override_settings(LANGUAGE_CODE="zh-hans"):
        response = keeper.get(reverse("manage:roster_example"))
        name = gettext("roster")
    assert (response["Content-Disposition"], name.isascii()) == (
        content_disposition_header(True, f"{name}.xlsx"),
        False,
    )


def test_row_of_a_file_without_sheets_is_named_by_its_number_alone(hospital: Node, keeper: Client) -> None:
    roster = sent(keeper, hospital, "姓名,工号\n王伟,1001\n".encode(), "a.csv")
    page = keeper.get(reverse("manage:roster", args=[roster.public_id])).content.decode()
    assert len(re.findall(r"<span>a\.csv <span", page)) == 1
    confirmed(keeper, roster)
    row = gettext("Row %(number)s") % {"number": 2}
    assert page_of(keeper, roster, "?outcome=all").count(f'<p class="card__meta">{row}') == 1


def test_all_unclear_rows_of_a_page_are_decided_at_once(hospital: Node, keeper: Client) -> None:
    EmploymentFactory(person=PersonFactory(name="王伟"), unit=hospital, staff_number="W1")
    EmploymentFactory(person=PersonFactory(name="王伟"), unit=hospital, staff_number="W2")
    roster = sent(
        keeper, hospital, workbook(["王伟", "", "13800000003", "", "", ""], ["王伟", "", "13800000004", "", "", ""])
    )
    confirmed(keeper, roster)
    rows = list(roster.rows.filter(outcome="unclear").values_list("pk", flat=True))
    assert len(rows) == 2
    form = {"all": "skip", "shown": [str(pk) for pk in rows], "outcome": "unclear"}
    assert keeper.post(reverse("manage:roster_decide", args=[roster.public_id]), form).status_code == 302
    assert set(roster.rows.values_list("outcome", flat=True)) == {"skipped"}


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.xlsx", b""), ("a.xlsx", b"just text"), ("a.pdf", b"%PDF-1.7"), ("a.exe", b"MZ\0\0")],
)
def test_what_is_no_table_is_refused_with_its_reason(hospital: Node, keeper: Client, name: str, content: bytes) -> None:
    form = {"unit": str(hospital.public_id), "file": SimpleUploadedFile(name, content)}
    response = keeper.post(reverse("manage:rosters"), form)
    assert (response.status_code, RosterImport.objects.count()) == (400, 0)
    assert "field__error" in response.content.decode()


def test_columns_that_cannot_be_are_refused_on_the_page(hospital: Node, keeper: Client) -> None:
    roster = sent(keeper, hospital, workbook(["李雷", "1001", "", "", "", ""]))
    address = reverse("manage:roster_columns", args=[roster.public_id])
    for form in (
        {},
        {"effective_on": "2026-11-01", "sheet-0": "on"},
        {"effective_on": "1999-01-01", "sheet-0": "on", "column-0": "name", "column-1": "staff_number"},
        {"effective_on": "2026-11-01", "column-0": "name", "column-1": "staff_number"},
    ):
        response = keeper.post(address, form)
        assert (response.status_code, "notice--bad" in response.content.decode()) == (400, True)
    roster.refresh_from_db()
    assert roster.roster_stage == RosterStage.MAPPING


def test_thrown_away_roster_changes_nobody(hospital: Node, keeper: Client) -> None:
    roster = sent(keeper, hospital, workbook(["李雷", "1001", "", "", "", ""]))
    confirmed(keeper, roster)
    before = Person.objects.count()
    assert keeper.post(reverse("manage:roster_discard", args=[roster.public_id])).status_code == 302
    roster.refresh_from_db()
    assert (roster.roster_stage, roster.rows.count(), Person.objects.count()) == (RosterStage.DISCARDED, 0, before)
    assert page_of(keeper, roster)


def test_empty_roster_is_understood_by_its_own_reader(hospital: Node, keeper: Client) -> None:
    response = keeper.get(reverse("manage:roster_example"))
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    book.worksheets[0].append(["李雷", "1001", "13800000001"])
    file = io.BytesIO()
    book.save(file)
    roster = sent(keeper, hospital, file.getvalue())
    assert [sheet["is_taken"] for sheet in roster.sheets] == [True, False]
    assert len(roster.mapping) == 11
    confirmed(keeper, roster)
    assert roster.counts == {"create": 1}


def test_rosters_belong_to_their_unit_alone(hospital: Node, keeper: Client) -> None:
    roster = sent(keeper, hospital, workbook(["李雷", "1001", "", "", "", ""]))
    outsider = signed_in(RoleGrantFactory(node=NodeFactory()).person)
    learner = signed_in(EmploymentFactory(unit=hospital).person)
    auditor = signed_in(RoleGrantFactory(node=hospital, role=Role.AUDITOR).person)
    views = ["roster", "roster_state", "roster_columns", "roster_errors"]
    posts = ["roster_columns", "roster_decide", "roster_apply", "roster_undo", "roster_discard"]
    for client, status in ((outsider, 404), (learner, 403), (auditor, 403), (Client(), 302)):
        for name in views:
            seen = 200 if client is auditor and name in {"roster", "roster_state"} else status
            assert (name, client.get(reverse(f"manage:{name}", args=[roster.public_id])).status_code) == (name, seen)
        for name in posts:
            assert (name, client.post(reverse(f"manage:{name}", args=[roster.public_id])).status_code) == (name, status)
    form = {"unit": str(hospital.public_id), "file": SimpleUploadedFile("a.xlsx", workbook())}
    assert outsider.post(reverse("manage:rosters"), form).status_code == 400
    assert RosterImport.objects.count() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_pages_take_constant_queries(
    hospital: Node, keeper: Client, count: int, django_assert_num_queries: Any
) -> None:
    namesakes = [["王伟", "", f"1380000000{number}", "", "", ""] for number in range(count)]
    for number in range(2):
        EmploymentFactory(person=PersonFactory(name="王伟"), unit=hospital, staff_number=f"W{number}")
    roster = sent(keeper, hospital, workbook(*namesakes))
    confirmed(keeper, roster)
    for _number in range(count - 1):
        sent(keeper, hospital, workbook(*namesakes))
    assert roster.counts == {"unclear": count}
    page_of(keeper, roster)
    with django_assert_num_queries(9):
        page_of(keeper, roster)
    with django_assert_num_queries(10):
        keeper.get(reverse("manage:rosters"))
