"""A place that closes on a day to come: open until then, gone from then on, and how that is called off."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from organisations.enums import PlaceChangeKind, Role
from organisations.models import AllianceMember, Node, PlaceChange, RoleGrant
from organisations.selectors import directory, gazetteer, registrations, scope_of
from organisations.services import memberships, people, roles, trees
from tests.factories.organisations import (
    AllianceFactory,
    BranchFactory,
    NodeFactory,
    PersonFactory,
    RoleGrantFactory,
)

pytestmark = pytest.mark.django_db

CLOSES = date(2026, 12, 1)
# 1 December begins at 16:00 UTC of 30 November in Shanghai.
LAST_MINUTE = datetime(2026, 11, 30, 15, 59, tzinfo=UTC)
FIRST_MINUTE = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)


def closing() -> Node:
    with time_machine.travel(datetime(2026, 11, 1, tzinfo=UTC), tick=False):
        return trees.close_place(by=None, node=NodeFactory(), on=CLOSES)


@pytest.mark.parametrize(("moment", "is_open"), [(LAST_MINUTE, True), (FIRST_MINUTE, False)])
def test_place_is_open_until_its_day_begins_in_china(moment: datetime, is_open: bool) -> None:
    node = closing()
    branch = BranchFactory(closed_on=CLOSES)
    with time_machine.travel(moment, tick=False):
        holder = RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=node).person
        keeper = RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=branch).person
        scope = scope_of(holder, {Role.SYSTEM_ADMINISTRATOR})
        assert (node.is_closed, node.is_closing) == (not is_open, is_open)
        assert [top.node for top in gazetteer.forest_of(scope).tops] == ([node] if is_open else [])
        assert list(directory.places_of(scope)) == ([node] if is_open else [])
        assert list(directory.branches_for(keeper)) == ([branch] if is_open else [])
        assert [unit.unit for unit in registrations.find_units(node.name)] == ([node] if is_open else [])


def test_what_begins_at_a_closing_place_ends_with_it() -> None:
    node, branch = closing(), BranchFactory(closed_on=CLOSES)
    person, day = PersonFactory(), date(2026, 11, 10)
    employment = people.employ(by=None, person=person, unit=node, begins=day)
    membership = memberships.join(by=None, person=person, branch=branch, begins=day)
    grant = roles.grant_role(by=None, person=person, role=Role.EDITOR, node=node, begins=day, ends=date(2027, 1, 1))
    assert (employment.ends, membership.ends, grant.ends) == (CLOSES, CLOSES, CLOSES)


def test_role_at_a_closed_place_is_refused() -> None:
    node = closing()
    with pytest.raises(roles.ClosedThere):
        roles.grant_role(by=None, person=PersonFactory(), role=Role.EDITOR, node=node, begins=CLOSES)
    assert RoleGrant.objects.count() == 0


@time_machine.travel(LAST_MINUTE, tick=False)
def test_closing_called_off_gives_roles_and_alliances_back() -> None:
    node = NodeFactory()
    AllianceFactory(members=[node])
    ends = date(2027, 6, 1)
    lasting = RoleGrantFactory(role=Role.EDITOR, node=node)
    dated = RoleGrantFactory(role=Role.LECTURER, node=node, ends=ends)
    trees.close_place(by=None, node=node, on=CLOSES)
    assert set(RoleGrant.objects.values_list("ends", flat=True)) == {CLOSES}
    kept = trees.keep_open(by=None, node=node)
    assert (kept.closed_on, kept.is_closed) == (None, False)
    assert list(RoleGrant.objects.order_by("pk").values_list("pk", "ends")) == [(lasting.pk, None), (dated.pk, ends)]
    assert list(AllianceMember.objects.filter(node=node).values_list("ends", flat=True)) == [None]
    assert list(PlaceChange.objects.order_by("pk").values_list("kind", flat=True)) == [
        PlaceChangeKind.CLOSED,
        PlaceChangeKind.KEPT,
    ]


@time_machine.travel(LAST_MINUTE, tick=False)
def test_role_changed_since_stays_as_it_is_when_the_closing_is_called_off() -> None:
    node = NodeFactory()
    grant = RoleGrantFactory(role=Role.EDITOR, node=node)
    trees.close_place(by=None, node=node, on=CLOSES)
    roles.end_role(by=None, grant=RoleGrant.objects.get(pk=grant.pk), on=date(2026, 11, 30))
    trees.keep_open(by=None, node=node)
    assert list(RoleGrant.objects.values_list("ends", flat=True)) == [date(2026, 11, 30)]


def test_closing_is_not_called_off_on_its_day() -> None:
    node = closing()
    with time_machine.travel(FIRST_MINUTE, tick=False), pytest.raises(trees.PlaceClosed) as raised:
        trees.keep_open(by=None, node=node)
    assert raised.value.code == "place_closed"
    assert Node.objects.get(pk=node.pk).closed_on == CLOSES


@time_machine.travel(LAST_MINUTE, tick=False)
@pytest.mark.parametrize(
    "deed",
    [
        lambda node: trees.close_place(by=None, node=node, on=date(2027, 1, 1)),
        lambda node: trees.add_place(
            by=None, parent=node, tree=node.tree, kind="department", name="CT室", code="NEW"
        ),
        lambda node: trees.move_place(by=None, node=NodeFactory(), parent=node),
    ],
)  # fmt: skip
def test_closing_place_takes_no_other_day_and_no_places(deed: Callable[[Node], Any]) -> None:
    node = closing()
    with pytest.raises(trees.PlaceClosing) as raised:
        deed(node)
    assert raised.value.code == "place_closing"


@time_machine.travel(LAST_MINUTE, tick=False)
def test_place_opens_again_on_no_day_to_come() -> None:
    node = trees.close_place(by=None, node=NodeFactory(), on=date(2026, 1, 1))
    with pytest.raises(trees.OpensAhead):
        trees.reopen_place(by=None, node=node, on=CLOSES)
    assert Node.objects.get(pk=node.pk).is_closed


@time_machine.travel(LAST_MINUTE, tick=False)
def test_page_of_a_closing_place_tells_its_day_and_calls_it_off(client: Any) -> None:
    top = NodeFactory(kind="prefecture")
    node = trees.close_place(by=None, node=NodeFactory(parent=top), on=CLOSES)
    client.force_login(
        RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=top).person,
        backend="django.contrib.auth.backends.ModelBackend",
    )
    tree = client.get("/en/manage/places/").content.decode()
    page = client.get(f"/en/manage/places/{node.public_id}/").content.decode()
    assert "closes on 2026-12-01" in tree
    assert "closes on 2026-12-01" in page
    address = f"/en/manage/places/{node.public_id}/reopen/"
    assert address in page
    assert client.post(address).status_code == 302
    assert Node.objects.get(pk=node.pk).closed_on is None
