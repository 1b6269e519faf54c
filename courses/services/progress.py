"""Studying: opening lessons, confirming, settling what the engines found, signing off on-site parts."""

import hashlib
import json
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from cms.shared.errors import NotFound, OutOfScope
from courses.enums import Basis, EnrolmentState, LessonKind
from courses.models import AttentionCheck, CoursePage, Enrolment, LessonPage, LessonProgress, Offer
from courses.rules import counted_minutes, reading_seconds
from courses.selectors.lessons import course_of, lesson_for
from courses.services import attention, lost_passes
from courses.services.attempt_evidence import attempt_evidence
from courses.services.completion import LessonEnd, complete_lesson, lock, minutes_counted_elsewhere
from courses.services.errors import (
    DayOutOfRange,
    MinutesOutOfRange,
    NotEnrolled,
    NotOpened,
    OfferClosed,
    OwnSignOff,
    WrongKind,
)
from courses.services.lateness import Flag, settled
from courses.services.quiz_passes import QUIZ_PAGE_CONTEXT
from courses.services.quiz_passes import settle_attempt as settle_quiz_page
from credits.selectors import time_zone_of
from media_pipeline.models import WatchedTime, WatchingOutcome
from media_pipeline.selectors.watching import watched_view
from organisations import audit
from organisations.enums import Role
from organisations.models import Person
from organisations.scopes import Scope
from organisations.selectors import people_in, scope_of
from quizzes.models import Attempt, AttemptOutcome

logger = structlog.get_logger(__name__)

QUIZ_CONTEXT = "lesson"
SIGN_OFF_ROLES = frozenset({Role.LECTURER, Role.BRANCH_SECRETARY, Role.UNIT_CREDIT_ADMINISTRATOR})


def enrolment_for(*, person: Person, lesson: LessonPage) -> Enrolment:
    """The person's enrolment that this lesson belongs to: one in progress, else the latest completed one.

    Raises NotEnrolled.
    """
    course = CoursePage.objects.filter(path=lesson.path[: -CoursePage.steplen])
    rows = (
        Enrolment.objects.filter(person=person, course_key__in=course.values("translation_key"))
        .exclude(state=EnrolmentState.WITHDRAWN)
        .select_related("person", "offer__course__locale", "offer__project", "offer__in_house_unit", "completion")
        .order_by("state", "-enrolled_at")  # "active" sorts before "completed"
    )
    enrolment = rows.first()
    if enrolment is None:
        raise NotEnrolled
    return enrolment


@transaction.atomic
def open_lesson(*, person: Person, lesson: LessonPage) -> tuple[Enrolment, LessonProgress | None]:
    """Note when the lesson was first opened, by the server's clock; complete it if its lecture was watched before.

    The progress is None in a completed course that the person never opened this lesson in. Raises NotEnrolled.
    """
    enrolment = enrolment_for(person=person, lesson=lesson)
    progress = LessonProgress.objects.filter(enrolment=enrolment, lesson_key=lesson.translation_key).first()
    if progress is None and enrolment.state == EnrolmentState.ACTIVE:
        progress, created = LessonProgress.objects.get_or_create(
            enrolment=enrolment,
            lesson_key=lesson.translation_key,
            defaults={"kind": lesson.kind, "page_id_copy": lesson.pk, "title": lesson.title},
        )
        if created and enrolment.offer.attention_minutes and lesson.lecture is not None:
            attention.note_beginning(progress=progress, lesson=lesson, person_id=person.pk)
    if progress and progress.completed_at is None and settle_watched(enrolment=enrolment, lesson=lesson):
        progress.refresh_from_db()
        enrolment.refresh_from_db()
    return enrolment, progress


@transaction.atomic
def confirm_reading(*, person: Person, lesson: LessonPage) -> LessonProgress:
    """Complete a reading lesson; the minutes are those the server counted since it was opened, at most as planned.

    Raises NotEnrolled, WrongKind, NotOpened, OfferClosed. Confirming again changes nothing.
    """
    enrolment = enrolment_for(person=person, lesson=lesson)
    if lesson.kind != LessonKind.READING:
        raise WrongKind
    progress = LessonProgress.objects.filter(enrolment=enrolment, lesson_key=lesson.translation_key).first()
    if progress is None:
        raise NotOpened
    if progress.completed_at is not None or not lock(enrolment):
        return progress
    now = timezone.now()
    seconds = seconds_read(person=person, progress=progress, at=now)
    end = LessonEnd(lesson=lesson, at=now, minutes=counted_minutes(planned=lesson.minutes, seconds=seconds))
    if not complete_lesson(enrolment=enrolment, end=end) and timezone.localdate(now) > enrolment.offer.ends:
        raise OfferClosed
    progress.refresh_from_db()
    return progress


