"""What the server knows about an activity beside its entry, told by the package that knows.

The book knows no course and no session. Each package above registers, for its kind of activity, how to tell what it
measured; a reviewer reads it beside the entry.
"""

from collections.abc import Callable
from dataclasses import dataclass

from credits.models import Entry


@dataclass(frozen=True)
class Fact:
    """One line: what it is about, and what was measured."""

    title: str
    text: str


_tellers: dict[str, Callable[[Entry], list[Fact]]] = {}


def register(activity_kind: str, teller: Callable[[Entry], list[Fact]]) -> None:
    _tellers[activity_kind] = teller


def facts_of(entry: Entry) -> list[Fact]:
    """In the reader's language; nothing for a kind of activity that nobody tells of. A reversal tells of what it
    takes back."""
    told = entry.reverses or entry
    teller = _tellers.get(told.activity_kind)
    return teller(told) if teller is not None else []
