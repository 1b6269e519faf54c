"""The authority's rows beside the book: who is meant, which entry is meant, what differs. Nothing is written to it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from credits.enums import Finding, LineState, ListKind, Mark
from credits.models import Book, OfficialLine, OfficialList
from credits.rules import worst
from credits.rules.doubles import plain_title
from credits.selectors import standings
from credits.selectors.texts import plain as figure
from credits.selectors.views import LineView, Standing
from credits.services.official.rows import Row, plain
from organisations.models import Employment, Person
from organisations.scopes import Scope
from organisations.selectors import in_force, people_in

CHUNK = 200


@dataclass
class Directory:
    """People of the place by what lists call them."""

    by_number: dict[str, list[Person]] = field(default_factory=lambda: defaultdict(list))
    by_name: dict[str, list[Person]] = field(default_factory=lambda: defaultdict(list))

    def who(self, row: Row) -> list[Person]:
        """Who may be meant: by number, which the name may not contradict; else by name, which the ID number may not
        contradict."""
        named = self.by_name.get(plain(row.name), []) if row.name else []
        if row.person_number and (found := self.by_number.get(plain(row.person_number))):
            return [person for person in found if not row.name or plain(person.name) == plain(row.name)]
        return [person for person in named if _fits(person, row.id_number)]


def _fits(person: Person, id_number: str) -> bool:
    """Whether an ID number, masked or not, may be the person's; what is not known contradicts nothing."""
    own = person.masked_id_number
    if not own or not id_number:
        return True
    return len(own) == len(id_number) and (own[:4], own[-4:]) == (id_number[:4], id_number[-4:])


def directory_of(people: Iterable[Person]) -> Directory:
    found = Directory()
    by_pk = {person.pk: person for person in people}
    for person in by_pk.values():
        found.by_name[plain(person.name)].append(person)
    numbers = Employment.objects.filter(in_force(), person__in=by_pk).exclude(staff_number="")
    for pk, number in numbers.order_by("pk").values_list("person", "staff_number"):
        if by_pk[pk] not in found.by_number[plain(number)]:
            found.by_number[plain(number)].append(by_pk[pk])
    return found


def compare(job: OfficialList, kind: ListKind, rows: list[Row]) -> Iterator[OfficialLine]:
    """Every row of theirs, then everything of ours that no row met."""
    people = list(people_in(Scope(frozenset({job.place.path}))).order_by("pk"))
    directory = directory_of(people)
    rows_of: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found = directory.who(row)
        if len(found) == 1:
            rows_of[found[0].pk].append(row)
        else:
            yield _line(job, row, Finding.UNCLEAR if found else Finding.ONLY_THEIRS, who=row.name[:1] + "*")
    for first in range(0, len(people), CHUNK):
        some = people[first : first + CHUNK]
        judged = standings(people=some, rule_set_id=job.rule_set_id, year=job.year, with_lines=True)
        books = dict(Book.objects.filter(owner__in=some).order_by("is_primary", "pk").values_list("owner", "pk"))
        for standing in judged:
            theirs, book = rows_of[standing.person.pk], books.get(standing.person.pk)
            if kind == ListKind.PEOPLE:
                yield from _whole_year(job, standing, book, theirs)
            else:
                yield from _entries(job, standing, book, theirs)


def _line(job: OfficialList, row: Row | None, finding: Finding, **fields: Any) -> OfficialLine:
    line = OfficialLine(official_list=job, finding=finding.value, **fields)
    if row is not None:
        line.number = row.number
        line.theirs = _said(row.project, row.title, row.begins_on, row.ends_on, row.hours, row.credits)
        line.theirs["reference"] = row.reference
        line.state = row.state or job.default_state
        line.on = row.on or job.on
    return line


def _said(
    project: str, title: str, begins: date | None, ends: date | None, hours: Decimal | None, credits: Decimal | None
) -> dict[str, str]:
    return {
        "project": project,
        "title": title,
        "begins": begins.isoformat() if begins else "",
        "ends": ends.isoformat() if ends else "",
        "hours": figure(hours),
        "credits": figure(credits),
    }


