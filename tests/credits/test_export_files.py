"""What stands in exported files: columns as data, writers, the identity of a file, its totals, how it can end."""

import csv
import errno
import hashlib
import io
import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.files.storage import FileSystemStorage
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from cms.shared.jobs import JobState
from cms.shared.storage import private_storage
from credits import columns
from credits.columns import DECLARED, BadColumnSet, Part, SetKind
from credits.enums import GrantMethod, OfficialState
from credits.exports import annual, cells, covers, render, writers
from credits.exports.making import made, written
from credits.models import Book, ExportJob, Judgement
from credits.rules import Period
from credits.selectors import briefs, column_sets
from credits.selectors.texts import plain
from credits.services import awards, exports, statuses
from organisations.enums import NodeKind, PersonState, Role
from organisations.models import AuditEvent, Node, Person, StatePeriod
from tests.factories.credits import HENAN, ProjectFactory, activity, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

YEAR = timezone.localdate().year
SETS = {
    "annual": "annual-list@2026.1",
    "grantees": "grantees@2026.1",
    "statement": "statement@2026.1",
    "projects": "projects@2026.1",
}
# Their second versions; the first ones are never changed, and files are still made of them.
NEWER = {"grantees": "grantees@2026.2", "projects": "projects@2026.2"}
# SHA-256 (first 16 characters) of the files of a fixed data set; they change with rules, headings and words alone.
BYTES = {
    "annual": "0108dd13f95c8276",
    "grantees": "c108dff2d955a9c1",
    "projects": "b0156c09470cd77f",
    "statement": "1b3275c1acc26f4c",
}
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]


class World:
    """A city with two hospitals of one learner each, and its reviewer."""

    def __init__(self) -> None:
        self.city = NodeFactory(kind=NodeKind.PREFECTURE, name="第一市", code="C1")
        self.units: list[Node] = [NodeFactory(parent=self.city, name=f"第{n}医院", code=f"H{n}") for n in (1, 2)]
        self.reviewer: Person = RoleGrantFactory(role=Role.CITY_REVIEWER, node=self.city).person
        self.learners = [self.learner(unit, f"00{number}") for number, unit in enumerate(self.units)]

    def learner(self, unit: Node, number: str, name: str = "") -> Person:
        person = PersonFactory(name=name or f"学员{number}", id_number="410102199003074516" if number == "000" else "")
        EmploymentFactory(person=person, unit=unit, begins=date(2020, 1, 1), department="CT室", staff_number=number)
        return person

    def wish(self, **changes: Any) -> dict[str, Any]:
        return {"node": self.city, "rule_set_id": HENAN, "year": YEAR, "file_format": "csv", **changes}

    def made(self, **changes: Any) -> ExportJob:
        job = exports.request_export(by=self.reviewer, reason="年报", **self.wish(**changes))
        exports.run_export(job.pk)
        job.refresh_from_db()
        return job


def content(job: ExportJob) -> bytes:
    with private_storage().open(job.file_key) as file:
        return bytes(file.read())


