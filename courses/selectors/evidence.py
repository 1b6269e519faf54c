"""What the server measured of a course behind an entry: the offer, each lesson, what was watched, every attempt.

Nothing is hashed here: the fingerprints of an entry were taken at completion and are shown as they were stored (see
`services.attempt_evidence`).
"""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.models import AttentionCheck, Enrolment, LessonProgress
from credits.models import Entry
from credits.selectors.evidence import Fact
from media_pipeline.models import WatchedTime
from media_pipeline.selectors.watch_log import SessionLog, session_logs
from quizzes.models import Attempt


def facts_of_course(entry: Entry) -> list[Fact]:
    """In the course's order: the offer's terms, then each lesson with its watched intervals and attempts.

    Empty where the person's enrolment is not found. At most seven queries.
    """
    try:
        offer_id = UUID(entry.occurrence)
    except ValueError:
        return []
    rows = Enrolment.objects.filter(person=entry.book.owner, offer__public_id=offer_id).select_related("offer")
    enrolment = rows.first()
    if enrolment is None:
        return []
    lessons = list(enrolment.lessons.order_by("completed_at", "pk"))
    return [*_offer_facts(enrolment), *_lesson_facts(enrolment, lessons)]


def _offer_facts(enrolment: Enrolment) -> list[Fact]:
    offer = enrolment.offer
    terms = _("%(basis)s; open %(begins)s – %(ends)s; %(share)s%% of a lecture to watch; at most %(speed)s× speed") % {
        "basis": offer.get_basis_display(),
        "begins": offer.begins.isoformat(),
        "ends": offer.ends.isoformat(),
        "share": f"{offer.watch_threshold * 100:f}".rstrip("0").rstrip("."),
        "speed": f"{offer.max_speed.normalize():f}",
    }
    times = _("enrolled %(enrolled)s; completed %(completed)s") % {
        "enrolled": _at(enrolment.enrolled_at),
        "completed": _at(enrolment.completed_at),
    }
    return [Fact(_("Offer"), terms), Fact(_("Enrolment"), times)]


def _lesson_facts(enrolment: Enrolment, lessons: list[LessonProgress]) -> list[Fact]:
    keys = [lesson.lecture_id_copy for lesson in lessons if lesson.lecture_id_copy is not None]
    watched = {row.lecture_id: row for row in WatchedTime.objects.filter(person=enrolment.person_id, lecture__in=keys)}
    logs = session_logs(person_id=enrolment.person_id, lecture_ids=keys)
    questions = AttentionCheck.objects.filter(progress__in=lessons, number__gt=0).values("progress")
    asked = {row["progress"]: row for row in questions.annotate(asked=Count("pk"), answered=Count("answered_at"))}
    attempts: dict[str, list[Attempt]] = defaultdict(list)
    contexts = [str(lesson.public_id) for lesson in lessons]
    for attempt in Attempt.objects.filter(person=enrolment.person_id, context_id__in=contexts).order_by("number", "pk"):
        attempts[attempt.context_id].append(attempt)
    facts = []
    for lesson in lessons:
        parts = [_lesson_text(lesson)]
        if (seen := watched.get(lesson.lecture_id_copy or 0)) is not None:
            parts.append(_watched_text(seen))
        if counts := asked.get(lesson.pk):
            parts.append(_("asked %(asked)s times whether they are there, answered %(answered)s times") % counts)
        parts += [_attempt_text(attempt) for attempt in attempts[str(lesson.public_id)]]
        title = lesson.title or lesson.get_kind_display()
        facts.append(Fact(title, "; ".join(parts)))
        facts += [Fact(title, session_text(log)) for log in logs.get(lesson.lecture_id_copy or 0, [])]
    return facts


def session_text(log: SessionLog) -> str:
    """One opening of the player, as the server kept it."""
    told = _("player opened %(opened)s, last heard of %(last)s: %(played)s s sent, %(counted)s s counted") % {
        "opened": _at(log.opened_at),
        "last": _at(log.last_at),
        "played": log.played,
        "counted": log.counted,
    }
    lost = [
        _("%(seconds)s s not counted: %(reason)s") % {"seconds": refusal.seconds, "reason": refusal.reason}
        for refusal in log.refusals
    ]
    return "; ".join([told, *lost])


def _lesson_text(lesson: LessonProgress) -> str:
    return _("opened %(opened)s; completed %(completed)s; %(minutes)s minutes") % {
        "opened": _at(lesson.opened_at),
        "completed": _at(lesson.completed_at),
        "minutes": f"{lesson.minutes.normalize():f}",
    }


def _watched_text(row: WatchedTime) -> str:
    pieces = ", ".join(f"{_clock(begin)}–{_clock(end)}" for begin, end in row.intervals) or "—"
    return _("watched %(pieces)s") % {"pieces": pieces}


def _attempt_text(attempt: Attempt) -> str:
    figures = {
        "number": attempt.number,
        "state": attempt.get_state_display(),
        "at": _at(attempt.closed_at),
        "points": f"{attempt.points.normalize():f}" if attempt.points is not None else "—",
        "possible": f"{attempt.points_possible.normalize():f}",
        "passed": {True: _("passed"), False: _("not passed"), None: _("not graded")}[attempt.is_passed],
    }
    return _("attempt %(number)s (%(state)s, %(at)s): %(points)s of %(possible)s points, %(passed)s") % figures


def _at(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}" if moment is not None else "—"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
