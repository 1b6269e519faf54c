"""Tampering as somebody with full rights on the database would do it: first the triggers go, then the rows."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cms.shared.append_only import append_only_models
from credits.models import Book, Checkpoint, Entry, Feed, Judgement
from credits.services.chain import canonical, sealed_fields
from credits.services.checkpoints import checkpoint
from credits.services.verification import Fault, verify_judgements, verify_ledger
from tests.factories.credits import entry
from tests.factories.organisations import PersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]

Sql = Callable[..., None]


@pytest.fixture
def book() -> Book:
    """Four entries, sealed by a checkpoint after the third."""
    person = PersonFactory()
    for month in (1, 2, 3):
        entry(person=person, on=date(2026, month, 5))
    checkpoint()
    entry(person=person, on=date(2026, 4, 5))
    return Book.objects.get(owner=person)


@pytest.fixture
def raw_sql() -> Sql:
    """Statements against tables whose triggers are gone; the test's transaction brings them back."""

    def run(statement: str, *values: Any) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                for model in append_only_models():
                    cursor.execute(f'ALTER TABLE "{model._meta.db_table}" DISABLE TRIGGER USER')
            else:
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'credits_%'")
                for (name,) in cursor.fetchall():
                    cursor.execute(f'DROP TRIGGER "{name}"')
            cursor.execute(statement, values)

    return run


def faults(book: Book) -> list[tuple[Fault, str]]:
    return [(problem.fault, problem.where.replace(str(book.public_id), "book")) for problem in verify_ledger()]


def remove(raw_sql: Sql, chosen: Entry) -> None:
    raw_sql("DELETE FROM credits_feed WHERE entry_id = %s", chosen.pk)
    raw_sql("DELETE FROM credits_entry WHERE id = %s", chosen.pk)


def test_verify_finds_nothing_in_an_honest_book(book: Book) -> None:
    assert faults(book) == []
    call_command("verify_ledger")


def test_verify_names_an_edited_entry(book: Book, raw_sql: Sql) -> None:
    raw_sql("UPDATE credits_entry SET quantity = 900 WHERE book_id = %s AND position = 2", book.pk)
    assert faults(book) == [(Fault.EDITED_ENTRY, "book/2")]
    with pytest.raises(CommandError, match="Problems found: 1"):
        call_command("verify_ledger")


def test_verify_names_a_missing_entry(book: Book, raw_sql: Sql) -> None:
    remove(raw_sql, Entry.objects.get(book=book, position=2))
    assert faults(book) == [(Fault.MISSING_ENTRY, "book/2"), (Fault.BROKEN_FEED, "feed 2")]


def test_verify_names_a_cut_tail(book: Book, raw_sql: Sql) -> None:
    remove(raw_sql, Entry.objects.get(book=book, position=4))
    assert faults(book) == [(Fault.CUT_TAIL, "book/4")]


def test_verify_names_a_cut_tail_that_the_book_was_adjusted_to(book: Book, raw_sql: Sql) -> None:
    for position in (4, 3):
        remove(raw_sql, Entry.objects.get(book=book, position=position))
    head = Entry.objects.get(book=book, position=2)
    Book.objects.filter(pk=book.pk).update(last_position=2, last_mac=head.mac)
    assert faults(book) == [(Fault.CUT_TAIL, "book/3")]


def test_verify_names_a_chain_recomputed_without_the_key(book: Book, raw_sql: Sql) -> None:
    import hashlib

    previous = Entry.objects.get(book=book, position=1).mac
    for forged in Entry.objects.filter(book=book, position__gt=1).order_by("position"):
        forged.previous_mac, forged.quantity = previous, forged.quantity * 2
        previous = hashlib.sha256(previous.encode() + canonical(sealed_fields(forged))).hexdigest()
        raw_sql(
            "UPDATE credits_entry SET quantity = %s, previous_mac = %s, mac = %s WHERE id = %s",
            forged.quantity,
            forged.previous_mac,
            previous,
            forged.pk,
        )
    Book.objects.filter(pk=book.pk).update(last_mac=previous)
    assert faults(book) == [(Fault.FORGED_CHAIN, "book/2"), (Fault.CHANGED_SINCE_CHECKPOINT, "book/3")]


def test_verify_names_a_missing_book(book: Book, raw_sql: Sql) -> None:
    for position in (4, 3, 2, 1):
        remove(raw_sql, Entry.objects.get(book=book, position=position))
    Judgement.objects.filter(book=book).delete()
    raw_sql("DELETE FROM credits_book WHERE id = %s", book.pk)
    assert faults(book) == [(Fault.MISSING_BOOK, "book")]


def test_verify_names_an_edited_checkpoint(book: Book, raw_sql: Sql) -> None:
    raw_sql("UPDATE credits_checkpoint SET entries = 2")
    assert faults(book) == [(Fault.BROKEN_CHECKPOINT, "checkpoint 1")]


def test_checkpoint_seals_only_what_moved(book: Book) -> None:
    second = checkpoint()
    assert second is not None
    assert (second.position, second.books, second.entries) == (2, 1, 4)
    assert second.heads == {str(book.public_id): [4, book.last_mac]}
    assert checkpoint() is None
    assert Checkpoint.objects.count() == 2
    assert faults(book) == []


def test_verify_judgements_names_an_edited_figure(book: Book) -> None:
    assert verify_judgements() == []
    Judgement.objects.filter(book=book).update(credits=99)
    assert [problem.fault for problem in verify_judgements()] == [Fault.STALE_JUDGEMENT]
    Judgement.objects.filter(book=book).delete()
    assert [problem.fault for problem in verify_judgements()] == [Fault.MISSING_JUDGEMENT]
    call_command("rebuild_judgements")
    call_command("verify_judgements")
    assert list(Feed.objects.order_by("position").values_list("position", flat=True)) == [1, 2, 3, 4]
