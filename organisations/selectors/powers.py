"""What a person's roles reach: scopes, and who and what lies in them."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from cms.shared.errors import NotFound, OutOfScope
from organisations.enums import POWERS, POWERS_FROM_THE_TOP, Power, Role, Tree
from organisations.models import Employment, Membership, Node, Person, RoleGrant
from organisations.scopes import Scope


def today() -> date:
    """The local day."""
    return timezone.localdate()


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


def roles_of(person: Person, *, on: date | None = None) -> list[RoleGrant]:
    """The grants in force on a day (default today) with their places, oldest first."""
    return list(RoleGrant.objects.filter(in_force(on), person=person).select_related("node").order_by("begins", "pk"))


def scope_for(person: Person, power: Power, *, on: date | None = None) -> Scope:
    """The subtrees in which the person's roles give `power` on a day (default today)."""
    scope = scope_of(person, POWERS[power], on=on)
    if power in POWERS_FROM_THE_TOP:
        return Scope(frozenset(path for path in scope.paths if len(path) == Node.steplen))
    return scope


def reaches_everybody(scope: Scope) -> bool:
    """Whether the scope holds the administration's tree, in which everybody works, from its top: then what belongs to
    no place is in it too. The society's tree holds its members only. One query."""
    tops = {path for path in scope.paths if len(path) == Node.steplen}
    return Node.objects.filter(path__in=tops, tree=Tree.ADMINISTRATION).exists() if tops else False


def required_scope(person: Person, power: Power) -> Scope:
    """As `scope_for`, but raises OutOfScope where it is empty."""
    scope = scope_for(person, power)
    if not scope:
        raise OutOfScope
    return scope


def people_in(scope: Scope, *, on: date | None = None) -> QuerySet[Person]:
    """People who work, or are members of the society, inside `scope` on a day (default today), each once.

    Not those whose account was merged with another one.
    """
    if not scope:
        return Person.objects.none()
    working = Employment.objects.filter(in_force(on), scope.q("unit")).values("person")
    members = Membership.objects.filter(in_force(on), scope.q("branch")).values("person")
    return Person.objects.filter(Q(pk__in=working) | Q(pk__in=members), merged_into__isnull=True)


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
