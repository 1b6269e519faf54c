import io
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import openpyxl
import pytest
from django.utils import timezone, translation

from cms.shared import errors
from cms.shared.storage import private_storage
from organisations.enums import Role, SheetChoice
from organisations.models import Activation, ActivationSheet, AuditEvent, Node, Notification, Person
from organisations.services import activation, people, sheets
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.paper import printed_slips

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Node:
    return NodeFactory(name="示范医院", code="D1")


@pytest.fixture
def admin(unit: Node) -> Person:
    person = EmploymentFactory(unit=unit, person__name="管理员").person
    RoleGrantFactory(person=person, node=unit, role=Role.UNIT_CREDIT_ADMINISTRATOR)
    return person


def newcomer(unit: Node, name: str, department: str = "CT室", staff_number: str = "2019-0077") -> Person:
    username = f"n{Person.objects.count()}"
    person = people.create_person(by=None, username=username, name=name)
    EmploymentFactory(unit=unit, person=person, department=department, staff_number=staff_number)
    return person


def made(admin: Person, unit: Node, **wanted: Any) -> ActivationSheet:
    wanted = {"choice": SheetChoice.UNCODED, "file_format": "xlsx"} | wanted
    sheet = sheets.request_sheet(by=admin, unit=unit, **wanted)
    sheets.run_sheet(sheet.pk)
    sheet.refresh_from_db()
    assert (sheet.state, sheet.last_words) == ("done", "")
    return sheet


def content(sheet: ActivationSheet) -> bytes:
    with private_storage().open(sheet.file.name) as file:
        return file.read()


def rows_of(sheet: ActivationSheet) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(content(sheet))).active.iter_rows(values_only=True))


