from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from courses.enums import Basis, EnrolmentState, LessonKind

if TYPE_CHECKING:
    from courses.models import Enrolment, LessonProgress, Offer  # noqa: F401 - named in strings below


class OfferQuerySet(models.QuerySet["Offer"]):
    def open_on(self, day: date) -> Self:
        return self.filter(begins__lte=day, ends__gte=day)

    def granting_credit(self) -> Self:
        return self.exclude(basis=Basis.NONE)


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def active(self) -> Self:
        return self.filter(state=EnrolmentState.ACTIVE)

    def current(self) -> Self:
        """In progress or completed: what its person may look at."""
        return self.exclude(state=EnrolmentState.WITHDRAWN)


class LessonProgressQuerySet(models.QuerySet["LessonProgress"]):
    def completed(self) -> Self:
        return self.filter(completed_at__isnull=False)

    def awaiting_sign_off(self) -> Self:
        return self.filter(kind=LessonKind.ON_SITE, completed_at__isnull=True, enrolment__state=EnrolmentState.ACTIVE)

    def counted_for_credit(self, rule_set_id: str) -> Self:
        """What counts, or will count, toward the credit of one rule set."""
        return self.completed().filter(
            ~Q(enrolment__offer__basis=Basis.NONE), enrolment__offer__rule_set_id=rule_set_id
        )
