"""Judgements: a projection of the book, written with the entry and rebuilt at will."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from credits.models import Book, Entry, Judgement
from credits.rules import AnchorMissing, Period, period_for
from credits.selectors import (
    JudgedFigures,
    LoadedRuleSet,
    RuleBook,
    entries_of,
    is_stored,
    judge_entries,
    rule_book,
    with_official_state,
)


def rebuild(*, book: Book, rule_set_id: str, day: date) -> Judgement | None:
    """Judge the period of `rule_set_id` that holds `day` anew, and later ones whose rules look back on it. None where
    no fixed period exists.

    The caller holds the book's lock inside a transaction.
    """
    found = fixed_period(rule_set_id, day)
    if found is None:
        return None
    judgement = _judge(book, rule_set_id, *found)
    later = fixed_period(rule_set_id, found[1].ends)
    while later is not None and later[0].prepared(later[1]).reach.begins <= day:
        version, period = later
        held = Judgement.objects.filter(book=book, rule_set_id=rule_set_id, version=version.pk)
        if held.filter(period_begins=period.begins).exists():
            _judge(book, rule_set_id, version, period)
        later = fixed_period(rule_set_id, period.ends)
    return judgement


def judged_afresh(book: Book, rule_set_id: str, version: LoadedRuleSet, period: Period) -> JudgedFigures:
    """What the rules make of the book's entries of `period`, and of those before it on which they look back."""
    return judge_entries(version, period, entries_of([book.pk], rule_set_id, version.prepared(period).reach))


def _judge(book: Book, rule_set_id: str, version: LoadedRuleSet, period: Period) -> Judgement:
    figures = judged_afresh(book, rule_set_id, version, period)
    judgement, _is_new = Judgement.objects.update_or_create(
        book=book,
        rule_set_id=rule_set_id,
        version_id=version.pk,
        period_begins=period.begins,
        defaults=columns(version, period, figures, timezone.now()),
    )
    return judgement


def columns(version: LoadedRuleSet, period: Period, figures: JudgedFigures, at: datetime) -> dict[str, Any]:
    """A judgement's columns as they should be when judged at `at`."""
    today = at.astimezone(ZoneInfo(version.rules.period.time_zone)).date()
    turns_on, turns_to = figures.turn(period)
    return {
        "rules_sha256": version.sha256,
        "period_ends": period.ends,
        "credits": figures.credits,
        "hours": figures.hours,
        "credits_registered": figures.credits_registered,
        "state": figures.state_on(today, period),
        "state_closed": figures.closed,
        "brief": figures.brief,
        "missing_credits": figures.missing_credits,
        "missing_hours": figures.missing_hours,
        "is_unverified": figures.is_unverified,
        "by_month": figures.by_month,
        "turns_on": turns_on,
        "turns_to": turns_to,
        "by_category": figures.by_category,
        "lines": figures.lines,
        "requirements": figures.requirements,
        "entries_judged": figures.entries_judged,
        "judged_at": at,
    }


def rebuild_books(*, books: Sequence[int], rule_book: RuleBook, rule_sets: Collection[str] | None = None) -> int:
    """Judge all that the books (ids, ascending) hold anew, by `rule_sets` (None: by all), as `rebuild` does one by one;
    how many judgements there are. What they held by these rule sets goes. At most 5 statements, and the writing.

    Locks the books in this order; inside a transaction.
    """
    locked = list(Book.objects.select_for_update().filter(pk__in=books).order_by("pk"))
    chosen: dict[str, Any] = {"book__in": books} | ({} if rule_sets is None else {"rule_set_id__in": rule_sets})
    entries: dict[int, dict[str, list[Entry]]] = {book.pk: {} for book in locked}
    for entry in with_official_state(Entry.objects.filter(**chosen)).order_by("book", "position"):
        entries[entry.book_id].setdefault(entry.rule_set_id, []).append(entry)
    at, judged = timezone.now(), []
    for pk, own in entries.items():
        for rule_set_id, rows in own.items():
            for version, period in _periods(rule_book, rule_set_id, {row.ends_on for row in rows}):
                reach = version.prepared(period).reach
                figures = judge_entries(version, period, [row for row in rows if row.ends_on in reach])
                judged.append(
                    Judgement(
                        book_id=pk,
                        rule_set_id=rule_set_id,
                        version_id=version.pk,
                        period_begins=period.begins,
                        **columns(version, period, figures, at),
                    )
                )
    Judgement.objects.filter(**chosen).delete()
    Judgement.objects.bulk_create(judged, batch_size=500)
    return len(judged)


def _periods(book: RuleBook, rule_set_id: str, days: Iterable[date]) -> list[tuple[LoadedRuleSet, Period]]:
    """Every fixed period that holds one of `days`, with the version that judges it."""
    found: dict[tuple[int, date], tuple[LoadedRuleSet, Period]] = {}
    for day in sorted(days):
        if (fixed := fixed_period(rule_set_id, day, book)) is not None:
            found.setdefault((fixed[0].pk, fixed[1].begins), fixed)
    return list(found.values())


def due(book: Book) -> list[tuple[str, date]]:
    """One (rule set, day) for every fixed period in which the book has entries."""
    days = Entry.objects.filter(book=book).order_by("rule_set_id", "ends_on").values_list("rule_set_id", "ends_on")
    found: dict[tuple[str, int, date], tuple[str, date]] = {}
    for rule_set_id, day in days.distinct():
        fixed = fixed_period(rule_set_id, day)
        if fixed is not None:
            found.setdefault((rule_set_id, fixed[0].pk, fixed[1].begins), (rule_set_id, day))
    return list(found.values())


def fixed_period(rule_set_id: str, day: date, book: RuleBook | None = None) -> tuple[LoadedRuleSet, Period] | None:
    """The version in force on `day` and its period, where judgements by it are kept. No query with `book`."""
    version = (book or rule_book()).in_force(rule_set_id, day)
    if version is None or not is_stored(version.rules):
        return None
    try:
        return version, period_for(version.rules, day)
    except AnchorMissing:
        return None
