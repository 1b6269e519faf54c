"""A sheet of projects: every row as it will be, bad rows by place, all or nothing, undone until used."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from cms.shared.errors import OutOfScope
from credits.models import Project, ProjectImport
from credits.services import project_imports, projects
from credits.services.project_imports import imports
from organisations.enums import Deed, Role
from organisations.models import AuditEvent, Person
from tests.factories.credits import ProjectFactory, entry
from tests.factories.organisations import NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]

HEAD = [
    "年度", "项目编号", "项目名称", "二级学科", "级别", "举办类型", "起止时间", "理论学时", "实践学时", "总学时",
    "学分", "拟招人数", "负责人（电话）", "联系电话", "举办单位", "备注",
]  # fmt: skip
GOOD = [
    "2026", "2026-09-01-001 (国)", "CT 低剂量扫描", "影像医学", "国家级", "推荐", "2026-05-10 至 2026-05-20", "12", "6",
    "18", "6分", "60人", "王主任 13812345678", "0371-66666666", "省学会", "",
]  # fmt: skip


@pytest.fixture(autouse=True)
def english() -> Any:
    with override("en"):
        yield


def keeper() -> Person:
    return RoleGrantFactory(role=Role.PROVINCE_REVIEWER, node=NodeFactory(), begins=date(2020, 1, 1)).person


def row(**changes: str) -> list[str]:
    """GOOD with other cells, by heading."""
    return [changes.get(heading, cell) for heading, cell in zip(HEAD, GOOD, strict=True)]


def as_csv(*lines: list[str]) -> SimpleUploadedFile:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return SimpleUploadedFile("projects.csv", text.getvalue().encode("gb18030"))


def sent(by: Person, *lines: list[str], head: list[str] = HEAD) -> ProjectImport:
    return project_imports.receive(by=by, upload=as_csv(head, *lines))


def entered(by: Person, job: ProjectImport, *, leave_out: bool = False) -> ProjectImport:
    seen = project_imports.fingerprint(project_imports.findings(job))
    return project_imports.apply(by=by, job=job, seen=seen, leave_out=leave_out)


def test_sheet_is_read_as_it_will_be_and_no_phone_is_kept() -> None:
    job = sent(keeper(), GOOD, ["合计", "", "", "", "", "", "", "12", "6", "18", "6", "", "", "", "", ""])
    assert "13812345678" not in str(job.rows)
    assert "66666666" not in str(job.rows)
    [found] = project_imports.findings(job)
    assert (found.action, found.row, found.troubles) == ("new", 2, ())
    told = found.stated
    assert (told.number, told.year, told.level, told.kind) == ("2026-09-01-001 (国)", 2026, "national", "recommended")
    assert (told.begins, told.ends) == (date(2026, 5, 10), date(2026, 5, 20))
    assert (told.hours, told.credits, told.quota, told.person_in_charge) == (Decimal(18), Decimal(6), 60, "王主任")
    assert Project.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"总学时": "20"}, "总学时", "make 18, but the total says 20"),
        ({"理论学时": "-1"}, "理论学时", "This is never negative."),
        ({"起止时间": "2026-05-20 至 2026-05-10"}, "起止时间", "The last day lies before the first one"),
        ({"起止时间": "2026-02-30"}, "起止时间", "“2026-02-30” cannot be read here."),
        ({"拟招人数": "若干"}, "拟招人数", "“若干” cannot be read here."),
        ({"年度": "2026.5"}, "年度", "cannot be read here."),
        ({"级别": "银河级"}, "级别", "“银河级” is not in the list."),
        ({"项目名称": ""}, "项目名称", "This is needed."),
        ({"项目编号": ""}, "项目编号", "This is needed."),
    ],
)
def test_wrong_row_is_named_by_its_column_with_the_reason(changes: dict[str, str], column: str, words: str) -> None:
    by = keeper()
    job = sent(by, GOOD, row(**{"项目编号": "2"} | changes))
    right, wrong = project_imports.findings(job)
    assert (right.action, wrong.action, wrong.row) == ("new", "wrong", 3)
    assert [trouble.column for trouble in wrong.troubles] == [column]
    assert words in wrong.troubles[0].text
    with pytest.raises(imports.RowsWrong):
        entered(by, job)
    assert (Project.objects.count(), ProjectImport.objects.get().state) == (0, "waiting")
    done = entered(by, job, leave_out=True)
    assert (done.added, done.left_out, Project.objects.get().number) == (1, 1, GOOD[1])


def test_rows_of_several_sheets_are_named_by_sheet_and_row() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for name, number in (("国家级", "1"), ("省级", "1")):
            page = book.add_worksheet(name)
            page.write_row(0, 0, ["2026 年项目一览表"])
            page.write_row(1, 0, HEAD)
            page.write_row(2, 0, row(项目编号=number))
        book.add_worksheet("说明").write_string(0, 0, "请勿修改")
    upload = SimpleUploadedFile("projects.xlsx", file.getvalue())
    job = project_imports.receive(by=keeper(), upload=upload)
    found = project_imports.findings(job)
    assert [(one.sheet, one.row, one.action.value) for one in found] == [("国家级", 3, "new"), ("省级", 3, "wrong")]
    text = "The same number stands in row 国家级 3 already. Delete one of the two rows."
    assert [(trouble.column, trouble.text) for trouble in found[1].troubles] == [("项目编号", text)]


def test_project_that_is_there_is_changed_by_what_the_row_tells_alone() -> None:
    by = keeper()
    stated = project_imports.findings(sent(by, GOOD))[0].stated
    project = projects.add(by=by, stated=stated)
    same = sent(by, GOOD)
    assert [one.action.value for one in project_imports.findings(same)] == ["same"]
    with pytest.raises(imports.NothingToEnter):
        entered(by, same)
    job = sent(by, row(项目编号="2026-09-01-001（国）", 理论学时="14", 总学时="", 备注="增补", 拟招人数=""))
    [found] = project_imports.findings(job)
    assert [(one.label, one.before, one.after) for one in found.differences] == [
        ("Hours of theory", "12", "14"),
        ("Hours in total", "18", "20"),
        ("Remark", "—", "增补"),
    ]
    done = entered(by, job)
    project.refresh_from_db()
    assert (project.number, project.hours, project.quota, done.changed) == (GOOD[1], Decimal(20), 60, 1)
    project_imports.undo(by=by, job=done)
    project.refresh_from_db()
    assert (project.stated, ProjectImport.objects.get(pk=job.pk).state) == (stated, "undone")


@pytest.mark.parametrize(("days", "kept"), [("2026-05-10 至 2026-05-20", 3), ("2026-05-10 至 2026-05-11", None)])
def test_days_of_teaching_stay_where_they_still_fit(days: str, kept: int | None) -> None:
    ProjectFactory(number=GOOD[1], begins=date(2026, 5, 10), ends=date(2026, 5, 20), days=3)
    [found] = project_imports.findings(sent(keeper(), row(起止时间=days)))
    assert (found.action, found.stated.days) == ("change", kept)


def test_what_was_looked_at_is_what_is_entered() -> None:
    by = keeper()
    job = sent(by, GOOD)
    seen = project_imports.fingerprint(project_imports.findings(job))
    ProjectFactory(number=GOOD[1])
    with pytest.raises(imports.Moved):
        project_imports.apply(by=by, job=job, seen=seen, leave_out=False)
    assert ProjectImport.objects.get().state == "waiting"
    entered(by, job)
    with pytest.raises(imports.NotWaiting):
        project_imports.apply(by=by, job=job, seen=seen, leave_out=False)


def test_import_is_undone_until_one_of_its_projects_is_used() -> None:
    by = keeper()
    first = entered(by, sent(by, GOOD, row(项目编号="2")))
    assert (first.rows, Project.objects.count()) == ([], 2)
    project_imports.undo(by=by, job=first)
    assert Project.objects.count() == 0
    second = entered(by, sent(by, GOOD, row(项目编号="2")))
    entry(on=date(2026, 5, 12), project=Project.objects.get(number=GOOD[1]))
    with pytest.raises(imports.InUse) as raised:
        project_imports.undo(by=by, job=second)
    assert str(raised.value).startswith(f"The project {GOOD[1]} is in use or was changed since")
    assert (Project.objects.count(), ProjectImport.objects.get(pk=second.pk).state) == (2, "applied")
    verbs = ["send", "apply", "undo", "send", "apply"]
    told = AuditEvent.objects.filter(verb__startswith="credits.project_import.").order_by("pk")
    assert [event.verb.rpartition(".")[2] for event in told] == verbs
    assert AuditEvent.objects.filter(verb=Deed.PROJECT_ADD).count() == 4
    assert AuditEvent.objects.filter(verb=Deed.PROJECT_REMOVE).count() == 2


def test_granted_places_hold_against_a_sheet_too() -> None:
    by = keeper()
    entered(by, sent(by, GOOD))
    project = Project.objects.get()
    for _ in range(2):
        entry(on=date(2026, 5, 12), project=project)
    [found] = project_imports.findings(sent(by, row(拟招人数="1")))
    assert (found.action, found.troubles[0].column) == ("wrong", "拟招人数")
    assert found.troubles[0].text.startswith("2 people have a place already")


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (SimpleUploadedFile("a.csv", b""), "roster_empty_file"),
        (SimpleUploadedFile("a.csv", "姓名,工号\n李雷,1\n".encode()), "roster_no_header"),
        (SimpleUploadedFile("a.xlsx", b"PK\x03\x04broken"), "roster_damaged"),
        (SimpleUploadedFile("a.pdf", b"%PDF-1.4"), "roster_not_a_table"),
    ],
)
def test_file_that_cannot_be_read_says_why_and_leaves_nothing(upload: Any, code: str) -> None:
    client = Client()
    client.force_login(keeper(), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(reverse("manage:project_imports"), {"file": upload})
    assert (answer.status_code, ProjectImport.objects.count()) == (400, 0)
    with pytest.raises(imports.SheetUnreadable) as raised:
        upload.seek(0)
        project_imports.receive(by=keeper(), upload=upload)
    assert (raised.value.code, len(answer.context["form"].errors)) == (code, 1)


def test_sheet_is_sent_mapped_and_entered_on_its_pages() -> None:
    client = Client()
    by = keeper()
    client.force_login(by, backend="django.contrib.auth.backends.ModelBackend")
    head = ["X1" if heading == "项目名称" else heading for heading in HEAD]
    answer = client.post(reverse("manage:project_imports"), {"file": as_csv(head, GOOD, row(项目编号="2", 总学时="7"))})
    job = ProjectImport.objects.get()
    path = reverse("manage:project_import", args=[job.public_id])
    assert (answer.status_code, answer["Location"]) == (302, path)
    page = client.get(path)
    assert [(value, count) for value, _label, count in page.context["counts"]] == [
        ("wrong", 2), ("new", 0), ("change", 0), ("same", 0),
    ]  # fmt: skip
    columns = {name: field.initial for name, field in page.context["columns"].fields.items()}
    place = f"column_{head.index('X1')}"
    number = f"column_{head.index('项目编号')}"
    mapped = reverse("manage:project_import_columns", args=[job.public_id])
    twice = client.post(mapped, columns | {number: "title", place: "title"})
    assert twice.status_code == 400
    said = "Two columns are read as “Title”. Choose it for one of them only."
    assert twice.context["columns"].non_field_errors() == [said]
    assert client.post(mapped, columns | {place: "title"}).status_code == 302
    page = client.get(path, {"kind": "wrong"})
    assert page.content.decode().count("Row 3") == 1
    decide = reverse("manage:project_import_decide", args=[job.public_id])
    wish = {"do": "apply", "seen": page.context["seen"]}
    refused = client.post(decide, wish, follow=True)
    assert [str(message) for message in refused.context["messages"]] == [
        "Some rows are wrong. Correct the sheet and send it again, or tick that they are left out."
    ]
    done = client.post(decide, wish | {"leave_out": "1"}, follow=True)
    assert [str(message) for message in done.context["messages"]] == ["1 project is entered."]
    assert client.post(decide, {"do": "undo"}, follow=True).context["is_applied"] is False
    assert Project.objects.count() == 0
    assert client.post(decide, {"do": "elsewhere"}).status_code == 400


def test_only_who_keeps_the_register_sends_sheets() -> None:
    for person in (PersonFactory(), RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR).person):
        with pytest.raises(OutOfScope):
            sent(person, GOOD)


def test_sheets_that_nobody_entered_go_after_a_month() -> None:
    by = keeper()
    old, young, done = sent(by, GOOD), sent(by, GOOD), entered(by, sent(by, GOOD))
    month = timezone.now() - timedelta(days=31)
    ProjectImport.objects.filter(pk__in=[old.pk, done.pk]).update(sent_at=month)
    assert project_imports.erase_old() == 1
    assert sorted(ProjectImport.objects.values_list("pk", flat=True)) == sorted([young.pk, done.pk])
