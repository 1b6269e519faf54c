"""The list of questions: what it shows, filters and finds."""

from typing import Any

import django_filters
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views import snippets

from quizzes.admin.questions import NAMESPACE, may
from quizzes.models import Bank, Question, QuestionImage, Quiz, QuizQuestion
from quizzes.models.bank import BLOOM_LEVELS, QUESTION_TYPES, REVIEW_STATES
from quizzes.models.classification import body_part_choices, modality_choices, syllabus_choices

SEARCHED = ["code", "subject", "words"]
DIFFICULTIES = [(number, str(number)) for number in range(1, 6)]


def listed() -> QuerySet[Question]:
    """All questions with their current revision, their bank and how many quizzes have them as fixed ones (`uses`)."""
    uses = QuizQuestion.objects.filter(question=OuterRef("pk")).order_by().values("question")
    return Question.objects.select_related("current", "bank").annotate(
        uses=Coalesce(Subquery(uses.annotate(n=Count("pk")).values("n")), 0)
    )


def found(questions: QuerySet[Question], words: str) -> QuerySet[Question]:
    """Those whose code, subject or wording has `words`, as the list's search does."""
    wanted = Q()
    for name in SEARCHED:
        wanted |= Q(**{f"{name}__icontains": words})
    return questions.filter(wanted) if words else questions


class QuestionFilterSet(WagtailFilterSet):
    bank = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Question bank"), queryset=Bank.objects.order_by("title", "pk")
    )
    subject = django_filters.CharFilter(label=gettext_lazy("Subject"), lookup_expr="icontains")
    syllabus = django_filters.ChoiceFilter(
        label=gettext_lazy("Syllabus"), choices=syllabus_choices, method="with_syllabus_code"
    )
    type = django_filters.ChoiceFilter(
        label=gettext_lazy("Question type"), field_name="current__type", choices=QUESTION_TYPES
    )
    modality = django_filters.ChoiceFilter(label=gettext_lazy("Modality"), choices=modality_choices)
    body_part = django_filters.ChoiceFilter(label=gettext_lazy("Body part"), choices=body_part_choices)
    difficulty = django_filters.ChoiceFilter(
        label=gettext_lazy("Difficulty"), field_name="current__difficulty", choices=DIFFICULTIES
    )
    bloom = django_filters.ChoiceFilter(label=gettext_lazy("Level of thinking"), choices=BLOOM_LEVELS)
    review_state = django_filters.ChoiceFilter(
        label=gettext_lazy("Review"), field_name="current__review_state", choices=REVIEW_STATES
    )
    in_quiz = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Used in quiz"),
        field_name="quiz_questions__quiz",
        queryset=Quiz.objects.order_by("title", "pk"),
    )
    picture = django_filters.ChoiceFilter(
        label=gettext_lazy("Picture"),
        choices=[("yes", gettext_lazy("With a picture")), ("no", gettext_lazy("Without a picture"))],
        method="with_picture",
    )

    class Meta:
        model = Question
        fields: list[str] = []

    def with_syllabus_code(self, questions: QuerySet[Question], name: str, code: str) -> QuerySet[Question]:
        # Both engines write the list as JSON text; a code stands in it between quotation marks.
        return questions.annotate(codes=Cast("syllabus_codes", TextField())).filter(codes__contains=f'"{code}"')

    def with_picture(self, questions: QuerySet[Question], name: str, said: str) -> QuerySet[Question]:
        has_picture = Exists(QuestionImage.objects.filter(revision=OuterRef("current")))
        return questions.filter(has_picture if said == "yes" else ~has_picture)


class QuestionIndexView(snippets.IndexView):
    def get_list_more_buttons(self, instance: Question) -> list[Any]:
        buttons: list[Any] = super().get_list_more_buttons(instance)
        if may(self.request, "change"):
            url = reverse(f"{NAMESPACE}:record", args=[instance.pk])
            buttons.append(Button(_("Review and history"), url=url, icon_name="history", priority=12))
        if may(self.request, "add"):
            url = reverse(f"{NAMESPACE}:duplicate", args=[instance.pk])
            buttons.append(Button(_("Copy"), url=url, icon_name="copy", priority=14))
        return buttons
