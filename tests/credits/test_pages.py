"""Pages, exports and API of the credit book, for a learner, administrators in and out of scope, and strangers."""

import csv
import hashlib
import io
from datetime import date, timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext, override

from cms.shared import errors
from cms.shared.jobs import JobState
from cms.shared.storage import private_storage
from credits.exports import writers
from credits.models import ExportJob
from credits.selectors import column_sets, pages
from credits.services import awards, exports
from organisations import retention
from organisations.enums import NodeKind, PersonState, Role
from organisations.models import AuditEvent, Node, Person, StatePeriod
from tests.factories.credits import HENAN, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

YEAR = timezone.localdate().year
ANNUAL, STATEMENT = "annual-list@2026.1", "statement@2026.1"
pytestmark = pytest.mark.usefixtures("rule_sets")


class World:
    """A city with two hospitals, an administrator and learners of the first, an administrator of the second."""

    def __init__(self, learners: int = 1) -> None:
        self.city = NodeFactory(kind=NodeKind.PREFECTURE, name="第一市")
        self.hospital: Node = NodeFactory(parent=self.city, name="第一医院")
        self.other: Node = NodeFactory(parent=self.city, name="第二医院")
        self.administrator = self._administrator(self.hospital)
        self.outsider = self._administrator(self.other)
        self.learners = [self._learner(number) for number in range(learners)]

    def _administrator(self, node: Node) -> Person:
        grant = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=node, begins=date(2020, 1, 1))
        return grant.person

    def _learner(self, number: int) -> Person:
        person = PersonFactory(name=f"学员{number}")
        EmploymentFactory(
            person=person, unit=self.hospital, begins=date(2020, 1, 1), department="CT室", staff_number=f"00{number}"
        )
        entry(person=person, on=date(YEAR, 1, 10), minutes=1080)
        return person


def content(job: ExportJob) -> bytes:
    with private_storage().open(job.file_key) as file:
        return bytes(file.read())


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def request(world: World, **changes: str) -> ExportJob:
    wanted = {
        "rule_set_id": HENAN,
        "year": YEAR,
        "file_format": "xlsx",
        "language": "zh-hans",
        "reason": "年报",
    } | changes
    return exports.request_export(by=world.administrator, node=world.hospital, **wanted)  # type: ignore[arg-type]


def form_of(node: Node, **changes: str) -> dict[str, object]:
    """What a browser sends for an export of `node`."""
    return {
        "place": str(node.public_id), "year": YEAR, "rule_set": HENAN, "column_set": ANNUAL, "sought": "",
        "file_format": "csv", "layout": "one", "encoding": "utf-8", "reason": "年报", **changes,
    }  # fmt: skip


def headings(key: str) -> list[str]:
    return [column.heading_zh for column in column_sets.find(key).columns]


def test_year_page_shows_both_totals_and_why_each_entry_counts() -> None:
    world = World()
    answer = signed_in(world.learners[0]).get(reverse("credits:my_credits"))
    assert answer.status_code == 200
    standing = answer.context["standing"]
    assert (standing.credits, standing.credits_registered, standing.hours) == (Decimal(6), Decimal(0), Decimal(18))
    assert [line.state for line in standing.lines] == ["counted"]
    assert answer.content.decode().count(standing.lines[0].text) == 1


def test_year_page_in_english_names_the_clause_in_english_and_beside_it_as_written() -> None:
    learner = World().learners[0]
    with override("en"):
        answer = signed_in(learner).get(reverse("credits:my_credits"))
        standing = answer.context["standing"]
        authority = standing.authority
    page, line = answer.content.decode(), standing.lines[0]
    assert line.clause_text == standing.version.in_english(line.clause) != line.clause
    assert f'<p class="card__meta" lang="zh-Hans">{line.clause}</p>' in page
    assert f"<dd>{escape(authority)}<br>" in page
    assert authority.startswith("Health Commission of Henan Province")


def test_year_page_of_a_newcomer_says_what_will_be_here() -> None:
    answer = signed_in(PersonFactory()).get(reverse("credits:my_credits"))
    assert answer.status_code == 200
    assert answer.context["standing"].lines == ()


@pytest.mark.parametrize("address", ["?year=1999", "?year=abc", "?rules=nobody", "?year=２０２５"])
def test_year_page_falls_back_on_nonsense(address: str) -> None:
    answer = signed_in(PersonFactory()).get(reverse("credits:my_credits") + address)
    assert (answer.status_code, answer.context["standing"].year) == (200, YEAR)


