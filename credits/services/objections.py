"""Objections (有异议): a person says that a line is not right, a reviewer answers within five working days."""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from credits.enums import GrantMethod, ObjectionOutcome, Remedy
from credits.models import Entry, EntryObjection
from credits.rules.working_days import holidays, working_day_after
from credits.selectors.objections import activity_taken_back, mending, review_position, reviewers_at_or_above
from credits.services import awards
from credits.services.chain import lock_feed
from organisations import audit, notifications
from organisations.deeds import Deed
from organisations.models import Node, Person
from organisations.selectors import employment_on

WORKING_DAYS = 5


class NothingSaid(errors.InvalidInput):
    code = "nothing_said"
    message = _("Write what is not right and how it should be.")


class ReasonMissing(errors.InvalidInput):
    code = "answer_without_reason"
    message = _("Write what you found; the person reads it.")


class NoUnit(errors.Conflict):
    code = "no_unit_to_answer"
    message = _("You work at no unit here, so nobody can answer. Ask a unit to enter you first.")


class AlreadyOpen(errors.Conflict):
    code = "objection_already_open"
    message = _("You have objected to this line already. Wait for the answer, then you can object again.")


class AlreadyAnswered(errors.Conflict):
    code = "objection_already_answered"
    message = _("Somebody has answered in the meantime. Load the page again.")


class OwnObjection(errors.OutOfScope):
    code = "own_objection"
    message = _("Nobody answers an objection of their own. Another reviewer has to.")


class CorrectionMissing(errors.InvalidInput):
    code = "correction_missing"
    message = _(
        "An objection that is right changes the book. Take the entry back, record it again, or name the entry that "
        "mends it: one that was recorded for this person after the objection."
    )


@transaction.atomic
def object_to(*, by: Person, entry: Entry, text: str) -> EntryObjection:
    """The person says what is not right with a line of their own book. The nearest reviewers are told.

    Raises OutOfScope, NothingSaid, NoUnit, AlreadyOpen.
    """
    if entry.book.owner_id != by.pk:
        raise errors.OutOfScope
    return _make(by, entry, entry.rule_set_id, entry.ends_on.year, text)


@transaction.atomic
def report_missing(*, by: Person, rule_set_id: str, year: int, text: str) -> EntryObjection:
    """The person says that something they did is not in their book. Raises NothingSaid, NoUnit."""
    return _make(by, None, rule_set_id, year, text)


def _make(by: Person, entry: Entry | None, rule_set_id: str, year: int, text: str) -> EntryObjection:
    text = text.strip()
    if not text:
        raise NothingSaid
    unit = _unit_of(by, entry)
    levels = reviewers_at_or_above(unit, but=by)
    desk, reviewers = levels[0] if levels else (unit, [])
    due_on = working_day_after(timezone.localdate(), WORKING_DAYS, holidays(settings.HOLIDAYS))
    try:
        with transaction.atomic():
            made = EntryObjection.objects.create(
                person=by, entry=entry, rule_set_id=rule_set_id, year=year, unit=unit, desk=desk, text=text,
                due_on=due_on,
            )  # fmt: skip
    except IntegrityError as error:
        raise AlreadyOpen from error
    audit.record(by=by, verb=Deed.OBJECTION_MAKE, target=made, after={"rule_set": rule_set_id, "year": year})
    _tell_reviewers(reviewers, "credits.objection_made", made)
    return made


def _unit_of(person: Person, entry: Entry | None) -> Node:
    """Where the person works today, else where they worked when the entry was made. Raises NoUnit."""
    employment = employment_on(person, timezone.localdate())
    if employment is not None:
        return employment.unit
    unit: Node | None = Node.objects.filter(pk=entry.work_unit_id).first() if entry is not None else None
    if unit is None:
        raise NoUnit
    return unit


@transaction.atomic
def uphold(
    *, by: Person, objection: EntryObjection, text: str, remedy: Remedy, correction: Entry | None = None
) -> EntryObjection:
    """The person is right: the book is mended, or was by `correction`. The person is told.

    Raises ReasonMissing, OwnObjection, CorrectionMissing, AlreadyAnswered, and what `awards.award` raises.
    """
    _check(by, objection, text)
    lock_feed()
    if not EntryObjection.objects.filter(pk=objection.pk, answered_at__isnull=True).exists():
        raise AlreadyAnswered
    if remedy == Remedy.TAKE_BACK and objection.entry is not None:
        correction = awards.reverse(entry=objection.entry, by=by, reason=text)
    elif remedy == Remedy.RECORD_AGAIN:
        correction = _again(by, objection, text)
    if correction is None or not mending(objection).filter(pk=correction.pk).exists():
        raise CorrectionMissing
    return _answer(by, objection, ObjectionOutcome.UPHELD, text, correction)


