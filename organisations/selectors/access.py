"""How somebody's sign-in stands, and who may help with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Q
from django.utils import timezone

from cms.shared import crypto, sms
from organisations.enums import ROLES_OF_A_UNIT, STAFF_ROLES, Power, Role
from organisations.models import Activation, Person, RoleGrant
from organisations.selectors.powers import scope_for, scope_of

# Whom the administrator of a unit may help: people like those whom they appoint, and a fellow administrator.
_OPENED_BY_A_UNIT = ROLES_OF_A_UNIT | {Role.UNIT_CREDIT_ADMINISTRATOR}


@dataclass(frozen=True)
class Access:
    """A person's sign-in for `organisations/manage/person_access.html`. `code` is the one that is still good.

    `opens`: whether its reader opens accounts at all; `may_open`: this one.
    """

    person: Person
    opens: bool
    may_open: bool
    is_oneself: bool
    has_password: bool
    last_login: datetime | None
    is_locked: bool
    code: Activation | None
    may_text: bool


def lock_index(name: str) -> str:
    """The keyed hash under which wrong passwords are counted: of a person's public id, else of the name typed."""
    made = crypto.indexes(name, field="axes.account")
    if len(made) > 1:  # during a rotation, what was counted under the key of before goes on being counted
        begun = AccessAttempt.objects.filter(username__in=made).order_by("-attempt_time")
        return begun.values_list("username", flat=True).first() or made[0]
    return made[0]


def openable(*, by: Person, people: Iterable[Person]) -> set[int]:
    """The keys of those among `people` for whose accounts `by` may hand out a code, which is as good as a password.

    The active ones among `outranked`. Three queries.
    """
    return outranked(by=by, people=[person for person in people if person.is_active])


def outranked(*, by: Person, people: Iterable[Person]) -> set[int]:
    """The keys of those among `people` every power of whose account, now or later, lies inside the power of `by`.

    The administrator of a unit never gets into the account of a system administrator who happens to work there, nor
    blocks it. Never one's own, never a superuser's. Three queries.
    """
    opens = {person.pk for person in people if not person.is_superuser} - {by.pk}
    whole, unit = scope_of(by, {Role.SYSTEM_ADMINISTRATOR}), scope_for(by, Power.OPEN_ACCOUNTS)
    held = RoleGrant.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=timezone.localdate()),
        person__in=opens,
        role__in=[role.value for role in STAFF_ROLES],
    )
    for key, role, path in held.values_list("person", "role", "node__path"):
        if not (whole.covers(path) or (Role(role) in _OPENED_BY_A_UNIT and unit.covers(path))):
            opens.discard(key)
    return opens


def may_open(*, by: Person, person: Person) -> bool:
    """As `openable`, for one person."""
    return person.pk in openable(by=by, people=[person])


def access_of(*, by: Person, person: Person, opens: bool = True) -> Access:
    """How `person` signs in, and what `by`, who opens accounts there or (not `opens`) only reads, may do about it."""
    now = timezone.now()
    locks = AccessAttempt.objects.filter(
        username=lock_index(str(person.public_id)),
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT,
        attempt_time__gt=now - settings.AXES_COOLOFF_TIME,
    )
    may = opens and may_open(by=by, person=person)
    return Access(
        person=person,
        opens=opens,
        may_open=may,
        is_oneself=by.pk == person.pk,
        has_password=not person.password.startswith(UNUSABLE_PASSWORD_PREFIX),
        last_login=person.last_login,
        is_locked=locks.exists(),
        code=Activation.objects.filter(person=person, used_at__isnull=True, expires_at__gt=now).order_by("-pk").first(),
        may_text=may and bool(person.phone_sealed) and sms.driver() is not None,
    )