def rows_of(job: ExportJob, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    """By key of the column, not by heading."""
    keys = [column.key for column in column_sets.find(job.column_set).columns]
    lines = list(csv.reader(io.StringIO(content(job).decode(encoding), newline="")))
    return [dict(zip(keys, line, strict=True)) for line in lines[1:]]


def test_every_declared_key_has_its_one_cell() -> None:
    declared: dict[Part, set[str]] = {part: set() for part in Part}
    for keys in DECLARED.values():
        for one in keys.values():
            declared[one.part].add(one.key)
    assert {part: set(found) for part, (found, _index) in cells.PARTS.items()} == declared


def test_shipped_sets_are_the_four_that_the_authority_asks_for() -> None:
    kinds = {key: one.kind.value for key, one in column_sets.shipped().items()}
    assert kinds == {v: k for k, v in (SETS | NEWER).items()} | {v: k for k, v in SETS.items()}
    assert [one.key for one in column_sets.current()] == sorted((SETS | NEWER).values())
    annual = column_sets.find(SETS["annual"])
    assert [column.heading_zh for column in annual.columns[:22]] == [
        "人员编号", "姓名", "身份证号", "人员状态", "单位编号", "单位名称", "科室", "职称", "达标结果", "原因",
        "总学时", "总学分", "一类学分", "二类学分", "其它学分", "上报状态", "上报单位", "上报时间", "审核状态",
        "审核单位", "审核时间", "审核意见",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        ({"id": "A"}, "id", "malformed"),
        ({"version": "x"}, "version", "malformed"),
        ({"kind": "x"}, "kind", "unknown_kind"),
        ({"mark": "Z"}, "mark", "unknown_mark"),
        ({"columns": []}, "columns", "empty"),
        ({"columns": 1}, "columns", "malformed"),
        ({"columns": ["x"]}, "columns[1]", "malformed"),
        ({"columns": [{"key": "nothing"}]}, "nothing", "unknown_key"),
        ({"columns": [{"key": "name:x"}]}, "name:x", "unknown_key"),
        ({"columns": [{"key": "credits_in"}]}, "credits_in", "unknown_key"),
    ],
)
def test_column_set_that_is_wrong_names_the_place(change: dict[str, Any], place: str, code: str) -> None:
    document = {
        "id": "a-set", "version": "1", "kind": "annual", "title_zh": "表", "title_en": "Set", "source": "", "mark": "M",
        "columns": [columns.new_column(SetKind.ANNUAL, "name")],
    }  # fmt: skip
    columns.build(document)
    with pytest.raises(BadColumnSet) as caught:
        columns.build(document | change)
    assert (caught.value.place, caught.value.code) == (place, code)


def test_figures_never_travel_without_their_mark() -> None:
    rows = [columns.new_column(SetKind.ANNUAL, key) for key in ("name", "credits")]
    with pytest.raises(BadColumnSet, match="mark_missing"):
        columns.checked(SetKind.ANNUAL, rows)
    assert len(columns.checked(SetKind.ANNUAL, [*rows, columns.new_column(SetKind.ANNUAL, "mark")])) == 3


def test_annual_list_tells_what_the_stored_judgement_says() -> None:
    world = World()
    for minutes in (1080, 300):
        entry(person=world.learners[0], on=date(YEAR, 1, 10), minutes=minutes)
    StatePeriod.objects.create(person=world.learners[1], state=PersonState.MATERNITY, begins=date(2020, 1, 1))
    first, second = rows_of(world.made())
    judgement = Judgement.objects.get()
    assert (first["person_number"], first["id_number"], first["unit_code"], first["department"]) == (
        "000", "4101**********4516", "H1", "CT室",
    )  # fmt: skip
    assert (first["credits"], first["hours"]) == (plain(judgement.credits), plain(judgement.hours))
    parts = [Decimal(first[key]) for key in ("credits_in:I", "credits_in:II", "credits_other")]
    assert sum(parts) == judgement.credits
    with translation.override("zh-hans"):
        assert first["mark"] == cells.verification(True)
        assert (second["result"], second["reason"]) == (
            translation.gettext("Not assessed"), str(PersonState.MATERNITY.label),
        )  # fmt: skip
    assert (second["credits"], second["person_state"]) == ("0", str(PersonState.MATERNITY.label))


def test_annual_list_tells_how_far_reporting_and_review_are() -> None:
    world = World()
    first, second = (entry(person=world.learners[0], on=date(YEAR, 1, day)) for day in (10, 11))
    statuses.set_status(entry=first, state=OfficialState.REPORTED, on=date(YEAR, 2, 1), by=None)
    statuses.set_status(entry=second, state=OfficialState.RETURNED, on=date(YEAR, 2, 3), by=None, reference="缺材料")
    row = rows_of(world.made(language="en"))[0]
    assert [row[key] for key in ("report_state", "report_unit", "report_time")] == [
        "Reported",
        "第1医院",
        f"{YEAR}-02-01",
    ]
    assert [row[key] for key in ("review_state", "review_unit", "review_time", "review_opinion")] == [
        "1 returned", "", f"{YEAR}-02-03", "缺材料",
    ]  # fmt: skip