def text_of(sheet: ActivationSheet, path: Path) -> str:
    path.write_bytes(content(sheet))
    command = ["pdftotext", "-layout", str(path), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_excel_sheet_holds_one_working_code_a_person_by_department(admin: Person, unit: Node) -> None:
    newcomer(unit, "王伟", "磁共振室", "0042")
    newcomer(unit, "李娜", "CT室", "2019-0077")
    sheet = made(admin, unit, language="en")
    head, *rows = rows_of(sheet)
    day = (timezone.localtime() + timedelta(days=30)).date().isoformat()
    address = "http://127.0.0.1:8000/en/account/activate/"
    assert head == (
        "Place of work",
        "Department",
        "Name",
        "Staff number",
        "Activation code",
        "Address to sign in",
        "Valid until",
    )
    assert [row[:4] + row[5:] for row in rows] == [
        ("示范医院", "CT室", "李娜", "***77", address, day),
        ("示范医院", "磁共振室", "王伟", "***42", address, day),
    ]
    opened = [activation.activate(code=row[4], password="gradient-coil-55").name for row in rows]
    assert opened == [row[2] for row in rows]
    assert sorted(Activation.objects.values_list("sheet", "issued_by")) == [(sheet.pk, admin.pk)] * 2
    assert list(Notification.objects.filter(person=admin).values_list("kind", flat=True)) == ["sheet_ready"]


def test_pdf_sheet_shows_name_code_and_validity(admin: Person, unit: Node, tmp_path: Path) -> None:
    newcomer(unit, "王伟")
    sheet = made(admin, unit, file_format="pdf")
    text = text_of(sheet, tmp_path / "sheet.pdf")
    [code] = [word for word in text.split() if word.count("-") == 2 and not word.startswith("20")]
    assert ("王伟" in text, "***77" in text, "示范医院 · CT室" in text) == (True, True, True)
    assert activation.activate(code=code, password="gradient-coil-55").name == "王伟"


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_code_of_the_pdf_leads_its_person_in(admin: Person, unit: Node, tmp_path: Path, language: str) -> None:
    """Eleven slips on three pages; what a camera reads is the code that is printed beside the name, and opens it."""
    names = [f"技师{sign}" for sign in "甲乙丙丁戊己庚辛壬"]
    for name in names:
        newcomer(unit, name)
    for name in ("王伟", "李娜"):
        newcomer(unit, name, "磁共振室")
    sheet = made(admin, unit, file_format="pdf", language=language)
    pdf = tmp_path / "sheet.pdf"
    pdf.write_bytes(content(sheet))
    slips = printed_slips(pdf, tmp_path)
    address = f"http://127.0.0.1:8000/{language}/account/activate/"
    addresses, shown = [], {}
    for slip in slips:
        found, _, code = slip.link.partition("#code=")
        addresses.append(found)
        shown[slip.lines[0]] = (activation.spaced(unquote(code)) in slip.lines, address in "".join(slip.lines))
    assert shown == dict.fromkeys([*names, "王伟", "李娜"], (True, True))
    assert addresses == [address] * 11
    for slip in slips:
        person = activation.activate(code=unquote(slip.link.partition("#code=")[2]), password="gradient-coil-55")
        assert person.name == slip.lines[0]


def test_choices_take_in_who_they_say(admin: Person, unit: Node) -> None:
    coded, plain, elsewhere = newcomer(unit, "甲"), newcomer(unit, "乙"), newcomer(NodeFactory(), "丙")
    left = newcomer(unit, "丁")
    left.employments.update(ends=timezone.localdate())
    activation.issue(by=None, person=coded)
    EmploymentFactory(unit=unit)  # has a password

    def chosen(choice: str, **more: Any) -> list[str]:
        sheet = sheets.request_sheet(by=admin, unit=unit, choice=choice, file_format="pdf", **more)
        return sorted(Person.objects.filter(pk__in=sheet.chosen).values_list("name", flat=True))

    assert chosen(SheetChoice.UNCODED) == ["乙"]
    assert chosen(SheetChoice.NEVER) == ["乙", "甲"]
    everybody = [person.public_id for person in (coded, elsewhere, left, admin)]
    assert chosen(SheetChoice.SELECTED, chosen=everybody) == ["甲"]
    with pytest.raises(sheets.NobodyToActivate):
        chosen(SheetChoice.NEVER, department="放射科")
    assert plain.pk not in Activation.objects.values_list("person", flat=True)


def test_same_request_in_waiting_is_one_sheet(admin: Person, unit: Node) -> None:
    newcomer(unit, "甲")
    wanted = {"by": admin, "unit": unit, "choice": SheetChoice.UNCODED}
    first = sheets.request_sheet(**wanted, file_format="pdf")
    assert sheets.request_sheet(**wanted, file_format="pdf") == first
    assert sheets.request_sheet(**wanted, file_format="xlsx") != first
    assert AuditEvent.objects.filter(verb="activation_sheet.request").count() == 2


def test_sheet_leaves_out_accounts_with_greater_powers(admin: Person, unit: Node) -> None:
    RoleGrantFactory(person=newcomer(unit, "系统"), role=Role.SYSTEM_ADMINISTRATOR, node=unit)
    with pytest.raises(sheets.NobodyToActivate):
        sheets.request_sheet(by=admin, unit=unit, choice=SheetChoice.UNCODED, file_format="pdf")


def test_sheet_is_for_ones_own_units_only(admin: Person) -> None:
    other = NodeFactory()
    newcomer(other, "甲")
    with pytest.raises(errors.OutOfScope):
        sheets.request_sheet(by=admin, unit=other, choice=SheetChoice.UNCODED, file_format="pdf")


def test_sheet_of_too_many_says_what_to_do(admin: Person, unit: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_PEOPLE", 1)
    for name in "甲乙":
        newcomer(unit, name)
    with pytest.raises(sheets.TooManyForOneSheet) as caught:
        sheets.request_sheet(by=admin, unit=unit, choice=SheetChoice.UNCODED, file_format="pdf")
    with translation.override("en"):
        assert "at most 1 people; these are 2" in str(caught.value)


def test_new_sheet_ends_earlier_codes_only_when_it_is_finished(admin: Person, unit: Node) -> None:
    newcomer(unit, "甲")
    first = made(admin, unit)
    waiting = sheets.request_sheet(by=admin, unit=unit, choice=SheetChoice.NEVER, file_format="xlsx")

    def good() -> list[int]:
        rows = Activation.objects.filter(used_at=None, expires_at__gt=timezone.now())
        return list(rows.values_list("sheet", flat=True))

    assert good() == [first.pk]
    sheets.run_sheet(waiting.pk)
    assert good() == [waiting.pk]
    with pytest.raises(activation.UnusableCode):
        activation.activate(code=rows_of(first)[1][4], password="gradient-coil-55")


def test_slip_of_somebody_who_got_in_meanwhile_opens_nothing(admin: Person, unit: Node) -> None:
    person = newcomer(unit, "甲")
    sheet = sheets.request_sheet(by=admin, unit=unit, choice=SheetChoice.UNCODED, file_format="xlsx")
    person.set_password("gradient-coil-55")
    person.save()
    sheets.run_sheet(sheet.pk)
    assert Activation.objects.count() == 0


def test_failed_sheet_ends_nobodys_code_and_leaves_no_file(
    admin: Person, unit: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = newcomer(unit, "甲")
    code = activation.issue(by=None, person=person)
    sheet = sheets.request_sheet(by=admin, unit=unit, choice=SheetChoice.NEVER, file_format="xlsx")

    def refuse(**_fields: Any) -> None:
        raise OSError("no room")

    monkeypatch.setattr(activation, "keep", refuse)
    sheets.run_sheet(sheet.pk)
    sheet.refresh_from_db()
    assert (sheet.state, sheet.attempt, sheet.file.name) == ("queued", 1, "")
    assert private_storage().exists(f"sheets/{sheet.public_id.hex[:2]}/{sheet.public_id}/1.xlsx") is False
    assert activation.activate(code=code, password="gradient-coil-55") == person


def test_file_goes_to_its_requester_and_is_logged(admin: Person, unit: Node) -> None:
    newcomer(unit, "甲")
    sheet = made(admin, unit)
    colleague = RoleGrantFactory(node=unit, role=Role.UNIT_CREDIT_ADMINISTRATOR).person
    with pytest.raises(sheets.NotYourSheet):
        sheets.own_sheet(by=colleague, public_id=sheet.public_id)
    assert sheets.own_sheet(by=admin, public_id=sheet.public_id) == sheet
    with sheets.open_file(by=admin, sheet=sheet) as file:
        assert file.read(2) == b"PK"
    assert AuditEvent.objects.filter(verb="activation_sheet.download").count() == 1
    admin.role_grants.update(ends=timezone.localdate())
    with pytest.raises(errors.OutOfScope):
        sheets.open_file(by=admin, sheet=sheet)


def test_file_is_deleted_when_asked_and_after_seven_days(
    admin: Person, unit: Node, django_capture_on_commit_callbacks: Any
) -> None:
    newcomer(unit, "甲")
    asked, old = made(admin, unit), made(admin, unit, choice=SheetChoice.NEVER)
    names = [asked.file.name, old.file.name]
    with django_capture_on_commit_callbacks(execute=True):
        assert (sheets.erase(by=admin, sheet=asked), sheets.erase(by=admin, sheet=asked)) == (True, False)
        assert sheets.erase_old() == 0
        ActivationSheet.objects.update(finished_at=timezone.now() - timedelta(days=7, seconds=1))
        assert sheets.erase_old() == 1
    assert [private_storage().exists(name) for name in names] == [False, False]
    old.refresh_from_db()
    with pytest.raises(sheets.SheetNotThere):
        sheets.open_file(by=admin, sheet=old)
    assert Activation.objects.filter(used_at=None, expires_at__gt=timezone.now()).count() == 1


def test_database_holds_no_code_of_a_sheet(admin: Person, unit: Node) -> None:
    newcomer(unit, "甲")
    code = rows_of(made(admin, unit))[1][4]
    kept = str([list(model.objects.values()) for model in (Activation, ActivationSheet, AuditEvent, Notification)])
    assert [form for form in (code, code.replace("-", "")) if form in kept] == []


def test_inactive_people_and_oneself_get_no_slip(admin: Person, unit: Node) -> None:
    gone = newcomer(unit, "甲")
    Person.objects.filter(pk=gone.pk).update(is_active=False)
    admin.set_unusable_password()
    admin.save()
    with pytest.raises(sheets.NobodyToActivate):
        sheets.request_sheet(by=admin, unit=unit, choice=SheetChoice.NEVER, file_format="pdf")
    assert PersonFactory().is_active
