from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, NullIf

from courses.enums import Basis, EnrolmentState, LessonKind
from credits.models import RuleSetVersion

if TYPE_CHECKING:
    from courses.models import Enrolment, LessonProgress, Offer, QuizProgress  # noqa: F401 - named in strings below


class OfferQuerySet(models.QuerySet["Offer"]):
    def open_on(self, day: date) -> Self:
        return self.filter(begins__lte=day, ends__gte=day)

    def granting_credit(self) -> Self:
        return self.exclude(basis=Basis.NONE)

    def with_rule_set_title(self, language: str) -> Self:
        """`rule_set_title`: what the rule set's newest version is called, in English if `language` is."""
        versions = RuleSetVersion.objects.filter(rule_set_id=OuterRef("rule_set_id")).order_by("-effective_from")
        name = Coalesce(NullIf("title_en", Value("")), "title") if language.startswith("en") else F("title")
        return self.annotate(rule_set_title=Subquery(versions.values_list(name)[:1]))


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


class QuizProgressQuerySet(models.QuerySet["QuizProgress"]):
    def passed(self) -> Self:
        return self.filter(passed_at__isnull=False)
