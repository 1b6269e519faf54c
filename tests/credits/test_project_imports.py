"""A sheet of projects: every row as it will be, bad rows by place, all or nothing, undone until used."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from cms.shared.errors import OutOfScope
from credits import registry
from credits.models import Project, ProjectImport
from credits.selectors import project_imports as selectors
from credits.services import project_imports, projects
from credits.services.project_imports import blank, imports
from organisations.deeds import Deed
from organisations.enums import NodeKind, Role
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


def run(job: ProjectImport) -> ProjectImport:
    """What a worker does with it."""
    project_imports.run_project_import(job.pk)
    job.refresh_from_db()
    return job


def sent(by: Person, *lines: list[str], head: list[str] = HEAD) -> ProjectImport:
    job = run(project_imports.receive(by=by, upload=as_csv(head, *lines)))
    assert job.import_stage == "waiting"
    return job


def rows(job: ProjectImport) -> list[tuple[int, str, list[str]]]:
    """Number of the row, what it would be, and the words of what is wrong."""
    views = [project_imports.row_view(job, one) for one in selectors.rows_of(job)]
    return [(one.row.row_number, one.row.action, [text for _column, text in one.troubles]) for one in views]


def entered(by: Person, job: ProjectImport, *, leave_out: bool = False) -> ProjectImport:
    return run(project_imports.apply(by=by, job=job, seen=job.fingerprint, leave_out=leave_out))


def undone(by: Person, job: ProjectImport) -> ProjectImport:
    return run(project_imports.undo(by=by, job=job))


def test_sheet_is_read_as_it_will_be_and_no_phone_is_kept() -> None:
    job = sent(keeper(), GOOD, ["合计", "", "", "", "", "", "", "12", "6", "18", "6", "", "", "", "", ""])
    kept = str(list(job.rows.values()))
    assert "13812345678" not in kept
    assert "66666666" not in kept
    [found] = project_imports.findings(job)
    assert (found.action, found.row.row_number, found.troubles) == ("new", 2, ())
    assert (job.counts, job.file.name) == ({"wrong": 0, "new": 1, "change": 0, "same": 0}, "")
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
    right, wrong = selectors.rows_of(job)
    assert (right.action, wrong.action, wrong.row_number) == ("new", "wrong", 3)
    [(heading, said)] = project_imports.row_view(job, wrong).troubles
    assert (heading, words in said) == (column, True)
    with pytest.raises(imports.RowsWrong):
        entered(by, job)
    assert (Project.objects.count(), ProjectImport.objects.get().import_stage) == (0, "waiting")
    done = entered(by, job, leave_out=True)
    assert (done.added, done.wrong, Project.objects.get().number) == (1, 1, GOOD[1])


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
    job = run(project_imports.receive(by=keeper(), upload=upload))
    found = list(selectors.rows_of(job))
    assert [(one.sheet, one.row_number, one.action) for one in found] == [("国家级", 3, "new"), ("省级", 3, "wrong")]
    text = "The same number stands in row 国家级 3 already. Delete one of the two rows."
    assert project_imports.row_view(job, found[1]).troubles == [("项目编号", text)]


def test_project_that_is_there_is_changed_by_what_the_row_tells_alone() -> None:
    by = keeper()
    stated = project_imports.findings(sent(by, GOOD))[0].stated
    project = projects.add(by=by, stated=stated)
    same = sent(by, GOOD)
    assert rows(same) == [(2, "same", [])]
    with pytest.raises(imports.NothingToEnter):
        entered(by, same)
    job = sent(by, row(项目编号="2026-09-01-001（国）", 理论学时="14", 总学时="", 备注="增补", 拟招人数=""))
    [found] = selectors.rows_of(job)
    assert project_imports.row_view(job, found).differences == [
        ("Hours of theory", "12", "14"),
        ("Hours in total", "18", "20"),
        ("Remark", "—", "增补"),
    ]
    done = entered(by, job)
    project.refresh_from_db()
    assert (project.number, project.hours, project.quota, done.changed) == (GOOD[1], Decimal(20), 60, 1)
    assert undone(by, done).import_stage == "undone"
    project.refresh_from_db()
    assert project.stated == stated


@pytest.mark.parametrize(("days", "kept"), [("2026-05-10 至 2026-05-20", 3), ("2026-05-10 至 2026-05-11", None)])
def test_days_of_teaching_stay_where_they_still_fit(days: str, kept: int | None) -> None:
    ProjectFactory(number=GOOD[1], begins=date(2026, 5, 10), ends=date(2026, 5, 20), days=3)
    [found] = project_imports.findings(sent(keeper(), row(起止时间=days)))
    assert (found.action, found.stated.days) == ("change", kept)


def test_what_was_looked_at_is_what_is_entered() -> None:
    by = keeper()
    job = sent(by, GOOD)
    seen = job.fingerprint
    ProjectFactory(number=GOOD[1])
    moved = entered(by, job)
    assert (moved.import_stage, moved.state, moved.written, Project.objects.count()) == ("waiting", "failed", [], 1)
    assert project_imports.why(moved).startswith("The register has changed since you looked.")
    assert rows(moved) == [(2, "change", [])]
    with pytest.raises(imports.Moved):
        project_imports.apply(by=by, job=job, seen=seen, leave_out=False)
    assert entered(by, moved).import_stage == "applied"
    with pytest.raises(imports.NotWaiting):
        project_imports.apply(by=by, job=job, seen=moved.fingerprint, leave_out=False)


def test_import_is_undone_until_one_of_its_projects_is_used() -> None:
    by = keeper()
    first = entered(by, sent(by, GOOD, row(项目编号="2")))
    assert (first.rows.count(), Project.objects.count()) == (0, 2)
    undone(by, first)
    assert Project.objects.count() == 0
    second = entered(by, sent(by, GOOD, row(项目编号="2")))
    entry(on=date(2026, 5, 12), project=Project.objects.get(number=GOOD[1]))
    second = undone(by, second)
    assert project_imports.why(second).startswith(f"The project {GOOD[1]} is in use or was changed since")
    assert (Project.objects.count(), second.import_stage, second.state) == (2, "applied", "failed")
    verbs = ["send", "apply", "undo", "send", "apply", "undo"]
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
    job = sent(by, row(拟招人数="1"))
    [found] = selectors.rows_of(job)
    [(column, text)] = project_imports.row_view(job, found).troubles
    assert (found.action, column) == ("wrong", "拟招人数")
    assert text.startswith("2 people have a place already")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "roster_empty_file"),
        ("a.csv", "姓名,工号\n李雷,1\n".encode(), "roster_no_header"),
        ("a.xlsx", b"PK\x03\x04broken", "roster_damaged"),
        ("a.pdf", b"%PDF-1.4", "roster_not_a_table"),
    ],
)
def test_file_that_cannot_be_read_says_why(name: str, content: bytes, code: str) -> None:
    """At once where the first bytes tell it, else on the sheet's page; nothing is kept of the file."""
    client, by = Client(), keeper()
    client.force_login(by, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(reverse("manage:project_imports"), {"file": SimpleUploadedFile(name, content)})
    job = ProjectImport.objects.first()
    if job is None:
        assert (answer.status_code, len(answer.context["form"].errors)) == (400, 1)
        with pytest.raises(imports.SheetUnreadable) as raised:
            project_imports.receive(by=by, upload=SimpleUploadedFile(name, content))
        assert raised.value.code == code
        return
    run(job)
    assert (job.import_stage, job.state, job.error_code, job.file.name) == ("unreadable", "failed", code, "")
    page = client.get(reverse("manage:project_import", args=[job.public_id]))
    assert page.context["why"] == project_imports.why(job) != ""
    decide = reverse("manage:project_import_decide", args=[job.public_id])
    assert client.post(decide, {"do": "discard"}).status_code == 302
    assert ProjectImport.objects.count() == 0


def test_too_many_rows_are_said_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports.rows, "MOST_ROWS", 1)
    job = run(project_imports.receive(by=keeper(), upload=as_csv(HEAD, GOOD, row(项目编号="2"))))
    assert (job.import_stage, project_imports.why(job)[:27]) == ("unreadable", "There are over 20,000 rows.")


