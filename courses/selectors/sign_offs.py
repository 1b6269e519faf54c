"""On-site parts that wait for somebody with the right to sign them off."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page as ListPage
from django.core.paginator import Paginator

from courses.models import LessonPage, LessonProgress
from organisations.models import Employment, Person
from organisations.scopes import Scope
from organisations.selectors import in_force, people_in
from organisations.selectors.departments import name_units

PER_PAGE = 20


@dataclass
class OpenPart:
    """One on-site part of one person; the view hangs its form on it."""

    progress: LessonProgress
    person: Person
    lesson_title: str
    course_title: str
    planned: int
    unit: str
    department: str
    form: Any = None


def open_sign_offs(*, scope: Scope, by: Person, number: str | int = 1) -> ListPage[OpenPart]:
    """What `by` may sign off in `scope`, the longest waiting first. Nobody's own parts are in it."""
    waiting = (
        LessonProgress.objects.awaiting_sign_off()
        .filter(enrolment__person__in=people_in(scope))
        .exclude(enrolment__person=by)
        .select_related("enrolment__person", "enrolment__offer__course")
        .order_by("opened_at", "pk")
    )
    listed: ListPage[Any] = Paginator(waiting, PER_PAGE).get_page(number)
    rows: list[LessonProgress] = list(listed.object_list)
    lessons = _lessons({row.lesson_key for row in rows})
    units = _employments({row.enrolment.person_id for row in rows})
    listed.object_list = [
        OpenPart(
            progress=row,
            person=row.enrolment.person,
            lesson_title=lessons[row.lesson_key].title if row.lesson_key in lessons else row.title,
            course_title=row.enrolment.offer.course.title,
            planned=lessons[row.lesson_key].minutes if row.lesson_key in lessons else 0,
            unit=units[row.enrolment.person_id].unit_name if row.enrolment.person_id in units else "",
            department=units[row.enrolment.person_id].department_name if row.enrolment.person_id in units else "",
        )
        for row in rows
    ]
    return listed


def _lessons(keys: set[UUID]) -> dict[UUID, LessonPage]:
    pages = LessonPage.objects.live().filter(translation_key__in=keys).defer("body").order_by("-pk")
    return {page.translation_key: page for page in pages}


def _employments(people: set[int]) -> dict[int, Employment]:
    rows = list(
        Employment.objects.filter(in_force(), person__in=people).select_related("unit").order_by("begins", "pk")
    )
    name_units(rows)
    return {row.person_id: row for row in rows}
