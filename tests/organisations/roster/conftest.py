"""A unit, who keeps its people, and a roster taken as far as a test wants it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from django.utils import timezone

from organisations.enums import Role
from organisations.models import Node, Person, RosterImport, RosterRow
from organisations.services import rosters
from tests.factories.organisations import NodeFactory, RoleGrantFactory
from tests.organisations.roster import files

Compare = Callable[..., RosterImport]


@pytest.fixture
def unit(db: None) -> Node:
    return NodeFactory()


@pytest.fixture
def keeper(unit: Node) -> Person:
    return RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=unit).person


def run(roster: RosterImport) -> RosterImport:
    rosters.run_roster(roster.pk)
    roster.refresh_from_db()
    return roster


@pytest.fixture
def compare(keeper: Person, unit: Node) -> Compare:
    """Send rows below `headings` and compare them; `confirmed` goes to `confirm_mapping`."""

    def compared(
        *rows: Sequence[Any], headings: Iterable[str] = files.HEADINGS, content: bytes | None = None,
        name: str = "名单.xlsx", **confirmed: Any,
    ) -> RosterImport:  # fmt: skip
        sheet = content or files.xlsx(("名单", [tuple(headings), *rows]))
        roster = run(rosters.receive(by=keeper, unit=unit, upload=files.upload(sheet, name)))
        wanted: dict[str, Any] = {"mapping": roster.mapping, "effective_on": timezone.localdate()} | confirmed
        rosters.confirm_mapping(by=keeper, roster=roster, **wanted)
        return run(roster)

    return compared


def codes(row: RosterRow) -> list[tuple[str, str]]:
    """(column, code) of a row's problems."""
    return [(one["column"], one["code"]) for one in row.problems]


def rows_of(roster: RosterImport) -> list[RosterRow]:
    return list(roster.rows.order_by("pk"))


def outcomes(roster: RosterImport) -> list[str]:
    return [row.outcome for row in rows_of(roster)]
