"""Courses on offer that would fill a person's year under a rule set."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.translation import get_language

from courses.enums import EnrolmentState
from courses.models import CoursePage, Enrolment, Offer
from courses.selectors.lessons import lessons_by_course
from credits.selectors import estimate, rule_book
from credits.selectors.filling import Filler
from organisations.models import Person


def courses_that_fill(person: Person, rule_set_id: str, on: date) -> list[Filler]:
    """Open offers with credit under `rule_set_id` of courses that the person has not completed, one a course.

    Six queries however many there are.
    """
    own = Enrolment.objects.filter(person=person).exclude(state=EnrolmentState.WITHDRAWN)
    begun: set[UUID] = set()
    done: set[UUID] = set()
    for key, state in own.values_list("course_key", "state"):
        (done if state == EnrolmentState.COMPLETED else begun).add(key)
    rows = Offer.objects.open_on(on).granting_credit().filter(rule_set_id=rule_set_id).select_related("course")
    offers: dict[UUID, Offer] = {}
    for offer in rows.order_by("ends", "pk"):
        if offer.course.translation_key not in done:
            offers.setdefault(offer.course.translation_key, offer)
    pages = {
        page.translation_key: page
        for page in CoursePage.objects.live().filter(
            translation_key__in=list(offers), locale__language_code=get_language()
        )
    }
    lessons = lessons_by_course([offer.course for offer in offers.values()])
    book = rule_book()
    found = []
    for key, offer in offers.items():
        page = pages.get(offer.course.translation_key, offer.course)
        minutes = sum(lesson.minutes for lesson in lessons[offer.course.pk])
        worth = estimate(
            rule_set_id=rule_set_id, activity_type=offer.activity_type, minutes=minutes, on=on,
            time_scale=offer.time_scale, book=book,
        )  # fmt: skip
        if worth is None or not page.live:
            continue
        found.append(
            Filler(
                title=page.title, url=page.get_url() or "", minutes=minutes, credits=worth.credits or Decimal(0),
                mark=worth.mark, category=worth.title, ends=offer.ends, is_begun=key in begun, is_demo=offer.is_demo,
            )
        )  # fmt: skip
    return found
