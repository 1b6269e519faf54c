"""Medical alliances (医联体): groups of places of either tree, with dates."""

from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit
from organisations.models import Alliance, AllianceMember, Node, Person


class AllianceCodeTaken(errors.Conflict):
    code = "alliance_code_taken"
    message = _("Another alliance already has this code. Give this one a code of its own.")


class AlreadyIn(errors.Conflict):
    code = "already_in_alliance"
    message = _("This place already belongs to the alliance on these days.")


class NotIn(errors.Conflict):
    code = "not_in_alliance"
    message = _("This place no longer belonged to the alliance on that day. Load the page again.")


class LeadStays(errors.Conflict):
    code = "lead_stays"
    message = _("This place leads the alliance. Let another member lead before it leaves.")


class AllianceClosed(errors.Conflict):
    code = "alliance_closed"
    message = _("This alliance is closed. Found a new one instead.")


class ClosedMember(errors.InvalidInput):
    code = "closed_member"
    message = _("This place is closed on that day. Choose an open one or an earlier day.")


class ClosesTooEarly(errors.InvalidInput):
    code = "alliance_closes_too_early"
    message = _("Some members joined on that day or later. Choose a later day.")


@transaction.atomic
def found(*, by: Person | None, name: str, code: str, lead: Node, begins: date, name_en: str = "") -> Alliance:
    """A new alliance led by `lead`, which is its first member from `begins`. Raises AllianceCodeTaken, ClosedMember."""
    try:
        with transaction.atomic():
            alliance = Alliance.objects.create(name=name.strip(), name_en=name_en.strip(), code=code.strip(), lead=lead)
    except IntegrityError as error:
        raise AllianceCodeTaken from error
    audit.record(by=by, verb="alliance.found", target=alliance, after={"code": alliance.code, "lead": lead.code})
    join(by=by, alliance=alliance, node=lead, begins=begins)
    return alliance


@transaction.atomic
def change(*, by: Person | None, alliance: Alliance, name: str, name_en: str, lead: Node) -> Alliance:
    """Rename an alliance or let another of its members lead it. Raises NotIn, AllianceClosed."""
    alliance = _open(alliance)
    if lead.pk != alliance.lead_id and not alliance.members.filter(node=lead, ends__isnull=True).exists():
        raise NotIn
    before = {"name": alliance.name, "name_en": alliance.name_en, "lead": alliance.lead.code}
    after = {"name": name.strip(), "name_en": name_en.strip(), "lead": lead.code}
    if before != after:
        alliance.name, alliance.name_en, alliance.lead = after["name"], after["name_en"], lead
        alliance.save(update_fields=["name", "name_en", "lead"])
        audit.record(by=by, verb="alliance.change", target=alliance, before=before, after=after)
    return alliance


@transaction.atomic
def join(*, by: Person | None, alliance: Alliance, node: Node, begins: date) -> AllianceMember:
    """Let a place of either tree belong to it from `begins`. Raises AlreadyIn, AllianceClosed, ClosedMember."""
    alliance = _open(alliance)
    if node.is_closed_on(begins):
        raise ClosedMember
    if alliance.members.filter(node=node).exclude(ends__lte=begins).exists():
        raise AlreadyIn
    member = AllianceMember.objects.create(alliance=alliance, node=node, begins=begins, ends=node.closed_on)
    audit.record(by=by, verb="alliance.join", target=alliance, after={"place": node.code, "begins": begins})
    return member


@transaction.atomic
def leave(*, by: Person | None, member: AllianceMember, on: date) -> AllianceMember:
    """End a place's time in the alliance: `on` is the first day without it. Raises LeadStays, NotIn, AllianceClosed."""
    alliance = _open(member.alliance)
    if alliance.lead_id == member.node_id:
        raise LeadStays
    still = Q(ends__isnull=True) | Q(ends__gt=on)
    if AllianceMember.objects.filter(still, pk=member.pk, begins__lt=on).update(ends=on) != 1:
        raise NotIn
    member.ends = on
    audit.record(by=by, verb="alliance.leave", target=alliance, after={"place": member.node.code, "ends": on})
    return member


@transaction.atomic
def close(*, by: Person | None, alliance: Alliance, on: date) -> Alliance:
    """Close an alliance and end every membership as of `on`. Raises AllianceClosed, ClosesTooEarly."""
    alliance = _open(alliance)
    open_still = alliance.members.filter(Q(ends__isnull=True) | Q(ends__gt=on))
    if open_still.filter(begins__gte=on).exists():
        raise ClosesTooEarly
    members = open_still.update(ends=on)
    alliance.closed_on = on
    alliance.save(update_fields=["closed_on"])
    audit.record(by=by, verb="alliance.close", target=alliance, after={"closed_on": on, "members": members})
    return alliance


def _open(alliance: Alliance) -> Alliance:
    """The alliance, locked and read again. Raises AllianceClosed."""
    locked = Alliance.objects.select_for_update().select_related("lead").get(pk=alliance.pk)
    if locked.closed_on is not None:
        raise AllianceClosed
    return locked