def test_annual_list_takes_as_many_statements_for_ten_people_as_for_two() -> None:
    world, counts = World(), []
    for more in (0, 8):
        for number in range(more):
            world.learner(world.units[0], f"1{number}")
        for person in Person.objects.filter(employments__isnull=False):
            entry(person=person, on=date(YEAR, 1, 10 + more), is_demo=True)
        job = exports.request_export(by=world.reviewer, reason="年报", **world.wish())
        with CaptureQueriesContext(connection) as asked:
            exports.run_export(job.pk)
        counts.append((ExportJob.objects.get(pk=job.pk).row_count, len(asked)))
    assert counts == [(2, counts[0][1]), (10, counts[0][1])]


def test_rows_follow_person_numbers_by_bytes_and_name_a_person_once() -> None:
    world = World()
    for number in ("B1", "a1", "10", "9", "张1"):
        world.learner(world.units[0], number)
    EmploymentFactory(
        person=world.learners[0],
        unit=world.units[1],
        begins=date(2021, 1, 1),
        ends=date(2999, 1, 1),
        staff_number="000b",
    )
    assert [row["person_number"] for row in rows_of(world.made())] == ["000b", "001", "10", "9", "B1", "a1", "张1"]


def test_grantees_are_those_of_the_activity() -> None:
    world = World()
    project = ProjectFactory()
    for learner in world.learners:
        for wanted in (project, None):
            fact = activity(on=date(YEAR, 5, 20), project=wanted)
            awards.award(person=learner, activity=fact, rule_set_id=HENAN, how=GrantMethod.ATTENDANCE)
    world.learner(world.units[0], "099")
    rows = rows_of(world.made(column_set=SETS["grantees"], sought=project.number, language="en"))
    assert [(row["person_number"], row["credits"], row["attendance"]) for row in rows] == [
        (number, "1", f"{YEAR}-05-20, 180 minutes") for number in ("000", "001")
    ]
    with pytest.raises(exports.ActivityMissing):
        exports.request_export(
            by=world.reviewer, reason="年报", **world.wish(column_set=SETS["grantees"], sought="没有的活动")
        )


def test_newer_list_of_grantees_names_lecturers_apart_and_the_project() -> None:
    world = World()
    project = ProjectFactory(level="tcm_city")
    for learner, role in zip(world.learners[:2], ("learner", "teacher"), strict=True):
        kind = "project_teach" if role == "teacher" else "project_attend"
        fact = activity(on=date(YEAR, 5, 20), project=project, role=role, activity_type=kind, level=project.level)
        awards.award(person=learner, activity=fact, rule_set_id=HENAN, how=GrantMethod.ATTENDANCE)
    rows = rows_of(world.made(column_set=NEWER["grantees"], sought=project.number, language="en"))
    assert [(row["grant_way"], row["project_number"], row["level"]) for row in rows] == [
        ("Attendance", project.number, "City, traditional medicine"),
        ("Lecturer", project.number, "City, traditional medicine"),
    ]


def test_newer_registry_has_what_the_register_knows() -> None:
    world = World()
    project = ProjectFactory(
        year=YEAR, begins=date(YEAR, 3, 1), ends=date(YEAR, 3, 9), days=3, hours=Decimal(18), theory_hours=Decimal(12),
        practice_hours=Decimal(6), credits=Decimal("4.5"), quota=60, subdiscipline="影像技术", kind="promotion",
        form="remote", place="郑州", remark="备案", person_in_charge="王主任",
    )  # fmt: skip
    row = rows_of(world.made(column_set=NEWER["projects"], language="en"))[0]
    known = ("days", "theory_hours", "practice_hours", "project_hours", "project_credits", "quota", "subdiscipline")
    assert [row[key] for key in known] == ["3", "12", "6", "18", "4.5", "60", "影像技术"]
    named = ("project_number", "project_kind", "project_form", "place", "person_in_charge", "phone", "remark")
    assert [row[key] for key in named] == [
        project.number, "Promotion project", "Remote", "郑州", "王主任", "", "备案",
    ]  # fmt: skip


