"""One place goes up in another: people, roles and departments follow, the records of its time stay its own."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit
from organisations.enums import NodeKind, PlaceChangeKind, RequestState
from organisations.models import (
    Alliance,
    AllianceMember,
    Employment,
    Membership,
    Node,
    Objection,
    Person,
    Registration,
)
from organisations.models.places import open_on
from organisations.services import roles, trees


class CannotMerge(errors.InvalidInput):
    code = "cannot_merge"
    message = _("Only two open places of the same kind and tree are merged, and neither may lie below the other.")


class MergerAhead(errors.InvalidInput):
    code = "merger_ahead"
    message = _("The trees show what is. Enter the merger on its day or later.")


@dataclass(frozen=True)
class Merger:
    """What a merger did. `departments` of the closed place went under the other, or up in their namesakes there."""

    closed: Node
    into: Node
    people: int
    roles: int
    departments: int


@transaction.atomic
def merge_places(*, by: Person | None, source: Node, target: Node, on: date) -> Merger:
    """Let `source` go up in `target` as of `on` (today or before).

    Whoever works at `source` on that day or later works at `target` from then; what lies below hangs below `target`,
    a department of the same name goes up in that one. Roles on `source` end, its alliances and what waits for an
    answer go over. `source` closes and hangs below `target`, so that whoever looks after `target` reaches its old
    records; an entry of the book keeps the unit of its time. Raises CannotMerge, MergerAhead.
    """
    if on > timezone.localdate():
        raise MergerAhead
    trees.lock(source.tree)
    source, target = trees.fresh(source), trees.fresh(target)
    if not _may_merge(source, target):
        raise CannotMerge
    merger = _merge(by, source, target, on)
    audit.record(
        by=by,
        verb="place.merge",
        target=merger.closed,
        after={
            "into": target.code,
            "on": on,
            "people": merger.people,
            "roles_ended": merger.roles,
            "departments": merger.departments,
        },
    )
    return merger


def _may_merge(source: Node, target: Node) -> bool:
    alike = (source.tree, source.kind) == (target.tree, target.kind) and source.pk != target.pk
    apart = not source.path.startswith(target.path) and not target.path.startswith(source.path)
    return alike and apart and not source.is_closed and target.closed_on is None


def _merge(by: Person | None, source: Node, target: Node, on: date) -> Merger:
    # Whoever enters somebody here waits, and then finds the place closed (`people.employ`).
    list(Node.objects.select_for_update(no_key=True).filter(pk__in=[source.pk, target.pk]).order_by("pk"))
    people = _move_employments(by, source, target, on) + _move_memberships(by, source, target, on)
    _move_alliances(source, target, on)
    Registration.objects.filter(unit=source, state=RequestState.WAITING).update(unit=target)
    Objection.objects.filter(unit=source, answered_at__isnull=True).update(unit=target)
    ended = _end_roles(by, source, on)
    departments = 0
    for child in source.get_children().filter(open_on()):
        below = _merge_child(by, child, target, on)
        people, ended, departments = people + below.people, ended + below.roles, departments + 1
    closed = _close(by, source, target, on)
    return Merger(closed=closed, into=trees.fresh(target), people=people, roles=ended, departments=departments)


def _merge_child(by: Person | None, child: Node, target: Node, on: date) -> Merger:
    """A department goes up in its namesake at the target; everything else moves as it is, people and roles with it."""
    target, child = trees.fresh(target), trees.fresh(child)
    twin = target.get_children().filter(name=child.name, kind=child.kind, closed_on__isnull=True).first()
    if child.kind == NodeKind.DEPARTMENT and twin is not None:
        return _merge(by, child, twin, on)
    moved = trees.move_place(by=by, node=child, parent=target, on=on)
    return Merger(closed=moved, into=target, people=0, roles=0, departments=0)


def _close(by: Person | None, source: Node, target: Node, on: date) -> Node:
    source, target = trees.fresh(source), trees.fresh(target)
    above = source.get_parent()
    source.move(target, pos="last-child")
    Node.objects.filter(pk=source.pk).update(closed_on=on, merged_into=target)
    closed = trees.fresh(source)
    trees.remember(
        by=by,
        node=closed,
        kind=PlaceChangeKind.MERGED,
        on=on,
        other=target,
        before={"parent": above.code if above else ""},
        after={"parent": target.code, "merged_into": target.code},
    )
    trees.remember(
        by=by, node=target, kind=PlaceChangeKind.MERGED, on=on, other=closed, after={"received": closed.code}
    )
    return closed


def _end_roles(by: Person | None, source: Node, on: date) -> int:
    """Roles on the place itself; those on departments that move on stay."""
    return len(roles.end_roles_at(by=by, node=source, on=on, below=False))


def _move_employments(by: Person | None, source: Node, target: Node, on: date) -> int:
    """Split every employment that reaches beyond `on`; one that begins later belongs to `target` from its start."""
    reaching = Employment.objects.filter(Q(ends__isnull=True) | Q(ends__gt=on), unit=source)
    later = list(reaching.filter(begins__gte=on).select_related("person").order_by("pk"))
    Employment.objects.filter(pk__in=[row.pk for row in later]).update(unit=target)
    split = list(reaching.filter(begins__lt=on).select_related("person").order_by("pk"))
    Employment.objects.filter(pk__in=[row.pk for row in split]).update(ends=on)
    Employment.objects.bulk_create(
        [
            Employment(
                person=row.person,
                unit=target,
                department=row.department,
                kind=row.kind,
                staff_number=row.staff_number,
                begins=on,
                ends=row.ends,
            )
            for row in split
        ],
        batch_size=500,
    )
    for row in [*later, *split]:
        audit.record(
            by=by,
            verb="employment.begin",
            target=row.person,
            before={"unit": source.code},
            after={"unit": target.code, "begins": max(on, row.begins), "merged": True},
        )
    return len(later) + len(split)


def _move_memberships(by: Person | None, source: Node, target: Node, on: date) -> int:
    open_still = Q(ends__isnull=True) | Q(ends__gt=on)
    rows = list(Membership.objects.filter(open_still, branch=source).select_related("person").order_by("pk"))
    there = set(Membership.objects.filter(open_still, branch=target).values_list("person", flat=True))
    for row in rows:
        if row.person_id in there:
            continue
        begins = max(on, row.begins)
        Membership.objects.create(person=row.person, branch=target, begins=begins, ends=row.ends)
        audit.record(
            by=by,
            verb="membership.begin",
            target=row.person,
            before={"branch": source.code},
            after={"branch": target.code, "begins": begins, "merged": True},
        )
    Membership.objects.filter(pk__in=[row.pk for row in rows if row.begins < on]).update(ends=on)
    Membership.objects.filter(pk__in=[row.pk for row in rows if row.begins >= on]).update(ends=F("begins"))
    return len(rows)


def _move_alliances(source: Node, target: Node, on: date) -> None:
    Alliance.objects.filter(lead=source).update(lead=target)
    open_still = Q(ends__isnull=True) | Q(ends__gt=on)
    there = set(AllianceMember.objects.filter(open_still, node=target).values_list("alliance", flat=True))
    for row in AllianceMember.objects.filter(open_still, node=source).order_by("pk"):
        if row.begins < on:
            AllianceMember.objects.filter(pk=row.pk).update(ends=on)
        else:
            row.delete()
        if row.alliance_id not in there:
            AllianceMember.objects.create(
                alliance_id=row.alliance_id, node=target, begins=max(on, row.begins), ends=row.ends
            )