def test_sheet_is_sent_mapped_and_entered_on_its_pages() -> None:
    client = Client()
    by = keeper()
    client.force_login(by, backend="django.contrib.auth.backends.ModelBackend")
    head = ["X1" if heading == "项目名称" else heading for heading in HEAD]
    answer = client.post(reverse("manage:project_imports"), {"file": as_csv(head, GOOD, row(项目编号="2", 总学时="7"))})
    job = ProjectImport.objects.get()
    path = reverse("manage:project_import", args=[job.public_id])
    assert (answer.status_code, answer["Location"]) == (302, path)
    assert client.get(path).context["is_running"] is True
    asked = client.get(reverse("manage:project_import_state", args=[job.public_id]))
    assert asked.json() == {"state": "queued", "progress": 0, "is_over": False}
    run(job)
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
    run(job)
    page = client.get(path, {"kind": "wrong"})
    assert page.content.decode().count("Row 3") == 1
    decide = reverse("manage:project_import_decide", args=[job.public_id])
    wish = {"do": "apply", "seen": job.fingerprint}
    refused = client.post(decide, wish, follow=True)
    assert [str(message) for message in refused.context["messages"]] == [
        "Some rows are wrong. Correct the sheet and send it again, or tick that they are left out."
    ]
    assert client.post(decide, wish | {"leave_out": "1"}, follow=True).context["is_running"] is True
    run(job)
    assert client.get(path).context["is_applied"] is True
    assert Project.objects.count() == 1
    client.post(decide, {"do": "undo"})
    run(job)
    assert client.get(path).context["is_undone"] is True
    assert Project.objects.count() == 0
    assert client.post(decide, {"do": "elsewhere"}).status_code == 400


