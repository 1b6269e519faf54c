"""The way into a lesson's player."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from cms.shared.errors import NotFound
from courses.enums import EnrolmentState, LessonKind
from courses.models import AttentionCheck, LessonPage, Offer
from courses.selectors.lessons import lesson_for
from courses.services import attention
from courses.services import progress as progresses
from courses.services.errors import OfferClosed, WrongKind
from media_pipeline.selectors import Playback, playback
from media_pipeline.services.watching import WatchingRule, open_session
from organisations.models import Person


def watching_rule(offer: Offer) -> WatchingRule:
    return WatchingRule(
        threshold=offer.watch_threshold, max_speed=offer.max_speed, background_play=offer.background_play
    )


def open_playback(*, person: Person, lesson_key: UUID) -> Playback:
    """Open a player on a lecture lesson under its offer's rule.

    Raises NotFound, NotEnrolled, WrongKind, LectureNotReady; OfferClosed after the offer's last day.
    """
    lesson = _lecture_lesson(lesson_key)
    enrolment, _ = progresses.open_lesson(person=person, lesson=lesson)
    offer = enrolment.offer
    if enrolment.state == EnrolmentState.ACTIVE and timezone.localdate() > offer.ends:
        raise OfferClosed
    assert lesson.lecture is not None  # noqa: S101 - seen above
    session = open_session(person=person, lecture=lesson.lecture, rule=watching_rule(offer))
    return playback(person=person, lecture=lesson.lecture, session=session)


@transaction.atomic
def attend(*, person: Person, lesson_key: UUID, answers: Collection[UUID] = ()) -> attention.Attention:
    """Answer these questions of a lecture, put the one that is due, and tell how the lesson stands with them.

    An answer counts whenever it comes; given again it changes nothing. Raises NotFound, NotEnrolled, WrongKind.
    """
    lesson = _lecture_lesson(lesson_key)
    enrolment, progress = progresses.open_lesson(person=person, lesson=lesson)
    if progress is None:
        raise WrongKind
    now = timezone.now()
    mine = AttentionCheck.objects.filter(progress=progress, public_id__in=list(answers), answered_at__isnull=True)
    if mine.update(answered_at=now) and progresses.settle_watched(enrolment=enrolment, lesson=lesson):
        progress.refresh_from_db()
        enrolment.refresh_from_db()
    stand = attention.ask(enrolment=enrolment, progress=progress, lesson=lesson, now=now)
    if stand is None:
        raise WrongKind
    return stand


def _lecture_lesson(key: UUID) -> LessonPage:
    lesson = lesson_for(key, get_language() or "")
    if lesson is None:
        raise NotFound
    if lesson.kind != LessonKind.LECTURE or lesson.lecture is None:
        raise WrongKind
    return lesson
