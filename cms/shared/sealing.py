"""Where every sealed, indexed or signed value stands, so that a key can be rotated and nothing is forgotten.

A model says `keyed = (Sealed(…), Signed(…))`; for another package's table, or for what stands in no table, there is
`declare`. An architecture test refuses a call of `crypto.encrypt`, `index` or `mac` whose name is declared nowhere.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Count, Q

from cms.shared import crypto


@dataclass(frozen=True)
class Sealed:
    """A column that holds `crypto.encrypt(clear, row=row(instance))`, where `row` begins with `name`.

    `index` is the unique column beside it with `crypto.index(clear, field=name)`. Where the column is JSON, every
    text in it that is written like a sealed value is one. `related` is what `row` reads of other tables.
    """

    column: str
    name: str
    row: Callable[[Any], str]
    index: str = ""
    related: tuple[str, ...] = ()
    purposes = ("field_encryption", "field_index")


@dataclass(frozen=True)
class Hashed:
    """A column that holds only `crypto.index(…, field=name)`: nobody has the clear value, so it cannot be rotated.

    It is looked up under every key until it is over: `live(now)` are the rows that still matter, `since` when written.
    """

    column: str
    name: str
    live: Callable[[datetime], Q]
    since: str
    purposes = ("field_index",)


@dataclass(frozen=True)
class Signed:
    """Rows signed for ever under the key that `column` names; the key is needed as long as they are proved."""

    column: str
    purpose: str

    @property
    def purposes(self) -> tuple[str, ...]:
        return (self.purpose,)


@dataclass(frozen=True)
class Address:
    """Signatures that stand in no table and are over after `longest`."""

    purpose: str
    what: str
    longest: timedelta


# Key id, dot, base64 of at least a nonce (12 bytes) and a tag (16 bytes).
WRITTEN = re.compile(r"[A-Za-z0-9_-]{1,40}\.[A-Za-z0-9+/]{38,}={0,2}")
Keyed = Sealed | Hashed | Signed
_others: dict[str, tuple[Keyed, ...]] = {}
_addresses: dict[str, Address] = {}


def declare(model: str, *keyed: Keyed) -> None:
    """Declare columns of a table whose model is not ours ("app.Model")."""
    _others[model] = keyed


def declare_address(address: Address) -> None:
    _addresses[address.purpose] = address


def addresses() -> list[Address]:
    return list(_addresses.values())


def declared() -> Iterator[tuple[type[models.Model], Keyed]]:
    """Every declared column with its model, in the order of labels."""
    for model in sorted(apps.get_models(), key=lambda model: model._meta.label_lower):
        for keyed in (*getattr(model, "keyed", ()), *_others.get(model._meta.label, ())):
            yield model, keyed


def sealed_columns() -> Iterator[tuple[type[models.Model], Sealed]]:
    for model, keyed in declared():
        if isinstance(keyed, Sealed):
            yield model, keyed


def label(model: type[models.Model], column: str) -> str:
    return f"{model._meta.label}.{column}"


def texts_in(stored: Any) -> Iterator[str]:
    """The sealed texts of a column: the text itself, or those inside of JSON."""
    if isinstance(stored, str) and WRITTEN.fullmatch(stored):
        yield stored
    elif isinstance(stored, dict):
        for value in stored.values():
            yield from texts_in(value)
    elif isinstance(stored, list):
        for value in stored:
            yield from texts_in(value)


def with_texts(stored: Any, change: Callable[[str], str]) -> Any:
    """A copy of a column's value with each sealed text replaced."""
    if isinstance(stored, dict):
        return {key: with_texts(value, change) for key, value in stored.items()}
    if isinstance(stored, list):
        return [with_texts(value, change) for value in stored]
    return change(stored) if any(True for _text in texts_in(stored)) else stored


@dataclass
class Census:
    """What each key guards: (purpose, key id) → {where: rows}. A key id that no ring has is missing.

    `unreadable` names the values that no key of the ring opens; `indexed_by_none` the indexes that none makes.
    """

    guarded: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    def add(self, purpose: str, key_id: str, where: str, count: int = 1) -> None:
        if count:
            self.guarded.setdefault((purpose, key_id), Counter())[where] += count


def census(*, now: datetime, turned_at: dict[str, datetime]) -> Census:
    """Count by reading every declared value once. `turned_at`: purpose → since when its active key is the active one.

    What names no key (hashes, addresses) counts for every older key until it is over.
    """
    found = Census()
    for model, keyed in declared():
        where = label(model, keyed.column)
        if isinstance(keyed, Sealed):
            _count_sealed(found, model, keyed)
        elif isinstance(keyed, Signed):
            rows = model._base_manager.order_by().values_list(keyed.column).annotate(rows=Count("pk"))
            for key_id, count in rows:
                found.add(keyed.purpose, key_id, where, count)
        else:
            before = Q()
            if "field_index" in turned_at:
                before = Q(**{f"{keyed.since}__lt": turned_at["field_index"]})
            count = model._base_manager.filter(keyed.live(now) & before).count()
            for key_id in list(crypto.keys("field_index"))[1:]:
                found.add("field_index", key_id, where, count)
    for address in addresses():
        turned = turned_at.get(address.purpose)
        if turned is None or turned + address.longest > now:
            for key_id in list(crypto.keys(address.purpose))[1:]:
                found.add(address.purpose, key_id, address.what)
    return found


def _count_sealed(found: Census, model: type[models.Model], keyed: Sealed) -> None:
    rows = model._base_manager.select_related(*keyed.related).order_by("pk")
    for instance in rows.iterator(chunk_size=1000):
        for text in texts_in(getattr(instance, keyed.column)):
            found.add("field_encryption", crypto.key_of(text), label(model, keyed.column))
            try:
                clear = crypto.decrypt(text, row=keyed.row(instance))
            except crypto.UNREADABLE:
                found.unreadable.append(f"{label(model, keyed.column)} {instance.pk}")
                continue
            if keyed.index:
                made = crypto.indexes_by_key(clear, field=keyed.name)
                stored = getattr(instance, keyed.index)
                key_id = next((key_id for key_id, value in made.items() if value == stored), None)
                if key_id is None:
                    found.unreadable.append(f"{label(model, keyed.index)} {instance.pk}")
                else:
                    found.add("field_index", key_id, label(model, keyed.index))


def taken(instance: models.Model) -> list[str]:
    """The indexed columns whose value another row has under any key of the ring; call it in the saving transaction.

    Unique constraints see one key only. While two are in the ring, savers of the same value wait for each other.
    """
    model, found = type(instance), []
    for keyed in getattr(model, "keyed", ()):
        stored = getattr(instance, keyed.column)
        if not isinstance(keyed, Sealed) or not keyed.index or not stored or len(crypto.keys("field_index")) < 2:
            continue
        made = crypto.indexes_by_key(crypto.decrypt(stored, row=keyed.row(instance)), field=keyed.name)
        _hold(made[min(made)])
        others = model._base_manager.filter(**{f"{keyed.index}__in": list(made.values())})
        if others.exclude(pk=instance.pk).exists():
            found.append(keyed.index)
    return found


def _hold(value: str) -> None:
    """Wait for whoever saves the same value, until the transaction ends. SQLite has one writer at a time anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(value[:15], 16)])
