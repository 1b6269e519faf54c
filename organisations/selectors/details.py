"""What stands about a person, who entered it, and what the person objected to."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q, QuerySet

from cms.shared.errors import NotFound
from organisations.deeds import Deed
from organisations.enums import POWERS, Power
from organisations.models import AuditEvent, Employment, Membership, Node, Objection, Person, Qualification, RoleGrant
from organisations.scopes import Scope
from organisations.selectors import labels
from organisations.selectors.powers import in_force

# The deeds by which others enter what stands about a person.
ENTERED_BY = (
    Deed.PERSON_CREATE,
    Deed.PERSON_CHANGE,
    Deed.PERSON_CHANGE_CONTACT,
    Deed.EMPLOYMENT_BEGIN,
    Deed.EMPLOYMENT_CHANGE,
    Deed.MEMBERSHIP_BEGIN,
    Deed.QUALIFICATION_ENTER,
    Deed.STATE_ADD,
)
SHOWN = 20


@dataclass(frozen=True)
class Details:
    """What a person is shown at the first sign-in and whenever they ask. `origins`: newest first, by others only."""

    person: Person
    employments: list[Employment]
    memberships: list[Membership]
    qualifications: list[Qualification]
    origins: list[AuditEvent]
    objections: list[Objection]

    @property
    def is_new(self) -> bool:
        return self.person.details_seen_at is None

    @property
    def employment(self) -> Employment | None:
        return self.employments[0] if self.employments else None


def details_of(person: Person) -> Details:
    by_others = ~Q(actor_id_copy=person.pk) | Q(actor_id_copy__isnull=True)
    origins = AuditEvent.objects.filter(
        by_others, target_kind=Person._meta.label_lower, target_id=str(person.public_id), verb__in=ENTERED_BY
    )
    return Details(
        person=person,
        employments=list(person.employments.filter(in_force()).select_related("unit").order_by("-begins", "-pk")),
        memberships=list(person.memberships.filter(in_force()).select_related("branch").order_by("begins", "pk")),
        qualifications=list(person.qualifications.order_by("kind", "pk")),
        origins=labels.named(origins.order_by("-at", "-pk")[:SHOWN]),
        objections=list(person.objections.select_related("unit").order_by("-created_at", "-pk")[:SHOWN]),
    )


def administrators_of(place: Node) -> list[Person]:
    """Who keeps the people of `place` today: holders of KEEP_PEOPLE on the nearest place above that has any."""
    return administrators_of_each([place])[place.pk]


def administrators_of_each(places: Iterable[Node]) -> dict[int, list[Person]]:
    """As `administrators_of` for many places, by their keys. One query."""
    above = {place.pk: _paths_down_to(place) for place in places}
    roles = [role.value for role in POWERS[Power.KEEP_PEOPLE]]
    grants = RoleGrant.objects.filter(
        in_force(), role__in=roles, node__path__in={path for paths in above.values() for path in paths},
        person__is_active=True,
    ).select_related("person", "node").order_by("pk")  # fmt: skip
    by_path: dict[str, dict[int, Person]] = {}
    for grant in grants:
        by_path.setdefault(grant.node.path, {})[grant.person_id] = grant.person
    return {
        key: next((list(by_path[path].values()) for path in reversed(paths) if path in by_path), [])
        for key, paths in above.items()
    }


def _paths_down_to(place: Node) -> list[str]:
    return [place.path[:end] for end in range(Node.steplen, len(place.path) + 1, Node.steplen)]


def objections_in(scope: Scope, *, state: str = "", place: Node | None = None, search: str = "") -> QuerySet[Objection]:
    """Objections of people of `scope`: those that wait first, the oldest of them at the top.

    `state`: "open" or "answered", "" for both; `place` reaches below; `search`: in names and in what was said.
    """
    rows = Objection.objects.filter(scope.q("unit")).select_related("person", "unit", "answered_by")
    if state:
        rows = rows.filter(answered_at__isnull=state == "open")
    if place is not None:
        rows = rows.filter(unit__path__startswith=place.path)
    if search:
        words = Q(person__name__icontains=search) | Q(person__username__icontains=search)
        rows = rows.filter(words | Q(text__icontains=search))
    return rows.order_by(F("answered_at").desc(nulls_first=True), "created_at", "pk")


def objection_in(scope: Scope, public_id: UUID) -> Objection:
    """Raises NotFound, also for one outside of `scope`."""
    found = Objection.objects.filter(scope.q("unit"), public_id=public_id).select_related("person").first()
    if found is None:
        raise NotFound
    return found
