"""All books judged anew: the same as one by one, on from where a run was cut short, and never two at once."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cms.shared.errors import Conflict
from credits.enums import OfficialState
from credits.models import Book, Judgement, Rebuilding
from credits.services import rebuilding
from credits.services.awards import reverse
from credits.services.rebuilding import rebuild_all
from credits.services.statuses import set_status
from credits.services.verification import verify_judgements
from tests.factories.credits import HENAN, NATIONAL, entry
from tests.factories.organisations import PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]


class Cut(Exception):
    """The run ends here, as by a kill."""


def library(books: int = 4) -> None:
    """People with years by several rules, look-backs, years inside of a period, and entries that were taken back."""
    for number in range(books):
        person = PersonFactory()
        for year in (2023, 2025, 2026):
            entry(person=person, on=date(year, 3, 1 + number), minutes=90 * (number + 1))
            entry(person=person, rule_set_id=NATIONAL, on=date(year, 4, 1), minutes=360, activity_type="nat_attend")
        entry(person=person, rule_set_id="nz-mrtb-cpd", on=date(2025, 5, 1), minutes=960, activity_type="any")
        entry(person=person, rule_set_id="uk-hcpc-cpd", on=date(2025, 5, 1), activity_type="work_based")
        wrong = entry(person=person, on=date(2026, 6, 1 + number))
        official = entry(person=person, on=date(2026, 7, 1))
        set_status(entry=official, state=OfficialState.REGISTERED, on=date(2026, 8, 1), by=None, reference="R-1")
        if number % 2:
            reverse(entry=wrong, by=None, reason="核对")


def stored() -> list[dict[str, Any]]:
    rows = Judgement.objects.order_by("book", "rule_set_id", "period_begins")
    return [{name: value for name, value in row.items() if name not in {"id", "judged_at"}} for row in rows.values()]


def cut_after(books: int) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        if done >= books:
            raise Cut

    return tell


def test_all_at_once_is_what_the_entries_made_one_by_one() -> None:
    library()
    before = stored()
    assert {row["rule_set_id"] for row in before} == {HENAN, NATIONAL, "nz-mrtb-cpd"}
    assert {str(row["turns_on"]) for row in before if row["rule_set_id"] == "nz-mrtb-cpd"} == {"None"}
    Judgement.objects.update(credits=99, lines={}, brief="", turns_to="open")
    Judgement.objects.filter(period_begins=date(2025, 1, 1)).delete()
    run = rebuild_all()
    assert (stored(), run.judgements) == (before, len(before))
    assert run.finished_at is not None
    assert verify_judgements() == []


def test_judgements_that_no_entry_asks_for_go() -> None:
    library(1)
    before = stored()
    lost = Judgement.objects.all()[0]
    lost.pk, lost.period_begins, lost.period_ends = None, date(2019, 1, 1), date(2020, 1, 1)
    lost.save(force_insert=True)
    rebuild_all()
    assert stored() == before


def test_a_run_that_was_cut_short_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    library()
    monkeypatch.setattr(rebuilding, "BOOKS_AT_ONCE", 1)
    before = stored()
    Judgement.objects.update(credits=99)
    with pytest.raises(Cut):
        rebuild_all(tell=cut_after(2))
    books = list(Book.objects.order_by("pk").values_list("pk", flat=True))
    run = Rebuilding.objects.get()
    assert (run.judged_to, run.finished_at) == (books[1], None)
    done = set(Judgement.objects.filter(book__in=books[:2]).values_list("pk", flat=True))
    told: list[tuple[int, int]] = []
    again = rebuild_all(tell=lambda done, total: told.append((done, total)))
    assert (again.pk, told) == (run.pk, [(2, 4), (3, 4), (4, 4)])
    assert set(Judgement.objects.filter(book__in=books[:2]).values_list("pk", flat=True)) == done
    assert (stored(), again.judgements) == (before, len(before))


def test_a_run_begins_anew_with_other_rules_or_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    library(2)
    monkeypatch.setattr(rebuilding, "BOOKS_AT_ONCE", 1)
    with pytest.raises(Cut):
        rebuild_all(tell=cut_after(1))
    Rebuilding.objects.update(stamp="0" * 64)
    count = Judgement.objects.count()
    assert rebuild_all().judgements == count
    with pytest.raises(Cut):
        rebuild_all(tell=cut_after(1))
    assert rebuild_all(anew=True).judgements == count
    assert Rebuilding.objects.filter(finished_at=None).count() == 0


def test_the_second_of_two_runs_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    library(3)
    monkeypatch.setattr(rebuilding, "BOOKS_AT_ONCE", 1)

    def meanwhile(done: int, total: int) -> None:
        if done == 1:
            rebuild_all()

    with pytest.raises(Conflict):
        rebuild_all(tell=meanwhile)
    assert verify_judgements() == []
    assert Rebuilding.objects.exclude(finished_at=None).count() == 1


def test_the_command_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    library(2)
    monkeypatch.setattr(rebuilding, "BOOKS_AT_ONCE", 1)
    capsys.readouterr()
    call_command("rebuild_judgements", "--anew")
    assert capsys.readouterr().out.splitlines() == [
        "0 of 2 books are judged.", "1 of 2 books are judged.", "2 of 2 books are judged.",
        f"{Judgement.objects.count()} judgements were made.",
    ]  # fmt: skip


def test_statements_do_not_grow_with_the_books() -> None:
    counts = []
    for _round in range(2):
        library(2)
        with CaptureQueriesContext(connection) as queries:
            rebuild_all(anew=True)
        counts.append(len(queries))
    assert counts[0] == counts[1]
