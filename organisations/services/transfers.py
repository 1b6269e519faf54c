"""Somebody goes to another unit: those who keep the people of the unit that loses them are told; its log tells it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import translation

from organisations import audit, notifications
from organisations.deeds import Deed
from organisations.enums import NodeKind
from organisations.models import Node, Person
from organisations.selectors.details import administrators_of_each


@dataclass(frozen=True)
class Move:
    """`person` works at `left` no more as of `on`."""

    person: Person
    left: Node
    on: date


def is_other_unit(left: Node, to: Node) -> bool:
    """Whether the two places belong to different units: no hospital or department holds both."""
    common = [
        end for end in range(Node.steplen, len(left.path) + 1, Node.steplen) if to.path.startswith(left.path[:end])
    ]
    if not common or left.tree != to.tree:
        return True
    nearest = Node.objects.get(path=left.path[: common[-1]])
    return nearest.kind not in (NodeKind.HOSPITAL, NodeKind.DEPARTMENT)


def deeds(moves: Iterable[Move], to: Node, **more: Any) -> list[tuple[str, Any, dict[str, Any], dict[str, Any]]]:
    """One line for the audit log of each place that loses somebody, as `audit.record_many` takes them."""
    return [
        (
            Deed.EMPLOYMENT_TAKE_OVER, move.left, {},
            {"person": str(move.person.public_id), "to": to.code, "on": move.on} | more,
        )
        for move in moves
    ]  # fmt: skip


def tell(*, by: Person | None, moves: Sequence[Move], to: Node, key: str, kind: str = "people_left") -> None:
    """Tell those who keep the people of the places that lose somebody, once for each `key` and place; two queries.

    Not whoever does it, nor those who keep the people of `to` as well: they know.
    """
    if not moves:
        return
    places = {move.left.pk: move for move in moves}
    keepers = administrators_of_each([to, *(move.left for move in places.values())])
    knowing = {person.pk for person in keepers[to.pk]} | ({by.pk} if by is not None else set())
    told = []
    for move in places.values():
        params = {"from": move.left.name, "to": to.name, "day": move.on.isoformat()}
        for person in keepers[move.left.pk]:
            if person.pk not in knowing:
                with translation.override(person.language):
                    told.append((person, params, f"{kind}:{move.left.pk}:{key}", reverse("manage:departures")))
    notifications.notify_each(told=told, kind=kind)


def record_and_tell(*, by: Person | None, moves: Sequence[Move], to: Node, key: str) -> None:
    """Both for the moves of one deed, of those that really go to another unit."""
    going = [move for move in moves if is_other_unit(move.left, to)]
    if going:
        audit.record_many(by=by, deeds=deeds(going, to))
        tell(by=by, moves=going, to=to, key=key)
