"""What the front page and the header of a signed-in person need."""

from dataclasses import dataclass

from courses.services.progress import SIGN_OFF_ROLES
from organisations.enums import CREDIT_ROLES, POWERS, RequestState, Role
from organisations.models import Notification, Person, Registration, RoleGrant
from organisations.selectors import in_force
from organisations.services.groups import REACH


@dataclass(frozen=True)
class Account:
    """The header's account part. `unread` counts messages; `waits_for`: the unit that has yet to confirm one."""

    name: str
    unread: int
    may_sign_off: bool
    may_export: bool
    may_manage: bool
    may_administer: bool
    waits_for: str


def account(person: Person) -> Account:
    """Three queries."""
    waiting = Registration.objects.filter(person=person, state=RequestState.WAITING)
    roles = {Role(role) for role in RoleGrant.objects.filter(in_force(), person=person).values_list("role", flat=True)}
    return Account(
        name=str(person),
        unread=Notification.objects.filter(person=person, read_at__isnull=True).count(),
        may_sign_off=bool(roles & SIGN_OFF_ROLES),
        may_export=bool(roles & CREDIT_ROLES),
        may_manage=any(roles & holders for holders in POWERS.values()),
        may_administer=person.is_superuser or bool(roles & REACH.keys()),
        waits_for=waiting.values_list("unit__name", flat=True).first() or "",
    )
