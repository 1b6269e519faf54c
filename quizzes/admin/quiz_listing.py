"""The list of quizzes: what it shows, filters and finds."""

from dataclasses import dataclass
from typing import Any

import django_filters
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.models import Page, ReferenceIndex

from quizzes.models import Attempt, Bank, Quiz, QuizDraw, QuizQuestion
from quizzes.models.quizzes import NAVIGATIONS, REVIEW_POLICIES

# As many pages are named; Wagtail's own list of uses has all.
NAMED = 20
YES_NO = [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]
WINDOWS = [
    ("open", gettext_lazy("Open now")),
    ("coming", gettext_lazy("Not open yet")),
    ("over", gettext_lazy("Window is over")),
]


def _references() -> QuerySet[ReferenceIndex]:
    """What refers to the quiz of the outer query: lessons, pages."""
    return ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(Quiz), to_object_id=Cast(OuterRef("pk"), CharField())
    ).order_by()


def listed() -> QuerySet[Quiz]:
    """All quizzes, each with its `fixed` and `drawn` questions, their sum `asked`, `papers` opened so far, and by how
    many lessons and pages it is `used`."""
    fixed = QuizQuestion.objects.filter(quiz=OuterRef("pk")).order_by().values("quiz")
    drawn = QuizDraw.objects.filter(quiz=OuterRef("pk")).order_by().values("quiz")
    papers = Attempt.objects.filter(quiz=OuterRef("pk")).order_by().values("quiz")
    place = Concat(Cast("base_content_type", CharField()), Value(" "), "object_id")
    used = _references().values("to_object_id").annotate(n=Count(place, distinct=True)).values("n")
    return Quiz.objects.annotate(
        fixed=Coalesce(Subquery(fixed.annotate(n=Count("pk")).values("n")), 0),
        drawn=Coalesce(Subquery(drawn.annotate(n=Sum("count")).values("n")), 0),
        asked=F("fixed") + F("drawn"),
        papers=Coalesce(Subquery(papers.annotate(n=Count("pk")).values("n")), 0),
        used=Coalesce(Subquery(used), 0),
    )


@dataclass(frozen=True)
class Use:
    """A page that shows the quiz. `title` is "" for one in the making that the reader may not edit."""

    title: str
    url: str
    edit_url: str
    is_live: bool


def uses_of(quiz: Quiz, user: Any) -> tuple[Use, ...]:
    """The first pages that show `quiz`, by title."""
    rows = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(Quiz),
        to_object_id=str(quiz.pk),
        base_content_type=ContentType.objects.get_for_model(Page),
    )
    pages = Page.objects.filter(pk__in={int(pk) for pk in rows.values_list("object_id", flat=True)})
    found = []
    for page in pages.order_by("title", "pk")[:NAMED]:
        may_edit = page.permissions_for_user(user).can_edit()
        found.append(
            Use(
                title=page.title if page.live or may_edit else "",
                url=(page.get_url() or "") if page.live else "",
                edit_url=reverse("wagtailadmin_pages:edit", args=[page.pk]) if may_edit else "",
                is_live=page.live,
            )
        )
    return tuple(found)


class QuizFilterSet(WagtailFilterSet):
    bank = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Question bank"), queryset=Bank.objects.order_by("title", "pk"), method="with_bank"
    )
    window = django_filters.ChoiceFilter(label=gettext_lazy("Window"), choices=WINDOWS, method="with_window")
    used = django_filters.ChoiceFilter(
        label=gettext_lazy("Used by a lesson or page"), choices=YES_NO, method="with_use"
    )
    drawn = django_filters.ChoiceFilter(label=gettext_lazy("Draws by rule"), choices=YES_NO, method="with_draws")
    review_policy = django_filters.ChoiceFilter(label=gettext_lazy("Right answers are shown"), choices=REVIEW_POLICIES)
    navigation = django_filters.ChoiceFilter(label=gettext_lazy("Navigation"), choices=NAVIGATIONS)
    is_demo = django_filters.ChoiceFilter(label=gettext_lazy("Demonstration"), choices=YES_NO, method="with_demo")

    class Meta:
        model = Quiz
        fields: list[str] = []

    def with_bank(self, quizzes: QuerySet[Quiz], name: str, bank: Bank) -> QuerySet[Quiz]:
        own = {"quiz": OuterRef("pk")}
        return quizzes.filter(
            Exists(QuizDraw.objects.filter(bank=bank, **own))
            | Exists(QuizQuestion.objects.filter(question__bank=bank, **own))
        )

    def with_window(self, quizzes: QuerySet[Quiz], name: str, said: str) -> QuerySet[Quiz]:
        now = timezone.now()
        coming, over = Q(opens_at__gt=now), Q(closes_at__lte=now)
        if said == "open":
            return quizzes.exclude(coming).exclude(over)
        return quizzes.filter(coming if said == "coming" else over)

    def with_use(self, quizzes: QuerySet[Quiz], name: str, said: str) -> QuerySet[Quiz]:
        return quizzes.filter(used__gt=0) if said == "yes" else quizzes.filter(used=0)

    def with_draws(self, quizzes: QuerySet[Quiz], name: str, said: str) -> QuerySet[Quiz]:
        return quizzes.filter(drawn__gt=0) if said == "yes" else quizzes.filter(drawn=0)

    def with_demo(self, quizzes: QuerySet[Quiz], name: str, said: str) -> QuerySet[Quiz]:
        return quizzes.filter(is_demo=said == "yes")
