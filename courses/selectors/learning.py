"""Where a learner stands: one course, all courses, one lesson."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from courses.enums import EnrolmentState, LessonKind
from courses.models import CourseCompletion, CoursePage, Enrolment, LessonPage, LessonProgress, Offer
from courses.selectors.catalogue import CourseDetail, course_detail
from courses.selectors.lessons import lessons_by_course, page_in_language
from courses.selectors.offers import OfferView
from organisations.models import Person


@dataclass(frozen=True)
class LessonRow:
    """A lesson of a course as one learner sees it. `minutes` are counted ones, `page.minutes` the planned ones."""

    number: int
    page: LessonPage
    completed_at: datetime | None
    opened_at: datetime | None
    minutes: Decimal
    signed_off_by: str = ""

    @property
    def is_complete(self) -> bool:
        return self.completed_at is not None

    @property
    def awaits_sign_off(self) -> bool:
        return self.page.kind == LessonKind.ON_SITE and self.completed_at is None


@dataclass(frozen=True)
class CourseStanding:
    """A learner's place in one course. `page` is the course page in the reader's language."""

    enrolment: Enrolment
    page: CoursePage
    lessons: tuple[LessonRow, ...]
    completion: CourseCompletion | None

    @property
    def offer(self) -> Offer:
        return self.enrolment.offer

    @property
    def is_complete(self) -> bool:
        return self.enrolment.state == EnrolmentState.COMPLETED

    @property
    def is_active(self) -> bool:
        return self.enrolment.state == EnrolmentState.ACTIVE

    @property
    def done(self) -> int:
        return sum(row.is_complete for row in self.lessons)

    @property
    def missing(self) -> tuple[LessonRow, ...]:
        return tuple(row for row in self.lessons if not row.is_complete)

    @property
    def minutes(self) -> Decimal:
        if self.completion and self.is_complete:
            return self.completion.minutes
        return sum((row.minutes for row in self.lessons if row.is_complete), Decimal(0))

    @property
    def next(self) -> LessonRow | None:
        """The lesson to go on with: the first one missing that the learner can do alone, else the first one missing."""
        alone = (row for row in self.missing if not row.awaits_sign_off)
        return next(alone, next(iter(self.missing), None))


def my_learning(*, person: Person, language: str) -> list[CourseStanding]:
    """The person's courses, in progress first, then by latest progress. Query count is constant."""
    enrolments = (
        Enrolment.objects.filter(person=person)
        .exclude(state=EnrolmentState.WITHDRAWN)
        .select_related("offer__course__locale", "offer__project", "offer__in_house_unit", "completion")
        .order_by("state", "-progressed_at", "-pk")  # "active" sorts before "completed"
    )
    return standings(list(enrolments), language=language)


def course_standing(*, person: Person, course_key: UUID, language: str) -> CourseStanding | None:
    """The person's place in a course: the enrolment in progress, else the latest one; None if there is none."""
    enrolment = (
        Enrolment.objects.filter(person=person, course_key=course_key)
        .select_related("offer__course__locale", "offer__project", "offer__in_house_unit", "completion")
        .order_by("state", "-enrolled_at")  # active, completed, withdrawn
        .first()
    )
    return standings([enrolment], language=language)[0] if enrolment else None


def standings(enrolments: list[Enrolment], *, language: str) -> list[CourseStanding]:
    """Standings of these enrolments (with `offer__course__locale` and `completion`) in their order.

    Three queries however many there are, two if all are offered in `language`.
    """
    originals = {enrolment.offer.course.pk: enrolment.offer.course for enrolment in enrolments}
    foreign = {page.translation_key for page in originals.values() if page.locale.language_code != language}
    translated = _pages_in(language, foreign)
    pages = list(({page.pk: page for page in translated.values()} | originals).values())
    lessons = lessons_by_course(pages)
    progress: dict[int, dict[UUID, LessonProgress]] = defaultdict(dict)
    for row in LessonProgress.objects.filter(enrolment__in=enrolments).select_related("signed_off_by"):
        progress[row.enrolment_id][row.lesson_key] = row
    found = []
    for enrolment in enrolments:
        original = enrolment.offer.course
        page = translated.get(enrolment.course_key, original)
        here = {lesson.translation_key: lesson for lesson in lessons[page.pk]}
        rows = tuple(
            _row(number, here.get(lesson.translation_key, lesson), progress[enrolment.pk].get(lesson.translation_key))
            for number, lesson in enumerate(lessons[original.pk], start=1)
        )
        completion = getattr(enrolment, "completion", None)
        found.append(CourseStanding(enrolment=enrolment, page=page, lessons=rows, completion=completion))
    return found


def _row(number: int, page: LessonPage, progress: LessonProgress | None) -> LessonRow:
    return LessonRow(
        number=number,
        page=page,
        completed_at=progress.completed_at if progress else None,
        opened_at=progress.opened_at if progress else None,
        minutes=progress.minutes if progress else Decimal(0),
        signed_off_by=str(progress.signed_off_by) if progress and progress.signed_off_by else "",
    )


def _pages_in(language: str, keys: Iterable[UUID]) -> dict[UUID, CoursePage]:
    pages = CoursePage.objects.live().filter(translation_key__in=list(keys), locale__language_code=language)
    return {page.translation_key: page for page in pages}


@dataclass(frozen=True)
class LearnerPanel:
    """What a course page says to one learner: where they stand, or what they can take up. `page` is published."""

    page: CoursePage
    detail: CourseDetail
    standing: CourseStanding | None

    @property
    def time_scale(self) -> int:
        return self.standing.offer.time_scale if self.standing else self.detail.time_scale

    @property
    def is_demo(self) -> bool:
        return self.detail.is_demo or (self.standing is not None and self.standing.offer.is_demo)

    @property
    def may_enrol(self) -> bool:
        return self.standing is None or not (self.standing.is_active or self.standing.is_complete)

    @property
    def new_offers(self) -> tuple[OfferView, ...]:
        """Offers open today that the learner can take up now."""
        if self.standing is not None and self.standing.is_active:
            return ()
        taken = self.standing.offer.public_id if self.standing and self.standing.is_complete else None
        return tuple(offer for offer in self.detail.offers if offer.public_id != taken)


def learner_panel(*, person: Person, course_key: UUID, language: str, on: date) -> LearnerPanel | None:
    """None if no page of that course is published and the person never studied it."""
    standing = course_standing(person=person, course_key=course_key, language=language)
    page = page_in_language(course_key, language) or (standing.page if standing else None)
    if page is None:
        return None
    return LearnerPanel(page=page, detail=course_detail(page=page, on=on), standing=standing)
