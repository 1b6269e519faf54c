"""Sixteen connections record the same thing at the same moment."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection

from credits.enums import GrantMethod
from credits.models import Book, Entry, Feed, Judgement
from credits.services.awards import DuplicateActivity, award, reverse
from credits.services.verification import verify_judgements, verify_ledger
from tests.factories.credits import HENAN, activity, entry
from tests.factories.organisations import PersonFactory

THREADS = 16

pytestmark = [pytest.mark.usefixtures("committed_db", "rule_sets"), pytest.mark.slow]


def together(work: Callable[[int], Any]) -> list[Any]:
    """Run `work(0)` … `work(15)` at the same moment, each on its own connection; results or exceptions by number."""
    results: list[Any] = [None] * THREADS
    barrier = threading.Barrier(THREADS)

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = work(number)
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_award_of_one_activity_by_sixteen_makes_one_entry() -> None:
    person, done = PersonFactory(), activity()
    results = together(lambda n: award(person=person, activity=done, rule_set_id=HENAN, how=GrantMethod.ASSESSMENT).pk)
    assert len(set(results)) == 1
    assert (Book.objects.count(), Entry.objects.count(), Feed.objects.count(), Judgement.objects.count()) == (
        1,
        1,
        1,
        1,
    )
    assert verify_ledger() == []


def test_award_of_sixteen_activities_makes_one_unbroken_chain() -> None:
    person = PersonFactory()
    together(lambda n: entry(person=person, on=date(2026, 3, n + 1)).pk)
    assert list(Entry.objects.order_by("position").values_list("position", flat=True)) == list(range(1, THREADS + 1))
    assert list(Feed.objects.order_by("position").values_list("position", flat=True)) == list(range(1, THREADS + 1))
    assert verify_ledger() == []
    assert verify_judgements() == []


def test_duplicates_under_sixteen_ids_make_one_entry() -> None:
    person = PersonFactory()
    begins, ends = datetime(2026, 5, 1, 1, tzinfo=UTC), datetime(2026, 5, 1, 3, tzinfo=UTC)
    results = together(lambda n: entry(person=person, title="同一讲座", begins_at=begins, ends_at=ends).pk)
    assert Entry.objects.count() == 1
    assert sum(isinstance(result, DuplicateActivity) for result in results) == THREADS - 1


def test_reversal_by_sixteen_takes_back_once() -> None:
    written = entry()
    results = together(lambda n: reverse(entry=written, by=None, reason="重复").pk)
    assert len(set(results)) == 1
    assert Entry.objects.count() == 2
    assert verify_ledger() == []
