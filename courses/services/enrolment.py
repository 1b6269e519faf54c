"""Taking up a course and leaving it."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from cms.shared.errors import NotFound
from courses.enums import EnrolmentState, LessonKind
from courses.models import Enrolment, LessonProgress, Offer
from courses.selectors.lessons import required_lessons
from courses.services.errors import AlreadyCompleted, AlreadyStudying, OfferClosed
from organisations import audit
from organisations.models import Person


@transaction.atomic
def enrol(*, person: Person, offer: Offer) -> Enrolment:
    """The person's enrolment in `offer`; a second call, or a return after leaving, gives the same one.

    Raises OfferClosed outside the offer's days (local dates, the last one included), while its course is not
    published, and for demo offers where demonstrations are not allowed; AlreadyStudying if another offer of the same
    course is in progress.
    """
    key = offer.course.translation_key
    mine = Enrolment.objects.filter(person=person, offer=offer).first()
    if mine and mine.state != EnrolmentState.WITHDRAWN:
        return mine
    if not offer.is_open(on=timezone.localdate()) or not offer.course.live:
        raise OfferClosed
    if offer.is_demo and not settings.DEMO_ALLOWED:
        raise OfferClosed
    if Enrolment.objects.active().filter(person=person, course_key=key).exclude(offer=offer).exists():
        raise AlreadyStudying
    enrolment, created = Enrolment.objects.get_or_create(person=person, offer=offer, defaults={"course_key": key})
    if not created:
        now = timezone.now()
        Enrolment.objects.filter(pk=enrolment.pk, state=EnrolmentState.WITHDRAWN).update(
            state=EnrolmentState.ACTIVE, withdrawn_at=None, progressed_at=now
        )
        enrolment.refresh_from_db()
    _await_on_site_parts(enrolment)
    audit.record(by=person, verb="courses.enrol", target=enrolment, after={"offer": str(offer.public_id)})
    return enrolment


def _await_on_site_parts(enrolment: Enrolment) -> None:
    """On-site parts wait for their sign-off from the first day, whether or not their page was opened."""
    for lesson in required_lessons(enrolment.offer):
        if lesson.kind == LessonKind.ON_SITE:
            LessonProgress.objects.get_or_create(
                enrolment=enrolment,
                lesson_key=lesson.translation_key,
                defaults={"kind": lesson.kind, "page_id_copy": lesson.pk, "title": lesson.title},
            )


@transaction.atomic
def withdraw(*, person: Person, enrolment_id: UUID) -> Enrolment:
    """Leave a course in progress; what was studied stays and counts again after a return.

    Raises NotFound for somebody else's enrolment, AlreadyCompleted for a completed one.
    """
    rows = Enrolment.objects.filter(person=person, public_id=enrolment_id)
    enrolment = rows.select_related("offer__course").first()
    if enrolment is None:
        raise NotFound
    left = Enrolment.objects.filter(pk=enrolment.pk, state=EnrolmentState.ACTIVE).update(
        state=EnrolmentState.WITHDRAWN, withdrawn_at=timezone.now()
    )
    enrolment.refresh_from_db()
    if enrolment.state == EnrolmentState.COMPLETED:
        raise AlreadyCompleted
    if left:
        audit.record(by=person, verb="courses.withdraw", target=enrolment)
    return enrolment
