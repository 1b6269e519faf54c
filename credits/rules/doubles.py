"""When two records are of one and the same activity. One definition: at the door of a book, and between two books."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol, TypeVar

from credits.enums import ActivityKind

# Times of these are times at which the person was there; everything else is studied whenever there is time.
ATTENDED = frozenset({ActivityKind.SESSION, ActivityKind.CLAIM})
# A lecture may be played at up to twice its speed: so much less time is certain to have been spent on it.
FASTEST = 2
# Leaving one room a little early for the next one is no contradiction.
LEEWAY = timedelta(minutes=10)
_MINUTES = {"minute": Decimal(1), "hour": Decimal(60)}


class Occasion(Protocol):
    """What of an entry says which activity it was."""

    activity_kind: str
    activity_id: str
    occurrence: str
    role: str
    title: str
    project_number: str
    begins_at: datetime
    ends_at: datetime
    quantity: Decimal
    unit: str


O = TypeVar("O", bound=Occasion)  # noqa: E741


def is_same(one: Occasion, other: Occasion) -> bool:
    """The same activity under the same id, in the same role."""
    return _id(one) == _id(other) and one.occurrence == other.occurrence and one.role == other.role


def collides(one: Occasion, other: Occasion) -> bool:
    """The same session under another id: overlapping time in the same role, and either the same title, or the same
    accredited project come in by another door, or another occurrence of the same activity."""
    if one.role != other.role or is_same(one, other) or not _overlaps(one, other):
        return False
    same_project = bool(one.project_number) and one.project_number == other.project_number
    other_door = one.activity_kind != other.activity_kind
    same_title = plain_title(one.title) == plain_title(other.title) != ""
    return _id(one) == _id(other) or same_title or (same_project and other_door)


def clashes(one: Occasion, other: Occasion) -> bool:
    """Two activities that nobody can have done in full: at least one was attended, their times overlap, and the
    minutes of both do not fit into the time that both took together."""
    if one.role != other.role or is_same(one, other) or not _overlaps(one, other):
        return False
    if one.activity_kind not in ATTENDED and other.activity_kind not in ATTENDED:
        return False
    together = max(one.ends_at, other.ends_at) - min(one.begins_at, other.begins_at)
    return busy(one) + busy(other) > together + LEEWAY


def busy(occasion: Occasion) -> timedelta:
    """The time that the activity took at the least: never more than lies between its begin and its end. What was not
    counted in minutes or hours took all of it where it was attended, and nothing that is known elsewhere."""
    span = occasion.ends_at - occasion.begins_at
    is_attended = occasion.activity_kind in ATTENDED
    minutes = _MINUTES.get(occasion.unit)
    if minutes is None:
        return span if occasion.activity_kind == ActivityKind.SESSION else timedelta()
    seconds = int(occasion.quantity * minutes * 60) // (1 if is_attended else FASTEST)
    return min(timedelta(seconds=seconds), span)


def is_double(one: Occasion, other: Occasion) -> bool:
    """Of two records that are not one and the same: whether only one of them may stand under one rule set."""
    return collides(one, other) or clashes(one, other)


def repeated(rows: Sequence[tuple[int, O]]) -> list[O]:
    """Of (book, occasion) in the order in which they are to count: those that stand already, in another book."""
    standing: list[tuple[int, O]] = []
    found: list[O] = []
    for book, occasion in rows:
        others = (other for other_book, other in standing if other_book != book)
        if any(is_same(occasion, other) or is_double(occasion, other) for other in others):
            found.append(occasion)
        else:
            standing.append((book, occasion))
    return found


def first_collision(occasion: Occasion, others: Iterable[O]) -> O | None:
    """The first of `others` beside which `occasion` may not stand; the same session before a mere clash of times."""
    candidates = list(others)
    same = (other for other in candidates if collides(occasion, other))
    return next(same, None) or next((other for other in candidates if clashes(occasion, other)), None)


def plain_title(title: str) -> str:
    """A title without what people type differently: width, case, spaces, punctuation."""
    return "".join(c for c in unicodedata.normalize("NFKC", title).casefold() if c.isalnum())


def _id(occasion: Occasion) -> tuple[str, str]:
    return occasion.activity_kind, occasion.activity_id


def _overlaps(one: Occasion, other: Occasion) -> bool:
    same_moment = (one.begins_at, one.ends_at) == (other.begins_at, other.ends_at)
    return same_moment or (one.begins_at < other.ends_at and one.ends_at > other.begins_at)
