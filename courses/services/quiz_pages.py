"""Opening a quiz page: what it shows its learner, and the way into the quiz."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from courses.models import CoursePage, QuizPage, QuizProgress
from courses.selectors.quiz_pages import course_of_page, may_open
from courses.services.progress import settle_outcomes
from courses.services.quiz_passes import QUIZ_PAGE_CONTEXT
from organisations.models import Person
from quizzes.models import Attempt
from quizzes.selectors import Announcement, AttemptsSummary, Context, WayIn, announcement, summarise, way_in
from quizzes.selectors.attempts import LARGE
from quizzes.services.attempts import permit


@dataclass(frozen=True)
class QuizDesk:
    """A quiz page as one learner sees it. `history` are their attempts there, the newest first; `permit` opens the
    quiz, "" where it cannot be opened now. `course` is whose learners it is for, if it is for those of one."""

    may_open: bool
    course: CoursePage | None
    announcement: Announcement | None
    attempts: AttemptsSummary | None = None
    history: tuple[Attempt, ...] = ()
    way_in: WayIn | None = None
    permit: str = ""
    passed_at: datetime | None = None


def sit_down(*, person: Person, page: QuizPage, return_url: str) -> QuizDesk:
    """The page as `person` finds it now. Who comes back from the quiz finds it settled, sweep or no sweep."""
    is_allowed, course = may_open(person, page), course_of_page(page, get_language() or "")
    told = announcement(page.quiz) if page.quiz is not None else None
    if not is_allowed or page.quiz is None or told is None:
        return QuizDesk(may_open=is_allowed, course=course, announcement=told)
    settle_outcomes(person=person)
    progress = open_page(person=person, page=page)
    context = Context(kind=QUIZ_PAGE_CONTEXT, id=str(progress.public_id))
    history = list(
        Attempt.objects.filter(person=person, context_kind=context.kind, context_id=context.id)
        .select_related("quiz")
        .defer(*LARGE)
        .order_by("number", "pk")
    )
    now = timezone.now()
    attempts = summarise([attempt for attempt in history if attempt.quiz_id == page.quiz_id], quiz=page.quiz, now=now)
    way = way_in(page.quiz, attempts, now=now, questions=told.questions)
    signed = permit(person=person, quiz=page.quiz, context=context, return_url=return_url) if way.is_open else ""
    return QuizDesk(
        may_open=True,
        course=course,
        announcement=told,
        attempts=attempts,
        history=tuple(reversed(history)),
        way_in=way,
        permit=signed,
        passed_at=progress.passed_at,
    )


@transaction.atomic
def open_page(*, person: Person, page: QuizPage) -> QuizProgress:
    """The person's place in the page, made when it is opened first."""
    found, _is_new = QuizProgress.objects.get_or_create(
        person=person, page_key=page.translation_key, defaults={"page_id_copy": page.pk, "title": page.title}
    )
    return found
