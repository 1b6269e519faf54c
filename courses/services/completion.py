"""The end of a lesson and of a course. Callers hold a transaction; the enrolment's row is the lock."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone, translation

from courses.enums import Basis, EnrolmentState, LessonKind
from courses.models import CourseCompletion, Enrolment, LessonPage, LessonProgress, Offer, Recognition
from courses.selectors.lessons import required_lessons
from courses.services.versions import record_version
from courses.services.years import by_year
from credits.enums import ActivityKind, CreditRole, GrantMethod, ProjectLevel
from credits.models import Entry
from credits.selectors import NoRuleSetInForce, follows
from credits.services.awards import (
    Activity,
    DuplicateActivity,
    GrantRefused,
    OutsideProject,
    OverlappingActivity,
    ProjectFull,
    award,
)
from organisations.models import Person
from organisations.notifications import notify

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class LessonEnd:
    """How a lesson ended. `at` is an instant the server vouches for."""

    lesson: LessonPage
    at: datetime
    minutes: Decimal
    evidence: tuple[dict[str, str], ...] = ()
    lecture_id: int | None = None
    signed_off_by: Person | None = None


def lock(enrolment: Enrolment) -> bool:
    """Take the row of an enrolment in progress until the transaction ends; False if it is not in progress.

    An UPDATE locks on PostgreSQL; on SQLite the transaction already holds the only write lock.
    """
    return (
        Enrolment.objects.filter(pk=enrolment.pk, state=EnrolmentState.ACTIVE).update(progressed_at=timezone.now()) == 1
    )


def complete_lesson(*, enrolment: Enrolment, end: LessonEnd) -> bool:
    """Complete one lesson, and the course with its last one. False if it was complete, or ended after the offer.

    The caller holds `lock(enrolment)`.
    """
    if timezone.localdate(end.at) > enrolment.offer.ends:
        return False
    progress, _ = LessonProgress.objects.get_or_create(
        enrolment=enrolment,
        lesson_key=end.lesson.translation_key,
        defaults={"kind": end.lesson.kind, "opened_at": end.at},
    )
    version = record_version(page=end.lesson)
    changed = LessonProgress.objects.filter(pk=progress.pk, completed_at__isnull=True).update(
        completed_at=end.at,
        minutes=end.minutes,
        page_id_copy=end.lesson.pk,
        title=end.lesson.title,
        revision_id_copy=version.revision_id_copy,
        content_sha256=version.content_sha256,
        lecture_id_copy=end.lecture_id,
        evidence=list(end.evidence),
        signed_off_by=end.signed_off_by,
    )
    if changed:
        complete_course(enrolment=enrolment)
    return changed == 1


def complete_course(*, enrolment: Enrolment) -> CourseCompletion | None:
    """Complete the course if every lesson is complete: one completion, one entry. None if something is missing.

    The caller holds `lock(enrolment)`. Its instant is the last lesson's, however late it is settled.
    """
    required = {lesson.translation_key: lesson for lesson in required_lessons(enrolment.offer)}
    done = list(LessonProgress.objects.filter(enrolment=enrolment, lesson_key__in=required).completed().order_by("pk"))
    if not required or len(done) < len(required):
        return None
    ended_at = max(progress.completed_at for progress in done if progress.completed_at)
    taken = Enrolment.objects.filter(pk=enrolment.pk, state=EnrolmentState.ACTIVE).update(
        state=EnrolmentState.COMPLETED, completed_at=ended_at
    )
    if taken != 1:
        return None
    version = record_version(page=enrolment.offer.course)
    minutes = sum((progress.minutes for progress in done), Decimal(0))
    order = list(required)
    done.sort(key=lambda progress: order.index(progress.lesson_key))
    evidence = (
        {"kind": "course", "sha256": version.content_sha256},
        *({"kind": f"lesson:{progress.kind}", "sha256": progress.content_sha256} for progress in done),
        *(item for progress in done for item in progress.evidence),
    )
    entry, refusal = _award(enrolment, done, minutes, ended_at, evidence)
    # What a regrade took back and was passed anew: that it was completed stands already.
    known = CourseCompletion.objects.filter(enrolment=enrolment).first()
    completion = known or CourseCompletion.objects.create(
        enrolment=enrolment,
        completed_at=ended_at,
        page_id_copy=version.page_id_copy,
        title=version.title,
        revision_id_copy=version.revision_id_copy,
        content_sha256=version.content_sha256,
        lessons=[
            {
                "key": str(progress.lesson_key),
                "title": progress.title,
                "kind": progress.kind,
                "minutes": str(progress.minutes),
                "sha256": progress.content_sha256,
            }
            for progress in done
        ],
        minutes=minutes,
        entry_public_id=entry.public_id if entry else None,
    )
    _tell(enrolment, completion, entry, refusal, again=f":{ended_at.isoformat()}" if known else "")
    return completion


def _award(
    enrolment: Enrolment,
    done: list[LessonProgress],
    minutes: Decimal,
    ended_at: datetime,
    evidence: tuple[dict[str, Any], ...],
) -> tuple[Entry | None, GrantRefused | None]:
    offer = enrolment.offer
    if offer.basis == Basis.NONE or minutes <= 0:
        return None, None
    activity = Activity(
        kind=ActivityKind.COURSE,
        id=str(enrolment.course_key),
        occurrence=str(offer.public_id),
        title=offer.course.title,
        activity_type=offer.activity_type,
        quantity=minutes,
        unit="minute",
        role=CreditRole.LEARNER,
        organiser=organiser_of(offer),
        begins_at=min(progress.opened_at for progress in done),
        ends_at=ended_at,
        project=offer.project,
        level=offer.project.level if offer.project else ProjectLevel.UNIT,
        time_scale=offer.time_scale,
        evidence=evidence,
        is_demo=offer.is_demo,
    )
    further = list(offer.recognitions.order_by("rule_set_id"))
    # Every part is complete. Whether a lecture was watched to its last minute is known only where the offer asks it.
    is_whole = offer.watch_threshold == 1 or all(progress.kind != LessonKind.LECTURE for progress in done)
    attended = ({"kind": "attendance", "share": "1"},) if is_whole else ()
    own = [approval for one in further if one.rule_set_id == offer.rule_set_id for approval in _approvals(one)]
    activity = replace(activity, evidence=(*evidence, *attended, *own))
    examined = any(progress.kind == LessonKind.QUIZ for progress in done)
    how = GrantMethod.ASSESSMENT if examined else GrantMethod.ATTENDANCE
    _award_further(enrolment, done, [one for one in further if one.rule_set_id != offer.rule_set_id], activity, how)
    entry: Entry | None = None
    refusal: GrantRefused | None = None
    for part in by_year(enrolment, done, activity, offer.rule_set_id):
        try:
            entry = award(person=enrolment.person, activity=part, rule_set_id=offer.rule_set_id, how=how)
        except GrantRefused as error:
            refusal = error
    return entry, refusal


def _award_further(
    enrolment: Enrolment,
    done: list[LessonProgress],
    further: list[Recognition],
    activity: Activity,
    how: GrantMethod,
) -> None:
    """The same activity under every further rule set that the offer names and the person follows on that day."""
    for one in further:
        if not follows(enrolment.person, one.rule_set_id, activity.ends_at):
            continue
        counted = replace(activity, activity_type=one.activity_type, evidence=(*activity.evidence, *_approvals(one)))
        for part in by_year(enrolment, done, counted, one.rule_set_id):
            try:
                award(person=enrolment.person, activity=part, rule_set_id=one.rule_set_id, how=how)
            except (GrantRefused, NoRuleSetInForce) as refusal:
                # The course itself is complete all the same; a repetition is in the log, and the person was told.
                logger.warning("recognition_refused", rule_set=one.rule_set_id, code=refusal.code)


def _approvals(one: Recognition) -> list[dict[str, Any]]:
    if not one.approval_reference:
        return []
    return [{"kind": "approval", "scheme": one.approval_scheme, "reference": one.approval_reference}]


def organiser_of(offer: Offer) -> str:
    if offer.project:
        return offer.project.organiser
    return offer.in_house_unit.name if offer.in_house_unit else ""


def _tell(
    enrolment: Enrolment, completion: CourseCompletion, entry: Entry | None, refusal: GrantRefused | None, *, again: str
) -> None:
    offer = enrolment.offer
    with translation.override(enrolment.person.language):
        link = reverse("courses:course_panel", args=[enrolment.course_key])
    notify(
        person=enrolment.person,
        kind="courses.course_completed",
        params={
            "title": completion.title,
            "minutes": format(completion.minutes.normalize(), "f"),
            "has_entry": entry is not None,
            "is_duplicate": isinstance(refusal, DuplicateActivity),
            "is_overlap": isinstance(refusal, OverlappingActivity),
            "is_outside_project": isinstance(refusal, OutsideProject),
            "is_project_full": isinstance(refusal, ProjectFull),
            "project": offer.project.number if offer.project else "",
            "without_credit": offer.basis == Basis.NONE,
            "time_scale": offer.time_scale,
        },
        key=f"course_completed:{enrolment.public_id}{again}",
        link=link,
    )


def minutes_counted_elsewhere(*, enrolment: Enrolment, lecture_id: int) -> Decimal:
    """Minutes of this lecture that the person's other courses already count toward the same rule set."""
    if enrolment.offer.basis == Basis.NONE:
        return Decimal(0)
    elsewhere = (
        LessonProgress.objects.filter(enrolment__person=enrolment.person, lecture_id_copy=lecture_id)
        .counted_for_credit(enrolment.offer.rule_set_id)
        .exclude(enrolment=enrolment)
        .aggregate(total=Sum("minutes"))["total"]
    )
    return elsewhere or Decimal(0)