@transaction.atomic
def reject(*, by: Person, objection: EntryObjection, text: str) -> EntryObjection:
    """The line stays as it is, and the person is told why. Raises ReasonMissing, OwnObjection, AlreadyAnswered."""
    _check(by, objection, text)
    lock_feed()
    return _answer(by, objection, ObjectionOutcome.REJECTED, text, None)


def _check(by: Person, objection: EntryObjection, text: str) -> None:
    if not text.strip():
        raise ReasonMissing
    if objection.person_id is None or objection.person_id == by.pk:
        raise OwnObjection


def _again(by: Person, objection: EntryObjection, reason: str) -> Entry:
    """What was taken back stands in the book again, as it was."""
    entry = activity_taken_back(objection.entry)
    if entry is None or objection.person is None:
        raise CorrectionMissing
    activity = awards.Activity(
        kind=entry.activity_kind,
        id=entry.activity_id,
        occurrence=entry.occurrence,
        title=entry.title,
        activity_type=entry.activity_type,
        quantity=entry.quantity,
        unit=entry.unit,
        role=entry.role,
        organiser=entry.organiser,
        begins_at=entry.begins_at,
        ends_at=entry.ends_at,
        project=entry.project,
        level=entry.level,
        time_scale=entry.time_scale,
        evidence=tuple(entry.evidence),
        is_demo=entry.is_demo,
    )
    how = GrantMethod(entry.granted_how)
    return awards.award(
        person=objection.person, activity=activity, rule_set_id=entry.rule_set_id, how=how, by=by, reason=reason
    )


def _answer(
    by: Person, objection: EntryObjection, outcome: ObjectionOutcome, text: str, correction: Entry | None
) -> EntryObjection:
    """Under the feed's lock: answers have one order."""
    changed = EntryObjection.objects.filter(pk=objection.pk, answered_at__isnull=True).update(
        outcome=outcome, answer=text.strip(), answered_by=by, answered_at=timezone.now(), correction=correction,
        answer_position=review_position() + 1,
    )  # fmt: skip
    if changed != 1:
        raise AlreadyAnswered
    objection.refresh_from_db()
    told = {"outcome": outcome.value, "correction": str(correction.public_id) if correction is not None else ""}
    audit.record(by=by, verb=Deed.OBJECTION_ANSWER, target=objection, after=told)
    if objection.person is not None:
        _tell(objection.person, "credits.objection_answered", objection, reverse_name="credits:objections")
    return objection


def escalate_overdue() -> int:
    """Tell the next level of every open objection whose last day has passed, once; how many there were."""
    overdue = EntryObjection.objects.filter(
        answered_at__isnull=True, escalated_at__isnull=True, due_on__lt=timezone.localdate(), person__isnull=False
    )
    return sum(_escalate(row) for row in overdue.select_related("person", "unit", "desk").order_by("pk"))


@transaction.atomic
def _escalate(row: EntryObjection) -> bool:
    levels = reviewers_at_or_above(row.unit, but=row.person)
    above = [level for level in levels if len(level[0].path) < len(row.desk.path)]
    # Where nobody stands above, those who were told are told again.
    desk, reviewers = (above or levels or [(row.desk, [])])[0]
    waiting = EntryObjection.objects.filter(pk=row.pk, answered_at__isnull=True, escalated_at__isnull=True)
    if waiting.update(escalated_at=timezone.now(), desk=desk) != 1:
        return False
    audit.record(by=None, verb=Deed.OBJECTION_ESCALATE, target=row, after={"to": desk.code, "due_on": row.due_on})
    _tell_reviewers(reviewers, "credits.objection_overdue", row)
    return True


def _tell_reviewers(reviewers: list[Person], kind: str, row: EntryObjection) -> None:
    for person in reviewers:
        _tell(person, kind, row, reverse_name="manage:entry_objection", arguments=[row.public_id])


def _tell(
    person: Person, kind: str, row: EntryObjection, *, reverse_name: str, arguments: list[object] | None = None
) -> None:
    with translation.override(person.language):
        link = reverse(reverse_name, args=arguments)
    params = {"day": row.due_on.isoformat(), "is_upheld": row.outcome == ObjectionOutcome.UPHELD}
    notifications.notify(person=person, kind=kind, params=params, key=f"{kind}:{row.public_id}", link=link)
