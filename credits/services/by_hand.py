"""What an administrator records for somebody: with the day, the amount and a paper that proves it."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import urls
from django.core.files import File
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from credits.enums import ActivityKind, GrantMethod, LineReason
from credits.models import Entry, EntryEvidence, Project
from credits.rules import Fact
from credits.rules.earning import earn
from credits.selectors import in_force, time_zone_of
from credits.selectors.book import NotOver
from credits.services.awards import Activity, GrantRefused, award, refusal_naming, reverse
from organisations import audit, notifications
from organisations.models import Person
from organisations.services import proofs

MINUTES = {"minute": 1, "hour": 60}


class OwnEntry(errors.OutOfScope):
    code = "own_entry"
    message = _("Nobody writes in their own credit book. Ask another administrator of your unit.")


class EndsBeforeItBegins(errors.InvalidInput):
    code = "activity_ends_before_it_begins"
    message = _("The activity ends before it begins. Correct its days or times.")


class MoreThanThereWas(errors.InvalidInput):
    code = "more_time_than_there_was"
    message = _("More time is stated than lies between begin and end. Record what was really attended.")


class NotInTheseRules(errors.InvalidInput):
    code = "not_in_these_rules"
    message = _("The rules in force on that day do not name this kind of activity. Choose another one.")


class OtherUnit(errors.InvalidInput):
    code = "other_unit"
    message = _("The rules measure this kind of activity in another unit. Choose that unit.")


class OtherRole(errors.InvalidInput):
    code = "other_role"
    message = _("The rules give this credit to another role. Choose that role, or another kind of activity.")


class UnknownProject(errors.InvalidInput):
    code = "unknown_project"
    message = _("The register has no project with this number. Correct it, or leave it empty.")


class NoSuchLevel(errors.InvalidInput):
    code = "no_such_level"
    message = _("The rules' table needs a level for this kind of activity. Choose one of its own.")


_REFUSALS: dict[LineReason, type[errors.InvalidInput]] = {
    LineReason.UNKNOWN_UNIT: OtherUnit,
    LineReason.OTHER_ROLE: OtherRole,
    LineReason.ROW_MISSING: NoSuchLevel,
}


@dataclass(frozen=True)
class Stated:
    """What is stated of an activity. Days are those of the rule set's zone, both inclusive; without times they are
    whole days."""

    rule_set_id: str
    activity_type: str
    title: str
    organiser: str
    role: str
    quantity: Decimal
    unit: str
    begins_on: date
    ends_on: date
    begins_time: time | None = None
    ends_time: time | None = None
    level: str = ""
    project_number: str = ""


def activity_of(stated: Stated, *, key: str) -> Activity:
    """What is stated, without its proof, as the book takes it. Raises as `record_by_hand` for what cannot be so."""
    begins_at, ends_at = check(stated)
    project = project_of(stated)
    return Activity(
        kind=ActivityKind.CLAIM,
        id=key,
        title=stated.title,
        activity_type=stated.activity_type,
        quantity=stated.quantity,
        unit=stated.unit,
        role=stated.role,
        organiser=stated.organiser,
        begins_at=begins_at,
        ends_at=ends_at,
        project=project,
        level=level_of(stated, project),
    )


def record_by_hand(*, by: Person, person: Person, stated: Stated, reason: str, proof: File[bytes]) -> Entry:
    """Enter in `person`'s book what is stated, proved by `proof`; the person is told.

    Raises DuplicateActivity (which names the entry) for what is there already, also for a paper that proves another
    entry; OwnEntry, NotOver, EndsBeforeItBegins, MoreThanThereWas, NotInTheseRules, OtherUnit, OtherRole, NoSuchLevel,
    UnknownProject, OutsideProject, ProjectFull, NoRuleSetInForce, and what `proofs.read` raises.
    """
    if by.pk == person.pk:
        raise OwnEntry
    activity = activity_of(stated, key=str(uuid4()))
    paper = proofs.read(proof)
    sha256 = hashlib.sha256(paper.content).hexdigest()
    activity = replace(activity, evidence=({"kind": "proof", "sha256": sha256},))
    refusal: GrantRefused | None = None
    with transaction.atomic():
        proved = proved_by(person, stated.rule_set_id, sha256)
        if proved is not None:
            raise refusal_naming(proved)
        try:
            entry = award(
                person=person, activity=activity, rule_set_id=stated.rule_set_id, how=GrantMethod.MANUAL, by=by,
                reason=reason,
            )  # fmt: skip
        except GrantRefused as error:
            refusal = error  # the log of it stays
        else:
            EntryEvidence.objects.create(entry=entry, sha256=sha256, file=proofs.store(paper))
            tell(by=by, person=person, entry=entry)
    if refusal is not None:
        raise refusal
    return entry


def tell(*, by: Person, person: Person, entry: Entry) -> None:
    """Write to the log, and to the person, that `entry` was recorded by hand."""
    told: dict[str, Any] = {"title": entry.title, "rule_set": entry.rule_set_version, "ends_on": entry.ends_on}
    audit.record(by=by, verb="credits.entry_recorded", target=entry, after=told | {"reason": entry.reason})
    with translation.override(person.language):
        page = urls.reverse("credits:my_credits")
    notifications.notify(
        person=person,
        kind="credits.entry_recorded",
        params={"title": entry.title, "day": entry.ends_on.isoformat()},
        key=f"credits.recorded:{entry.public_id}",
        link=f"{page}?year={entry.ends_on.year}&rules={entry.rule_set_id}",
    )


def take_back(*, by: Person, person: Person, entry: Entry, reason: str) -> Entry:
    """Take back an entry of `person`, who is told the reason; the reversing entry.

    Raises OwnEntry, and InvalidInput as `awards.reverse`.
    """
    if by.pk == person.pk:
        raise OwnEntry
    return reverse(entry=entry, by=by, reason=reason)


def project_of(stated: Stated) -> Project | None:
    """The accredited project that is stated; None where none is. Raises UnknownProject."""
    if not stated.project_number:
        return None
    project = Project.objects.filter(number=stated.project_number).first()
    if project is None:
        raise UnknownProject
    return project


def level_of(stated: Stated, project: Project | None) -> str:
    return stated.level or (project.level if project is not None else "")


def proved_by(person: Person, rule_set_id: str, sha256: str) -> Entry | None:
    """The standing entry that this very paper proves already."""
    return Entry.objects.filter(
        book__owner=person, rule_set_id=rule_set_id, paper__sha256=sha256, reversed_by__isnull=True
    ).first()


def check(stated: Stated) -> tuple[datetime, datetime]:
    """Begin and end as instants. Raises as `record_by_hand`, but for what one person's book refuses."""
    zone = time_zone_of(stated.rule_set_id)
    whole_day = time(23, 59, 59)
    begins_at = datetime.combine(stated.begins_on, stated.begins_time or time(0), zone)
    ends_at = datetime.combine(stated.ends_on, stated.ends_time or whole_day, zone)
    if ends_at < begins_at:
        raise EndsBeforeItBegins
    if stated.ends_on > timezone.now().astimezone(zone).date() or (stated.ends_time and ends_at > timezone.now()):
        raise NotOver
    rules = in_force(stated.rule_set_id, stated.ends_on).rules
    kind = rules.types.get(stated.activity_type)
    if kind is None:
        raise NotInTheseRules
    if stated.quantity <= 0:
        raise errors.InvalidInput(_("Say how much it was: more than nothing."))
    spent = stated.quantity * MINUTES.get(stated.unit, 0) * 60
    if spent > Decimal(int((ends_at - begins_at).total_seconds()) + 1):
        raise MoreThanThereWas
    fact = Fact(
        key="", activity="", activity_type=stated.activity_type, role=stated.role, quantity=stated.quantity,
        unit=stated.unit, ends_on=stated.ends_on, level=stated.level,
    )  # fmt: skip
    refused = _REFUSALS.get(earn(fact, kind, rules.minutes_per_hour.value).reason)
    if refused is not None:
        raise refused
    return begins_at, ends_at
