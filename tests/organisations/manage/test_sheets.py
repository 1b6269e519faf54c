from typing import Any

import pytest
from django.test import Client

from organisations.enums import Role
from organisations.models import ActivationSheet, Node, Person
from organisations.services import activation, people, sheets
from tests.factories.organisations import EmploymentFactory, NodeFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Node:
    return NodeFactory(name="示范医院", code="D1")


@pytest.fixture
def admin(unit: Node) -> Person:
    return RoleGrantFactory(
        person=EmploymentFactory(unit=unit).person, node=unit, role=Role.UNIT_CREDIT_ADMINISTRATOR
    ).person


def newcomer(unit: Node, name: str, department: str = "CT室") -> Person:
    person = people.create_person(by=None, username=f"n{Person.objects.count()}", name=name)
    EmploymentFactory(unit=unit, person=person, department=department)
    return person


@pytest.fixture
def browser(client: Client, admin: Person) -> Client:
    client.force_login(admin)
    return client


def test_sheet_is_asked_for_made_downloaded_and_deleted(browser: Client, admin: Person, unit: Node) -> None:
    newcomer(unit, "王伟")
    newcomer(unit, "李娜", "磁共振室")
    page = browser.get("/en/manage/sheets/").content.decode()
    assert ("示范医院" in page, "No sheets yet" in page) == (True, True)
    page = browser.get(f"/en/manage/sheets/new/?unit={unit.public_id}").content.decode()
    assert ("CT室" in page, "磁共振室" in page) == (True, True)
    form = {"unit": unit.public_id, "department": "CT室", "choice": "uncoded", "file_format": "xlsx", "language": "en"}
    assert browser.post("/en/manage/sheets/request/", form).url == "/en/manage/sheets/"
    sheet = ActivationSheet.objects.get()
    assert (sheet.department, len(sheet.chosen), sheet.language) == ("CT室", 1, "en")
    state = f"/en/manage/sheets/{sheet.public_id}/state/"
    assert browser.get(state).json() == {"state": "queued", "progress": 0, "is_over": False}
    assert browser.get(f"/en/manage/sheets/{sheet.public_id}/file/").status_code == 409
    sheets.run_sheet(sheet.pk)
    assert browser.get(state).json()["is_over"] is True
    page = browser.get("/en/manage/sheets/").content.decode()
    assert ("1 code" in page, "0 used, 1 still valid" in page) == (True, True)
    file = browser.get(f"/en/manage/sheets/{sheet.public_id}/file/")
    assert (file.status_code, file["Content-Disposition"].split(".")[-1]) == (200, 'xlsx"')
    assert b"".join(file.streaming_content)[:2] == b"PK"
    browser.post(f"/en/manage/sheets/{sheet.public_id}/erase/")
    assert browser.get(f"/en/manage/sheets/{sheet.public_id}/file/").status_code == 409
    assert "File deleted" in browser.get("/en/manage/sheets/").content.decode()


def test_people_chosen_in_the_list_get_one_sheet(browser: Client, unit: Node) -> None:
    chosen = [newcomer(unit, name).public_id for name in "甲乙"]
    newcomer(unit, "丙")
    page = browser.post("/en/manage/sheets/new/", {"people": chosen})
    assert page.content.decode().count('name="people"') == 2
    form = {"unit": unit.public_id, "people": chosen, "file_format": "pdf", "language": "zh-hans"}
    browser.post("/en/manage/sheets/request/", form)
    assert len(ActivationSheet.objects.get().chosen) == 2


def test_people_of_two_units_get_a_sheet_of_what_is_above(client: Client) -> None:
    province = NodeFactory(name="省")
    units = [NodeFactory(parent=province), NodeFactory(parent=province)]
    system = RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=province).person
    client.force_login(system)
    page = client.post("/en/manage/sheets/new/", {"people": [newcomer(unit, "甲").public_id for unit in units]})
    assert page.context["unit"] == province


def test_choosing_nobody_leads_back(browser: Client) -> None:
    for people_chosen in ([], ["nonsense"], [newcomer(NodeFactory(), "甲").public_id]):
        assert browser.post("/en/manage/sheets/new/", {"people": people_chosen}).url == "/en/manage/sheets/"


def test_form_says_that_nobody_needs_a_code(browser: Client, unit: Node) -> None:
    form = {"unit": unit.public_id, "department": "", "choice": "uncoded", "file_format": "pdf", "language": "en"}
    refused = browser.post("/en/manage/sheets/request/", form)
    assert (refused.status_code, ActivationSheet.objects.count()) == (400, 0)
    assert refused.context["form"].non_field_errors() == [
        "Nobody here needs a code: all have set a password, or hold a code that is still valid."
    ]


