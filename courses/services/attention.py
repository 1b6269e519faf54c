"""Questions during a lecture whether its learner is there: when one is asked, and what waits for an answer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from courses.enums import EnrolmentState, LessonKind
from courses.models import AttentionCheck, Enrolment, LessonPage, LessonProgress
from media_pipeline.models import WatchedTime
from media_pipeline.selectors.lectures import clock
from media_pipeline.watching import intervals

# Long enough for a screen reader, a full screen, a phone in the pocket; a late answer costs nothing.
ANSWER_WITHIN = timedelta(minutes=2)
# A player that asks more often than this learns nothing new: batches come every eight seconds.
LOOK_AT_LEAST_S = 20


@dataclass(frozen=True)
class Attention:
    """How a lesson stands with its questions.

    `asked` is to be answered now, `missed` can be answered still. `held` are [from_s, to_s] of the lecture that do not
    count until `missed` are answered. `look_after_s`: when the next question may be due; None where none will come.
    """

    minutes: int
    asked: UUID | None
    missed: tuple[UUID, ...]
    held: list[list[float]]
    look_after_s: int | None

    @property
    def waiting(self) -> list[UUID]:
        return [*self.missed, *([self.asked] if self.asked else [])]

    @property
    def pieces(self) -> list[tuple[str, str]]:
        return [(clock(begin), clock(end)) for begin, end in self.held]

    @property
    def answer_minutes(self) -> int:
        return int(ANSWER_WITHIN.total_seconds() // 60)


def note_beginning(*, progress: LessonProgress, lesson: LessonPage, person_id: int) -> None:
    """What was watched before the lesson was first opened is asked about by nobody."""
    row = WatchedTime.objects.filter(person=person_id, lecture=lesson.lecture).first()
    if row is not None and row.intervals:
        now = timezone.now()
        AttentionCheck.objects.get_or_create(
            progress=progress, number=0, defaults={"intervals": row.intervals, "asked_at": now, "answered_at": now}
        )


def ask(*, enrolment: Enrolment, progress: LessonProgress, lesson: LessonPage, now: datetime) -> Attention | None:
    """Put the question that is due at `now`, and tell how things stand; None where this offer asks nothing.

    One is due when more has been watched since the last than the offer's minutes, and as much time has passed since
    the person was last asked anywhere. Asking again changes nothing.
    """
    every = enrolment.offer.attention_minutes
    if not every or lesson.kind != LessonKind.LECTURE or lesson.lecture is None:
        return None
    checks = list(progress.attention_checks.order_by("number"))
    is_open = enrolment.state == EnrolmentState.ACTIVE and progress.completed_at is None
    if not is_open:
        return _stand(every, [], None, now)
    row = WatchedTime.objects.filter(person=enrolment.person_id, lecture=lesson.lecture).first()
    watched = intervals.from_seconds(row.intervals if row else [])
    known = intervals.unite(*(intervals.from_seconds(check.intervals) for check in checks))
    new = intervals.subtract(watched, known)
    missing_ms = every * 60_000 - intervals.length(new)
    wait = _last_asked(enrolment.person_id) + timedelta(minutes=every) - now
    if missing_ms <= 0 and wait <= timedelta(0):
        number = checks[-1].number + 1 if checks else 1
        check, _created = AttentionCheck.objects.get_or_create(
            progress=progress, number=number, defaults={"intervals": intervals.to_seconds(new), "asked_at": now}
        )
        checks.append(check)
        missing_ms, wait = every * 60_000, timedelta(minutes=every)
    due_s = max(missing_ms / 1000 / float(enrolment.offer.max_speed), wait.total_seconds(), LOOK_AT_LEAST_S)
    return _stand(every, checks, int(due_s) + 1, now)


def unconfirmed(checks: Collection[AttentionCheck]) -> list[list[float]]:
    """What of the lecture waits for an answer, in order."""
    waiting = (intervals.from_seconds(check.intervals) for check in checks if check.answered_at is None)
    return intervals.to_seconds(intervals.unite(*waiting))


def _stand(every: int, checks: list[AttentionCheck], look_after_s: int | None, now: datetime) -> Attention:
    waiting = [check for check in checks if check.answered_at is None]
    missed = [check for check in waiting if check.asked_at + ANSWER_WITHIN <= now]
    asked = next((check.public_id for check in waiting if check not in missed), None)
    return Attention(every, asked, tuple(check.public_id for check in missed), unconfirmed(missed), look_after_s)


def _last_asked(person_id: int) -> datetime:
    asked = AttentionCheck.objects.filter(progress__enrolment__person=person_id, number__gt=0)
    last: datetime | None = asked.aggregate(last=Max("asked_at"))["last"]
    return last or datetime.min.replace(year=2000, tzinfo=timezone.get_current_timezone())
