"""Proving that the book was not tampered with, and that judgements are what the rules make of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from credits.models import Book, Checkpoint, Entry, Feed, Judgement
from credits.rules import Period
from credits.selectors import rule_book
from credits.services import checkpoints
from credits.services.chain import mac_of
from credits.services.judgements import columns, due, fixed_period, judged_afresh


class Fault(StrEnum):
    CUT_TAIL = "cut_tail"
    MISSING_ENTRY = "missing_entry"
    EDITED_ENTRY = "edited_entry"
    BROKEN_LINK = "broken_link"
    FORGED_CHAIN = "forged_chain"
    UNKNOWN_KEY = "unknown_key"
    MISSING_BOOK = "missing_book"
    CHANGED_SINCE_CHECKPOINT = "changed_since_checkpoint"
    BROKEN_CHECKPOINT = "broken_checkpoint"
    BROKEN_FEED = "broken_feed"
    STALE_JUDGEMENT = "stale_judgement"
    MISSING_JUDGEMENT = "missing_judgement"


@dataclass(frozen=True)
class Problem:
    """`where` names a book, an entry "book/position", a checkpoint or a feed position."""

    fault: Fault
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {_texts()[self.fault]}"


def _texts() -> dict[Fault, str]:
    return {
        Fault.CUT_TAIL: _("the newest entries were removed"),
        Fault.MISSING_ENTRY: _("this entry was removed"),
        Fault.EDITED_ENTRY: _("this entry was changed after it was written"),
        Fault.BROKEN_LINK: _("this entry does not follow the one before it"),
        Fault.FORGED_CHAIN: _("from here on the chain was recomputed without the key"),
        Fault.UNKNOWN_KEY: _("sealed with a key that is not configured; put the old key back into the list"),
        Fault.MISSING_BOOK: _("this book was removed"),
        Fault.CHANGED_SINCE_CHECKPOINT: _("the entry sealed by the last checkpoint was replaced"),
        Fault.BROKEN_CHECKPOINT: _("this checkpoint was changed, or one before it was removed"),
        Fault.BROKEN_FEED: _("the feed has a gap, or an entry is not in it"),
        Fault.STALE_JUDGEMENT: _("the stored judgement differs from what the rules make of the entries"),
        Fault.MISSING_JUDGEMENT: _("entries of this book were never judged"),
    }


def verify_ledger() -> list[Problem]:
    """Everything that is wrong with the book; empty if nothing is. Reads all entries, book by book."""
    problems: list[Problem] = []
    for book in Book.objects.order_by("pk").iterator():
        problems += _verify_book(book)
    problems += _verify_checkpoints()
    problems += _verify_feed()
    return list(dict.fromkeys(problems))


def _verify_book(book: Book) -> Iterator[Problem]:
    position, mac = 0, ""
    bad: list[int] = []
    links_hold = True
    for entry in Entry.objects.filter(book=book).select_related("book", "reverses").order_by("position").iterator():
        where = f"{book.public_id}/{entry.position}"
        for missing in range(position + 1, entry.position):
            yield Problem(Fault.MISSING_ENTRY, f"{book.public_id}/{missing}")
        if entry.position == position + 1 and entry.previous_mac != mac:
            links_hold = False
            yield Problem(Fault.BROKEN_LINK, where)
        try:
            if mac_of(entry) != entry.mac:
                bad.append(entry.position)
        except KeyError:
            yield Problem(Fault.UNKNOWN_KEY, where)
        position, mac = entry.position, entry.mac
    # A single altered row leaves its neighbours' seals whole; whoever recomputes the rest can seal none of it.
    forged = len(bad) > 1 and links_hold and bad == list(range(bad[0], position + 1))
    if forged:
        yield Problem(Fault.FORGED_CHAIN, f"{book.public_id}/{bad[0]}")
    else:
        yield from (Problem(Fault.EDITED_ENTRY, f"{book.public_id}/{number}") for number in bad)
    if (book.last_position, book.last_mac) != (position, mac):
        yield Problem(Fault.CUT_TAIL, f"{book.public_id}/{position + 1}")


def _verify_checkpoints() -> Iterator[Problem]:
    heads: checkpoints.Heads = {}
    position, mac = 0, ""
    for sealed in Checkpoint.objects.order_by("position"):
        heads |= checkpoints.heads_of(sealed.heads)
        try:
            sound = checkpoints.mac_of(sealed) == sealed.mac
        except KeyError:
            yield Problem(Fault.UNKNOWN_KEY, f"checkpoint {sealed.position}")
            sound = True
        follows = sealed.position == position + 1 and sealed.previous_mac == mac
        if not (sound and follows and sealed.root == checkpoints.root_of(heads)):
            yield Problem(Fault.BROKEN_CHECKPOINT, f"checkpoint {sealed.position}")
        position, mac = sealed.position, sealed.mac
    books = {str(public_id): pk for public_id, pk in Book.objects.values_list("public_id", "pk")}
    for public_id, (last, seal) in sorted(heads.items()):
        if public_id not in books:
            yield Problem(Fault.MISSING_BOOK, public_id)
            continue
        found = Entry.objects.filter(book=books[public_id], position=last).values_list("mac", flat=True).first()
        if found is None:
            yield Problem(Fault.CUT_TAIL, f"{public_id}/{last}")
        elif found != seal:
            yield Problem(Fault.CHANGED_SINCE_CHECKPOINT, f"{public_id}/{last}")


def _verify_feed() -> Iterator[Problem]:
    expected = 0
    for position in Feed.objects.order_by("position").values_list("position", flat=True).iterator():
        expected += 1
        if position != expected:
            yield Problem(Fault.BROKEN_FEED, f"feed {expected}")
            expected = position
    unlisted = Entry.objects.exclude(Exists(Feed.objects.filter(entry=OuterRef("pk")))).select_related("book")
    for entry in unlisted.order_by("book", "position"):
        yield Problem(Fault.BROKEN_FEED, f"{entry.book.public_id}/{entry.position}")


def verify_judgements() -> list[Problem]:
    """Judgements that differ from a fresh one, or that are missing. Reads every book; changes nothing."""
    problems: list[Problem] = []
    versions = {version.pk: version for version in rule_book().versions}
    for book in Book.objects.order_by("pk").iterator():
        stored = list(Judgement.objects.filter(book=book).order_by("rule_set_id", "period_begins"))
        for row in stored:
            where = f"{book.public_id} {row.rule_set_id} {row.period_begins}"
            version, period = versions[row.version_id], Period(row.period_begins, row.period_ends)
            figures = judged_afresh(book, row.rule_set_id, version, period)
            fresh = columns(version, period, figures, row.judged_at)
            if any(getattr(row, name) != value for name, value in fresh.items()):
                problems.append(Problem(Fault.STALE_JUDGEMENT, where))
        for rule_set_id, day in due(book):
            fixed = fixed_period(rule_set_id, day)
            held = {(r.rule_set_id, r.version_id, r.period_begins) for r in stored}
            if fixed is not None and (rule_set_id, fixed[0].pk, fixed[1].begins) not in held:
                problems.append(Problem(Fault.MISSING_JUDGEMENT, f"{book.public_id} {rule_set_id} {day}"))
    return problems
