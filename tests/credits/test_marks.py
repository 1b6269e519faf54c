"""No figure that rests on unverified data stands anywhere without its mark. A new page with figures joins RENDERERS."""

import csv
import io
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from bs4 import BeautifulSoup, Tag
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from cms.shared.storage import private_storage
from credits.columns import SetKind
from credits.enums import ExportFormat, OfficialState
from credits.models import Judgement, RuleSetChange, RuleSetProposal
from credits.selectors import column_sets, standing
from credits.selectors.pages import year_page
from credits.services import exports, objections, official, statements, statuses
from credits.services.verification import verify_judgements
from organisations.enums import Role
from organisations.models import Node, Person
from tests.architecture.addresses import addresses
from tests.factories.credits import HENAN, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]
YEAR = 2026
CREDITS, HOURS = Decimal("3.5"), Decimal("10.5")
# The mark in both languages; on paper a narrow column may break it.
MARK, BROKEN_MARK = re.compile(r"待核对|to be verified"), re.compile(r"待核|tobe")
# What a reader takes in at one glance: a figure and its mark stand in the same one.
TOGETHER = ("p", "li", "dd", "td", "tr", "svg")


def _client(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@dataclass(frozen=True)
class World:
    learner: Person
    reviewer: Person
    hospital: Node

    def reads(self, name: str, *args: object, by: Person | None = None, **query: object) -> str:
        answer = _client(by or self.reviewer).get(reverse(name, args=args), query)
        return b"".join(answer).decode()

    def year(self, name: str, *args: object, by: Person | None = None) -> str:
        return self.reads(name, *args, by=by, year=YEAR, rules=HENAN)


def _objection(world: World) -> str:
    line = standing(person=world.learner, rule_set_id=HENAN, year=YEAR).lines[0]
    made = objections.object_to(by=world.learner, entry=line.entry, text="不对")
    return world.reads("manage:entry_objection", made.public_id)


def _export_list(world: World) -> str:
    _exported(world, SetKind.ANNUAL, ExportFormat.CSV)
    return world.reads("credits:exports")


def _preview(world: World) -> str:
    wish = {"place": world.hospital.public_id, "rule_set": HENAN, "year": YEAR, "column_set": _sets()[SetKind.ANNUAL]}
    more = {"file_format": "csv", "layout": "one", "encoding": "utf-8", "reason": "核对", "do": "preview"}
    return _client(world.reviewer).post(reverse("credits:export_request"), wish | more).content.decode()


def _compared(world: World) -> str:
    text = f"人员编号,姓名,总学分\n{world.learner.employments.get().staff_number},{world.learner.name},9\n"
    job = official.receive(
        by=world.reviewer, place=world.hospital, rule_set_id=HENAN, year=YEAR, on=date(YEAR, 6, 1),
        default_state=OfficialState.REGISTERED, upload=SimpleUploadedFile("list.csv", text.encode()),
    )  # fmt: skip
    official.run_official_list(job.pk)
    return str(job.public_id)


def _trial(world: World) -> str:
    row = RuleSetProposal.objects.create(
        document={"effective_from": "2027-01-01"}, rule_set_id=HENAN, rule_set_version="2027.1", reason="新文件",
        proposed_by=world.learner, state="done", tried_at=timezone.now(), finished_at=timezone.now(),
    )  # fmt: skip
    RuleSetChange.objects.create(
        proposal=row, person=world.learner, rule_set_id=HENAN, period_begins=date(YEAR, 1, 1), kind="more",
        period_ends=date(YEAR + 1, 1, 1), credits_before=1, credits_after=Decimal("3.5"), state_after="open",
    )  # fmt: skip
    return str(row.public_id)


def _verified(world: World) -> str:
    made = _statement(world)
    with translation.override("zh-hans"):
        code = statements.code_of(made.content_sha256)
        return _client(world.learner).post(reverse("credits:verify"), {"code": code}).content.decode()


def _statement(world: World) -> statements.Statement:
    made = statements.request_statement(
        by=world.learner, person=world.learner, year=str(YEAR), rule_set_id=HENAN, language="zh-hans"
    )
    statements.run_statement(made.pk)
    made.refresh_from_db()
    return made


# Page → the template that holds its figures, and how it is read.
RENDERERS: dict[str, tuple[str, Callable[[World], str]]] = {
    "own year": ("year", lambda world: world.year("credits:my_credits", by=world.learner)),
    "year of a person": ("year", lambda world: world.year("credits:person_credits", world.learner.public_id)),
    "people": ("people", lambda world: world.reads("credits:people", year=YEAR)),
    "year of a place": ("overview", lambda world: world.year("manage:credit_year", world.hospital.public_id)),
    "people of a year": (
        "overview_people",
        lambda world: world.year("manage:credit_year_people", world.hospital.public_id),
    ),
    "objection": ("manage_objection", _objection),
    "states of a person": ("official_person", lambda w: w.year("credits:official_person", w.learner.public_id)),
    "list of the authority": ("official_said", lambda w: w.reads("credits:official_list", _compared(w))),
    "exports": ("exports", _export_list),
    "preview of an export": ("exports", _preview),
    "trial of rules": ("rule_set_proposal", lambda w: w.reads("manage:rule_set_proposal", _trial(w))),
    "verification": ("verify", _verified),
}
# Figures of the title path are counts of years and papers, each with the mark of its requirement in its own tests.
PATHS = frozenset({"title_requirements"})
# The register of projects says what the authority issued: nothing in it is judged.
ISSUED = frozenset({"project"})
FIGURE = re.compile(r"\.(?:credits\w*|hours|reached\w*|registered|figures)\b")


def unmarked(html: str, figure: Decimal) -> tuple[int, list[str]]:
    """How often `figure` stands in the text of the page, and the places where no mark stands with it."""
    main = BeautifulSoup(html, "html.parser").find("main")
    assert isinstance(main, Tag)
    found, wrong = 0, []
    for text in main.find_all(string=lambda string: figure in _numbers(string or "")):
        found += 1
        around = next(place for place in text.parents if place.name in TOGETHER or "card" in (place.get("class") or []))
        while around is not None and around.name != "main":
            if around.select_one(".mark") or MARK.search(around.get_text()):
                break
            # A figure of a card is marked anywhere in its card.
            around = around.find_parent(class_="card") if around.name != "li" else None
        if around is None or around.name == "main":
            wrong.append(str(text.parent)[:200])
    return found, wrong


def _numbers(text: str) -> list[Decimal]:
    """The figures of a text, however many zeros end them."""
    words = "".join(letter if letter in "0123456789.-" else " " for letter in text).split()
    return [Decimal(word) for word in words if re.fullmatch(r"\d+(\.\d+)?", word)]


@pytest.fixture
def world() -> World:
    hospital = NodeFactory()
    learner = PersonFactory()
    EmploymentFactory(person=learner, unit=hospital, begins=date(2020, 1, 1), staff_number="A7")
    reviewer: Person = RoleGrantFactory(
        role=Role.UNIT_CREDIT_ADMINISTRATOR, node=hospital, begins=date(2020, 1, 1)
    ).person
    RoleGrantFactory(person=reviewer, role=Role.SYSTEM_ADMINISTRATOR, node=hospital, begins=date(2020, 1, 1))
    made = entry(person=learner, on=date(YEAR, 3, 1), minutes=630, title="同一活动")
    statuses.set_status(entry=made, state=OfficialState.REGISTERED, on=date(YEAR, 4, 1), by=None)
    return World(learner, reviewer, hospital)


@pytest.mark.slow
@pytest.mark.parametrize("name", RENDERERS)
def test_every_unverified_figure_has_its_mark(name: str, world: World) -> None:
    found = standing(person=world.learner, rule_set_id=HENAN, year=YEAR)
    assert (len(found.marks) > 0, found.credits, found.credits_registered) == (True, CREDITS, CREDITS)
    page = RENDERERS[name][1](world)
    times, wrong = unmarked(page, found.credits)
    assert (times > 0, wrong) == (True, [])
    # How many minutes an hour has is not settled either; an objection is about credits and names no hours.
    assert (found.version.minutes_per_hour.mark != "A", unmarked(page, found.hours)[1]) == (True, [])


def test_every_template_with_figures_is_crawled() -> None:
    folder = settings.BASE_DIR / "frontend" / "templates" / "credits"
    holding = {path.stem for path in folder.glob("*.html") if FIGURE.search(path.read_text())}
    assert holding == {template for template, _read in RENDERERS.values()} | PATHS | ISSUED


# Documents on paper: the template, how it is made, and how many lines a row goes over in its narrow columns.
PAPERS: dict[str, tuple[Callable[[World], bytes], int]] = {
    "statement": (lambda world: _stored(_statement(world).file_key), 1),
    "statements": (lambda world: _exported(world, SetKind.STATEMENT, ExportFormat.PDF), 3),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PAPERS)
def test_every_unverified_figure_on_paper_has_its_mark(name: str, world: World, tmp_path: Path) -> None:
    (tmp_path / "paper.pdf").write_bytes(PAPERS[name][0](world))
    command = ["pdftotext", "-layout", str(tmp_path / "paper.pdf"), "-"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for figure in (CREDITS, HOURS):
        times, wrong = unmarked_lines(text, figure, PAPERS[name][1])
        assert (times > 0, wrong) == (True, [])


def unmarked_lines(text: str, figure: Decimal, reach: int) -> tuple[int, list[str]]:
    """How many lines of the paper hold the figure, and on which of them (with the line before, and those after, where
    a row goes over `reach` lines) fewer marks stand than figures."""
    lines = text.splitlines()
    places = [number for number, line in enumerate(lines) if figure in _numbers(line)]
    wrong = []
    for number in places:
        around = re.sub(r"\s", "", "".join(lines[max(0, number - reach // 2) : number + reach]))
        if len(BROKEN_MARK.findall(around)) < _numbers(lines[number]).count(figure):
            wrong.append(lines[number])
    return len(places), wrong


def test_every_document_with_figures_is_crawled() -> None:
    folder = settings.BASE_DIR / "frontend" / "templates" / "credits" / "documents"
    assert {path.stem for path in folder.glob("*.html")} == set(PAPERS)


def _sets() -> dict[SetKind, str]:
    return {one.kind: key for key, one in column_sets.shipped().items()}


def _stored(key: str) -> bytes:
    with private_storage().open(key) as file:
        return bytes(file.read())


def _exported(world: World, kind: SetKind, file_format: ExportFormat) -> bytes:
    job = exports.request_export(
        by=world.reviewer, reason="核对", node=world.hospital, rule_set_id=HENAN, year=YEAR,
        file_format=file_format.value, column_set=_sets()[kind], sought="同一活动",
    )  # fmt: skip
    exports.run_export(job.pk)
    job.refresh_from_db()
    return _stored(job.file_key)


Rows = list[list[str]]


def _csv(content: bytes) -> Rows:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _xlsx(content: bytes) -> Rows:
    """Every row of every sheet; the cover is one row: what it says of the whole file stands on it together."""
    *data, cover = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    rows = [["" if cell is None else str(cell) for cell in row] for sheet in data for row in sheet.values]
    return [*rows, [str(cell) for row in cover.values for cell in row]]


def _list(world: World, name: str, *args: object) -> Rows:
    return _csv(world.reads(name, *args).encode())


def _table(kind: SetKind, file_format: ExportFormat) -> Callable[[World], Rows]:
    read = _csv if file_format == ExportFormat.CSV else _xlsx
    return lambda world: read(_exported(world, kind, file_format))


# What leaves as a table. Projects are the register as the authority issued it: nothing in it is judged.
JUDGED = [kind for kind in SetKind if kind != SetKind.PROJECTS]
TABLES: dict[str, Callable[[World], Rows]] = {
    f"{kind} {file_format}": _table(kind, file_format)
    for kind in JUDGED
    for file_format in (ExportFormat.CSV, ExportFormat.XLSX)
} | {
    "official_csv": lambda world: _list(world, "credits:official_csv", _compared(world)),
    "credit_year_csv": lambda world: _list(world, "manage:credit_year_csv", world.hospital.public_id),
    "credit_year_people_csv": lambda world: _list(world, "manage:credit_year_people_csv", world.hospital.public_id),
    "rule_set_changes_csv": lambda world: _list(world, "manage:rule_set_changes_csv", _trial(world)),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_unverified_figure_of_a_table_has_its_mark_in_its_row(name: str, world: World) -> None:
    rows = [row for row in TABLES[name](world) if CREDITS in {number for cell in row for number in _numbers(cell)}]
    assert (len(rows) > 0, [row for row in rows if not MARK.search("".join(row))]) == (True, [])


def test_every_table_of_the_book_is_crawled() -> None:
    of_ours = [one for one in addresses() if one.callback.__module__.startswith("credits.views")]
    crawled = {
        "manage/credit-years/<uuid:public_id>/list.csv",
        "manage/credit-years/<uuid:public_id>/people/list.csv",
        "credits/official/<uuid:public_id>/comparison.csv",
        "manage/rules/proposals/<uuid:public_id>/changes.csv",
    }
    # Without a figure of credits, and as the authority issued them.
    bare = {"manage/credit-objections/list.csv", "manage/projects/list.csv"}
    assert {one.route for one in of_ours if one.route.endswith(".csv")} == crawled | bare
    assert {name.partition(" ")[0] for name in TABLES if name.endswith("_csv")} == {
        "official_csv", "rule_set_changes_csv", "credit_year_csv", "credit_year_people_csv",
    }  # fmt: skip
    assert set(ExportFormat) == {ExportFormat.CSV, ExportFormat.XLSX, ExportFormat.PDF}


def test_cover_of_an_export_says_that_its_sums_are_to_be_verified(world: World) -> None:
    _exported(world, SetKind.ANNUAL, ExportFormat.CSV)
    job = exports.ExportJob.objects.get()
    with translation.override("zh-hans"):
        text = exports.cover(by=world.reviewer, job=job)
    assert (CREDITS in _numbers(text), bool(MARK.search(text))) == (True, True)


def test_the_crawler_finds_a_figure_without_its_mark() -> None:
    marked = '<li><p>3.50 <span class="mark">待核对</span></p></li>'
    times, wrong = unmarked(f'<main><ul><li class="card"><p>3.5 学分</p></li>{marked}</ul></main>', Decimal("3.5"))
    assert (times, len(wrong)) == (2, 1)


def test_figures_of_the_page_are_the_stored_and_the_recomputed_ones(world: World) -> None:
    learner = world.learner
    page = year_page(person=learner, year=str(YEAR), rule_set_id=HENAN)
    stored = Judgement.objects.get(rule_set_id=HENAN)
    assert page.standing.credits == stored.credits == sum(line.credits for line in page.standing.lines) > 0
    assert page.standing.hours == stored.hours
    assert list(verify_judgements()) == []
    shown = BeautifulSoup(world.year("credits:my_credits", by=learner), "html.parser").select_one(".figure-large")
    assert shown is not None
    assert _numbers(shown.get_text()) == [stored.credits]
