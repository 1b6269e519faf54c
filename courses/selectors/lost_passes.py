"""Passes that regrades took away: what credit hangs on them, and who decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q, QuerySet

from cms.shared.errors import NotFound
from courses.models import Enrolment, LostPass
from credits.enums import ActivityKind, OfficialState
from credits.models import Entry
from credits.selectors import with_official_state
from organisations.enums import POWERS, Power
from organisations.models import Person, RoleGrant
from organisations.scopes import Scope
from organisations.selectors import in_force
from organisations.selectors.powers import reaches_everybody

# The authority knows of these: only the province changes what was reported.
REPORTED = (OfficialState.REPORTED.value, OfficialState.REGISTERED.value)


def standing_entries(enrolment: Enrolment) -> QuerySet[Entry]:
    """What the course gave under this offer, under any rules and in any year, and was not taken back; with
    `official_state`."""
    offer = str(enrolment.offer.public_id)
    rows = Entry.objects.filter(
        Q(occurrence=offer) | Q(occurrence__startswith=f"{offer.replace('-', '')}:"),
        book__owner=enrolment.person_id,
        activity_kind=ActivityKind.COURSE.value,
        activity_id=str(enrolment.course_key),
        reverses__isnull=True,
        reversed_by__isnull=True,
    )
    return with_official_state(rows).order_by("book", "position")


def is_reported(entries: Iterable[Entry]) -> bool:
    return any(getattr(entry, "official_state", None) in REPORTED for entry in entries)


def listed(scope: Scope, *, state: str = "", search: str = "") -> QuerySet[LostPass]:
    """Of people of `scope`: those that wait first, the oldest at the top. `search`: names and titles of courses."""
    nowhere = Q(unit__isnull=True) if reaches_everybody(scope) else Q(pk__in=[])
    rows = LostPass.objects.filter(scope.q("unit") | nowhere).select_related(
        "progress__enrolment__person", "progress__enrolment__offer__course", "unit", "decided_by"
    )
    if state:
        rows = rows.filter(state=state)
    if search:
        names = Q(progress__enrolment__person__name__icontains=search)
        names |= Q(progress__enrolment__person__username__icontains=search)
        rows = rows.filter(names | Q(progress__title__icontains=search))
    return rows.order_by(F("decided_at").desc(nulls_first=True), "created_at", "pk")


def lost_pass_in(scope: Scope, public_id: UUID) -> LostPass:
    """Raises NotFound, also for one outside of `scope`."""
    rows = listed(scope).select_related("attempt__quiz").defer("attempt__paper", "attempt__answers")
    found: LostPass | None = rows.filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Case:
    """A lost pass with what it is about: entries with `official_state`, the marks before and now, and why."""

    lost: LostPass
    entries: list[Entry]
    old_points: Decimal | None
    new_points: Decimal | None
    old_possible: Decimal | None
    new_possible: Decimal | None
    why: str


def case_of(lost: LostPass) -> Case:
    entries = with_official_state(Entry.objects.filter(public_id__in=lost.entries)).order_by("book", "position")
    rows = lost.attempt.regrade_lines.filter(grade__revision=lost.grade_revision).select_related("regrade")
    line = rows.first()
    return Case(
        lost=lost,
        entries=list(entries),
        old_points=line.old_points if line else None,
        new_points=line.new_points if line else None,
        old_possible=line.old_possible if line else None,
        new_possible=line.new_possible if line else None,
        why=line.regrade.reason if line else "",
    )


def waiting_count(by: Person) -> int:
    """How many the province has to decide: the number in the navigation."""
    return LostPass.objects.filter(decided_at__isnull=True).exclude(progress__enrolment__person=by).count()


def deciders() -> list[Person]:
    """Who decides for the province."""
    roles = [role.value for role in POWERS[Power.CHANGE_REPORTED]]
    grants = RoleGrant.objects.filter(in_force(), role__in=roles, node__depth=1, person__is_active=True)
    found = {grant.person_id: grant.person for grant in grants.select_related("person").order_by("pk")}
    return list(found.values())