def seconds_read(*, person: Person, progress: LessonProgress, at: datetime) -> float:
    """Seconds that a reading lesson would count if it were confirmed at `at`."""
    latest = (
        LessonProgress.objects.completed()
        .filter(enrolment__person=person, kind=LessonKind.READING)
        .order_by("-completed_at")
        .first()
    )
    return reading_seconds(
        opened_at=progress.opened_at, confirmed_at=at, previous_at=latest.completed_at if latest else None
    )


def part_to_sign_off(*, by: Person, progress_id: UUID) -> LessonProgress:
    """A part of somebody else in `by`'s scope. Raises NotFound, OutOfScope, OwnSignOff."""
    progress = (
        LessonProgress.objects.filter(public_id=progress_id)
        .select_related("enrolment__person", "enrolment__offer__course", "enrolment__offer__project")
        .first()
    )
    if progress is None:
        raise NotFound
    if not people_in(sign_off_scope(by)).filter(pk=progress.enrolment.person_id).exists():
        raise OutOfScope
    if progress.enrolment.person_id == by.pk:
        raise OwnSignOff
    return progress


def sign_off_scope(person: Person) -> Scope:
    """Where `person` may sign off on-site parts."""
    return scope_of(person, SIGN_OFF_ROLES)


@transaction.atomic(savepoint=False)
def settle_watched(*, enrolment: Enrolment, lesson: LessonPage) -> bool:
    """Complete a lecture lesson if the person has watched the share that this offer asks for.

    What it raises undoes the caller's transaction too.
    """
    if lesson.kind != LessonKind.LECTURE or lesson.lecture is None:
        return False
    # The row is the lock under which the lecture's minutes are shared out between courses.
    rows = WatchedTime.objects.select_for_update().filter(person=enrolment.person, lecture=lesson.lecture)
    watched = rows.first()
    if watched is None:
        return False
    threshold = enrolment.offer.watch_threshold
    view = watched_view(watched, duration_s=lesson.lecture.duration_s, threshold=threshold)
    if not view.is_completed or not lock(enrolment):
        return False
    checks = _questions(enrolment, lesson)
    if waiting := attention.unconfirmed(checks):
        view = watched_view(watched, duration_s=lesson.lecture.duration_s, threshold=threshold, without=waiting)
        if not view.is_completed:
            return False
    minutes = counted_minutes(
        planned=lesson.minutes,
        seconds=view.covered_s,
        counted_elsewhere=minutes_counted_elsewhere(enrolment=enrolment, lecture_id=lesson.lecture.pk),
    )
    evidence = {
        "kind": "watched",
        "sha256": _sha256({"lecture": lesson.lecture.source_sha256, "intervals": watched.intervals}),
    }
    at = max(watched.completed_at or watched.last_at, enrolment.enrolled_at, *_late_answers(checks))
    at, late = watched_at(enrolment.offer, at, watched)
    return complete_lesson(
        enrolment=enrolment,
        end=LessonEnd(lesson=lesson, at=at, minutes=minutes, evidence=(evidence, *late), lecture_id=lesson.lecture.pk),
    )


def _questions(enrolment: Enrolment, lesson: LessonPage) -> list[AttentionCheck]:
    """All questions of this lecture that its learner was asked, with the one that is due just now."""
    if not enrolment.offer.attention_minutes:
        return []
    found = LessonProgress.objects.filter(enrolment=enrolment, lesson_key=lesson.translation_key)
    progress = found.first()
    if progress is None:
        return []
    attention.ask(enrolment=enrolment, progress=progress, lesson=lesson, now=timezone.now())
    return list(progress.attention_checks.order_by("number"))


def _late_answers(checks: list[AttentionCheck]) -> list[datetime]:
    """A lesson that waited for an answer ended with it."""
    return [
        check.answered_at
        for check in checks
        if check.answered_at is not None and check.answered_at > check.asked_at + attention.ANSWER_WITHIN
    ]


def watched_at(offer: Offer, at: datetime, watched: WatchedTime) -> tuple[datetime, Flag]:
    """When a lecture watched until `at` counts as done, and the flag of what was sent after New Year."""
    received = watched.outcomes.order_by("created_at").values_list("created_at", flat=True).first()
    if offer.basis == Basis.NONE or received is None:
        return at, ()
    return settled(worked_until=at, received=received, zone=time_zone_of(offer.rule_set_id))


def answered_at(offer: Offer, attempt: Attempt) -> tuple[datetime, Flag]:
    """When a closed attempt counts as done: where New Year lies between its last answer and its end, at that answer,
    which the server had acknowledged. What is answered after New Year counts after it, whenever it was begun."""
    assert attempt.closed_at is not None  # noqa: S101 - the caller asks for that
    if offer.basis == Basis.NONE or attempt.answered_at is None:
        return attempt.closed_at, ()
    zone = time_zone_of(offer.rule_set_id)
    at, late = settled(worked_until=attempt.answered_at, received=attempt.closed_at, zone=zone)
    return (at, late) if late else (attempt.closed_at, ())


