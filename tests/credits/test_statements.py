"""The one-page statement: made once, the same bytes again, one page whatever stands on it, verified by its code."""

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
import zxingcpp
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from PIL import Image

from cms.shared.jobs import JobState
from cms.shared.storage import private_storage
from credits.enums import GrantMethod, OfficialState
from credits.exports import one_page
from credits.models import RuleSetVersion, Statement
from credits.selectors import LoadedRuleSet, rule_book, standing
from credits.services import awards, histories, statements, statuses
from organisations.enums import Role
from organisations.models import AuditEvent, Person
from organisations.services.activation import spaced
from tests.factories.credits import HENAN, activity, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]
YEAR = 2026
# SHA-256 (first 16 characters) of what stands on the page of fixed entries; it changes with rules and words alone.
CONTENT = "cce9b00434269b3d"


def learner(name: str = "王小明") -> Person:
    hospital = NodeFactory(name="第一医院")
    person = PersonFactory(name=name)
    EmploymentFactory(person=person, unit=hospital, begins=date(2020, 1, 1), department="CT室", staff_number="1001")
    return person


def asked(person: Person, **changes: Any) -> Statement:
    wish = {"by": person, "person": person, "year": str(YEAR), "rule_set_id": HENAN, "language": "en"}
    return statements.request_statement(**(wish | changes))


def made(person: Person, **changes: Any) -> Statement:
    statement = asked(person, **changes)
    statements.run_statement(statement.pk)
    statement.refresh_from_db()
    return statement


def content(statement: Statement) -> bytes:
    with private_storage().open(statement.file_key) as file:
        return bytes(file.read())


def code_on(statement: Statement) -> str:
    return spaced(statements.code_of(statement.content_sha256))


def every_version() -> Iterator[LoadedRuleSet]:
    book = rule_book()
    for rule_set_id in {row.rule_set_id for row in RuleSetVersion.objects.all()}:
        yield from book.of(rule_set_id)


def client_of(person: Person | None) -> Client:
    client = Client()
    if person is not None:
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def told(*command: object) -> str:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_page_is_one_small_tagged_sheet_with_its_own_fonts_and_a_code_that_a_phone_reads(
    language: str, tmp_path: Path
) -> None:
    person = learner()
    entry(person=person, on=date(YEAR, 3, 1), minutes=630, title="胸部 CT 规范化检查")
    statement = made(person, language=language)
    paper = tmp_path / "statement.pdf"
    paper.write_bytes(content(statement))
    about = dict(line.split(":", 1) for line in told("pdfinfo", paper).splitlines())
    assert (statement.state, about["Pages"].strip(), about["Tagged"].strip()) == (JobState.DONE, "1", "yes")
    assert len(content(statement)) <= 300_000
    fonts = [line.split() for line in told("pdffonts", paper).splitlines()[2:]]
    # …, emb, sub, uni, object, generation
    assert {tuple(font[-5:-2]) for font in fonts} == {("yes", "yes", "yes")}
    subprocess.run(["pdftoppm", "-r", "120", "-png", str(paper), str(tmp_path / "page")], check=True)
    with Image.open(next(tmp_path.glob("page*.png"))) as picture:
        codes = [code.text for code in zxingcpp.read_barcodes(picture)]
    with override(language):
        address = settings.WAGTAILADMIN_BASE_URL + reverse("credits:verify")
    assert codes == [f"{address}#code={code_on(statement).replace('-', '')}"]
    text = told("pdftotext", "-layout", paper, "-")
    assert (code_on(statement) in text, "王小明" in text, "胸部 CT 规范化检查" in text) == (True, True, True)


def test_figures_on_the_page_are_those_of_the_judgement() -> None:
    person = learner()
    entry(person=person, on=date(YEAR, 3, 1), minutes=630)
    registered = entry(person=person, on=date(YEAR, 4, 1), minutes=180)
    statuses.set_status(
        entry=registered, state=OfficialState.REGISTERED, on=date(YEAR, 5, 1), by=None, reference="豫-1"
    )
    page, found = asked(person).content, standing(person=person, rule_set_id=HENAN, year=YEAR)
    assert [Decimal(page[name]) for name in ("credits", "hours", "registered")] == [
        found.credits, found.hours, found.credits_registered,
    ]  # fmt: skip
    assert sum(Decimal(line["credits"]) for line in page["lines"]) == found.credits > 0
    assert sum(Decimal(one["credits"]) for one in page["categories"]) == found.credits
    assert [(line["official"], line["reference"]) for line in page["lines"]] == [
        ("Registered by the authority", "豫-1"), ("Recorded here", ""),
    ]  # fmt: skip
    assert page["marks"] == sorted(found.marks)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [(2, 1), (5, 4), (10, 10)])
