"""A thousand rows cost as many statements as the thousand before them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from organisations.enums import RosterStage
from organisations.models import Node, Person
from organisations.services import rosters
from organisations.services.rosters import checking
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory
from tests.organisations.roster.conftest import Compare, run

pytestmark = pytest.mark.django_db

CHUNK = 20
NUMERALS = "零一二三四五六七八九"


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many statements each chunk took: a chunk begins with the heartbeat that says how far the job is."""
    counts: list[int] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("UPDATE") and '"heartbeat_at"' in sql and '"progress"' in sql:
            counts.append(0)
        elif counts:
            counts[-1] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield counts


def rows(unit: Node, number: int) -> list[tuple[str, ...]]:
    """New ones, changed ones and unchanged ones in turn."""
    made = []
    for serial in range(number):
        name = "王" + "".join(NUMERALS[int(digit)] for digit in f"{serial:03}")
        if serial % 4 == 1:
            person = PersonFactory(name=name, phone=f"+86138000{serial + 50_000:05}")
            EmploymentFactory(person=person, unit=unit, staff_number=f"W{serial}")
        made.append((name, f"W{serial}", f"138000{serial:05}", "", "影像科", "技师"))
    return made


def test_statements_of_a_chunk_do_not_depend_on_how_many_there_are(
    compare: Compare, keeper: Person, unit: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "CHUNK", CHUNK)
    NodeFactory(parent=unit, kind="department", name="影像科")
    sent = rows(unit, 5 * CHUNK)
    with counted(monkeypatch) as checked:
        roster = compare(*sent)
    with counted(monkeypatch) as entered:
        rosters.apply(by=keeper, roster=roster)
        run(roster)
    with counted(monkeypatch) as undone:
        rosters.undo(by=keeper, roster=roster)
        run(roster)
    assert (roster.roster_stage, roster.counts) == (RosterStage.UNDONE, {"create": 75, "update": 25})
    # The last one of each also ends the job.
    for counts in (checked[-5:-1], entered[-5:-1], undone[-5:-1]):
        assert len(set(counts)) == 1, (checked, entered, undone)