def test_year_page_shows_reversed_entries_with_the_reason() -> None:
    world = World()
    learner = world.learners[0]
    mistaken = learner.books.get().entries.get()
    awards.reverse(entry=mistaken, by=world.administrator, reason="登记错误")
    standing = pages.year_page(person=learner).standing
    assert standing.credits == 0
    assert [line.is_reversed for line in standing.lines] == [True, False]
    assert "登记错误" in signed_in(learner).get(reverse("credits:my_credits")).content.decode()


@pytest.mark.parametrize(
    ("who", "status"), [("administrator", 200), ("outsider", 404), ("learner", 403), ("nobody", 302)]
)
def test_a_persons_year_is_read_through_the_scope(who: str, status: int) -> None:
    world = World(learners=2)
    client = Client() if who == "nobody" else signed_in(world.learners[1] if who == "learner" else getattr(world, who))
    address = reverse("credits:person_credits", args=[world.learners[0].public_id])
    assert client.get(address).status_code == status
    read = AuditEvent.objects.filter(verb="credits.person.read").count()
    assert read == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    ("who", "status"), [("administrator", 200), ("outsider", 200), ("learner", 403), ("nobody", 302)]
)
@pytest.mark.parametrize("name", ["people", "exports"])
def test_administrators_pages_are_for_administrators(name: str, who: str, status: int) -> None:
    world = World()
    client = Client() if who == "nobody" else signed_in(world.learners[0] if who == "learner" else getattr(world, who))
    assert client.get(reverse(f"credits:{name}")).status_code == status


def test_people_page_tells_the_state_of_whoever_is_not_assessed_today() -> None:
    world = World(2)
    today = timezone.localdate()
    StatePeriod.objects.create(person=world.learners[0], state=PersonState.MATERNITY, begins=today)
    StatePeriod.objects.create(person=world.learners[1], state=PersonState.SICK, begins=date(2020, 1, 1), ends=today)
    with override("en"):
        page = signed_in(world.administrator).get(reverse("credits:people")).content.decode()
        running = pages.people_page(by=world.administrator).rows[1].standing.state_text
    assert page.count('<span class="badge">Maternity leave</span>') == 1
    assert page.count(f'<span class="badge badge--info">{running}</span>') == 1


def test_people_page_lists_only_the_scope_and_searches() -> None:
    world = World(learners=2)
    listing = pages.people_page(by=world.administrator, search="学员1")
    assert [row.person.name for row in listing.rows] == ["学员1"]
    assert pages.people_page(by=world.outsider).rows == []


def _queries(world: World, address: str) -> int:
    client = signed_in(world.administrator)
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        client.get(address)
    return len(caught)


def test_people_page_costs_the_same_for_one_and_three() -> None:
    assert _queries(World(1), reverse("credits:people")) == _queries(World(3), reverse("credits:people"))


def test_export_page_costs_the_same_for_one_and_three_jobs() -> None:
    world = World()
    request(world, file_format="csv")
    one = _queries(world, reverse("credits:exports"))
    request(world, year=YEAR - 1)  # type: ignore[arg-type]
    request(world)
    assert _queries(world, reverse("credits:exports")) == one


def test_export_is_refused_outside_of_the_scope() -> None:
    world = World()
    with pytest.raises(errors.OutOfScope):
        exports.request_export(
            by=world.administrator, node=world.other, rule_set_id=HENAN, year=YEAR, file_format="csv", reason="年报"
        )
    form = form_of(world.other)
    answer = signed_in(world.administrator).post(reverse("credits:export_request"), form)
    assert answer.status_code == 400
    assert ExportJob.objects.count() == 0


def test_the_same_request_in_waiting_is_one_job() -> None:
    world = World()
    assert request(world).pk == request(world).pk


