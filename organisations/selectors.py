"""Reads about people: what their roles reach, where they work, who is in a scope."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Q, QuerySet
from django.utils import timezone

from cms.shared import crypto
from cms.shared.errors import NotFound, OutOfScope
from organisations import rules
from organisations.enums import DOCUMENT_VERSIONS, POWERS, DocumentKind, PersonState, Power, Role
from organisations.models import Consent, Employment, Membership, Node, Notification, Person, RoleGrant, StatePeriod
from organisations.scopes import Scope


def in_force(on: date | None = None) -> Q:
    """Filter for rows with half-open `begins`, `ends` that hold on a day (default: today, local)."""
    day = on or timezone.localdate()
    return Q(begins__lte=day) & (Q(ends__isnull=True) | Q(ends__gt=day))


def _grants(person: Person, roles: Collection[Role], on: date | None) -> QuerySet[RoleGrant]:
    if not person.is_active or person.pk is None:
        return RoleGrant.objects.none()
    return RoleGrant.objects.filter(in_force(on), person=person, role__in=[Role(role).value for role in roles])


def scope_of(person: Person, roles: Collection[Role], *, on: date | None = None) -> Scope:
    """The subtrees that any of `roles` gives to `person` on a day (default today). Superusers get nothing extra."""
    return Scope(frozenset(_grants(person, roles, on).values_list("node__path", flat=True)))


def holds_role(person: Person, roles: Collection[Role], *, on: date | None = None) -> bool:
    """Whether the person holds any of `roles` anywhere on a day (default today)."""
    return _grants(person, roles, on).exists()


def employment_on(person: Person, day: date) -> Employment | None:
    """Where the person worked on `day`, with its unit; the latest one if two overlap."""
    return (
        Employment.objects.filter(in_force(day), person=person)
        .select_related("unit")
        .order_by("-begins", "-pk")
        .first()
    )


def states_on(people: Iterable[Person], day: date) -> dict[int, PersonState]:
    """What each of `people` is on `day`, by key; ACTIVE without a period. One query."""
    found = {person.pk: PersonState.ACTIVE for person in people}
    rows = StatePeriod.objects.filter(in_force(day), person__in=list(found)).order_by("begins", "pk")
    return found | {person: PersonState(state) for person, state in rows.values_list("person", "state")}


def scope_for(person: Person, power: Power, *, on: date | None = None) -> Scope:
    """The subtrees in which the person's roles give `power` on a day (default today)."""
    return scope_of(person, POWERS[power], on=on)


def required_scope(person: Person, power: Power) -> Scope:
    """As `scope_for`, but raises OutOfScope where it is empty."""
    scope = scope_for(person, power)
    if not scope:
        raise OutOfScope
    return scope


def person_in(scope: Scope, public_id: UUID) -> Person:
    """Somebody who works, or is a member, in `scope` today. Raises NotFound, also for people outside of it."""
    person = people_in(scope).filter(public_id=public_id).first()
    if person is None:
        raise NotFound
    return person


def node_in(scope: Scope, public_id: UUID) -> Node:
    """A place of `scope`. Raises NotFound, also for places outside of it."""
    node: Node | None = Node.objects.filter(scope.q(""), public_id=public_id).first()
    if node is None:
        raise NotFound
    return node


def people_in(scope: Scope, *, on: date | None = None) -> QuerySet[Person]:
    """People who work, or are members of the society, inside `scope` on a day (default today), each once."""
    if not scope:
        return Person.objects.none()
    working = Employment.objects.filter(in_force(on), scope.q("unit")).values("person")
    members = Membership.objects.filter(in_force(on), scope.q("branch")).values("person")
    return Person.objects.filter(Q(pk__in=working) | Q(pk__in=members))


def person_by_phone(phone: str) -> Person | None:
    """Who has this phone number, in any way of writing it."""
    try:
        number = rules.phone(phone)
    except ValueError:
        return None
    return Person.objects.filter(phone_index=crypto.index(number, field="person.phone")).first()


def person_by_sign_in_name(name: str) -> Person | None:
    """Who signs in with this phone number, e-mail address or user name."""
    found = person_by_phone(name)
    if found is None:
        name = name.strip().lower()
        found = Person.objects.filter(Q(username=name) | Q(email=name)).order_by("pk").first()
    return found


def missing_consents(person: Person) -> list[DocumentKind]:
    """The documents whose version now in force the person has not agreed to."""
    given = set(Consent.objects.filter(person=person).values_list("document", "version"))
    return [kind for kind, version in DOCUMENT_VERSIONS.items() if (kind.value, version) not in given]


def consents_of(person: Person) -> list[Consent]:
    """All consents of a person, newest first."""
    return list(Consent.objects.filter(person=person).order_by("-accepted_at", "-pk"))


def notifications_of(person: Person) -> QuerySet[Notification]:
    """A person's messages, newest first."""
    return Notification.objects.filter(person=person).order_by("-created_at", "-pk")


def unread_count(person: Person) -> int:
    return Notification.objects.filter(person=person, read_at__isnull=True).count()


def roles_of(person: Person, *, on: date | None = None) -> list[RoleGrant]:
    """The grants in force on a day (default today) with their places, oldest first."""
    return list(RoleGrant.objects.filter(in_force(on), person=person).select_related("node").order_by("begins", "pk"))


@dataclass(frozen=True)
class Profile:
    """What a person's own account page shows."""

    person: Person
    employments: list[Employment]
    branches: list[Membership]
    roles: list[RoleGrant]
    has_second_factor: bool
    unread: int


def profile_of(person: Person) -> Profile:
    return Profile(
        person=person,
        employments=list(person.employments.select_related("unit").order_by("-begins", "-pk")),
        branches=list(person.memberships.filter(in_force()).select_related("branch").order_by("begins", "pk")),
        roles=roles_of(person),
        has_second_factor=Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists(),
        unread=unread_count(person),
    )