def test_projects_are_those_of_the_year() -> None:
    world = World()
    project = ProjectFactory(year=YEAR, begins=date(YEAR, 3, 1), ends=date(YEAR, 3, 3), hours=Decimal(18))
    ProjectFactory(year=YEAR - 1, number="旧")
    rows = rows_of(world.made(column_set=SETS["projects"]))
    assert [(row["project_number"], row["days"], row["project_hours"]) for row in rows] == [(project.number, "3", "18")]


def test_cells_that_are_made_once_are_those_that_are_made_for_each_row() -> None:
    dice, on = random.Random(7), date(YEAR, 11, 20)
    column_set = column_sets.find(SETS["annual"])
    wish = annual.asked(rule_set_id=HENAN, year=YEAR, as_of=on, categories=column_set.categories)
    states = [PersonState.ACTIVE, PersonState.ACTIVE, PersonState.MATERNITY]

    def row() -> tuple[cells.Row, str]:
        goal = ["min_total", "", "25.00", dice.choice(["met", "open", "undetermined"]), "failed", []]
        if dice.random() < 0.2:
            goal[-1] = [[f"{YEAR}-0{dice.randint(1, 9)}-01", "failed"]]
        official = [[state.value, dice.randint(1, 3), f"{YEAR}-05-01", "意见"] for state in OfficialState]
        categories = dice.choice([["I", "II"], ["I", "promotion"], ["promotion", "recommended"], []])
        figures = [plain(Decimal(dice.randrange(400)) / 4) for _n in range(6 + len(categories))]
        text = brief_of(
            figures, "failed", categories, [goal], dice.choice([[], ["B"], ["B", "M"]]),
            dice.sample(official, dice.randint(0, 1)),
        )  # fmt: skip
        person = cells.PersonPart("1", "王", "4101**********4516", "正常", "技师")
        place = dice.choice(places)
        return (person, place, wish.context.years(dice.choice(states)).year(text)), text

    places = [cells.Place(n, f"H{n}", f"第{n}医院", "CT室") for n in range(3)]
    every = [row() for _n in range(300)]
    rows, alone = [one for one, _text in every], []
    for (person, place, year), text in every:
        # A year that shares nothing with the others.
        own = replace(wish.context).years(year.kind.state).year(text)
        alone.append(next(iter(made(column_set, [(person, place, own)], writers.cell)))[1])
    assert len({year.kind for _person, _place, year in rows}) < len(rows) - 30
    assert [texts for _row, texts in made(column_set, rows, writers.cell)] == alone
    lines = [line for some in written(column_set, rows, writers.cell, writers.cells, ",") for line in some]
    assert lines == [",".join(texts) for texts in alone]


def brief_of(
    figures: list[str], closed: str, categories: list[str], goals: list[Any], marks: list[str], official: list[Any]
) -> str:
    """A brief as it is stored."""
    return f"{' '.join(figures)}\n{json.dumps([closed, categories, goals, marks, official])}"


def test_reason_tells_each_goal_that_is_not_met() -> None:
    column_set = column_sets.find(SETS["annual"])
    wish = annual.asked(rule_set_id=HENAN, year=YEAR, as_of=date(YEAR, 11, 20), categories=column_set.categories)
    goals = [
        ["min_total", "", "25.00", "open", "failed", []],
        ["min_total", "", "20.00", "met", "met", []],
        ["min_hours", "", "90.00", "undetermined", "undetermined", []],
    ]
    figures = ["10.1", "80", "0", "10.1", "10.1", "1", "2", "30", "30", "30", "80", "70.5", "95"]
    years = wish.context.years(PersonState.ACTIVE)
    with translation.override("en"):
        year = years.year(brief_of(figures, "failed", ["I"], goals, ["B"], []))
        assert cells.reason(year) == (
            "At least 25 credits: 10.1; At least 90 hours: 70.5 verified, 95 if what is unverified counts"
        )
        same = years.year(brief_of([*figures[:4], "11", *figures[5:]], "failed", ["I"], goals, ["B"], []))
        assert (same.kind, cells.reason(same)[:23]) == (year.kind, "At least 25 credits: 11")
        away = wish.context.years(PersonState.MATERNITY).year(brief_of(figures, "failed", ["I"], goals, ["B"], []))
        assert cells.reason(away) == str(PersonState.MATERNITY.label)


