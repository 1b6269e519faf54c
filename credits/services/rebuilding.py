"""Every book judged anew, some hundred at a time. A run that is cut short goes on where it was."""

import hashlib
from collections.abc import Callable

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cms.shared.errors import Conflict
from credits.models import Book, Rebuilding
from credits.selectors import rule_book
from credits.selectors.rule_sets import RuleBook
from credits.services.judgements import rebuild_books

# Nobody adds to these books while they are judged, which takes a fraction of a second.
BOOKS_AT_ONCE = 200


def rebuild_all(*, anew: bool = False, tell: Callable[[int, int], None] = lambda done, total: None) -> Rebuilding:
    """Judge every book by the rules that are loaded; the run, with how many judgements it made.

    Goes on from where a run by the same rules was cut short, unless `anew`. `tell` gets how many books are done, and
    of how many. Raises Conflict where another run goes on at the same time.
    """
    book = rule_book()
    stamp = _stamp(book)
    unfinished = Rebuilding.objects.filter(stamp=stamp, finished_at=None).order_by("-pk")
    run = (None if anew else unfinished.first()) or Rebuilding.objects.create(stamp=stamp)
    total, done = Book.objects.count(), Book.objects.filter(pk__lte=run.judged_to).count()
    while chunk := _following(run.judged_to):
        tell(done, total)
        with transaction.atomic():
            made = rebuild_books(books=chunk, rule_book=book)
            moved = Rebuilding.objects.filter(pk=run.pk, judged_to=run.judged_to, finished_at=None).update(
                judged_to=chunk[-1], judgements=F("judgements") + made
            )
            if moved != 1:
                raise Conflict
        run.judged_to = chunk[-1]
        done += len(chunk)
    tell(done, total)
    # What was cut short before and did not go on is done by this one, too.
    Rebuilding.objects.filter(finished_at=None, pk__lte=run.pk).update(finished_at=timezone.now())
    run.refresh_from_db()
    return run


def _following(judged_to: int) -> list[int]:
    return list(Book.objects.filter(pk__gt=judged_to).order_by("pk").values_list("pk", flat=True)[:BOOKS_AT_ONCE])


def _stamp(book: RuleBook) -> str:
    told = "\n".join(f"{version.pk} {version.sha256}" for version in sorted(book.versions, key=lambda one: one.pk))
    return hashlib.sha256(told.encode()).hexdigest()
