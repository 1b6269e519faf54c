"""Rosters as their pages show them: lists, one with its rows, the people whom an unclear row may be about."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet

from cms.shared.errors import NotFound
from organisations.enums import NodeKind, RosterStage, RowOutcome, Tree
from organisations.models import Employment, Node, Person, RosterImport, RosterRow
from organisations.models.places import open_on
from organisations.scopes import Scope
from organisations.selectors.powers import in_force


def rosters_in(scope: Scope, *, search: str = "", stage: str = "", place: Node | None = None) -> QuerySet[RosterImport]:
    """Rosters of the units of `scope`, newest first.

    `search`: letters of the file's name or of the sender's; `stage`: one RosterStage; `place` reaches below.
    """
    rows = RosterImport.objects.filter(scope.q("unit")).select_related("unit", "uploaded_by", "applied_by", "undone_by")
    if search:
        rows = rows.filter(Q(file_name__icontains=search) | Q(uploaded_by__name__icontains=search))
    if stage:
        rows = rows.filter(roster_stage=stage)
    if place is not None:
        rows = rows.filter(unit__path__startswith=place.path)
    return rows.order_by("-created_at", "-pk")


def roster_in(scope: Scope, public_id: UUID) -> RosterImport:
    """Raises NotFound, also for one outside of `scope`."""
    found = rosters_in(scope).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def units_in(scope: Scope) -> QuerySet[Node]:
    """Open units of `scope` that may have a roster, as they lie in the tree."""
    units: QuerySet[Node] = Node.objects.filter(open_on(), scope.q(""), tree=Tree.ADMINISTRATION)
    units = units.exclude(kind__in=[NodeKind.PROVINCE, NodeKind.PREFECTURE])
    return units.order_by("path")


def rows_of(roster: RosterImport, outcome: str = "") -> QuerySet[RosterRow]:
    """The rows as they lie in the file, of one outcome or of all; whoever is to leave without a row comes last."""
    rows = RosterRow.objects.filter(roster=roster).select_related("person")
    if outcome in RowOutcome:
        rows = rows.filter(outcome=outcome)
    return rows.order_by("pk")


# A row can be decided while it waits at one of these.
_OPEN_STAGES = [RosterStage.CHECKED, RosterStage.APPLYING, RosterStage.APPLIED]


def unclear_rows(scope: Scope) -> QuerySet[RosterRow]:
    """Rows that ask somebody, of every roster in `scope` that is still open; the longest waiting roster first.

    Not of rosters of which nothing is known any more (30 days), nor rows that only their file can answer.
    """
    rows = RosterRow.objects.filter(
        scope.q("roster__unit"), outcome=RowOutcome.UNCLEAR, is_applied=False, roster__roster_stage__in=_OPEN_STAGES
    ).exclude(sealed="")
    return rows.select_related("roster__unit", "person").order_by("roster", "pk")


def kept_in(roster: RosterImport) -> int:
    """How many rows of an undone roster stay as they were entered."""
    return RosterRow.objects.filter(roster=roster, is_applied=True).count()


def people_of(rows: Collection[RosterRow]) -> dict[int, Person]:
    """Whom these rows may be about and who is in no row of the file, by key, each with `working`: the employments of
    today. Two queries."""
    keys = {key for row in rows for key in row.candidates}
    keys |= {row.person_id for row in rows if row.person_id and not row.row_number}
    people = {person.pk: person for person in Person.objects.filter(pk__in=keys)}
    works: dict[int, list[Employment]] = {key: [] for key in people}
    for employment in Employment.objects.filter(in_force(), person__in=keys).select_related("unit").order_by("pk"):
        works[employment.person_id].append(employment)
    for person in people.values():
        person.working = works[person.pk]  # type: ignore[attr-defined]
    return people
