"""The chain of a book: what of an entry is sealed, and how an entry is appended under the book's lock."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Max

from cms.shared import crypto
from credits.models import Book, Entry, Feed

PURPOSE = "ledger_mac"
# One number for one lock: the feed's positions are given out in the order of commits.
FEED_LOCK = 0x150CE_FEED
_OUTSIDE = {"id", "mac", "book", "reverses", "project"}


def canonical(value: Any) -> bytes:
    """One spelling for ever: sorted keys, UTF-8, no spaces, decimals as strings. Raises TypeError for floats."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Decimal | UUID | date):
        return str(value)
    if isinstance(value, float):
        raise TypeError("a float has no one spelling; use a decimal string")
    return value


def sealed_fields(entry: Entry) -> dict[str, Any]:
    """All that the chain vouches for. Rows are named by their random ids, the project by its copied number."""
    fields = {
        field.name: getattr(entry, field.attname) for field in Entry._meta.concrete_fields if field.name not in _OUTSIDE
    }
    fields["quantity"] = entry.quantity.quantize(Decimal("0.001"))
    fields["book"] = entry.book.public_id
    fields["reverses"] = entry.reverses.public_id if entry.reverses is not None else None
    return fields


def mac_of(entry: Entry) -> str:
    """The seal of `entry` under the key that it names. Raises KeyError if that key is not in the ring."""
    message = entry.previous_mac.encode() + b"\n" + canonical(sealed_fields(entry))
    return crypto.mac(PURPOSE, message, key_id=entry.mac_key)[1]


def lock_feed() -> None:
    """Hold the one lock of the feed until the transaction ends. SQLite has one writer at a time anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FEED_LOCK])


def lock_book(book_pk: int) -> Book:
    """The book as it is now; nobody else appends until the transaction ends. Take several in id order."""
    Book.objects.filter(pk=book_pk).update(last_position=F("last_position"))
    return Book.objects.get(pk=book_pk)


def append(entry: Entry, book: Book) -> bool:
    """Seal `entry`, put it at the end of `book` and into the feed. False if the book moved since it was read.

    The caller holds `lock_feed` and `lock_book`, in this order, inside a transaction.
    """
    entry.book = book
    entry.position = book.last_position + 1
    entry.previous_mac = book.last_mac
    entry.mac_key = next(iter(crypto.keys(PURPOSE)))
    entry.mac = mac_of(entry)
    moved = Book.objects.filter(pk=book.pk, last_position=book.last_position, last_mac=book.last_mac).update(
        last_position=entry.position, last_mac=entry.mac
    )
    if moved != 1:
        return False
    entry.save(force_insert=True)
    last = Feed.objects.aggregate(last=Max("position"))["last"] or 0
    Feed.objects.create(position=last + 1, entry=entry)
    return True
