"""Reads about people: what their roles reach, where they work, who is in a scope."""

from collections.abc import Collection
from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone

from organisations.enums import Role
from organisations.models import Employment, Membership, Person, RoleGrant
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


def people_in(scope: Scope, *, on: date | None = None) -> QuerySet[Person]:
    """People who work, or are members of the society, inside `scope` on a day (default today), each once."""
    if not scope:
        return Person.objects.none()
    working = Employment.objects.filter(in_force(on), scope.q("unit")).values("person")
    members = Membership.objects.filter(in_force(on), scope.q("branch")).values("person")
    return Person.objects.filter(Q(pk__in=working) | Q(pk__in=members))
