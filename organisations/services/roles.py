"""Who may do what, where: grants, their ends, and the Wagtail groups that follow from them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit, notifications
from organisations.enums import ROLE_PLACES, NodeKind, Role
from organisations.models import Node, Person, RoleGrant
from organisations.selectors.grants import grantable_roles, hands_on
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


class NotYoursToGive(errors.OutOfScope):
    code = "not_yours_to_give"
    message = _("Your role does not hand this role on at this place. Ask the system administrator.")


class ClosedThere(errors.InvalidInput):
    code = "role_place_closed"
    message = _("This place is closed on that day. Choose an open place or an earlier day.")


class RoleDoesNotFit(errors.InvalidInput):
    code = "role_does_not_fit"
    message = _("%(role)s is not a role of a place of this kind. It is held at: %(kinds)s.")


class SubstituteNeedsEnd(errors.InvalidInput):
    code = "substitute_needs_end"
    message = _("Say from which day on your substitute no longer stands in for you.")


class BadSubstitute(errors.InvalidInput):
    code = "bad_substitute"
    message = _("A substitute is somebody else, stands in within the holder's own dates, and for a holder in person.")


class RoleEndsBeforeItBegins(errors.InvalidInput):
    code = "role_ends_before_it_begins"
    message = _("The last day lies before the first one. Correct one of the two dates.")


def _check_right(by: Person | None, role: Role, node: Node, *, substitute_for: RoleGrant | None = None) -> None:
    if by is None or Role(role) in grantable_roles(by, node.path):
        return
    if substitute_for is None or not hands_on(by, substitute_for):
        raise NotYoursToGive


def _check_fit(role: Role, node: Node) -> None:
    kinds = ROLE_PLACES[Role(role)]
    if NodeKind(node.kind) not in kinds:
        told = ", ".join(str(kind.label) for kind in NodeKind if kind in kinds)
        raise RoleDoesNotFit(role=str(Role(role).label), kinds=told)


@transaction.atomic
def grant_role(
    *,
    by: Person | None,
    person: Person,
    role: Role,
    node: Node,
    begins: date,
    ends: date | None = None,
    reason: str = "",
    substitute_for: RoleGrant | None = None,
) -> RoleGrant:
    """Give `person` `role` on `node` and everything below, from `begins` until `ends` (half-open).

    A role ends at the latest with its place. `by` None is the system. Raises ClosedThere, OwnRole if `by` is the
    person, NotYoursToGive, RoleDoesNotFit, RoleEndsBeforeItBegins, and AlreadyGranted if the person holds the role
    there on any of these days.
    """
    if by is not None and by.pk == person.pk:
        raise OwnRole
    _check_right(by, role, node, substitute_for=substitute_for)
    _check_fit(role, node)
    if ends is not None and ends <= begins:
        raise RoleEndsBeforeItBegins
    closed_on = Node.objects.values_list("closed_on", flat=True).get(pk=node.pk)
    if closed_on is not None:
        if closed_on <= begins:
            raise ClosedThere
        ends = closed_on if ends is None else min(ends, closed_on)
    Person.objects.select_for_update().get(pk=person.pk)
    # An empty span (a grant taken back before it began) holds on no day.
    held = RoleGrant.objects.filter(person=person, role=role, node=node).exclude(ends__lte=begins)
    held = held.exclude(ends__lte=F("begins"))
    if (held.filter(begins__lt=ends) if ends else held).exists():
        raise AlreadyGranted
    try:
        with transaction.atomic():
            grant = RoleGrant.objects.create(
                person=person,
                role=role,
                node=node,
                begins=begins,
                ends=ends,
                granted_by=by,
                reason=reason.strip(),
                substitute_for=substitute_for,
            )
    except IntegrityError as error:
        raise AlreadyGranted from error
    groups.sync(person)
    told = {"role": str(role), "place": node.code, "begins": begins, "ends": ends}
    if reason.strip():
        told["reason"] = reason.strip()
    if substitute_for is not None:
        told["substitute_for"] = str(substitute_for.person)
    audit.record(by=by, verb="role.grant", target=person, after=told)
    _tell(grant, "role_granted")
    return grant


@transaction.atomic
def appoint_substitute(
    *, by: Person | None, grant: RoleGrant, person: Person, begins: date, ends: date | None = None, reason: str = ""
) -> RoleGrant:
    """Let `person` stand in for the holder of `grant`, at the longest until the holder's own role ends.

    The administrator of a unit appoints their own, with a last day (SubstituteNeedsEnd). Raises BadSubstitute for the
    holder in person, for dates outside of the holder's, and for a substitute's substitute; else as `grant_role`.
    """
    grant = RoleGrant.objects.select_for_update().select_related("person", "node").get(pk=grant.pk)
    until = grant.ends if ends is None else ends
    outside = begins < grant.begins or (grant.ends is not None and (until is None or until > grant.ends))
    if outside or grant.substitute_for_id is not None or person.pk == grant.person_id:
        raise BadSubstitute
    if grant.ends is not None and grant.ends <= begins:
        raise NotInForce
    if by is not None and by.pk == grant.person_id and ends is None:
        raise SubstituteNeedsEnd
    return grant_role(
        by=by,
        person=person,
        role=Role(grant.role),
        node=grant.node,
        begins=begins,
        ends=until,
        reason=reason,
        substitute_for=grant,
    )


@transaction.atomic
def end_role(*, by: Person | None, grant: RoleGrant, on: date | None = None, reason: str = "") -> RoleGrant:
    """End a grant: `on` is the first day without it (default today); those who stand in for its holder end with it.

    `by` None is the system. Raises NotInForce if it ended before, NotYoursToGive.
    """
    _check_right(by, Role(grant.role), grant.node, substitute_for=grant.substitute_for)
    day = on or timezone.localdate()
    # A grant that ends before it began keeps its row as an empty span; the log tells the rest.
    open_still = Q(ends__isnull=True) | Q(ends__gt=day)
    if RoleGrant.objects.filter(open_still, pk=grant.pk).update(ends=day) != 1:
        raise NotInForce
    before, grant.ends = grant.ends, day
    _ended(by, grant, before, reason)
    for substitute in grant.substitutes.filter(open_still).select_related("person", "node").order_by("pk"):
        RoleGrant.objects.filter(pk=substitute.pk).update(ends=day)
        before, substitute.ends = substitute.ends, day
        _ended(by, substitute, before, reason)
    return grant


def end_roles_at(
    *, by: Person | None, node: Node, on: date, person: Person | None = None, below: bool = True
) -> list[list[Any]]:
    """End every grant on `node` (and `below` it; of `person`, if given) as of `on`: [[key, end before], …].

    Belongs into the transaction of what ends them; whether `by` may was asked there.
    """
    where = Q(node__path__startswith=node.path) if below else Q(node=node)
    grants = RoleGrant.objects.filter(where, Q(ends__isnull=True) | Q(ends__gt=on))
    if person is not None:
        grants = grants.filter(person=person)
    ended: list[list[Any]] = []
    for grant in grants.select_related("person", "node").order_by("pk"):
        open_still = Q(ends__isnull=True) | Q(ends__gt=on)
        if RoleGrant.objects.filter(open_still, pk=grant.pk).update(ends=on):
            before, grant.ends = grant.ends, on
            _ended(by, grant, before, "")
            ended.append([grant.pk, str(before) if before else None])
    return ended


def restore_roles(*, by: Person | None, ended: Iterable[Sequence[Any]], on: date) -> int:
    """Give grants that were to end on `on` the end back that they had (`end_roles_at`); how many.

    Not those whose end somebody changed since, nor where their holder was granted the same anew.
    """
    kept = 0
    for pk, end in ended:
        grant = RoleGrant.objects.select_related("person", "node").filter(pk=pk, ends=on).first()
        if grant is None:
            continue
        again = RoleGrant.objects.filter(person=grant.person, role=grant.role, node=grant.node, ends__isnull=True)
        if end is None and again.exists():
            continue
        grant.ends = date.fromisoformat(end) if end else None
        grant.save(update_fields=["ends"])
        groups.sync(grant.person)
        told = {"role": grant.role, "place": grant.node.code, "begins": grant.begins, "ends": grant.ends}
        audit.record(by=by, verb="role.grant", target=grant.person, before={"ends": on}, after=told)
        _tell(grant, "role_granted", again=str(on))
        kept += 1
    return kept


def _ended(by: Person | None, grant: RoleGrant, before: date | None, reason: str) -> None:
    groups.sync(grant.person)
    after = {"ends": grant.ends} | ({"reason": reason.strip()} if reason.strip() else {})
    audit.record(
        by=by,
        verb="role.end",
        target=grant.person,
        before={"role": grant.role, "place": grant.node.code, "ends": before},
        after=after,
    )
    _tell(grant, "role_ended")


def _tell(grant: RoleGrant, kind: str, *, again: str = "") -> None:
    with translation.override(grant.person.language):
        link = reverse("organisations:profile")
    with translation.override("en"):
        # The template translates the role's English name into its reader's language.
        params = {"role": grant.get_role_display(), "place": str(grant.node)}
    key = f"{kind}:{grant.pk}:{again}" if again else f"{kind}:{grant.pk}"
    notifications.notify(person=grant.person, kind=kind, params=params, key=key, link=link)
