"""Who may do what, where: grants, their ends, and the Wagtail groups that follow from them."""

from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit, notifications
from organisations.enums import Role
from organisations.models import Node, Person, RoleGrant
from organisations.services import groups


class AlreadyGranted(errors.Conflict):
    code = "role_already_granted"
    message = _("This person already holds this role at this place. Nothing was changed.")


class OwnRole(errors.OutOfScope):
    code = "own_role"
    message = _("Nobody grants a role to themselves. Ask another administrator.")


class NotInForce(errors.Conflict):
    code = "role_not_in_force"
    message = _("This role had already ended. Load the page again.")


@transaction.atomic
def grant_role(
    *, by: Person | None, person: Person, role: Role, node: Node, begins: date, ends: date | None = None
) -> RoleGrant:
    """Give `person` `role` on `node` and everything below, from `begins` until `ends` (half-open).

    Raises AlreadyGranted if the person holds it there without an end, OwnRole if `by` is the person.
    """
    if by is not None and by.pk == person.pk and not by.is_superuser:
        raise OwnRole
    try:
        with transaction.atomic():
            grant = RoleGrant.objects.create(
                person=person, role=role, node=node, begins=begins, ends=ends, granted_by=by
            )
    except IntegrityError as error:
        raise AlreadyGranted from error
    groups.sync(person)
    audit.record(
        by=by,
        verb="role.grant",
        target=person,
        after={"role": str(role), "place": node.code, "begins": begins, "ends": ends},
    )
    _tell(grant, "role_granted")
    return grant


@transaction.atomic
def end_role(*, by: Person | None, grant: RoleGrant, on: date | None = None) -> RoleGrant:
    """End a grant: `on` is the first day without it (default today). Raises NotInForce if it ended before."""
    day = on or timezone.localdate()
    # A grant that ends before it began keeps its row as an empty span; the log tells the rest.
    open_still = Q(ends__isnull=True) | Q(ends__gt=day)
    if RoleGrant.objects.filter(open_still, pk=grant.pk).update(ends=day) != 1:
        raise NotInForce
    before = grant.ends
    grant.ends = day
    groups.sync(grant.person)
    audit.record(
        by=by,
        verb="role.end",
        target=grant.person,
        before={"role": grant.role, "place": grant.node.code, "ends": before},
        after={"ends": day},
    )
    _tell(grant, "role_ended")
    return grant


def _tell(grant: RoleGrant, kind: str) -> None:
    with translation.override(grant.person.language):
        link = reverse("organisations:profile")
    with translation.override("en"):
        # The template translates the role's English name into its reader's language.
        params = {"role": grant.get_role_display(), "place": str(grant.node)}
    notifications.notify(person=grant.person, kind=kind, params=params, key=f"{kind}:{grant.pk}", link=link)
