"""What each package keeps of a person: how it is told, moved when two accounts are one, and forgotten.

Every package registers one history from its `services/histories.py`. A foreign key to a person stands either in its
`fields` (it belongs to the person) or in `doers` (it names who did something, and stays); a test finds what is in none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Keep:
    """Why something may not be forgotten yet: `until` is the first day on which it may; `year` is the record's."""

    until: date
    year: int


@dataclass(frozen=True)
class Told:
    """A person's data of one package: plain values by table, and files as (name in the archive, key, storage)."""

    data: dict[str, Any]
    files: tuple[tuple[str, str, Any], ...] = ()


@dataclass(frozen=True)
class Table:
    """How a table is told in a person's copy: under which name, with which columns (look-ups)."""

    name: str
    columns: tuple[str, ...]


def _nothing(person: Any) -> None:
    return None


@dataclass(frozen=True)
class History:
    """`fields` and `doers` are "app.Model.field"; `labels` name the tables that `count` and `move` speak of.

    `move(kept, merged)` gives what it can to `kept`, leaves with `merged` what `kept` has in a better form, and returns
    how many rows of each table went over; it holds a transaction.
    `settle(person)` brings what is under way to its end: before two accounts are merged, in transactions of its own,
    and for `kept` when every package has moved. `erase(person)` can be run again. `kept_until` says why not yet.
    Of each key in `fields` and `doers` one of these says what the person's copy holds: `told` (the name under which
    `export` gives it), `tables` (rows that are listed as they are) or `untold` (why it is left out).
    `turn` is the order in which the packages take their locks: the one in which their own services take them.
    """

    name: str
    turn: int
    labels: Mapping[str, Any]
    count: Callable[[Any], dict[str, int]]
    move: Callable[[Any, Any], dict[str, int]]
    export: Callable[[Any], Told]
    erase: Callable[[Any], None]
    fields: frozenset[str] = frozenset()
    doers: frozenset[str] = frozenset()
    told: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    untold: Mapping[str, str] = field(default_factory=dict)
    settle: Callable[[Any], object] = _nothing
    kept_until: Callable[[Any], Keep | None] = _nothing


_registered: dict[str, History] = {}


def register(history: History) -> None:
    _registered[history.name] = history


def registered() -> list[History]:
    """Every history by its turn."""
    return sorted(_registered.values(), key=lambda history: history.turn)


def known_fields() -> frozenset[str]:
    """Every foreign key to a person that some package answers for."""
    return frozenset(name for history in _registered.values() for name in history.fields | history.doers)


def person_path(model: Any) -> str:
    """The look-up from a row of `model` to the person whom its label names; "" if it names nobody.

    A model that names somebody of whom it has no key itself says so in `names_person`.
    """
    if model._meta.label == "organisations.Person":
        return "pk"
    owned = {name for history in _registered.values() for name in history.fields}
    direct = (field.name for field in model._meta.concrete_fields if f"{model._meta.label}.{field.name}" in owned)
    return str(getattr(model, "names_person", "")) or next(direct, "")


def labels() -> dict[str, Any]:
    """Table → its name in words, of all packages."""
    return {table: label for history in registered() for table, label in history.labels.items()}
