"""The authority's list beside the book: read, compared both ways, taken over, taken back."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from cms.shared.errors import OutOfScope
from cms.shared.jobs import JobState
from credits.enums import ListKind, OfficialState
from credits.models import Entry, EntryStatus, OfficialList
from credits.selectors import standing
from credits.services import awards, official
from credits.services.official import rows
from organisations.enums import NodeKind, Role
from organisations.models import AuditEvent, Person
from tests.factories.credits import HENAN, ProjectFactory, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

HEADER = ["人员编号", "姓名", "身份证号", "项目编号", "名称", "起止日期", "学时", "学分", "审核状态", "审核时间"]
ON = date(2026, 11, 1)


def csv(*lines: list[str], header: list[str] = HEADER) -> SimpleUploadedFile:
    return SimpleUploadedFile("清单.csv", "\n".join(",".join(line) for line in [header, *lines]).encode("gb18030"))


class World:
    def __init__(self) -> None:
        self.hospital = NodeFactory(kind=NodeKind.HOSPITAL)
        self.keeper = self.holder(Role.UNIT_CREDIT_ADMINISTRATOR)
        self.person = self.works("001", "李雷")
        self.project = ProjectFactory(number="2026-09-01-001 (国)")

    def works(self, number: str, name: str) -> Person:
        person = PersonFactory(name=name)
        EmploymentFactory(person=person, unit=self.hospital, staff_number=number)
        return person

    def holder(self, role: Role) -> Person:
        person: Person = RoleGrantFactory(role=role, node=self.hospital, begins=date(2020, 1, 1)).person
        return person

    def send(self, upload: SimpleUploadedFile, **changes: Any) -> OfficialList:
        fields = {
            "by": self.keeper, "place": self.hospital, "rule_set_id": HENAN, "year": 2026,
            "default_state": OfficialState.REGISTERED, "on": ON, "upload": upload,
        }  # fmt: skip
        job = official.receive(**(fields | changes))
        official.run_official_list(job.pk)
        job.refresh_from_db()
        return job


@pytest.fixture
def world(rule_sets: None, db: None) -> World:
    return World()


def client(person: Person) -> Client:
    found = Client()
    found.force_login(person)
    return found


def address(name: str, *args: Any) -> str:
    with override("en"):
        return reverse(f"credits:{name}", args=args)


def findings(job: OfficialList) -> list[tuple[int | None, str, list[str]]]:
    return list(job.lines.values_list("number", "finding", "differences"))


def test_list_is_known_by_its_headings_below_a_title(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["河南省继续医学教育 2026 年度审核结果"])
    sheet.append(["人员编号", "姓名", "总 学 时", "总学分", "上报状态", "审核状态", "审核时间"])
    sheet.append(["00012", "韩 梅", 96, 25.5, "已上报", "审核通过", "2026年12月1日"])
    sheet.append(["00013", "李雷", "x", 3, "已上报", "待审核", ""])
    sheet.append(["", "", 10, 10])
    book.save(tmp_path / "a.xlsx")
    kind, found = rows.read(tmp_path / "a.xlsx", "a.xlsx")
    assert (kind, [(row.person_number, row.name, row.hours, row.credits) for row in found]) == (
        ListKind.PEOPLE,
        [("00012", "韩 梅", Decimal(96), Decimal("25.5")), ("00013", "李雷", None, Decimal(3))],
    )
    assert [(row.state, row.on, row.numbers_wrong) for row in found] == [
        ("registered", date(2026, 12, 1), ()),
        ("reported", None, ("hours",)),
    ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"reviewed": "审核不通过"}, "returned"),
        ({"reviewed": "未审核", "valid": "有效"}, "reported"),
        ({"valid": "无效"}, "returned"),
        ({"valid": "有效"}, "registered"),
        ({"reported": "已上报"}, "reported"),
        ({"reported": "未上报"}, ""),
        ({}, ""),
    ],
)
def test_state_is_what_the_row_says_and_never_guessed(said: dict[str, str], expected: str) -> None:
    assert rows.state_of(said) == expected


def test_comparison_shows_differences_both_ways_and_writes_nothing(world: World) -> None:
    person = world.person
    entry(person=person, minutes=180, project=world.project)
    entry(person=person, minutes=180, on=date(2026, 6, 1), title="院内读片会")
    entry(person=person, minutes=180, on=date(2026, 7, 1), title="只在这里")
    back = entry(person=person, on=date(2026, 8, 1), title="已撤回")
    awards.reverse(entry=back, by=None, reason="错")
    other = world.works("002", "韩梅")
    entry(person=other, title="他人活动")
    job = world.send(
        csv(
            ["001", "李雷", "", world.project.number, "别名", "2026-05-20至2026-05-20", "3", "1", "通过", "2026-10-01"],
            ["001", "李 雷", "", "", "院内 读片会", "2026.06.01", "6", "2", "退回", ""],
            ["001", "李雷", "", "", "只在省里", "2026-09-01", "3", "1", "审核通过", ""],
            ["999", "王芳", "", "", "外单位", "2026-09-01", "3", "1", "", ""],
            ["001", "韩梅", "", "", "他人活动", "2026-05-20", "3", "1", "", ""],
        )
    )  # fmt: skip
    assert (job.state, job.kind) == (JobState.DONE, ListKind.ENTRIES)
    assert findings(job) == [
        (5, "theirs", []),
        (6, "theirs", []),  # the number is 李雷's, the name is not
        (2, "same", []),
        (3, "different", ["hours", "credits"]),
        (4, "theirs", []),
        (None, "ours", []),
        (None, "ours", []),
    ]
    assert [(line.who, line.state, line.on) for line in job.lines.filter(number__in=[2, 3, 5])] == [
        ("王*", "registered", ON),
        ("", "registered", date(2026, 10, 1)),
        ("", "returned", ON),
    ]
    assert {line.ours["title"] for line in job.lines.filter(finding="ours")} == {"只在这里", "他人活动"}
    assert EntryStatus.objects.count() == 0


def test_same_lines_are_taken_over_once_and_taken_back(world: World) -> None:
    first = entry(person=world.person, minutes=180, project=world.project)
    second = entry(person=world.person, minutes=180, on=date(2026, 6, 1), title="院内读片会")
    official.mark_place(
        by=world.keeper, place=world.hospital, rule_set_id=HENAN, year=2026, on=date(2026, 9, 1), reference="上报-1"
    )
    job = world.send(
        csv(
            ["001", "李雷", "", world.project.number, "", "2026-05-20", "3", "1", "审核通过", ""],
            ["001", "李雷", "", "", "院内读片会", "2026-06-01", "6", "2", "审核通过", ""],
        )
    )
    assert [official.apply(by=world.keeper, job=job) for _ in range(2)] == [1, 0]
    year = standing(person=world.person, rule_set_id=HENAN, year=2026)
    assert (year.credits, year.credits_registered) == (Decimal(2), Decimal(1))
    different = job.lines.get(finding="different")
    assert official.apply(by=world.keeper, job=job, lines=[different.pk]) == 1
    states = EntryStatus.objects.order_by("pk").values_list("entry", "state", "reference")
    assert list(states)[2:] == [(first.pk, "registered", "清单.csv"), (second.pk, "registered", "清单.csv")]
    assert official.undo(by=world.keeper, job=job) == 2
    assert [line.official_state for line in standing(person=world.person, rule_set_id=HENAN, year=2026).lines] == [
        OfficialState.REPORTED,
        OfficialState.REPORTED,
    ]
    assert EntryStatus.objects.count() == 6  # nothing was removed


def test_yearly_totals_are_compared_with_the_judgement(world: World) -> None:
    entry(person=world.person, minutes=180)
    entry(person=world.person, minutes=180, on=date(2026, 6, 1))
    other = world.works("002", "韩梅")
    entry(person=other, minutes=180)
    world.works("003", "没有记录")
    header = ["人员编号", "姓名", "总学时", "总学分", "审核状态"]
    job = world.send(csv(["001", "李雷", "6", "2", "通过"], ["002", "韩梅", "90", "25", "通过"], header=header))
    assert (job.kind, findings(job)) == (
        ListKind.PEOPLE,
        [(2, "same", []), (3, "different", ["hours", "credits"])],
    )
    assert official.apply(by=world.keeper, job=job) == 2
    assert standing(person=world.person, rule_set_id=HENAN, year=2026).credits_registered == Decimal(2)
    assert standing(person=other, rule_set_id=HENAN, year=2026).credits_registered == Decimal(0)


def test_name_needs_an_id_number_that_may_be_theirs(world: World) -> None:
    world.person.set_id_number("410101199001011234")
    world.person.save()
    namesake = world.works("002", "李雷")
    namesake.set_id_number("410101198505054321")
    namesake.save()
    written = entry(person=world.person, minutes=180, title="读片会")
    line = ["读片会", "2026-05-20", "1"]
    header = ["姓名", "身份证号", "名称", "起止日期", "学分"]
    masked = world.send(csv(["李雷", "4101**********1234", *line], header=header))
    assert [found.entry_id for found in masked.lines.filter(finding="same")] == [written.pk]
    unknown = world.send(csv(["李雷", "", *line], header=header))
    assert unknown.lines.filter(number=2).values_list("finding", flat=True).get() == "unclear"


def test_marking_a_place_reports_what_is_not_reported_and_nothing_else(world: World) -> None:
    fresh = entry(person=world.person)
    registered = entry(person=world.person, on=date(2026, 6, 1))
    official.mark_chosen(by=world.keeper, entries=[registered], state=OfficialState.REGISTERED, on=ON, reference="R")
    entry(person=PersonFactory(), on=date(2026, 6, 1))
    entry(person=world.person, on=date(2025, 6, 1))
    counts = [
        official.mark_place(by=world.keeper, place=world.hospital, rule_set_id=HENAN, year=2026, on=ON, reference="B")
        for _ in range(2)
    ]
    assert counts == [1, 0]
    assert list(EntryStatus.objects.order_by("pk").values_list("entry", "state")) == [
        (registered.pk, "registered"),
        (fresh.pk, "reported"),
    ]


@pytest.mark.parametrize(
    ("content", "code"), [(b"\x00\x01\x02", "roster_not_a_table"), ("甲,乙\n1,2\n".encode(), "roster_no_header")]
)
def test_file_that_cannot_be_read_says_why(world: World, content: bytes, code: str) -> None:
    try:
        job = world.send(SimpleUploadedFile("a.csv", content))
    except official.ListUnreadable as error:
        assert error.code == code
    else:
        assert (job.state, job.error_code, job.lines.count()) == (JobState.FAILED, code, 0)


def test_pages_of_the_authoritys_book(world: World, django_assert_num_queries: Any) -> None:
    written = entry(person=world.person, minutes=180, project=world.project)
    http = client(world.keeper)
    fields = {"place": world.hospital.public_id, "year": 2026, "rule_set": HENAN, "on": "2026-11-01"}
    row = ["001", "李雷", "", world.project.number, "", "2026-05-20", "3", "1", "审核通过", ""]
    sent = {f"send-{name}": value for name, value in fields.items()}
    answer = http.post(address("official_send"), sent | {"send-default_state": "registered", "send-file": csv(row)})
    job = OfficialList.objects.get()
    page = address("official_list", job.public_id)
    assert (answer.status_code, answer["Location"]) == (302, page)
    official.run_official_list(job.pk)
    assert [client(who).get(page).status_code for who in (world.person, PersonFactory())] == [403, 403]
    stranger = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, begins=date(2020, 1, 1)).person
    auditor = client(world.holder(Role.AUDITOR))
    assert [http.get(page).status_code for http in (client(stranger), auditor)] == [404, 200]
    deeds = [address(name, job.public_id) for name in ("official_apply", "official_undo", "official_discard")]
    deeds += [address("official_send"), address("official_mark")]
    assert [auditor.post(deed).status_code for deed in deeds] == [403] * 5
    for read in (page, address("official")):
        pages = [http.get(read).content.decode().partition("<main")[2] for http in (http, auditor)]
        assert ["<form" in one for one in pages] == [True, False]
    with CaptureQueriesContext(connection) as one:
        http.get(page)
    queries = len(one)
    text = http.get(address("official_csv", job.public_id)).getvalue().decode()  # type: ignore[attr-defined]
    assert text.splitlines()[1] == (
        f'2,"In both, the same",,李雷,{world.project.number},,2026-05-20,2026-05-20,3,1,'
        f"{world.project.number},{written.title},2026-05-20,2026-05-20,3,1,to be verified,"
        "Registered by the authority,no"
    )
    assert http.post(address("official_apply", job.public_id), {"do": "same"}).status_code == 302
    assert EntryStatus.objects.get().entry_id == written.pk
    for number in ("002", "003"):
        person = world.works(number, f"学员{number}")
        entry(person=person, minutes=180, title="读片会")
    more = world.send(
        csv(row, *([n, f"学员{n}", "", "", "读片会", "2026-05-20", "3", "1", "通过", ""] for n in ("002", "003")))
    )
    with django_assert_num_queries(queries):
        http.get(address("official_list", more.public_id))
    mine = address("official_person", world.person.public_id) + f"?year=2026&rules={HENAN}"
    chosen = {"entry": str(written.public_id), "state": "returned", "on": "2026-11-02", "reference": "材料不全"}
    assert http.post(mine, chosen).status_code == 302
    assert EntryStatus.objects.order_by("-pk").values_list("state", "reference")[0] == ("returned", "材料不全")
    assert http.post(mine, chosen | {"entry": "x"}).status_code == 400
    assert http.post(address("official_discard", job.public_id)).status_code == 302
    assert (OfficialList.objects.count(), Entry.objects.count()) == (1, 3)
    verbs = AuditEvent.objects.filter(verb__startswith="credits.official_list").values_list("verb", flat=True)
    assert {verb.rpartition(".")[2] for verb in verbs} == {"send", "read", "apply", "discard"}


def test_list_is_compared_only_for_a_place_of_the_scope(world: World) -> None:
    with pytest.raises(OutOfScope):
        world.send(csv(), place=NodeFactory(kind=NodeKind.HOSPITAL))
    assert OfficialList.objects.count() == 0
