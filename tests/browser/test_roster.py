"""From a hospital list to somebody who signs in: roster, activation sheet, first sign-in on a phone, objection, reset.

Real server, real worker, real browser; nothing is eager, nothing is replaced.
"""

import re
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page

from cms.home.demo.people import PASSWORD
from organisations.models import Employment, Node, Person
from tests.browser import world
from tests.browser.axe import violations
from tests.browser.conftest import Visit
from tests.browser.visitor import PHONE, Visitor, expect
from tests.factories.organisations import EmploymentFactory, PersonFactory
from tests.paper import printed_slips

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timeout(900)]

DEPARTMENT, PHONE_NUMBER = "核医学科", "13800000001"
FIRST, SECOND = "Voxel-2026-spring", "Kerma-2026-autumn"
# The last character checks the others and may be one of a few signs.
CODE = r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{3}[0-9A-Z*~$=]"
WAITED = 120_000


def roster_file(folder: Path) -> Path:
    """A list as hospitals keep it: a title above the headings, merged departments, one row that nobody can tell."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "在职人员"
    sheet.append(["影像中心在职人员花名册"])
    sheet.append(["序号", "科室", "姓名", "工号", "手机号码", "备注"])
    sheet.append([1, DEPARTMENT, "李雷", "5001", PHONE_NUMBER, ""])
    sheet.append([2, "介入室", "王伟", "", "13800000002", ""])
    sheet.append([3, None, "韩梅梅", "5003", "12345", ""])
    sheet.merge_cells("A1:F1")
    sheet.merge_cells("B4:B5")
    path = folder / "花名册.xlsx"
    book.save(path)
    return path


def enter_roster(admin: Visitor, path: Path, namesake: Person) -> dict[str, object]:
    """Send the file, confirm its columns, say whom the unclear row is about, enter it. Returns what axe found."""
    page = admin.open("/zh-hans/manage/rosters/")
    found = violations(admin, "rosters")
    page.set_input_files("input[name=file]", path)
    page.locator("form[enctype] button[type=submit]").click()
    page.wait_for_selector("select[name=column-0]", timeout=WAITED)
    assert page.locator("select[name^=column-]").evaluate_all("all => all.map((one) => one.value)") == [
        "", "department", "name", "staff_number", "phone", "",
    ]  # fmt: skip
    found |= violations(admin, "columns of a roster")
    page.locator("form[action$='/columns/'] button[type=submit]").click()

    page.wait_for_selector("nav#rows", timeout=WAITED)
    expect(page.locator("nav#rows a[aria-current]")).to_have_attribute("href", "?outcome=unclear#rows")
    found |= violations(admin, "rows of a roster")
    choices = page.locator("fieldset input[type=radio]").evaluate_all("all => all.map((one) => one.value)")
    assert (len(choices), str(namesake.public_id) in choices) == (4, True)
    page.locator(f"label:has(input[value='{namesake.public_id}'])").click()
    page.locator("form[action$='/rows/'] button.button--primary").click()
    page.wait_for_load_state()
    page.locator("form[action$='/apply/'] button.button--primary").click()
    page.wait_for_selector("form[action$='/undo/']", state="attached", timeout=WAITED)
    return found | violations(admin, "entered roster")


def activation_sheet(admin: Visitor, folder: Path) -> Path:
    """The PDF with the codes of one department, asked for, waited for and downloaded."""
    page = admin.open("/zh-hans/manage/sheets/")
    page.locator(".link-list a").first.click()
    page.select_option("select[name=department]", DEPARTMENT)
    page.locator("form[action$='/request/'] button[type=submit]").click()
    link = page.locator("a[href$='/file/']").first
    link.wait_for(timeout=WAITED)
    with page.expect_download() as waiting:
        link.click()
    path = folder / "sheet.pdf"
    waiting.value.save_as(path)
    return path


def activate(visitor: Visitor, code: str, password: str) -> Page:
    page = visitor.open("/zh-hans/account/activate/")
    page.fill("input[name=code]", code)
    return choose_password(page, password)


def scan(phone: Visitor, link: str, code: str, password: str) -> Page:
    """Open the address that a slip's picture holds: the code is filled in and gone from the address."""
    page = phone.open(link)
    expect(page.locator("input[name=code]")).to_have_value(code)
    assert page.url == f"{phone.site}/zh-hans/account/activate/"
    return choose_password(page, password)


