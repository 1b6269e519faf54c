"""Objections to lines of the book, as those who made them and those who answer see them."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from cms.shared.errors import NotFound
from credits.models import Entry, EntryObjection
from credits.selectors.evidence import Fact, facts_of
from credits.selectors.rule_sets import NoRuleSetInForce
from credits.selectors.standings import standing
from credits.selectors.views import LineView
from organisations.enums import POWERS, Power
from organisations.models import Node, Person, RoleGrant
from organisations.scopes import Scope
from organisations.selectors import in_force

SHOWN = 50


@dataclass(frozen=True)
class Case:
    """An objection with all that a reviewer needs: the line as it is judged now, what the server measured, and the
    entries recorded since that may mend it."""

    objection: EntryObjection
    line: LineView | None
    facts: list[Fact]
    mended_by: list[Entry]

    @property
    def may_take_back(self) -> bool:
        entry = self.objection.entry
        return entry is not None and entry.reverses_id is None and not _is_reversed(entry)

    @property
    def may_record_again(self) -> bool:
        """It was taken back, and nobody has recorded it anew."""
        return activity_taken_back(self.objection.entry) is not None


def activity_taken_back(entry: Entry | None) -> Entry | None:
    """The entry whose activity an objection to `entry` wants back; None where nothing was taken back, or is back."""
    taken = (entry.reverses or entry) if entry is not None else None
    if taken is None or not _is_reversed(taken):
        return None
    again = Entry.objects.filter(
        book__owner=taken.book.owner,
        rule_set_id=taken.rule_set_id,
        activity_kind=taken.activity_kind,
        activity_id=taken.activity_id,
        occurrence=taken.occurrence,
        role=taken.role,
        reversed_by__isnull=True,
    )
    return None if again.exists() else taken


def _is_reversed(entry: Entry) -> bool:
    return Entry.objects.filter(reverses=entry).exists()


def own_entry(person: Person, public_id: UUID) -> Entry:
    """A line of one's own book. Raises NotFound."""
    found = Entry.objects.filter(book__owner=person, public_id=public_id).select_related("book").first()
    if found is None:
        raise NotFound
    return found


def own_objections(person: Person) -> list[EntryObjection]:
    """The newest first, at most 50."""
    rows = EntryObjection.objects.filter(person=person).select_related("entry", "correction", "desk")
    return list(rows.order_by("-created_at", "-pk")[:SHOWN])


def open_objections(person: Person) -> frozenset[int]:
    """The keys of the person's entries that an open objection is about."""
    rows = EntryObjection.objects.filter(person=person, answered_at__isnull=True, entry__isnull=False)
    return frozenset(key for key in rows.values_list("entry_id", flat=True) if key is not None)


def objections_in(scope: Scope, *, by: Person, state: str = "", search: str = "") -> QuerySet[EntryObjection]:
    """Objections of people of `scope`: those that wait first, the nearest day at the top.

    `state`: "open", "overdue", "mine" (open, and this level's to answer), "answered", "" for all; `search`: in names
    and in what was said.
    """
    rows = EntryObjection.objects.filter(scope.q("unit"), person__isnull=False)
    if state == "answered":
        rows = rows.filter(answered_at__isnull=False)
    elif state:
        rows = rows.filter(answered_at__isnull=True)
    if state == "overdue":
        rows = rows.filter(due_on__lt=timezone.localdate())
    if state == "mine":
        rows = rows.filter(desk__path__in=scope.paths).exclude(person=by)
    if search:
        words = Q(person__name__icontains=search) | Q(person__username__icontains=search)
        rows = rows.filter(words | Q(text__icontains=search) | Q(entry__title__icontains=search))
    rows = rows.select_related("person", "unit", "desk", "entry", "answered_by")
    return rows.order_by(F("answered_at").desc(nulls_first=True), "due_on", "pk")


def objection_in(scope: Scope, public_id: UUID) -> EntryObjection:
    """Raises NotFound, also for one outside of `scope`."""
    rows = EntryObjection.objects.filter(scope.q("unit"), public_id=public_id, person__isnull=False)
    found = rows.select_related("person", "unit", "desk", "entry__book__owner", "entry__reverses__book__owner").first()
    if found is None:
        raise NotFound
    return found


def case_of(objection: EntryObjection) -> Case:
    entry = objection.entry
    facts = facts_of(entry) if entry is not None else []
    return Case(objection, _line(objection), facts, list(mending(objection)[:SHOWN]))


def mending(objection: EntryObjection) -> QuerySet[Entry]:
    """Entries under the same rules, recorded for the person since they objected; the newest first."""
    rows = Entry.objects.filter(
        book__owner=objection.person, rule_set_id=objection.rule_set_id, recorded_at__gte=objection.created_at
    )
    return rows.order_by("-recorded_at", "-pk")


def _line(objection: EntryObjection) -> LineView | None:
    entry, person = objection.entry, objection.person
    if entry is None or person is None:
        return None
    try:
        found = standing(person=person, rule_set_id=entry.rule_set_id, year=entry.ends_on.year)
    except NoRuleSetInForce:
        return None
    return next((line for line in found.lines if line.entry.pk == entry.pk), None)


def reviewers_at_or_above(place: Node, *, but: Person | None) -> list[tuple[Node, list[Person]]]:
    """Who may answer for `place`, level by level: the nearest first, levels without anybody left out. Two queries."""
    paths = [place.path[:end] for end in range(Node.steplen, len(place.path) + 1, Node.steplen)]
    roles = [role.value for role in POWERS[Power.REVIEW_CREDITS]]
    grants = RoleGrant.objects.filter(in_force(), role__in=roles, node__path__in=paths, person__is_active=True)
    levels: dict[str, tuple[Node, dict[int, Person]]] = {}
    for grant in grants.select_related("person", "node").order_by("pk"):
        if but is None or grant.person_id != but.pk:
            levels.setdefault(grant.node.path, (grant.node, {}))[1][grant.person_id] = grant.person
    return [(node, list(people.values())) for _path, (node, people) in sorted(levels.items(), reverse=True)]


def review_position() -> int:
    """How many objections have been answered so far: it grows with every answer and never falls."""
    return EntryObjection.objects.aggregate(last=Max("answer_position"))["last"] or 0
