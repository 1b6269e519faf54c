"""A person's place in the society: joining a branch and leaving it."""

from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit
from organisations.enums import Tree
from organisations.models import Membership, Node, Person
from organisations.selectors import directory


class NotABranch(errors.InvalidInput):
    code = "not_a_branch"
    message = _("Members belong to the society or to one of its branches. Choose an open one.")


class NotYourBranch(errors.OutOfScope):
    code = "not_your_branch"
    message = _("A unit enters its people in the branch of its own city. Ask the society for any other one.")


class AlreadyMember(errors.Conflict):
    code = "already_member"
    message = _("This person is already a member of a branch on these days. End that membership first.")


class NotMember(errors.Conflict):
    code = "not_member"
    message = _("This membership had already ended by that day. Load the page again.")


@transaction.atomic
def join(*, by: Person | None, person: Person, branch: Node, begins: date) -> Membership:
    """Enter `person` in `branch` from `begins`, at the longest until it closes.

    Raises NotABranch, NotYourBranch, AlreadyMember.
    """
    if branch.tree != Tree.SOCIETY or branch.is_closed_on(begins):
        raise NotABranch
    if by is not None and not directory.branches_for(by).filter(pk=branch.pk).exists():
        raise NotYourBranch
    Person.objects.select_for_update().get(pk=person.pk)
    if Membership.objects.filter(person=person).exclude(ends__lte=begins).exists():
        raise AlreadyMember
    membership = Membership.objects.create(person=person, branch=branch, begins=begins, ends=branch.closed_on)
    audit.record(by=by, verb="membership.begin", target=person, after={"branch": branch.code, "begins": begins})
    return membership


@transaction.atomic
def leave(*, by: Person | None, membership: Membership, on: date) -> Membership:
    """End a membership: `on` is the first day without it. Raises NotMember."""
    still = Q(ends__isnull=True) | Q(ends__gt=on)
    if Membership.objects.filter(still, pk=membership.pk, begins__lt=on).update(ends=on) != 1:
        raise NotMember
    before, membership.ends = membership.ends, on
    audit.record(
        by=by,
        verb="membership.end",
        target=membership.person,
        before={"branch": membership.branch.code, "ends": before},
        after={"ends": on},
    )
    return membership
