"""What everybody may see: the catalogue and a course with its offers. No learner is in it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.core.paginator import Page as ListPage
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q
from wagtail.images import get_image_model
from wagtail.models import Page

from courses.enums import LessonKind, Modality
from courses.models import CourseIndexPage, CoursePage, LessonPage, Offer, QuizPage
from courses.querysets import OfferQuerySet
from courses.selectors.lessons import lessons_by_course
from courses.selectors.offers import OfferView, offer_view
from courses.selectors.quiz_pages import QuizCard, quiz_cards
from credits.selectors import rule_book
from credits.selectors.projects import places_taken_of

PER_PAGE = 12
# As in components/cover.html.
CARD_IMAGE = "fill-720x304|format-webp"


@dataclass(frozen=True)
class CourseCard:
    """A course in a list. `minutes` are planned; `offers` those open on the day asked for, the next to end first."""

    page: CoursePage
    lesson_count: int
    minutes: int
    offers: tuple[Offer, ...]
    is_quiz: bool = False

    @property
    def grants_credit(self) -> bool:
        return any(offer.grants_credit for offer in self.offers)

    @property
    def is_demo(self) -> bool:
        return self.page.is_demo or any(offer.is_demo for offer in self.offers)


@dataclass(frozen=True)
class CourseDetail:
    """A course as a visitor sees it. `offers` are open on the day asked for; `upcoming` begin later."""

    page: CoursePage
    lessons: tuple[LessonPage, ...]
    minutes: int
    offers: tuple[OfferView, ...]
    upcoming: tuple[OfferView, ...] = ()
    kinds: frozenset[str] = field(default_factory=frozenset)

    @property
    def has_on_site_part(self) -> bool:
        return LessonKind.ON_SITE in self.kinds

    @property
    def time_scale(self) -> int:
        return max((offer.time_scale for offer in (*self.offers, *self.upcoming)), default=1)

    @property
    def is_demo(self) -> bool:
        return self.page.is_demo or any(offer.is_demo for offer in (*self.offers, *self.upcoming))


def catalogue(
    *,
    index: CourseIndexPage,
    on: date,
    kind: str = "",
    modality: str = "",
    credit: str = "",
    number: str | int = 1,
) -> ListPage[CourseCard | QuizCard]:
    """One page of the catalogue below `index`, in the order of the page tree.

    `kind` is "courses", "quizzes" or "" for both; `modality` is a value of Modality or "" for all; `credit` is "with",
    "without" or "". Unknown values mean all; an unknown page number gives the nearest page.
    """
    courses, quizzes = CoursePage.objects.child_of(index).live(), QuizPage.objects.child_of(index).live()
    if modality in Modality.values:
        courses, quizzes = courses.filter(modality=modality), quizzes.filter(modality=modality)
    if credit in {"with", "without"}:
        granting = Exists(
            _open_offers(on).granting_credit().filter(course__translation_key=OuterRef("translation_key"))
        )
        courses = courses.filter(granting if credit == "with" else ~granting)
    if kind == "quizzes":
        courses = courses.none()
    if kind == "courses" or credit == "with":
        quizzes = quizzes.none()
    pages = Page.objects.filter(Q(pk__in=courses.values("pk")) | Q(pk__in=quizzes.values("pk"))).order_by("path")
    listed: ListPage[Any] = Paginator(pages.values_list("pk", flat=True), PER_PAGE).get_page(number)
    shown = list(listed.object_list)
    of_courses = CoursePage.objects.filter(pk__in=shown).order_by("path").prefetch_related(covers(CARD_IMAGE))
    of_quizzes = QuizPage.objects.filter(pk__in=shown).select_related("quiz", "course", "unit").order_by("path")
    made: list[CourseCard | QuizCard] = [*cards(list(of_courses), on=on), *quiz_cards(list(of_quizzes))]
    listed.object_list = sorted(made, key=lambda card: str(card.page.path))
    return listed


def featured(*, language: str, on: date, limit: int = 3) -> list[CourseCard]:
    """Courses for the front page: on offer now, those with credit first, then in the order of the catalogue."""
    open_now = _open_offers(on).filter(course__translation_key=OuterRef("translation_key"))
    courses = (
        CoursePage.objects.live()
        .filter(Exists(open_now), locale__language_code=language)
        .annotate(grants=Exists(open_now.granting_credit()))
        .order_by("-grants", "path")
        .prefetch_related(covers(CARD_IMAGE))
    )
    return cards(list(courses[:limit]), on=on)


def cards(courses: Sequence[CoursePage], *, on: date) -> list[CourseCard]:
    """`courses` as cards, in their order; two queries however many there are."""
    offers: dict[UUID, list[Offer]] = defaultdict(list)
    for offer in (
        _open_offers(on)
        .filter(course__translation_key__in=[course.translation_key for course in courses])
        .select_related("course", "project")
        .order_by("ends", "pk")
    ):
        offers[offer.course.translation_key].append(offer)
    studied = {course.pk: _studied(course, offers[course.translation_key]) for course in courses}
    lessons = lessons_by_course(list(studied.values()))
    return [
        CourseCard(
            page=course,
            lesson_count=len(lessons[studied[course.pk].pk]),
            minutes=sum(lesson.minutes for lesson in lessons[studied[course.pk].pk]),
            offers=tuple(offers[course.translation_key]),
        )
        for course in courses
    ]


def course_detail(*, page: CoursePage, on: date) -> CourseDetail:
    """Its lessons are those that complete it, in the page's language where they are translated."""
    offers = list(
        Offer.objects.filter(course__translation_key=page.translation_key, ends__gte=on)
        .select_related("project", "in_house_unit", "course")
        .order_by("begins", "ends", "pk")
    )
    studied = _studied(page, offers)
    found = lessons_by_course([page, *(offer.course for offer in offers)])
    translated = {lesson.translation_key: lesson for lesson in found[page.pk]}
    lessons = tuple(translated.get(lesson.translation_key, lesson) for lesson in found[studied.pk])
    book = rule_book() if any(offer.grants_credit for offer in offers) else None
    taken = places_taken_of({offer.project for offer in offers if offer.project is not None})
    views = [
        offer_view(
            offer, minutes=sum(lesson.minutes for lesson in found[offer.course.pk]), on=on, book=book,
            taken=taken.get(offer.project_id or 0, 0),
        )
        for offer in offers
    ]  # fmt: skip
    return CourseDetail(
        page=page,
        lessons=lessons,
        minutes=sum(lesson.minutes for lesson in lessons),
        offers=tuple(view for view in views if view.is_open),
        upcoming=tuple(view for view in views if not view.is_open),
        kinds=frozenset(lesson.kind for lesson in lessons),
    )


def _studied(page: CoursePage, offers: Sequence[Offer]) -> CoursePage:
    """The page whose lessons complete the course: the one that its first offer names."""
    return offers[0].course if offers else page


def covers(specification: str) -> "Prefetch[Any]":
    return Prefetch("cover", queryset=get_image_model().objects.prefetch_renditions(specification))


def _open_offers(on: date) -> OfferQuerySet:
    return Offer.objects.open_on(on)
