"""Requests for full ID numbers, as those who decide and those who asked see them."""

from django.db.models import QuerySet

from credits.models import Disclosure
from organisations.enums import POWERS, Power, RequestState
from organisations.models import Node, Person, RoleGrant
from organisations.selectors import in_force, required_scope


def seen(by: Person, *, state: str = "") -> QuerySet[Disclosure]:
    """The requests that `by` may read, newest first; `state` limits them (default: those that wait).

    Raises OutOfScope.
    """
    scope = required_scope(by, Power.SEE_DISCLOSURES)
    wanted = state if state in RequestState.values else RequestState.WAITING
    rows = Disclosure.objects.filter(scope.q("place"), state=wanted)
    return rows.select_related("requested_by", "decided_by", "place", "job").order_by("-pk")


def own_open(by: Person) -> list[Disclosure]:
    """What `by` asked for and is not made yet: waiting, or refused lately; newest first, at most five."""
    rows = Disclosure.objects.filter(requested_by=by, job__isnull=True).select_related("place")
    return list(rows.order_by("-pk")[:5])


def approvers_of(row: Disclosure) -> list[Person]:
    """Who may decide about it: everybody with the power over its place, but whoever asked."""
    above = [row.place.path[:end] for end in range(Node.steplen, len(row.place.path) + 1, Node.steplen)]
    roles = [role.value for role in POWERS[Power.APPROVE_DISCLOSURE]]
    grants = RoleGrant.objects.filter(in_force(), role__in=roles, node__path__in=above)
    people = Person.objects.filter(pk__in=grants.values("person"), is_active=True)
    return list(people.exclude(pk=row.requested_by_id).order_by("pk"))