def test_reason_tells_figures_in_the_order_of_its_language(monkeypatch: pytest.MonkeyPatch) -> None:
    wish = annual.asked(rule_set_id=HENAN, year=YEAR, as_of=date(YEAR, 11, 20), categories=frozenset())
    turned = "%(high)s with all, only %(low)s for sure"
    monkeypatch.setattr(cells, "_", lambda text: turned if "verified" in text else text)
    goals = [["min_hours", "", "90.00", "undetermined", "undetermined", []]]
    with translation.override("en"):
        year = wish.context.years(PersonState.ACTIVE).year(
            brief_of(["1", "80", "0", "80", "70.5", "95"], "failed", [], goals, [], [])
        )
        assert cells.reason(year) == "At least 90 hours: 95 with all, only 70.5 for sure"


def test_goal_stands_as_its_turns_say() -> None:
    turns = [[f"{YEAR}-03-01", "open"], [f"{YEAR}-06-01", "failed"]]
    period = Period(date(YEAR, 1, 1), date(YEAR + 1, 1, 1))
    days = [date(YEAR, 2, 28), date(YEAR, 3, 1), date(YEAR, 5, 31), date(YEAR, 6, 1), date(YEAR + 1, 1, 1)]
    for own, expected in ((turns, ["met", "open", "open", "failed", "open"]), ([], [*["met"] * 4, "open"])):
        shape = briefs.Shape(json.dumps(["open", ["I"], [["min_total", "", "25.00", "met", "open", own]], [], []]))
        (goal,) = shape.goals
        assert [goal.state_on(day, period).value for day in days] == expected
        assert (shape.categories, goal.reached, goal.low, goal.high, shape.has_turns) == ({"I": 3}, 4, 5, 6, bool(own))


def test_gb18030_holds_every_name() -> None:
    world = World()
    world.learner(world.units[0], "x1", name="𠮷野㐀·Ünal")
    job = world.made(encoding="gb18030")
    assert rows_of(job, "gb18030")[-1]["name"] == "𠮷野㐀·Ünal"
    assert content(job)[:4] != "\ufeff".encode("gb18030")


def test_text_is_defused_and_numbers_are_not() -> None:
    world = World()
    world.learner(world.units[0], "-5", name="=1+1")
    row = rows_of(world.made())[0]
    assert (row["person_number"], row["name"], row["credits"]) == ("'-5", "'=1+1", "0")


def test_workbook_has_a_sheet_for_each_unit_with_what_is_its_own() -> None:
    world = World()
    entry(person=world.learners[1], on=date(YEAR, 1, 10))
    job = world.made(file_format="xlsx", layout="units", column_set=SETS["statement"])
    book = openpyxl.load_workbook(io.BytesIO(content(job)))
    assert book.sheetnames[0] == "第2医院"
    job = world.made(file_format="xlsx", layout="units")
    book = openpyxl.load_workbook(io.BytesIO(content(job)))
    assert book.sheetnames[:2] == ["第1医院", "第2医院"]
    assert [[cell.value for cell in sheet["A"]][1:] for sheet in book.worksheets[:2]] == [["000"], ["001"]]