def _whole_year(job: OfficialList, standing: Standing, book: int | None, rows: list[Row]) -> Iterator[OfficialLine]:
    has_entries = any(not line.is_reversed and not line.is_reversal for line in standing.lines)
    ours = _said("", "", None, None, standing.hours, standing.credits) | _mark(
        *standing.marks, standing.version.minutes_per_hour.mark
    )
    if not rows and has_entries:
        yield _line(job, None, Finding.ONLY_OURS, book_id=book, ours=ours)
    for row in rows:
        if len(rows) > 1:
            yield _line(job, row, Finding.UNCLEAR, book_id=book, ours=ours)
        elif not has_entries:
            nothing = not row.credits and not row.hours
            yield _line(job, row, Finding.SAME if nothing else Finding.ONLY_THEIRS, book_id=book, ours=ours)
        else:
            differences = _differing(row, standing.hours, standing.credits)
            finding = Finding.DIFFERENT if differences else Finding.SAME
            yield _line(job, row, finding, book_id=book, ours=ours, differences=differences)


def _differing(row: Row, hours: Decimal, credits: Decimal) -> list[str]:
    found = list(row.numbers_wrong)
    found += [
        name
        for name, theirs, own in (("hours", row.hours, hours), ("credits", row.credits, credits))
        if theirs is not None and theirs != own
    ]
    return found


def _entries(job: OfficialList, standing: Standing, book: int | None, rows: list[Row]) -> Iterator[OfficialLine]:
    free = [line for line in standing.lines if not line.is_reversed and not line.is_reversal]
    waiting = list(rows)
    # What agrees in everything first, so that a row with other days does not take another row's entry.
    for same_days in (True, False):
        for row in list(waiting):
            chosen = [line for line in free if _is_same(row, line, same_days=same_days)]
            if len(chosen) > 1:
                waiting.remove(row)
                yield _line(job, row, Finding.UNCLEAR, book_id=book)
            elif chosen:
                waiting.remove(row)
                free.remove(chosen[0])
                yield _pair(job, row, chosen[0], standing)
    for row in waiting:
        yield _line(job, row, Finding.ONLY_THEIRS, book_id=book)
    for line in free:
        yield _line(
            job, None, Finding.ONLY_OURS, book_id=line.entry.book_id, entry=line.entry, ours=_ours(line, standing)
        )


def _is_same(row: Row, line: LineView, *, same_days: bool) -> bool:
    entry = line.entry
    if row.project and entry.project_number:
        named = plain(row.project) == plain(entry.project_number)
    else:
        named = plain_title(row.title) == plain_title(entry.title) != ""
    if not named or not same_days:
        return named
    return row.ends_on is not None and (row.begins_on, row.ends_on) in {
        (entry.begins_on, entry.ends_on),
        (entry.ends_on, entry.ends_on),
    }


def _pair(job: OfficialList, row: Row, line: LineView, standing: Standing) -> OfficialLine:
    differences = _differing(row, line.hours, line.credits)
    if not _is_same(row, line, same_days=True):
        differences.append("days")
    if line.state == LineState.UNDETERMINED and row.credits is not None and "credits" not in differences:
        differences.append("credits")
    finding = Finding.DIFFERENT if differences else Finding.SAME
    return _line(
        job, row, finding, book_id=line.entry.book_id, entry=line.entry, ours=_ours(line, standing),
        differences=differences,
    )  # fmt: skip


def _ours(line: LineView, standing: Standing) -> dict[str, str]:
    entry = line.entry
    said = _said(entry.project_number, entry.title, entry.begins_on, entry.ends_on, line.hours, line.credits)
    return said | _mark(line.mark, standing.version.minutes_per_hour.mark)


def _mark(*marks: Mark) -> dict[str, str]:
    """Of figures that rest on something unverified; nothing where all of it is."""
    mark = worst(Mark.A, *marks)
    return {} if mark == Mark.A else {"mark": mark.value}
