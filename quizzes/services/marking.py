"""Marking by people: take a seat, save a draft, hand in, give back. One model for essays, files, rubrics, contests.

Locks are taken attempt, work, seat. A seat is a row that only one marker can have; whoever hands in the last mark of a
piece settles it, and whoever settles the last piece of an attempt grades the attempt, in the same transaction.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import Conflict, DomainError, InvalidInput, NotFound
from organisations import audit, notifications
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import required_scope
from organisations.selectors.powers import reaches_everybody
from quizzes.enums import MarkingState
from quizzes.grading import marking as rules
from quizzes.models import Attempt, Marking, MarkingItem, Quiz
from quizzes.services import grades, marking_items

# A seat that was only opened, and one with a saved draft.
HELD = timedelta(hours=2)
HELD_WITH_DRAFT = timedelta(days=2)
# How many of the oldest pieces are tried when others take them at the same moment.
TRIES = 20


class NothingToMark(DomainError):
    code, http_status = "nothing_to_mark", 409
    message = _("Nothing waits for you to be marked at the moment. Look again later.")


class SeatTaken(DomainError):
    code, http_status = "seat_taken", 409
    message = _("Somebody else has begun to mark this. Take the next one.")


class OwnWork(DomainError):
    code, http_status = "own_work", 403
    message = _("Nobody marks their own work. Another marker has to.")


class MarkedBefore(DomainError):
    code, http_status = "marked_before", 409
    message = _("You have marked this already. Another marker has to mark it now.")


class AlreadyHandedIn(DomainError):
    code, http_status = "marking_handed_in", 409
    message = _("This marking was handed in already; it stays as it was.")


class PointsOutside(InvalidInput):
    code = "points_outside"
    message = _("Give points from 0 to %(maximum)s, with at most two decimals.")


class PointsMissing(InvalidInput):
    code = "points_missing"
    message = _("Give points before you hand in.")


def claim_next(*, by: Person, quiz: Quiz | None = None) -> Marking:
    """Take a seat at the oldest piece that `by` may mark (of `quiz`); a seat that `by` has not handed in comes first.

    Raises OutOfScope, NothingToMark.
    """
    now, scope = timezone.now(), required_scope(by, Power.MARK)
    mine = Marking.objects.filter(marker=by, handed_in_at__isnull=True)
    waiting = MarkingItem.objects.in_scope(scope, everybody=reaches_everybody(scope)).open_to(by, at=now)
    if quiz is not None:
        mine, waiting = mine.filter(item__attempt__quiz=quiz), waiting.filter(attempt__quiz=quiz)
    begun = mine.order_by("claimed_at", "pk").first()
    if begun is not None:
        return begun
    for pk in waiting.values_list("pk", flat=True)[:TRIES]:
        try:
            return _claim(by, pk, now)
        except (SeatTaken, Conflict, IntegrityError):
            continue  # somebody was faster: the next piece
    raise NothingToMark


def claim(*, by: Person, public_id: UUID) -> Marking:
    """Take a seat at this piece, or come back to one's own. Raises OutOfScope, NotFound, OwnWork, MarkedBefore,
    SeatTaken."""
    scope = required_scope(by, Power.MARK)
    items = MarkingItem.objects.in_scope(scope, everybody=reaches_everybody(scope))
    item = items.select_related("attempt__person").filter(public_id=public_id).first()
    if item is None or item.attempt is None:
        raise NotFound
    if by.pk in (item.attempt.person_id, item.attempt.person.merged_into_id):
        raise OwnWork
    mine = Marking.objects.filter(item=item, marker=by).first()
    if mine is not None:
        if mine.is_handed_in:
            raise MarkedBefore
        return mine
    if not MarkingItem.objects.filter(pk=item.pk).untouched_by(by).exists():
        raise MarkedBefore
    try:
        return _claim(by, item.pk, timezone.now())
    except IntegrityError as error:
        raise SeatTaken from error


@transaction.atomic
def _claim(by: Person, pk: int, now: datetime) -> Marking:
    """A seat in the first free round. The unique keys of the seat decide between two who come at once."""
    item = MarkingItem.objects.select_for_update(of=("self",)).get(pk=pk)
    if item.is_done:
        raise SeatTaken
    # A seat that nobody holds any more is free again; its draft goes with it.
    item.markings.filter(handed_in_at__isnull=True, held_until__lte=now).delete()
    taken = set(item.markings.values_list("round", flat=True))
    free = next((number for number in range(1, item.rounds + 1) if number not in taken), None)
    if free is None:
        raise SeatTaken
    seat = Marking.objects.create(item=item, marker=by, round=free, claimed_at=now, held_until=now + HELD)
    _write(item, state=item.state if item.state == MarkingState.THIRD_NEEDED else MarkingState.IN_PROGRESS)
    audit.record(by=by, verb=Deed.MARKING_CLAIM, target=seat, after={"item": item.public_id, "round": free})
    return seat


@transaction.atomic
def save_draft(*, by: Person, public_id: UUID, points: Decimal | None, comment: str, note: str) -> Marking:
    """Keep what is written so far, and the seat with it. Raises NotFound, AlreadyHandedIn, PointsOutside."""
    seat = _seat_of(by, public_id)
    now = timezone.now()
    _fill(seat, points, comment, note)
    seat.saved_at, seat.held_until = now, max(seat.held_until, now + HELD_WITH_DRAFT)
    _keep(seat, "points", "comment", "note", "saved_at", "held_until")
    return seat


@transaction.atomic
def hand_in(*, by: Person, public_id: UUID, points: Decimal | None, comment: str, note: str) -> Marking:
    """Hand one's marking in: it stays as it is. The piece is settled, or a third marker called, by the rules of the
    piece; when every piece of the attempt is settled the attempt is graded, and its learner told.

    Raises NotFound, AlreadyHandedIn, PointsMissing, PointsOutside.
    """
    attempt = Attempt.objects.filter(marking_items__markings__public_id=public_id).values_list("pk", flat=True).first()
    if attempt is not None:
        Attempt.objects.select_for_update(of=("self",)).get(pk=attempt)
    seat = _seat_of(by, public_id)
    if points is None:
        raise PointsMissing
    _fill(seat, points, comment, note)
    seat.handed_in_at = timezone.now()
    _keep(seat, "points", "comment", "note", "handed_in_at")
    item = seat.item
    audit.record(
        by=by,
        verb=Deed.MARKING_HAND_IN,
        target=seat,
        after={"item": item.public_id, "round": seat.round, "points": seat.points, "maximum": item.points_possible},
    )
    _settle(item, seat.handed_in_at)
    return seat


@transaction.atomic
def give_back(*, by: Person, public_id: UUID) -> None:
    """Leave the seat to somebody else, with nothing in it. Raises NotFound, AlreadyHandedIn."""
    seat = _seat_of(by, public_id)
    item = seat.item
    audit.record(by=by, verb=Deed.MARKING_GIVE_BACK, target=seat, before={"item": item.public_id, "round": seat.round})
    if Marking.objects.filter(pk=seat.pk, handed_in_at__isnull=True).delete()[0] != 1:
        raise Conflict
    if item.state == MarkingState.IN_PROGRESS and not item.markings.exists():
        _write(item, state=MarkingState.WAITING)
    else:
        _write(item)


def _seat_of(by: Person, public_id: UUID) -> Marking:
    """One's own seat with its piece, both locked."""
    found = Marking.objects.filter(public_id=public_id, marker=by).values_list("pk", "item").first()
    if found is None:
        raise NotFound
    item = MarkingItem.objects.select_for_update(of=("self",)).select_related("attempt").get(pk=found[1])
    seat = Marking.objects.filter(pk=found[0], marker=by).first()
    if seat is None:
        raise NotFound
    if seat.is_handed_in:
        raise AlreadyHandedIn
    seat.item = item
    return seat


