"""Groups that overlap, and what is known of them, written at the same moment in opposite orders."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from credits.enums import GrantMethod, OfficialState
from credits.models import Entry, Feed, Judgement
from credits.services import official
from credits.services.group_entries import Granted, award_many
from credits.services.verification import verify_judgements, verify_ledger
from tests.factories.credits import HENAN, activity
from tests.factories.organisations import PersonFactory

GROUPS = 6

pytestmark = [pytest.mark.usefixtures("committed_db", "rule_sets"), pytest.mark.slow]


def at_once(*calls: Any) -> list[Any]:
    barrier = Barrier(len(calls))

    def run(call: Any) -> Any:
        barrier.wait()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_grants_to_overlapping_groups_and_their_states_never_wait_for_each_other() -> None:
    people = [PersonFactory() for _ in range(8)]
    done = [activity(on=date(2026, 3, number + 1)) for number in range(GROUPS)]

    def grant(number: int) -> Granted:
        chosen = people[number:] + people[:number]
        return award_many(
            people=chosen if number % 2 else reversed(chosen),
            activity=done[number],
            rule_set_id=HENAN,
            how=GrantMethod.ATTENDANCE,
        )

    found = at_once(*(lambda number=number: grant(number) for number in range(GROUPS)))
    assert [(len(one.entries), one.refused) for one in found] == [(8, [])] * GROUPS
    entries = list(Entry.objects.order_by("pk"))

    def state(number: int) -> int:
        chosen = entries if number % 2 else entries[::-1]
        return official.mark_chosen(
            by=people[0], entries=chosen, state=OfficialState.REGISTERED, on=date(2026, 7, number + 1), reference="R"
        )

    calls = [lambda number=number: state(number) for number in range(3)]
    assert at_once(*calls) == [48, 48, 48]
    assert (Feed.objects.count(), Judgement.objects.filter(credits_registered__gt=0).count()) == (48, 8)
    assert (verify_ledger(), verify_judgements()) == ([], [])


def test_group_takes_everybody_but_those_who_have_it_already() -> None:
    people = [PersonFactory() for _ in range(3)]
    first = activity(title="读片会")
    award_many(people=people[:1], activity=first, rule_set_id=HENAN, how=GrantMethod.MANUAL)
    again = activity(title="读片会", kind="session")
    found = award_many(people=people, activity=again, rule_set_id=HENAN, how=GrantMethod.ATTENDANCE)
    assert ([person for person, _why in found.refused], len(found.entries)) == ([people[0]], 2)
    assert Entry.objects.count() == 3
