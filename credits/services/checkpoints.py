"""Checkpoints: once a day the heads of all books are sealed, so that a tail or a whole book cannot vanish unseen."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone

from cms.shared import crypto
from credits.models import Book, Checkpoint
from credits.services.chain import PURPOSE, canonical, lock_feed

Heads = dict[str, tuple[int, str]]


@transaction.atomic
def checkpoint() -> Checkpoint | None:
    """Seal all heads; None if nothing moved since the last checkpoint. Takes the feed's lock."""
    lock_feed()
    heads = {
        str(public_id): (position, mac)
        for public_id, position, mac in Book.objects.values_list("public_id", "last_position", "last_mac")
        if position
    }
    known = sealed_heads()
    moved = {book: head for book, head in heads.items() if known.get(book) != head}
    last = Checkpoint.objects.order_by("-position").first()
    if last is not None and not moved:
        return None
    position = (Checkpoint.objects.aggregate(last=Max("position"))["last"] or 0) + 1
    sealed = Checkpoint(
        at=timezone.now(),
        position=position,
        books=len(heads),
        entries=Book.objects.aggregate(total=Sum("last_position"))["total"] or 0,
        root=root_of(heads),
        heads={book: list(head) for book, head in moved.items()},
        previous_mac=last.mac if last is not None else "",
        mac_key=next(iter(crypto.keys(PURPOSE))),
    )
    sealed.mac = mac_of(sealed)
    sealed.save(force_insert=True)
    return sealed


def sealed_heads() -> Heads:
    """The last known head of every book, by all checkpoints together."""
    heads: Heads = {}
    for row in Checkpoint.objects.order_by("position").values_list("heads", flat=True):
        heads |= heads_of(row)
    return heads


def heads_of(stored: Mapping[str, Any]) -> Heads:
    return {book: (int(head[0]), str(head[1])) for book, head in stored.items()}


def root_of(heads: Heads) -> str:
    """SHA-256 over all heads, books in the order of their ids."""
    return hashlib.sha256(canonical([[book, *heads[book]] for book in sorted(heads)])).hexdigest()


def mac_of(sealed: Checkpoint) -> str:
    """The seal of a checkpoint under the key that it names. Raises KeyError if that key is not in the ring."""
    fields = {
        field.name: getattr(sealed, field.attname)
        for field in Checkpoint._meta.concrete_fields
        if field.name not in {"id", "mac"}
    }
    return crypto.mac(PURPOSE, canonical(fields), key_id=sealed.mac_key)[1]