def test_xlsx_export_holds_a_row_for_everybody_and_a_cover() -> None:
    world = World(learners=2)
    idle = PersonFactory(name="=HYPERLINK(1)")
    EmploymentFactory(person=idle, unit=world.hospital, begins=date(2020, 1, 1), staff_number="0099")
    job = request(world)
    exports.run_export(job.pk)
    job.refresh_from_db()
    assert (job.state, job.row_count) == (JobState.DONE, 3)
    data = content(job)
    assert hashlib.sha256(data).hexdigest() == job.file_sha256
    book = openpyxl.load_workbook(io.BytesIO(data))
    people = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    assert people[0] == headings(ANNUAL)
    assert [row[:2] for row in people[1:]] == [["000", "学员0"], ["001", "学员1"], ["0099", "=HYPERLINK(1)"]]
    assert [(row[10], row[11]) for row in people[1:]] == [(18, 6), (18, 6), (0, 0)]
    assert [book.worksheets[0][f"{column}4"].data_type for column in "ABK"] == ["s", "s", "n"]
    assert (book.worksheets[0].freeze_panes, book.worksheets[0].auto_filter.ref) == ("C2", "A1:Y4")
    cover = {row[0]: row[1] for row in book.worksheets[1].iter_rows(values_only=True)}
    with override("zh-hans"):
        assert (book.worksheets[1].title, cover[gettext("Rows")], cover[gettext("Credits of all")]) == (
            gettext("Cover"), "3", "12.00",
        )  # fmt: skip


def test_statement_holds_every_entry_of_everybody() -> None:
    world = World(learners=2)
    job = request(world, column_set=STATEMENT)
    exports.run_export(job.pk)
    job.refresh_from_db()
    rows = [list(row) for row in openpyxl.load_workbook(io.BytesIO(content(job))).worksheets[0].values]
    assert rows[0] == headings(STATEMENT)
    assert [row[1] for row in rows[1:]] == ["学员0", "学员1"]
    assert [(row[12], row[13]) for row in rows[1:]] == [(18, 6), (18, 6)]


def test_csv_export_opens_in_a_chinese_excel() -> None:
    world = World()
    job = request(world, file_format="csv")
    exports.run_export(job.pk)
    job.refresh_from_db()
    data = content(job)
    assert data[:3] == b"\xef\xbb\xbf"
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[0] == headings(ANNUAL)
    assert (rows[1][0], rows[1][1], rows[1][10], rows[1][11]) == ("000", "学员0", "18", "6")


def test_formulas_in_a_csv_are_defused() -> None:
    free = ("=1+1", "-2", "@x", "+1", "\ta", "\ra", "ok", '"', "a,b", Decimal("3.20"), Decimal("-2"), Decimal(0), None)
    assert [writers.cell(value) for value in free] == [
        "'=1+1", "'-2", "'@x", "'+1", "'\ta", "\"'\ra\"", "ok", '""""', '"a,b"', "3.2", "-2", "0", "",
    ]  # fmt: skip


def test_two_runs_of_a_job_give_the_same_bytes_and_one_file() -> None:
    world = World()
    job = request(world)
    exports.run_export(job.pk)
    job.refresh_from_db()
    first = job.file_sha256
    ExportJob.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    exports.run_export(job.pk)
    job.refresh_from_db()
    assert (job.file_sha256, job.attempt) == (first, 2)
    assert private_storage().listdir(job.file_key.rpartition("/")[0])[1] == ["2.xlsx"]


def test_a_demonstration_says_so_in_name_and_first_line() -> None:
    world = World()
    Person.objects.filter(pk=world.learners[0].pk).update(is_demo=True)
    job = request(world, file_format="csv")
    exports.run_export(job.pk)
    job.refresh_from_db()
    first = content(job).decode("utf-8-sig").splitlines()[0]
    assert "演示 无效" in first
    assert job.file_name != ""


@pytest.mark.parametrize(("who", "status"), [("administrator", 200), ("outsider", 404), ("nobody", 302)])
def test_download_is_for_the_one_who_asked(who: str, status: int) -> None:
    world = World()
    job = request(world)
    exports.run_export(job.pk)
    client = Client() if who == "nobody" else signed_in(getattr(world, who))
    answer = client.get(reverse("credits:export_download", args=[job.public_id]))
    assert answer.status_code == status
    if status == 200:
        job.refresh_from_db()
        assert "no-store" in answer["Cache-Control"].split(", ")
        assert b"".join(answer.streaming_content) == content(job)  # type: ignore[attr-defined]
    assert AuditEvent.objects.filter(verb="credits.export.download").count() == (1 if status == 200 else 0)


