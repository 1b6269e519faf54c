"""Medical alliances as those see them who look after one of their places."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from cms.shared.errors import NotFound
from organisations.enums import Power
from organisations.models import Alliance, AllianceMember, Person
from organisations.models.places import open_on
from organisations.scopes import Scope
from organisations.selectors.powers import in_force, required_scope, scope_for, today


@dataclass(frozen=True)
class Membership:
    """A place's time in an alliance. `is_seen`: the reader may open the place's page."""

    row: AllianceMember
    is_lead: bool
    is_seen: bool


@dataclass(frozen=True)
class AlliancePage:
    alliance: Alliance
    members: list[Membership]
    keeps: bool

    @property
    def has_people_here(self) -> bool:
        """Whether a place of the reader's belongs to it today: then the list of people can be narrowed to it."""
        day = today()
        mine = [member.row for member in self.members if member.is_seen]
        return any(row.begins <= day and (row.ends is None or row.ends > day) for row in mine)


def alliances_seen(scope: Scope, *, search: str = "", closed: bool = False) -> QuerySet[Alliance]:
    """Alliances that have, or had, a place of `scope` in them, with `places` (how many today), by code."""
    touched = AllianceMember.objects.filter(scope.q("node")).values("alliance")
    found = Alliance.objects.filter(pk__in=touched).select_related("lead")
    if not closed:
        found = found.filter(open_on())
    if search:
        found = found.filter(Q(name__icontains=search) | Q(name_en__icontains=search) | Q(code__icontains=search))
    members = AllianceMember.objects.filter(in_force()).values("pk")
    return found.annotate(places=Count("members", filter=Q(members__in=members))).order_by("pk")


def alliance_page(*, by: Person, public_id: UUID) -> AlliancePage:
    """One alliance with all its members, the present ones first. Raises OutOfScope, NotFound."""
    scope = required_scope(by, Power.SEE_PEOPLE)
    alliance = alliances_seen(scope, closed=True).filter(public_id=public_id).first()
    if alliance is None:
        raise NotFound
    rows = alliance.members.select_related("node").order_by("-begins", "-pk")
    present = [row for row in rows if row.ends is None] + [row for row in rows if row.ends is not None]
    kept = scope_for(by, Power.KEEP_PLACES)
    return AlliancePage(
        alliance=alliance,
        members=[Membership(row, row.node_id == alliance.lead_id, scope.covers(row.node.path)) for row in present],
        keeps=kept.covers(alliance.lead.path) and alliance.closed_on is None,
    )


def kept_alliance(by: Person, public_id: UUID) -> Alliance:
    """An alliance whose leader lies where `by` keeps places. Raises OutOfScope, NotFound."""
    scope = required_scope(by, Power.KEEP_PLACES)
    alliance = Alliance.objects.filter(scope.q("lead"), public_id=public_id).select_related("lead").first()
    if alliance is None:
        raise NotFound
    return alliance