def _fill(seat: Marking, points: Decimal | None, comment: str, note: str) -> None:
    maximum = seat.item.points_possible
    if points is not None:
        try:
            points = rules.check_points(points, maximum=maximum)
        except ValueError as error:
            raise PointsOutside(maximum=f"{maximum.normalize():f}") from error
    seat.points, seat.comment, seat.note = points, comment.strip(), note.strip()


def _keep(seat: Marking, *fields: str) -> None:
    values = {field: getattr(seat, field) for field in fields}
    if Marking.objects.filter(pk=seat.pk, marker=seat.marker_id, handed_in_at__isnull=True).update(**values) != 1:
        raise Conflict


def _write(item: MarkingItem, **values: object) -> None:
    """Write `values` by compare-and-set on the version. Raises Conflict."""
    rows = MarkingItem.objects.filter(pk=item.pk, version=item.version)
    if rows.update(version=item.version + 1, **values) != 1:
        raise Conflict
    item.version += 1
    for name, value in values.items():
        setattr(item, name, value)


def _settle(item: MarkingItem, now: datetime) -> None:
    given = item.markings.filter(handed_in_at__isnull=False).order_by("round").values_list("points", flat=True)
    marks = [points for points in given if points is not None]
    verdict = rules.settle(marks, markers=item.markers_needed, gap=item.gap, tie=item.tie)
    if verdict.points is not None:
        _write(item, state=MarkingState.DONE, points=verdict.points, basis=verdict.basis, done_at=now)
    elif verdict.calls_third:
        _write(item, state=MarkingState.THIRD_NEEDED)
    else:
        _write(item)
    if item.is_done and item.attempt is not None:
        _finish(item.attempt)


def _finish(attempt: Attempt) -> None:
    """Grade the attempt once all its pieces are settled; its learner is told. The caller holds the attempt."""
    if attempt.marking_items.not_done().exists():
        return
    grade = grades.grade_again(attempt=attempt, marks_by_people=marking_items.marks_by_people(attempt))
    if grade is None:
        return
    audit.record(by=None, verb=Deed.ATTEMPT_MARKED, target=attempt, after={"revision": grade.revision})
    with translation.override(attempt.person.language):
        link = reverse("quizzes:attempt", args=[attempt.public_id])
    notifications.notify(
        person=attempt.person,
        kind="quizzes.attempt_marked",
        params={"quiz": attempt.quiz.title},
        key=f"quizzes.attempt_marked:{attempt.public_id}:{grade.revision}",
        link=link,
    )
