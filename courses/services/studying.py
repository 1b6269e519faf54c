"""Opening a lesson to study it: what the page shows its learner, and the way into player and quiz."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import get_language

from cms.shared.errors import NotFound
from courses.enums import EnrolmentState, LessonKind
from courses.models import Enrolment, LessonPage, LessonProgress
from courses.rules import counted_minutes
from courses.selectors.learning import CourseStanding, LessonRow, standings
from courses.selectors.lessons import lesson_for
from courses.services import progress as progresses
from courses.services.attention import Attention, ask
from courses.services.errors import NotEnrolled
from courses.services.playing import watching_rule
from media_pipeline.selectors import PlayerView, player
from organisations.models import Person
from quizzes.selectors import Announcement, AttemptsSummary, WayIn, announcement, attempts_summary, way_in
from quizzes.services.attempts import Context, permit


@dataclass(frozen=True)
class Study:
    """A lesson as its learner studies it. `permit` opens the quiz; `reading_minutes` would count if confirmed now."""

    standing: CourseStanding
    row: LessonRow
    previous: LessonRow | None
    next: LessonRow | None
    progress: LessonProgress | None
    is_over: bool
    announcement: Announcement | None = None
    attempts: AttemptsSummary | None = None
    way_in: WayIn | None = None
    permit: str = ""
    reading_minutes: Decimal = Decimal(0)
    player: PlayerView | None = None
    attention: Attention | None = None
    waits_for_sign_off_since: datetime | None = None

    @property
    def enrolment(self) -> Enrolment:
        return self.standing.enrolment

    @property
    def is_complete(self) -> bool:
        return self.row.is_complete


def study(*, person: Person, lesson: LessonPage, return_url: str) -> Study | None:
    """Open `lesson` for `person` by the server's clock; None if they are not enrolled in its course.

    Who comes back from a quiz finds it settled, whether or not the sweep was faster.
    """
    if lesson.kind == LessonKind.QUIZ:
        progresses.settle_outcomes(person=person)
    lesson.take_engines_from_body()
    try:
        enrolment, progress = progresses.open_lesson(person=person, lesson=lesson)
    except NotEnrolled:
        return None
    standing = standings([enrolment], language=get_language() or "")[0]
    rows = standing.lessons
    row = next((row for row in rows if row.page.translation_key == lesson.translation_key), None)
    if row is None:
        # A lesson of this translation alone: it may be read, nothing depends on it.
        row = LessonRow(number=0, page=lesson, completed_at=None, opened_at=None, minutes=Decimal(0))
    is_over = timezone.localdate() > enrolment.offer.ends
    told, attempts, way, signed = None, None, None, ""
    if lesson.kind == LessonKind.QUIZ and lesson.quiz is not None and progress is not None:
        context = quiz_context(progress)
        told = announcement(lesson.quiz)
        attempts = attempts_summary(person=person, quiz=lesson.quiz, context=context)
        way = way_in(lesson.quiz, attempts, now=timezone.now(), questions=told.questions)
        if enrolment.state == EnrolmentState.ACTIVE and not is_over and not row.is_complete and way.is_open:
            signed = permit(person=person, quiz=lesson.quiz, context=context, return_url=return_url)
    asked = None
    if progress is not None:
        asked = ask(enrolment=enrolment, progress=progress, lesson=lesson, now=timezone.now())
    held = asked.held if asked else []
    return Study(
        standing=standing,
        row=row,
        previous=next((other for other in reversed(rows) if 0 < other.number < row.number), None),
        next=next((other for other in rows if other.number > row.number > 0), None),
        progress=progress,
        is_over=is_over,
        announcement=told,
        attempts=attempts,
        way_in=way,
        permit=signed,
        player=player(person=person, lecture=lesson.lecture, rule=watching_rule(enrolment.offer), without=held)
        if lesson.lecture is not None
        else None,
        attention=asked,
        reading_minutes=_reading_minutes(person, lesson, progress),
        waits_for_sign_off_since=progress.opened_at if progress and row.awaits_sign_off else None,
    )


def quiz_context(progress: LessonProgress) -> Context:
    """On whose behalf a lesson's attempts are opened: this person's progress in this lesson of this enrolment."""
    return Context(kind=progresses.QUIZ_CONTEXT, id=str(progress.public_id))


def _reading_minutes(person: Person, lesson: LessonPage, progress: LessonProgress | None) -> Decimal:
    if lesson.kind != LessonKind.READING or progress is None or progress.completed_at is not None:
        return Decimal(0)
    seconds = progresses.seconds_read(person=person, progress=progress, at=timezone.now())
    return counted_minutes(planned=lesson.minutes, seconds=seconds)


@dataclass(frozen=True)
class LessonState:
    """How a lesson and its course stand. `next` is the lesson to go on with, None at the end of the course."""

    is_complete: bool
    is_course_complete: bool
    next: LessonRow | None


def settle_lesson(*, person: Person, lesson_key: UUID) -> LessonState:
    """Settle what the engines found of `person` now rather than in the next sweep. Raises NotFound, NotEnrolled."""
    lesson = lesson_for(lesson_key, get_language() or "")
    if lesson is None:
        raise NotFound
    progresses.settle_outcomes(person=person)
    enrolment, progress = progresses.open_lesson(person=person, lesson=lesson)
    standing = standings([enrolment], language=get_language() or "")[0]
    return LessonState(
        is_complete=progress is not None and progress.completed_at is not None,
        is_course_complete=standing.is_complete,
        next=None if standing.is_complete else standing.next,
    )