def choose_password(page: Page, password: str) -> Page:
    page.fill("input[name=password]", password)
    page.check("input[name=agree]")
    page.locator("form[data-controller=activation-code] button[type=submit]").click()
    page.wait_for_url(lambda url: "/activate/" not in url)
    return page


def test_roster_leads_to_somebody_who_signs_in(
    committed_db, live_site, celery_worker, visit: Visit, tmp_path, monkeypatch
):
    world.load_demo()
    unit = Node.objects.get(code="D410101")
    namesakes = [PersonFactory(name="王伟"), PersonFactory(name="王伟")]
    for number, namesake in enumerate(namesakes):
        EmploymentFactory(person=namesake, unit=unit, staff_number=f"400{number}", begins=date(2020, 7, 1))
    # What is printed leads to this site, whose port only this test knows.
    monkeypatch.setenv("SITE_URL", live_site.url)
    celery_worker.start()
    found: dict[str, object] = {}

    with visit(live_site.url) as admin, visit(live_site.url, viewport=PHONE, is_mobile=True, has_touch=True) as phone:
        admin.sign_in("admin", PASSWORD)
        found |= enter_roster(admin, roster_file(tmp_path), namesakes[0])
        made = Employment.objects.get(staff_number="5001")
        namesakes[0].refresh_from_db()
        assert (made.unit.get_parent(), made.unit.name, made.person.name) == (unit, DEPARTMENT, "李雷")
        assert (namesakes[0].phone, Person.objects.filter(name__in=["王伟", "韩梅梅"]).count()) == ("+8613800000002", 2)

        sheet = activation_sheet(admin, tmp_path)
        [slip] = printed_slips(sheet, tmp_path)
        [printed] = [line for line in slip.lines if re.fullmatch(CODE, line)]
        assert slip.lines[0] == "李雷"

        page = scan(phone, slip.link, printed, FIRST)
        page.wait_for_url("**/account/details/")
        expect(page.locator(".facts")).to_contain_text("5001")
        assert phone.width_needed() == PHONE["width"]
        found |= violations(phone, "what is entered about me")
        page.fill("textarea[name=text]", "我在CT室工作。")
        page.locator("button[name=answer][value=object]").click()
        expect(page.locator("section[aria-labelledby=objections]")).to_contain_text("我在CT室工作。")

        desk = admin.open("/zh-hans/manage/objections/")
        found |= violations(admin, "objections")
        card = desk.locator("article", has_text="我在CT室工作。")
        card.locator("textarea[name=answer]").fill("已更正为CT室。")
        card.locator("button[type=submit]").click()
        expect(desk.locator("main")).to_contain_text("已更正为CT室。")
        page.goto("/zh-hans/account/details/")
        expect(page.locator("section[aria-labelledby=objections]")).to_contain_text("已更正为CT室。")

        admin.open(f"/zh-hans/manage/people/{made.person.public_id}/code/")
        desk.locator("button[name=send][value=show]").click()
        code = desk.locator(".code-slip code").inner_text()
        # The reset has signed the phone out; it comes back with the new code, then with the new password.
        page.goto("/zh-hans/account/profile/")
        page.wait_for_url(lambda url: "/account/login/" in url)
        activate(phone, code, SECOND)
        expect(page.locator("details.account")).to_be_attached()
        assert phone.width_needed() == PHONE["width"]

    with visit(live_site.url, viewport=PHONE) as again:
        again.sign_in(PHONE_NUMBER, SECOND)
        again.open("/zh-hans/account/details/")
    assert found == {}
