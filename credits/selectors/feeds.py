"""The feed: entries in the order in which they became visible, for a reader with a cursor that never skips."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from credits.models import Feed, FeedToken, Judgement
from organisations.enums import Power
from organisations.models import Employment, Node, Person
from organisations.scopes import Scope
from organisations.selectors import in_force, required_scope

MOST = 1000


@dataclass(frozen=True)
class Item:
    """One entry. `judged` only where figures were asked for: what the newest judgement makes of it."""

    position: int
    entry: UUID
    reverses: UUID | None
    person_number: str
    person_name: str
    rule_set: str
    activity_kind: str
    activity_type: str
    category: str
    title: str
    project_number: str
    organiser: str
    quantity: Decimal
    unit: str
    role: str
    begins_on: date
    ends_on: date
    work_unit: str
    granted_how: str
    is_demo: bool
    recorded_at: datetime
    judged: dict[str, Any] | None


@dataclass(frozen=True)
class Batch:
    """`next` is the cursor for the next call: every position up to it was looked at."""

    items: list[Item]
    next: int
    more: bool


def tokens(by: Person) -> QuerySet[FeedToken]:
    """The keys of places in reach, newest first. Raises OutOfScope."""
    scope = required_scope(by, Power.SEE_FEEDS)
    return FeedToken.objects.filter(scope.q("place")).select_related("place", "created_by").order_by("-pk")


def batch(token: FeedToken, *, after: int, limit: int, with_figures: bool = False) -> Batch:
    """At most `limit` (up to MOST) entries of the key's place with positions after `after`, in order.

    An entry belongs to the unit where its person worked on its day, not to where they work now.
    """
    limit = max(1, min(limit, MOST))
    places = Node.objects.filter(Scope(frozenset({token.place.path})).q("")).values("pk")
    rows = Feed.objects.filter(position__gt=after, entry__work_unit_id__in=places).order_by("position")
    found = list(rows.select_related("entry__book__owner", "entry__reverses")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    numbers = _numbers([row.entry.book.owner_id for row in found if row.entry.book.owner_id is not None])
    figures = _figures(found) if with_figures else {}
    items = [_item(row, numbers, figures.get(row.entry_id) if with_figures else None) for row in found]
    return Batch(items, found[-1].position if found else after, more)


def _numbers(owners: list[int]) -> dict[int, str]:
    """The staff number of today, by person."""
    rows = Employment.objects.filter(in_force(), person__in=owners).order_by("begins", "pk")
    return {person: number for person, number in rows.values_list("person", "staff_number") if number}


def masked_name(name: str) -> str:
    """王** of 王小明; nothing of an empty name."""
    return name[:1] + "*" * max(0, len(name) - 1)


def _figures(rows: list[Feed]) -> dict[int, dict[str, Any]]:
    books = {row.entry.book_id for row in rows}
    found: dict[tuple[int, str], list[Judgement]] = {}
    for judgement in Judgement.objects.filter(book__in=books).select_related("version").order_by("judged_at", "pk"):
        found.setdefault((judgement.book_id, judgement.rule_set_id), []).append(judgement)
    figures = {}
    for row in rows:
        entry = row.entry
        for judgement in found.get((entry.book_id, entry.rule_set_id), []):
            if judgement.period_begins <= entry.ends_on < judgement.period_ends:
                line = judgement.lines.get(str(entry.public_id))
                if line is not None:
                    kept = {name: line[name] for name in ("state", "credits", "hours", "reason", "mark")}
                    figures[entry.pk] = kept | {"version": str(judgement.version)}
    return figures


def _item(row: Feed, numbers: dict[int, str], judged: dict[str, Any] | None) -> Item:
    entry, owner = row.entry, row.entry.book.owner
    return Item(
        position=row.position,
        entry=entry.public_id,
        reverses=entry.reverses.public_id if entry.reverses is not None else None,
        person_number="" if owner is None else numbers.get(owner.pk) or owner.username,
        person_name="" if owner is None else masked_name(owner.name),
        rule_set=entry.rule_set_version,
        activity_kind=entry.activity_kind,
        activity_type=entry.activity_type,
        category=entry.category,
        title=entry.title,
        project_number=entry.project_number,
        organiser=entry.organiser,
        quantity=entry.quantity,
        unit=entry.unit,
        role=entry.role,
        begins_on=entry.begins_on,
        ends_on=entry.ends_on,
        work_unit=entry.work_unit_name,
        granted_how=entry.granted_how,
        is_demo=entry.is_demo,
        recorded_at=entry.recorded_at,
        judged=judged,
    )