def test_download_is_refused_once_the_role_has_ended() -> None:
    world = World()
    job = request(world)
    exports.run_export(job.pk)
    world.administrator.role_grants.update(ends=timezone.localdate())
    answer = signed_in(world.administrator).get(reverse("credits:export_download", args=[job.public_id]))
    assert answer.status_code == 403


def test_export_file_goes_when_its_time_is_over() -> None:
    world = World()
    job, fresh = request(world), request(world, file_format="csv")
    for one in (job, fresh):
        exports.run_export(one.pk)
        one.refresh_from_db()
    key, client = job.file_key, signed_in(world.administrator)
    days = timedelta(days=retention.policy("credit_export", on=timezone.localdate()).amount)
    assert [one.file_expires_at for one in (job, fresh)] == [one.finished_at + days for one in (job, fresh)]  # type: ignore[operator]
    until = timezone.localtime(job.file_expires_at).strftime("%Y-%m-%d %H:%M")
    page = client.get("/en/credits/exports/").content.decode()
    assert (page.count(f"It can be fetched until {until}."), page.count("The file was erased.")) == (2, 0)
    assert exports.erase_old() == 0
    ExportJob.objects.filter(pk=job.pk).update(finished_at=timezone.now() - days)
    # Before the sweep has come, nothing leads to the file, and it is not given out.
    address = reverse("credits:export_download", args=[job.public_id])
    page = client.get("/en/credits/exports/").content.decode()
    assert (page.count("The file was erased."), page.count("Download<")) == (1, 1)
    assert client.get(address).status_code == 410
    assert (exports.erase_old(), exports.erase_old()) == (1, 0)
    job.refresh_from_db()
    assert (job.file_key, private_storage().exists(key), private_storage().exists(fresh.file_key)) == ("", False, True)
    event = AuditEvent.objects.get(verb="credits.export.erase")
    assert (event.actor_id_copy, event.target_id, event.after) == (
        None,
        str(job.public_id),
        {"sha256": job.file_sha256},
    )
    assert client.get(address).status_code == 410


def test_download_before_the_file_is_ready_says_so() -> None:
    world = World()
    job = request(world)
    answer = signed_in(world.administrator).get(reverse("credits:export_download", args=[job.public_id]))
    assert answer.status_code == 409


def test_a_waiting_export_can_be_cancelled() -> None:
    world = World()
    job = request(world)
    signed_in(world.administrator).post(reverse("credits:export_cancel", args=[job.public_id]))
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    exports.run_export(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_api_standing_is_ones_own() -> None:
    world = World()
    answer = signed_in(world.learners[0]).get(f"/api/v1/credits/standing/?year={YEAR}")
    assert (answer.status_code, answer.json()["credits"], len(answer.json()["lines"])) == (200, "6.00", 1)
    assert signed_in(world.administrator).get("/api/v1/credits/standing/").json()["lines"] == []
    assert Client().get("/api/v1/credits/standing/").status_code == 403


def test_api_entries_filter_and_refuse_nonsense() -> None:
    world = World()
    client = signed_in(world.learners[0])
    assert client.get(f"/api/v1/credits/entries/?year={YEAR}").json()["count"] == 1
    assert client.get(f"/api/v1/credits/entries/?year={YEAR - 1}").json()["count"] == 0
    assert client.get("/api/v1/credits/entries/?year=x").status_code == 400
    assert signed_in(world.outsider).get("/api/v1/credits/entries/").json()["count"] == 0


@pytest.mark.parametrize(("who", "status"), [("administrator", 202), ("outsider", 404), ("learner", 403)])
def test_api_export_goes_through_the_scope(who: str, status: int) -> None:
    world = World()
    client = signed_in(world.learners[0] if who == "learner" else getattr(world, who))
    wanted = {"place": str(world.hospital.public_id), "year": YEAR, "rule_set": HENAN, "file_format": "csv"}
    wanted |= {"reason": "年报"}
    answer = client.post("/api/v1/credit-exports/", wanted, content_type="application/json")
    assert answer.status_code == status
    listed = client.get("/api/v1/credit-exports/")
    assert listed.status_code == (403 if who == "learner" else 200)
    if status == 202:
        address = f"/api/v1/credit-exports/{answer.json()['public_id']}/"
        assert client.get(address).json()["state"] == "queued"
        assert signed_in(world.outsider).get(address).status_code == 404
        assert client.get(f"{address}file/").status_code == 409
