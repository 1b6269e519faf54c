"""When two records are of one and the same activity. One definition: at the door of a book, and between two books."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar


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


def repeated(rows: Sequence[tuple[int, O]]) -> list[O]:
    """Of (book, occasion) in the order in which they are to count: those that stand already, in another book."""
    standing: list[tuple[int, O]] = []
    found: list[O] = []
    for book, occasion in rows:
        others = (other for other_book, other in standing if other_book != book)
        if any(is_same(occasion, other) or collides(occasion, other) for other in others):
            found.append(occasion)
        else:
            standing.append((book, occasion))
    return found


def first_collision(occasion: Occasion, others: Iterable[O]) -> O | None:
    return next((other for other in others if collides(occasion, other)), None)


def plain_title(title: str) -> str:
    """A title without what people type differently: width, case, spaces, punctuation."""
    return "".join(c for c in unicodedata.normalize("NFKC", title).casefold() if c.isalnum())


def _id(occasion: Occasion) -> tuple[str, str]:
    return occasion.activity_kind, occasion.activity_id


def _overlaps(one: Occasion, other: Occasion) -> bool:
    same_moment = (one.begins_at, one.ends_at) == (other.begins_at, other.ends_at)
    return same_moment or (one.begins_at < other.ends_at and one.ends_at > other.begins_at)
