"""The way into a lesson's player."""

from uuid import UUID

from django.utils import timezone
from django.utils.translation import get_language

from cms.shared.errors import NotFound
from courses.enums import EnrolmentState, LessonKind
from courses.models import Offer
from courses.selectors.lessons import lesson_for
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
    lesson = lesson_for(lesson_key, get_language() or "")
    if lesson is None:
        raise NotFound
    if lesson.kind != LessonKind.LECTURE or lesson.lecture is None:
        raise WrongKind
    enrolment, _ = progresses.open_lesson(person=person, lesson=lesson)
    offer = enrolment.offer
    if enrolment.state == EnrolmentState.ACTIVE and timezone.localdate() > offer.ends:
        raise OfferClosed
    session = open_session(person=person, lecture=lesson.lecture, rule=watching_rule(offer))
    return playback(person=person, lecture=lesson.lecture, session=session)