def test_longest_page_still_is_one(rows: tuple[int, int], tmp_path: Path) -> None:
    person = learner(name="阿" * 60)
    entry(person=person, on=date(YEAR, 3, 1), title="很长的活动名称" * 20)
    found = standing(person=person, rule_set_id=HENAN, year=YEAR)
    page = one_page.content_of(found, employment=None, as_of=date(YEAR, 11, 20), language="zh-hans")
    # All as long as it can come, whatever the rules ask.
    goal = {"title": "长" * one_page.ONE_LINE, "figures": "1000.25 / 2000", "state": "尚未达到", "mark": "M"}
    line = page["lines"][0] | {
        "why": "因" * one_page.LONGEST, "category": "类" * 16, "official": "主管部门已登记",
        "reference": "W" * 20, "mark": "M",
    }  # fmt: skip
    goals, categories = rows
    page["goals"], page["categories"] = [goal] * goals, [goal | {"credits": "100.25"}] * categories
    page["lines"] = [line] * one_page.lines_beside(goals + categories)
    page["person"] |= {"unit": "院" * one_page.LONGEST, "department": "科" * 20, "title": "副主任技师"}
    page["rules"] |= {"title": "规" * one_page.LONGEST, "authority": "委" * one_page.LONGEST}
    page |= {"is_demo": True, "left_out": 20}
    data = one_page.pdf(page, code="0000-0000-0000", address="https://x.example/" + "a" * 80, link="https://x.example/")
    (tmp_path / "page.pdf").write_bytes(data)
    assert re.findall(r"Pages:\s+(\d+)", told("pdfinfo", tmp_path / "page.pdf")) == ["1"]


def test_rows_that_have_no_room_are_counted() -> None:
    person = learner()
    for number in range(30):
        entry(person=person, on=date(YEAR, 3, 1 + number % 28))
    page = asked(person).content
    assert len(page["lines"]) + page["left_out"] == 30
    assert len(page["lines"]) == one_page.lines_beside(len(page["goals"]) + len(page["categories"])) < 30
    assert max(len(rules.rules.requirements) + len(rules.rules.categories) for rules in every_version()) <= 20


@pytest.mark.slow
def test_same_key_gives_these_bytes_on_every_engine() -> None:
    with time_machine.travel(datetime(2026, 11, 20, 3, tzinfo=UTC), tick=False):
        person = PersonFactory(name="王小明", username="wang", public_id="0f8fad5b-d9cb-469f-a165-70867728950e")
        EmploymentFactory(person=person, unit=NodeFactory(name="第一医院"), begins=date(2020, 1, 1), staff_number="7")
        fact = activity(on=date(2026, 1, 10), minutes=1080, title="胸部 CT", id="fixed")
        first = awards.award(person=person, activity=fact, rule_set_id=HENAN, how=GrantMethod.ATTENDANCE)
        page = asked(person).content
    # An entry's id is random; it tells states of the book apart and stands nowhere on the page.
    page |= {"book": ""}
    assert first.public_id is not None
    assert one_page.sha256_of(page)[:16] == CONTENT
    made_of = []
    for day in (datetime(2026, 11, 20, 3, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC)):
        with time_machine.travel(day):
            made_of.append(one_page.pdf(page, code="0123-4567-89AB", address="https://x/", link="https://x/#"))
    assert made_of[0] == made_of[1]


def test_same_book_gives_the_same_statement_and_code_until_something_changes() -> None:
    person = learner()
    first_entry = entry(person=person, on=date(YEAR, 3, 1))
    first, again = asked(person), asked(person)
    assert (again.pk, Statement.objects.count()) == (first.pk, 1)
    statuses.set_status(entry=first_entry, state=OfficialState.REPORTED, on=date(YEAR, 4, 1), by=None)
    later = asked(person)
    assert (later.pk != first.pk, code_on(later) != code_on(first)) == (True, True)
    assert statements.code_of("a") == statements.code_of("a") != statements.code_of("b")


def verify(code: str, **more: Any) -> Any:
    with override("en"):
        return client_of(None).post(reverse("credits:verify"), {"code": code}, **more)


@pytest.mark.slow
def test_code_tells_a_stranger_the_masked_name_the_figures_and_whether_they_hold() -> None:
    person = learner()
    entry(person=person, on=date(YEAR, 3, 1), minutes=630)
    statement = made(person)
    answer = verify(code_on(statement).lower())
    text = answer.content.decode()
    assert (answer.status_code, answer["X-Robots-Tag"], "王小明" in text, person.username in text) == (
        200, "noindex", False, False,
    )  # fmt: skip
    for shown in ("王**", "第一医院", "3.5 credits", "Genuine, and the book says the same today", "to be verified"):
        assert text.count(shown) >= 1, shown
    assert 'name="robots" content="noindex"' in text
    assert AuditEvent.objects.filter(verb="credits.statement.verify", actor_id_copy=None).count() == 1
    entry(person=person, on=date(YEAR, 4, 1))
    text = verify(code_on(statement)).content.decode()
    assert ("Genuine, and the book has changed since" in text, "3.5 credits" in text) == (True, True)


@pytest.mark.slow
def test_running_year_that_ends_is_no_change_of_the_book() -> None:
    person = learner()
    entry(person=person, on=date(YEAR, 3, 1))
    statement = made(person)
    with time_machine.travel(datetime(YEAR + 1, 2, 1, tzinfo=UTC)):
        assert statements.has_changed(statement) is False