def test_waiting_sheet_can_be_cancelled(browser: Client, admin: Person, unit: Node) -> None:
    newcomer(unit, "甲")
    sheet = sheets.request_sheet(by=admin, unit=unit, choice="uncoded", file_format="pdf")
    assert browser.post(f"/en/manage/sheets/{sheet.public_id}/cancel/").url == "/en/manage/sheets/"
    sheet.refresh_from_db()
    assert sheet.state == "cancelled"


def test_unit_outside_of_the_scope_is_not_found(browser: Client) -> None:
    other = NodeFactory()
    assert browser.get(f"/en/manage/sheets/new/?unit={other.public_id}").status_code == 404
    assert browser.get("/en/manage/sheets/new/?unit=x").status_code == 404
    form = {"unit": other.public_id, "choice": "never", "file_format": "pdf", "language": "en"}
    assert browser.post("/en/manage/sheets/request/", form).status_code == 404


def test_sheets_are_for_those_who_open_accounts(client: Client, admin: Person, unit: Node) -> None:
    newcomer(unit, "甲")
    sheet = sheets.request_sheet(by=admin, unit=unit, choice="uncoded", file_format="xlsx")
    sheets.run_sheet(sheet.pk)
    one = f"/en/manage/sheets/{sheet.public_id}/"
    gets = ["/en/manage/sheets/", f"/en/manage/sheets/new/?unit={unit.public_id}", f"{one}state/", f"{one}file/"]
    posts = ["/en/manage/sheets/request/", "/en/manage/sheets/new/", f"{one}cancel/", f"{one}erase/"]

    def statuses() -> list[int]:
        return [client.get(path).status_code for path in gets] + [client.post(path).status_code for path in posts]

    assert statuses() == [302] * 8  # anonymous: to sign-in
    client.force_login(EmploymentFactory(unit=unit).person)
    assert statuses() == [403, 403, 404, 404, 403, 403, 404, 404]
    client.force_login(RoleGrantFactory(node=unit, role=Role.DEPARTMENT_CREDIT_ADMINISTRATOR).person)
    assert statuses() == [403, 403, 404, 404, 403, 403, 404, 404]
    client.force_login(RoleGrantFactory(node=NodeFactory(), role=Role.UNIT_CREDIT_ADMINISTRATOR).person)
    assert statuses() == [200, 404, 404, 404, 404, 302, 404, 404]
    sheet.refresh_from_db()
    assert (sheet.file_erased_at, sheet.state) == (None, "done")


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_sheets_takes_constant_queries(
    browser: Client, admin: Person, unit: Node, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        person = newcomer(unit, f"甲{number}")
        sheet = sheets.request_sheet(by=admin, unit=unit, choice="uncoded", file_format="xlsx")
        sheets.run_sheet(sheet.pk)
        activation.issue(by=None, person=person)
    browser.get("/en/manage/sheets/")
    with django_assert_num_queries(7):
        browser.get("/en/manage/sheets/")


def test_others_see_that_a_sheet_was_made_and_none_of_its_codes(admin: Person, unit: Node) -> None:
    newcomer(unit, "甲")
    made = sheets.request_sheet(by=admin, unit=unit, choice="uncoded", file_format="xlsx")
    sheets.run_sheet(made.pk)
    elsewhere = NodeFactory(kind="hospital")
    for role, node, shown in [
        (Role.AUDITOR, unit, True),
        (Role.UNIT_CREDIT_ADMINISTRATOR, unit, True),
        (Role.AUDITOR, elsewhere, False),
        (Role.UNIT_CREDIT_ADMINISTRATOR, elsewhere, False),
    ]:
        client = Client()
        client.force_login(RoleGrantFactory(role=role, node=node).person)
        main = client.get("/en/manage/sheets/").content.decode().partition("<main")[2]
        listed = main.partition('id="made"')[2]
        assert (str(admin) in listed, "1 code ·" in listed, "<form" in listed) == (shown, shown, False)
        for part in ("file", "state"):
            assert client.get(f"/en/manage/sheets/{made.public_id}/{part}/").status_code == 404
        assert client.post(f"/en/manage/sheets/{made.public_id}/erase/").status_code in (403, 404)


def test_many_units_are_searched(client: Client) -> None:
    province = NodeFactory(name="省", kind="province")
    for number in range(31):
        NodeFactory(parent=province, name=f"县医院{number:02}")
    client.force_login(RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=province).person)
    page = client.get("/en/manage/sheets/").content.decode()
    assert (page.count("/en/manage/sheets/new/?unit="), "There are more" in page) == (30, True)
    assert client.get("/en/manage/sheets/?q=院07").content.decode().count("/en/manage/sheets/new/?unit=") == 1
    assert "No unit found" in client.get("/en/manage/sheets/?q=xyz").content.decode()
