"""What a pass that a regrade brings or takes would mean for lessons, courses and credit: told before anything is
written, so that a second person knows. Settling does it: see progress and lost_passes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone

from courses.enums import EnrolmentState
from courses.models import LessonProgress
from courses.rules import counted_minutes
from courses.selectors.lessons import lesson_for, required_lessons
from courses.selectors.lost_passes import is_reported, standing_entries
from courses.services.progress import QUIZ_CONTEXT
from credits.models import Entry
from credits.selectors import RuleBook, estimate, rule_book
from quizzes.enums import Consequence
from quizzes.models import Attempt
from quizzes.services.regrades.consequences import Flip, Told


def consequences(flips: Sequence[Flip]) -> dict[int, Told]:
    """By the key of the attempt; of a lesson that is gone nothing."""
    contexts = [flip.attempt.context_id for flip in flips]
    rows = LessonProgress.objects.filter(public_id__in=contexts).select_related(
        "enrolment__person", "enrolment__offer__course", "enrolment__offer__project"
    )
    lessons = {str(row.public_id): row for row in rows}
    passed = Attempt.objects.filter(context_kind=QUIZ_CONTEXT, context_id__in=contexts, is_passed=True)
    elsewhere = set(passed.exclude(pk__in=[flip.attempt.pk for flip in flips]).values_list("context_id", flat=True))
    won, lost = ({flip.attempt.context_id for flip in flips if flip.is_passed is way} for way in (True, False))
    elsewhere |= won & lost
    rules = rule_book()
    found: dict[int, Told] = {}
    for flip in flips:
        progress = lessons.get(flip.attempt.context_id)
        if progress is None or progress.enrolment.person_id != flip.attempt.person_id:
            continue
        if flip.attempt.context_id in elsewhere:
            found[flip.attempt.pk] = Told(Consequence.OTHER_PASS, _facts(progress))
        elif flip.is_passed:
            found[flip.attempt.pk] = _won(progress, flip.attempt, rules)
        else:
            found[flip.attempt.pk] = _lost(progress, rules)
    return found


def _facts(progress: LessonProgress) -> dict[str, Any]:
    return {"title": progress.enrolment.offer.course.title}


def _won(progress: LessonProgress, attempt: Attempt, rules: RuleBook) -> Told:
    enrolment, facts = progress.enrolment, _facts(progress)
    offer, ended_at = enrolment.offer, attempt.closed_at or timezone.now()
    if enrolment.state != EnrolmentState.ACTIVE or progress.completed_at is not None:
        return Told(Consequence.NONE, facts)
    if timezone.localdate(ended_at) > offer.ends:
        return Told(Consequence.TOO_LATE, facts)
    required = {lesson.translation_key for lesson in required_lessons(offer)}
    done = list(enrolment.lessons.completed().filter(lesson_key__in=required))
    if required - {row.lesson_key for row in done} - {progress.lesson_key} or not offer.grants_credit:
        return Told(Consequence.COMPLETES, facts)
    lesson = lesson_for(progress.lesson_key, "")
    seconds = max((ended_at - attempt.opened_at).total_seconds(), 0)
    minutes = counted_minutes(planned=lesson.minutes, seconds=seconds) if lesson is not None else Decimal(0)
    minutes += sum((row.minutes for row in done), Decimal(0))
    day = timezone.localdate(ended_at)
    worth = estimate(
        rule_set_id=offer.rule_set_id, activity_type=offer.activity_type, minutes=minutes, on=day,
        time_scale=offer.time_scale, book=rules,
    )  # fmt: skip
    figures = {"credits": _plain(worth.credits), "mark": worth.mark, "source": worth.source} if worth else {}
    return Told(Consequence.GRANTS, {**facts, **figures, "year": day.year})


def _lost(progress: LessonProgress, rules: RuleBook) -> Told:
    enrolment, facts = progress.enrolment, _facts(progress)
    if progress.completed_at is None:
        return Told(Consequence.NONE, facts)
    entries = list(standing_entries(enrolment)) if enrolment.state == EnrolmentState.COMPLETED else []
    if not entries:
        return Told(Consequence.REOPENS, facts)
    own = [entry for entry in entries if entry.rule_set_id == enrolment.offer.rule_set_id] or entries
    facts |= _worth(own, rules)
    return Told(Consequence.APPROVAL if is_reported(entries) else Consequence.TAKES, facts)


def _worth(entries: list[Entry], rules: RuleBook) -> dict[str, Any]:
    """What they were worth at most, each by itself; of several years the last one is named."""
    last = entries[-1]
    figures: dict[str, Any] = {"year": max(entry.ends_on.year for entry in entries)}
    worth = [
        estimate(
            rule_set_id=entry.rule_set_id, activity_type=entry.activity_type, minutes=entry.quantity,
            on=entry.ends_on, time_scale=entry.time_scale, book=rules,
        )
        for entry in entries
        if entry.unit == "minute" and entry.rule_set_id == last.rule_set_id
    ]  # fmt: skip
    known = [one for one in worth if one is not None and one.credits is not None]
    if known:
        total = sum((one.credits or Decimal(0) for one in known), Decimal(0))
        figures |= {"credits": _plain(total), "mark": known[-1].mark, "source": known[-1].source}
    return figures


def _plain(figure: Decimal | None) -> str:
    return "" if figure is None else f"{figure.normalize():f}"
