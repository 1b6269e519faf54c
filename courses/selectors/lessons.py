"""Which lessons a course has, and which page of a lesson or course a reader of one language gets."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q

from courses.models import CoursePage, LessonPage, Offer


def lessons_of(course: CoursePage) -> list[LessonPage]:
    """The published lessons below this page, in order."""
    return list(LessonPage.objects.child_of(course).live().order_by("path"))


def lessons_by_course(courses: Sequence[CoursePage]) -> dict[int, list[LessonPage]]:
    """Course primary key → its published lessons in order, without their bodies, in one query."""
    found: dict[str, list[LessonPage]] = {course.path: [] for course in courses}
    if not found:
        return {}
    below = reduce(or_, (Q(path__startswith=path) for path in found))
    rows = LessonPage.objects.live().filter(below).defer("body").order_by("path")
    for lesson in rows:
        found[lesson.path[: -CoursePage.steplen]].append(lesson)
    return {course.pk: found[course.path] for course in courses}


def required_lessons(offer: Offer) -> list[LessonPage]:
    """What must be complete for the offer's course to be complete: the lessons of the page the offer names."""
    return lessons_of(offer.course)


def page_in_language(key: UUID, language: str) -> CoursePage | None:
    """The published course page of that key in `language`, else in any language (the oldest page)."""
    pages = list(CoursePage.objects.live().filter(translation_key=key).select_related("locale").order_by("pk"))
    return next((page for page in pages if page.locale.language_code == language), pages[0] if pages else None)


def lesson_for(key: UUID, language: str) -> LessonPage | None:
    """The published lesson page of that key in `language`, else in any language (the oldest page)."""
    pages = list(LessonPage.objects.live().filter(translation_key=key).select_related("locale").order_by("pk"))
    return next((page for page in pages if page.locale.language_code == language), pages[0] if pages else None)


def course_of(lesson: LessonPage) -> CoursePage:
    course: CoursePage = CoursePage.objects.get(path=lesson.path[: -CoursePage.steplen])
    return course