def settle_outcomes(*, person: Person | None = None) -> int:
    """Settle what the engines found (of one person, or of all), each in its own transaction.

    Returns how many were settled. One that cannot be settled is logged and waits for the next sweep.
    """
    watching = WatchingOutcome.unsettled()
    graded = AttemptOutcome.unsettled().filter(subject__context_kind__in=[QUIZ_CONTEXT, QUIZ_PAGE_CONTEXT])
    if person is not None:
        watching, graded = watching.filter(subject__person=person), graded.filter(subject__person=person)
    kinds = list(graded.values_list("subject__context_kind", "pk"))
    settled = 0
    for settle, keys in (
        (_settle_watching, list(watching.values_list("pk", flat=True))),
        (_settle_attempt, [pk for kind, pk in kinds if kind == QUIZ_CONTEXT]),
        (settle_quiz_page, [pk for kind, pk in kinds if kind == QUIZ_PAGE_CONTEXT]),
    ):
        for pk in keys:
            try:
                settled += settle(pk)
            except Exception as error:
                logger.error("outcome_unsettled", settle=settle.__name__, pk=pk, exc_info=error)
    return settled


@transaction.atomic
def _settle_watching(pk: int) -> bool:
    outcome = WatchingOutcome.objects.select_related("subject").get(pk=pk)
    if not outcome.settle():
        return False
    watched = outcome.subject
    lessons = LessonPage.objects.live().filter(lecture_id=watched.lecture_id, kind=LessonKind.LECTURE).order_by("pk")
    for lesson in lessons.select_related("lecture__renditions"):
        for enrolment in _active(watched.person_id, lesson):
            settle_watched(enrolment=enrolment, lesson=lesson)
    return True


def _active(person_id: int, lesson: LessonPage) -> list[Enrolment]:
    return list(
        Enrolment.objects.filter(
            person_id=person_id,
            course_key=course_of(lesson).translation_key,
            state=EnrolmentState.ACTIVE,
        )
        .select_related("person", "offer__course", "offer__project", "offer__in_house_unit")
        .order_by("pk")
    )


@transaction.atomic
def _settle_attempt(pk: int) -> bool:
    outcome = AttemptOutcome.objects.select_related("subject").get(pk=pk)
    if not outcome.settle():
        return False
    attempt = outcome.subject
    progress = (
        LessonProgress.objects.filter(public_id=attempt.context_id, enrolment__person_id=attempt.person_id)
        .select_related("enrolment__person", "enrolment__offer__course", "enrolment__offer__project")
        .first()
    )
    if progress is None:
        return True
    if not attempt.is_passed:
        if outcome.revision > 1:
            lost_passes.lose(progress=progress, attempt=attempt, grade_revision=outcome.revision)
        return True
    lost_passes.pass_again(progress=progress)
    if not lock(progress.enrolment):
        return True
    lesson = LessonPage.objects.filter(pk=progress.page_id_copy).first() or lesson_for(progress.lesson_key, "")
    if lesson is not None and attempt.closed_at is not None:
        evidence = attempt_evidence(attempt)
        at, late = answered_at(progress.enrolment.offer, attempt)
        minutes = counted_minutes(planned=lesson.minutes, seconds=max((at - attempt.opened_at).total_seconds(), 0))
        complete_lesson(
            enrolment=progress.enrolment,
            end=LessonEnd(lesson=lesson, at=at, minutes=minutes, evidence=(evidence, *late)),
        )
    return True


@transaction.atomic
def sign_off(*, by: Person, progress_id: UUID, minutes: Decimal, taught_on: date | None = None) -> LessonProgress:
    """Complete an on-site part of somebody in `by`'s scope with the minutes really taught, on a day (default today).

    Raises NotFound, OutOfScope, OwnSignOff, WrongKind, MinutesOutOfRange, DayOutOfRange. A part that is already
    signed off stays as it is.
    """
    progress = part_to_sign_off(by=by, progress_id=progress_id)
    enrolment = progress.enrolment
    lesson = lesson_for(progress.lesson_key, "")
    if progress.kind != LessonKind.ON_SITE or lesson is None:
        raise WrongKind
    if not 0 < minutes <= lesson.minutes:
        raise MinutesOutOfRange(planned=lesson.minutes)
    if progress.completed_at is not None or not lock(enrolment):
        return progress
    day = taught_on or timezone.localdate()
    first = timezone.localdate(enrolment.enrolled_at)
    last = min(timezone.localdate(), enrolment.offer.ends)
    if not first <= day <= last:
        raise DayOutOfRange(first=first.isoformat(), last=last.isoformat())
    audit.record(
        by=by,
        verb="courses.sign_off",
        target=progress,
        after={
            "minutes": str(minutes),
            "day": day.isoformat(),
            "lesson": lesson.title,
            "person": str(enrolment.person.public_id),
        },
    )
    at = min(timezone.now(), _end_of(day))
    complete_lesson(enrolment=enrolment, end=LessonEnd(lesson=lesson, at=at, minutes=minutes, signed_off_by=by))
    progress.refresh_from_db()
    return progress


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.max))


def _sha256(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
