from datetime import timedelta

import pytest
from django.utils import timezone

from cms.shared.errors import NotFound
from courses.enums import EnrolmentState, LessonKind
from courses.models import Enrolment, LessonProgress
from courses.services.enrolment import enrol, withdraw
from courses.services.errors import AlreadyCompleted, AlreadyStudying, OfferClosed
from organisations.models import AuditEvent
from tests.factories.courses import EnrolmentFactory, OfferFactory, course_with
from tests.factories.organisations import PersonFactory

pytestmark = pytest.mark.django_db


def test_enrol_twice_gives_one_enrolment() -> None:
    person, offer = PersonFactory(), OfferFactory()
    first, second = enrol(person=person, offer=offer), enrol(person=person, offer=offer)
    assert first == second
    assert Enrolment.objects.count() == 1
    assert [event.verb for event in AuditEvent.objects.all()] == ["courses.enrol"]


def test_enrol_lets_on_site_parts_wait_from_the_first_day() -> None:
    offer = course_with([LessonKind.READING, LessonKind.ON_SITE])
    enrolment = enrol(person=PersonFactory(), offer=offer)
    assert [row.kind for row in LessonProgress.objects.filter(enrolment=enrolment)] == [LessonKind.ON_SITE]


@pytest.mark.parametrize(("begins", "ends"), [(-10, -1), (1, 10)])
def test_enrol_refuses_an_offer_of_other_days(begins: int, ends: int) -> None:
    today = timezone.localdate()
    offer = OfferFactory(begins=today + timedelta(days=begins), ends=today + timedelta(days=ends))
    with pytest.raises(OfferClosed):
        enrol(person=PersonFactory(), offer=offer)


@pytest.mark.parametrize(("begins", "ends"), [(-10, 0), (0, 10), (0, 0)])
def test_enrol_takes_the_first_and_the_last_day(begins: int, ends: int) -> None:
    today = timezone.localdate()
    offer = OfferFactory(begins=today + timedelta(days=begins), ends=today + timedelta(days=ends))
    assert enrol(person=PersonFactory(), offer=offer).state == EnrolmentState.ACTIVE


def test_enrol_refuses_a_course_that_is_not_published() -> None:
    offer = OfferFactory()
    offer.course.unpublish()
    offer.refresh_from_db()
    with pytest.raises(OfferClosed):
        enrol(person=PersonFactory(), offer=offer)


def test_enrol_refuses_demo_offers_where_none_are_allowed(settings) -> None:
    settings.DEMO_ALLOWED = False
    with pytest.raises(OfferClosed):
        enrol(person=PersonFactory(), offer=OfferFactory(is_demo=True, time_scale=30))


def test_enrol_refuses_a_second_offer_of_a_course_in_progress() -> None:
    person, offer = PersonFactory(), OfferFactory()
    enrol(person=person, offer=offer)
    with pytest.raises(AlreadyStudying):
        enrol(person=person, offer=OfferFactory(course=offer.course))


def test_withdraw_and_enrol_again_continues() -> None:
    person, offer = PersonFactory(), OfferFactory()
    enrolment = enrol(person=person, offer=offer)
    assert withdraw(person=person, enrolment_id=enrolment.public_id).state == EnrolmentState.WITHDRAWN
    again = enrol(person=person, offer=offer)
    assert (again.pk, again.state, again.withdrawn_at) == (enrolment.pk, EnrolmentState.ACTIVE, None)


def test_withdraw_refuses_a_completed_course() -> None:
    enrolment = EnrolmentFactory(state=EnrolmentState.COMPLETED, completed_at=timezone.now())
    with pytest.raises(AlreadyCompleted):
        withdraw(person=enrolment.person, enrolment_id=enrolment.public_id)


def test_withdraw_does_not_know_somebody_elses_enrolment() -> None:
    with pytest.raises(NotFound):
        withdraw(person=PersonFactory(), enrolment_id=EnrolmentFactory().public_id)