def test_a_run_that_stopped_by_a_fault_is_tried_again() -> None:
    client, by = Client(), keeper()
    client.force_login(by, backend="django.contrib.auth.backends.ModelBackend")
    job = project_imports.receive(by=by, upload=as_csv(HEAD, GOOD))
    ProjectImport.objects.filter(pk=job.pk).update(state="failed", error_code="worker_lost")
    path = reverse("manage:project_import", args=[job.public_id])
    assert client.get(path).context["has_stopped"] is True
    decide = reverse("manage:project_import_decide", args=[job.public_id])
    client.post(decide, {"do": "again"})
    assert run(job).import_stage == "waiting"
    again = client.post(decide, {"do": "again"}, follow=True)
    assert [str(message) for message in again.context["messages"]] == [str(imports.NotWaiting())]


def test_page_reads_its_rows_in_as_many_statements_however_many_there_are() -> None:
    client, by = Client(), keeper()
    client.force_login(by, backend="django.contrib.auth.backends.ModelBackend")
    counts = []
    for number in (1, 3):
        job = sent(by, *(row(项目编号=f"{number}-{place}", 总学时="7") for place in range(number)))
        path = reverse("manage:project_import", args=[job.public_id])
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get(path).context["rows"]) == number
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_entering_and_undoing_take_as_many_statements_however_many_projects_are_added() -> None:
    by, counts = keeper(), []
    for number in (1, 4):
        job = sent(by, *(row(项目编号=f"{number}-{place}") for place in range(number)))
        project_imports.apply(by=by, job=job, seen=job.fingerprint, leave_out=False)
        with CaptureQueriesContext(connection) as entering:
            run(job)
        project_imports.undo(by=by, job=job)
        with CaptureQueriesContext(connection) as undoing:
            run(job)
        assert (job.import_stage, Project.objects.count()) == ("undone", 0)
        counts.append((len(entering), len(undoing)))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_empty_sheet_is_understood_and_offers_the_closed_lists(language: str, tmp_path: Path) -> None:
    with override(language):
        content = project_imports.blank_sheet()
        assert project_imports.blank_sheet() == content
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(content)
    read = imports.rows.read(path, path.name)
    assert (list(imports.rows.proposal(read.headings).values()), read.rows) == (list(blank.COLUMNS), [])
    sheet, how, allowed = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    assert [cell.value for cell in sheet[1]] == [cells[0].value for cells in how.iter_rows(min_row=2)]
    levels = [cells[0].value for cells in allowed.iter_rows(min_row=2) if cells[0].value]
    assert levels == [term.label(language) for term in registry.terms(registry.TermKind.LEVEL)]
    assert len(sheet.data_validations.dataValidation) == 3