def test_sheets_have_names_that_a_spreadsheet_takes() -> None:
    content_of = writers.Content(column_sets.find(SETS["annual"]), [], "zh-hans", "表")
    book = writers.Workbook(Path("/dev/null"), content_of, datetime(2026, 1, 1, tzinfo=UTC))
    names = [book._name(name) for name in ("a/b[c]", "a b c", "医" * 40, "医" * 41, "''")]
    assert names == ["a b c", "a b c 2", "医" * 31, "医" * 29 + " 2", "-"]


def test_same_wish_is_answered_with_the_same_file_until_something_changes() -> None:
    world = World()
    entry(person=world.learners[0], on=date(YEAR, 1, 10))
    first = world.made()
    assert world.made().pk == first.pk
    other: Person = RoleGrantFactory(role=Role.CITY_REVIEWER, node=world.city).person
    copied = exports.request_export(by=other, reason="抽查", **world.wish())
    exports.run_export(copied.pk)
    copied.refresh_from_db()
    assert copied.pk != first.pk
    assert (copied.file_sha256, copied.identity, copied.totals, copied.row_count) == (
        first.file_sha256, first.identity, first.totals, 2,
    )  # fmt: skip
    entry(person=world.learners[0], on=date(YEAR, 1, 11))
    later = world.made()
    assert later.identity["ledger_position"] == first.identity["ledger_position"] + 1
    assert later.file_sha256 != first.file_sha256


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", sorted(SETS))
def test_rendering_again_gives_the_same_bytes(kind: str, file_format: str, tmp_path: Path) -> None:
    world = World()
    ProjectFactory(year=YEAR)
    entry(person=world.learners[0], on=date(YEAR, 1, 10), title="同一活动")
    wish = exports.Wish(**world.wish(column_set=SETS[kind], file_format=file_format, sought="同一活动"))
    made = []
    for number in (1, 2):
        job = ExportJob(**wish.job_fields(world.reviewer))
        render.render(job, tmp_path / str(number))
        made.append((tmp_path / str(number)).read_bytes())
    assert made[0] == made[1] != b""


def test_fixed_rows_give_these_bytes_on_every_engine(tmp_path: Path) -> None:
    world = World()
    world.learner(world.units[1], "Z9", name='𠮷田, "A"')
    project = ProjectFactory(year=2026, number="2026-09-01-001 (国)", title="CT 检查技术", begins=date(2026, 1, 1))
    for day, minutes in ((10, 1080), (11, 45)):
        fact = activity(on=date(2026, 1, day), minutes=minutes, project=project, title="胸部 CT", id=f"fixed-{day}")
        awards.award(person=world.learners[0], activity=fact, rule_set_id=HENAN, how=GrantMethod.ATTENDANCE)
    first = awards.award(person=world.learners[1], activity=fact, rule_set_id=HENAN, how=GrantMethod.ATTENDANCE)
    statuses.set_status(entry=first, state=OfficialState.REGISTERED, on=date(2026, 2, 1), by=None, reference="豫-1")
    found = {}
    for kind, key in SETS.items():
        wish = exports.Wish(**world.wish(year=2026, column_set=key, sought="胸部 CT", language="en"))
        with translation.override("en"):
            render.render(ExportJob(**wish.job_fields(world.reviewer)), tmp_path / kind, as_of=date(2026, 11, 20))
        found[kind] = hashlib.sha256((tmp_path / kind).read_bytes()).hexdigest()[:16]
    assert found == BYTES


def test_workbook_and_its_cover_are_the_same_however_the_engine_numbers_its_rows(tmp_path: Path) -> None:
    found = []
    with time_machine.travel(datetime(2026, 11, 20, 3, tzinfo=UTC), tick=False):
        for number in range(2):
            # What was undone has used up keys on PostgreSQL: the second time every row has another one.
            with transaction.atomic():
                world = World()
                fact = activity(on=date(2026, 1, 10), minutes=1080, title="胸部 CT", id="fixed", organiser="学会")
                how = GrantMethod.ATTENDANCE
                made = awards.award(person=world.learners[1], activity=fact, rule_set_id=HENAN, how=how)
                statuses.set_status(entry=made, state=OfficialState.REGISTERED, on=date(2026, 2, 1), by=None)
                wish = exports.Wish(**world.wish(year=2026, file_format="xlsx", layout="units", language="en"))
                job, path = ExportJob(**wish.job_fields(world.reviewer)), tmp_path / str(number)
                with translation.override("en"):
                    told = render.render(job, path, as_of=date(2026, 11, 20))
                found.append((told.identity, path.read_bytes()))
                transaction.set_rollback(True)
    assert found[0] == found[1]
    assert [found[0][0][name] for name in ("states_position", "review_position")] == [1, 0]


