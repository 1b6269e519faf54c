"""How the server counted what a learner watched of a lecture: for that learner."""

from dataclasses import dataclass
from uuid import UUID

from courses.models import LessonPage
from courses.selectors.lessons import lesson_for
from media_pipeline.models import WatchedTime
from media_pipeline.selectors.lectures import clock
from media_pipeline.selectors.watch_log import SessionLog, session_logs
from media_pipeline.selectors.watching import WatchedView, watched_view
from organisations.models import Person

MOST_SESSIONS = 50


@dataclass(frozen=True)
class WatchedReport:
    """`sessions` are the newest openings of the player, at most MOST_SESSIONS; `older` counts those left out."""

    page: LessonPage
    watched: WatchedView
    sessions: list[SessionLog]
    older: int

    @property
    def pieces(self) -> list[tuple[str, str]]:
        return [(clock(begin), clock(end)) for begin, end in self.watched.intervals]

    @property
    def missing(self) -> list[tuple[str, str]]:
        return [(clock(begin), clock(end)) for begin, end in self.watched.missing]

    @property
    def percent(self) -> int:
        return int(self.watched.share * 100)


def watched_report(*, person: Person, lesson_key: UUID, language: str) -> WatchedReport | None:
    """What the server knows of the person's watching of a lesson's lecture; None if they have never played it."""
    lesson = lesson_for(lesson_key, language)
    if lesson is None or lesson.lecture is None:
        return None
    row = WatchedTime.objects.filter(person=person, lecture=lesson.lecture).first()
    if row is None:
        return None
    logs = session_logs(person_id=person.pk, lecture_ids=[lesson.lecture.pk]).get(lesson.lecture.pk, [])
    return WatchedReport(
        page=lesson,
        watched=watched_view(row, duration_s=lesson.lecture.duration_s),
        sessions=logs[::-1][:MOST_SESSIONS],
        older=max(0, len(logs) - MOST_SESSIONS),
    )