def test_a_filled_in_empty_sheet_is_entered() -> None:
    by = keeper()
    book = openpyxl.load_workbook(io.BytesIO(project_imports.blank_sheet()))
    for column, (_zh, _en, example) in enumerate(blank.COLUMNS.values(), 1):
        book.worksheets[0].cell(2, column, example)
    book.worksheets[0].cell(2, 6, "National")
    file = io.BytesIO()
    book.save(file)
    job = run(project_imports.receive(by=by, upload=SimpleUploadedFile("filled.xlsx", file.getvalue())))
    assert rows(job) == [(2, "new", [])]
    assert entered(by, job).added == 1
    assert Project.objects.get().person_in_charge == "王某某"


def test_only_who_keeps_the_register_sends_sheets() -> None:
    for person in (PersonFactory(), RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR).person):
        with pytest.raises(OutOfScope):
            sent(person, GOOD)


@pytest.mark.parametrize(
    ("role", "is_top", "reads", "keeps"),
    [
        (Role.PROVINCE_REVIEWER, True, True, True), (Role.SYSTEM_ADMINISTRATOR, True, True, True),
        (Role.SYSTEM_ADMINISTRATOR, False, True, False), (Role.AUDITOR, True, True, False),
        (Role.UNIT_CREDIT_ADMINISTRATOR, True, False, False),
    ],
)  # fmt: skip
def test_sheets_are_read_by_some_and_kept_by_who_keeps_the_register(
    role: Role, is_top: bool, reads: bool, keeps: bool
) -> None:
    top = NodeFactory(kind=NodeKind.PROVINCE)
    job = sent(RoleGrantFactory(role=Role.PROVINCE_REVIEWER, node=top, begins=date(2020, 1, 1)).person, GOOD)
    node = top if is_top else NodeFactory(parent=top)
    client, own = Client(), [job.public_id]
    client.force_login(
        RoleGrantFactory(role=role, node=node, begins=date(2020, 1, 1)).person,
        backend="django.contrib.auth.backends.ModelBackend",
    )
    shown = [reverse("manage:project_imports")]
    shown += [reverse(f"manage:{name}", args=own) for name in ("project_import", "project_import_state")]
    assert [client.get(path).status_code for path in shown] == [200 if reads else 403] * 3
    assert client.get(reverse("manage:project_import_blank")).status_code == (200 if keeps else 403)
    mapping = {f"column_{number}": job.mapping.get(heading, "") for number, heading in enumerate(job.headings)}
    moved = client.post(reverse("manage:project_import_columns", args=own), mapping)
    run(job)
    wish = {"do": "apply", "seen": job.fingerprint}
    decided = client.post(reverse("manage:project_import_decide", args=own), wish)
    assert (moved.status_code, decided.status_code) == ((302, 302) if keeps else (403, 403))
    assert run(job).import_stage == ("applied" if keeps else "waiting")


def test_sheets_that_nobody_entered_go_after_a_month() -> None:
    by = keeper()
    old, young, done = sent(by, GOOD), sent(by, GOOD), entered(by, sent(by, GOOD))
    month = timezone.now() - timedelta(days=31)
    ProjectImport.objects.filter(pk__in=[old.pk, done.pk]).update(created_at=month)
    assert project_imports.erase_old() == 1
    assert sorted(ProjectImport.objects.values_list("pk", flat=True)) == sorted([young.pk, done.pk])