def test_totals_are_those_of_the_judgements_and_stand_on_the_cover() -> None:
    world = World()
    entry(person=world.learners[0], on=date(YEAR, 1, 10), minutes=1080)
    job = world.made()
    judgement = Judgement.objects.get()
    found = {name: job.totals[name] for name in ("rows", "people", "credits", "hours")}
    assert found == {"rows": 2, "people": 2, "credits": str(judgement.credits), "hours": str(judgement.hours)}
    assert sum(job.totals[state] for state in ("met", "open", "failed", "undetermined", "record_only")) == 2
    with translation.override("en"):
        cover = dict(covers.of_job(job))
    assert (cover["SHA-256"], cover["Reason"], cover["Rows"]) == (job.file_sha256, "年报", "2")
    assert cover["Asked for by"] == f"{world.reviewer} ({world.reviewer.public_id})"


def test_rows_that_do_not_add_up_to_the_judgements_make_no_file() -> None:
    world = World()
    entry(person=world.learners[0], on=date(YEAR, 1, 10), minutes=1080)
    Judgement.objects.update(credits=Decimal(99))
    job = world.made()
    assert (job.state, job.error_code, job.file_key) == (JobState.FAILED, "export_totals_differ", "")


def test_judgements_that_do_not_hold_are_made_anew() -> None:
    world = World()
    entry(person=world.learners[0], on=date(YEAR, 1, 10), minutes=1080)
    before = rows_of(world.made())
    Judgement.objects.update(brief="", rules_sha256="x")
    StatePeriod.objects.create(person=world.learners[1], state=PersonState.SICK, begins=date(2020, 1, 1))
    AuditEvent.objects.create(verb="state.add", target_kind="", target_id="")
    assert rows_of(world.made())[0] == before[0]


def test_merged_books_count_together() -> None:
    world = World()
    other = PersonFactory()
    for person in (world.learners[0], other):
        entry(person=person, on=date(YEAR, 1, 10), minutes=180)
    Book.objects.filter(owner=other).update(owner=world.learners[0], is_primary=False)
    job = world.made()
    assert (job.state, rows_of(job)[0]["credits"]) == (JobState.DONE, "2")


class FullDisk(FileSystemStorage):
    def _save(self, name: str, content: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("end", ["export_scope_lost", "export_empty", "export_disk_full", "export_column_set_gone"])
def test_each_bad_end_has_its_own_sentence(end: str, settings: Any, tmp_path: Path) -> None:
    world = World()
    changes: dict[str, Any] = {}
    if end == "export_empty":
        changes["node"] = NodeFactory(parent=world.city)
    job = exports.request_export(by=world.reviewer, reason="年报", **world.wish(**changes))
    if end == "export_scope_lost":
        world.reviewer.role_grants.update(ends=timezone.localdate())
    elif end == "export_column_set_gone":
        ExportJob.objects.filter(pk=job.pk).update(column_set="own-000000000000@1")
    elif end == "export_disk_full":
        settings.STORAGES = settings.STORAGES | {
            "private": {"BACKEND": f"{__name__}.FullDisk", "OPTIONS": {"location": str(tmp_path)}}
        }
    exports.run_export(job.pk)
    job.refresh_from_db()
    others = ExportJob(error_code="internal_error").failure_text
    assert (job.state, job.error_code, job.file_key) == (JobState.FAILED, end, "")
    assert job.failure_text != others
