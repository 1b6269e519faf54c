"""A row for each entry: of the people of a scope, or of one activity only."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet

from credits import selectors
from credits.exports.annual import Asked, Step, context_of
from credits.exports.cells import Line, Place, Row
from credits.exports.people import Crowd, Found, Places
from credits.exports.totals import Totals, judgements
from credits.models import Book, Entry
from credits.selectors import LineView, Standing, briefs
from credits.selectors.judging import is_stored
from organisations.models import Person

CHUNK = 200


def of_activity(sought: str) -> Q:
    """Entries of the activity with this project number or, exactly, this title."""
    return Q(project_number=sought) | Q(title=sought)


def grantees(wish: Asked, sought: str) -> QuerySet[Any]:
    """Keys of the people who have an entry of the activity in the period."""
    entries = Entry.objects.filter(of_activity(sought), rule_set_id=wish.rule_set_id)
    if wish.period is not None:
        entries = entries.filter(ends_on__gte=wish.period.begins, ends_on__lt=wish.period.ends)
    return Book.objects.filter(pk__in=entries.values("book"), owner__isnull=False).values("owner")


def rows(crowd: Crowd, wish: Asked, totals: Totals, step: Step, *, sought: str = "") -> Iterator[Row]:
    """In the order of person numbers, then of entries. People without entries have no row, but count in the totals."""
    for person, standing, place in standings(crowd, wish, totals, step):
        (part,), context = crowd.parts([person]), context_of(wish, standing)
        for line in lines_of(standing):
            if not sought or sought in {line.entry.project_number, line.entry.title}:
                yield part, place(line), Line(line, context)


def lines_of(standing: Standing) -> list[LineView]:
    return sorted(standing.lines, key=lambda line: line.entry.pk)


class PlaceOf:
    """Where an entry was earned, as it says itself; else where its person works."""

    def __init__(self, places: Places, person: Found) -> None:
        self.places, self.own = places, places.of(person.unit, person.department)

    def __call__(self, line: LineView) -> Place:
        entry = line.entry
        if not entry.work_unit_name:
            return self.own
        code = self.places.of(entry.work_unit_id, "").unit_code
        return Place(entry.work_unit_id, code, entry.work_unit_name, entry.department or self.own.department)


def standings(crowd: Crowd, wish: Asked, totals: Totals, step: Step) -> Iterator[tuple[Found, Standing, PlaceOf]]:
    """Everybody with the lines of the year."""
    places, made = Places(), 0
    for chunk in crowd.chunks(CHUNK):
        keys = [row.pk for row in chunk]
        people = Person.objects.in_bulk(keys)
        stored: frozenset[int] = frozenset()
        if wish.period is not None and is_stored(wish.version.rules):
            of_us = judgements(keys, wish.rule_set_id, wish.version, wish.period)
            stored = frozenset(of_us.values_list("book__owner", flat=True)) - crowd.merged
        found = selectors.standings(
            people=[people[row.pk] for row in chunk],
            rule_set_id=wish.rule_set_id, year=wish.year, on=wish.as_of, with_lines=True,
        )  # fmt: skip
        for row, standing in zip(chunk, found, strict=True):
            brief = standing.brief or briefs.UNKNOWN
            years = [context_of(wish, standing).years(crowd.state(row.pk)).year(brief)]
            totals.add(*((years, []) if row.pk in stored else ([], years)))
            yield row, standing, PlaceOf(places, row)
        made += len(chunk)
        step(made)
