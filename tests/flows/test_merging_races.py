"""Awards for two accounts that become one at the same moment."""

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from credits.enums import GrantMethod
from credits.models import Book
from credits.selectors import standing
from credits.services import awards
from organisations.models import Person
from tests.factories.credits import HENAN, activity, entry
from tests.flows.test_merging import DAY, Pair, sound

pytestmark = [pytest.mark.usefixtures("committed_db", "rule_sets"), pytest.mark.slow]


def test_award_while_accounts_are_merged_is_recorded_once() -> None:
    pair, done = Pair(), activity(on=DAY, minutes=1080)
    entry(person=pair.kept, on=date(2026, 4, 1))
    entry(person=pair.merged, on=date(2026, 4, 2))
    barrier, results = threading.Barrier(9), []

    def run(work: Any) -> None:
        barrier.wait()
        try:
            results.append(work())
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    def give(person: Person) -> Any:
        return awards.award(person=person, activity=done, rule_set_id=HENAN, how=GrantMethod.ASSESSMENT)

    fresh = [Person.objects.get(pk=pk) for pk in (pair.kept.pk, pair.merged.pk) * 4]
    works = [pair.merge, *(lambda person=person: give(person) for person in fresh)]
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result for result in results if isinstance(result, Exception)] == []
    found = standing(person=pair.kept, rule_set_id=HENAN, year=2026)
    assert found.credits == Decimal(6) + 2 * Decimal(1)
    assert set(Book.objects.values_list("owner", flat=True)) == {pair.kept.pk}
    assert sound()