@pytest.mark.parametrize(
    ("typed", "said"), [("0000-0000-0001", "typing error"), ("0000-0000-0000", "No statement has this code"), ("", "")]
)
def test_wrong_code_gets_a_clear_answer(typed: str, said: str) -> None:
    answer = verify(typed)
    assert (answer.status_code, said in answer.content.decode()) == (400, True)


def test_code_is_guessed_a_few_times_only() -> None:
    cache.clear()
    answers = [verify("0000-0000-0000").status_code for _ in range(6)]
    assert answers == [400] * 5 + [429]
    cache.clear()


@pytest.mark.slow
def test_withdrawn_statement_proves_nothing_and_the_next_one_has_another_code() -> None:
    person = learner()
    entry(person=person, on=date(YEAR, 3, 1))
    statement = made(person)
    key, old = statement.file_key, code_on(statement)
    with override("en"):
        path = reverse("credits:statement_withdraw", args=[statement.public_id])
    client = client_of(person)
    assert (client.post(path).status_code, client.post(path).status_code) == (302, 302)
    assert AuditEvent.objects.filter(verb="credits.statement.withdraw").count() == 1
    assert "This statement was withdrawn" in verify(old).content.decode()
    statement.refresh_from_db()
    with pytest.raises(statements.StatementWithdrawn):
        statements.open_file(by=person, statement=statement)
    assert (statement.file_key, key != "", code_on(asked(person)) != old) == ("", True, True)


@pytest.mark.slow
def test_merged_account_s_statement_is_withdrawn_and_an_erased_one_s_is_gone() -> None:
    kept, merged = learner(), learner("李雷")
    entry(person=merged, on=date(YEAR, 3, 1))
    statement = made(merged)
    histories.HISTORY.move(kept, merged)
    statement.refresh_from_db()
    assert (statement.person, statement.file_key, statement.withdrawn_at is not None) == (kept, "", True)
    assert "This statement was withdrawn" in verify(code_on(statement)).content.decode()
    histories.HISTORY.erase(kept)
    assert (Statement.objects.count(), verify(code_on(statement)).status_code) == (0, 400)


@pytest.mark.slow
def test_statement_ends_when_its_time_is_over(settings: Any) -> None:
    person = learner()
    statement = made(person)
    key, code = statement.file_key, code_on(statement)
    assert (statements.erase_old(), verify(code).status_code) == (0, 200)
    Statement.objects.update(created_at=timezone.now() - timedelta(days=365))
    assert verify(code).status_code == 400
    assert (statements.erase_old(), private_storage().exists(key), Statement.objects.count()) == (1, False, 0)


@pytest.mark.slow
def test_statement_opens_in_the_browser_for_the_person_and_who_looks_after_them() -> None:
    person = learner()
    reviewer: Person = RoleGrantFactory(
        role=Role.UNIT_CREDIT_ADMINISTRATOR, node=person.employments.get().unit, begins=date(2020, 1, 1)
    ).person
    with override("en"):
        asks = reverse("credits:person_statement_request", args=[person.public_id])
        year = reverse("credits:person_credits", args=[person.public_id])
    client = client_of(reviewer)
    assert client.get(year).content.decode().count(f'action="{asks}"') == 1
    assert client.post(asks, {"year": YEAR, "rules": HENAN}).status_code == 302
    statement = Statement.objects.get()
    with override("en"):
        paths = [reverse(f"credits:statement{name}", args=[statement.public_id]) for name in ("", "_state", "_file")]
    assert [client.get(path).status_code for path in paths] == [200, 200, 409]
    assert 'data-controller="job-progress"' in client.get(paths[0]).content.decode()
    statements.run_statement(statement.pk)
    for reader in (reviewer, person):
        answer = client_of(reader).get(paths[2])
        assert (answer["Content-Type"], answer.getvalue()[:5]) == ("application/pdf", b"%PDF-")
        assert answer["Content-Disposition"].startswith("inline; filename*=utf-8''Credit%20statement")
        assert f'href="{paths[2]}"' in client_of(reader).get(paths[0]).content.decode()
    assert [client_of(PersonFactory()).get(path).status_code for path in paths] == [404, 404, 404]
    assert AuditEvent.objects.filter(verb="credits.statement.read").count() == 2


def test_statement_withdrawn_while_it_waits_is_never_made() -> None:
    person = learner()
    statement = asked(person)
    assert (statements.withdraw(by=person, statement=statement), asked(person).pk != statement.pk) == (True, True)
    statements.run_statement(statement.pk)
    statement.refresh_from_db()
    assert (statement.state, statement.file_key, statement.code_index) == (JobState.CANCELLED, "", None)


def test_page_that_could_not_be_made_says_so_and_is_made_when_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    person = learner()
    statement = asked(person)
    Statement.objects.update(state=JobState.FAILED, finished_at=timezone.now())
    with override("en"):
        path = reverse("credits:statement", args=[statement.public_id])
    assert "could not be made" in client_of(person).get(path).content.decode()
    assert asked(person).pk == statement.pk
    assert Statement.objects.get().state == JobState.QUEUED
