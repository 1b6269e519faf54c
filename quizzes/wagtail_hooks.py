"""The admin's question banks, questions and quizzes."""

import django_filters
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    HelpPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
)
from wagtail.admin.ui.tables import Column
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from quizzes import grading
from quizzes.forms.banks import BankForm
from quizzes.forms.questions import OPTION_FIELDS, QuestionForm
from quizzes.models import Bank, Question, Quiz
from quizzes.models.bank import QUESTION_TYPES, REVIEW_STATES

# As many options as the examinations' single and multiple choice questions have.
USUAL = 5

QUESTION_PANELS = [
    HelpPanel(
        content=_(
            "Each change makes a new revision. Attempts that are open or graded keep the wording they began with; "
            "attempts opened from now on get the new one."
        )
    ),
    FieldRowPanel([FieldPanel("bank"), FieldPanel("code"), FieldPanel("subject")]),
    MultiFieldPanel([FieldPanel("type"), FieldPanel("stem")], heading=_("Question")),
    MultiFieldPanel([FieldPanel(name) for name in OPTION_FIELDS[:USUAL]], heading=_("Options")),
    MultiFieldPanel(
        [FieldPanel(name) for name in OPTION_FIELDS[USUAL:]],
        heading=_("More options (F to %(last)s)") % {"last": grading.LETTERS[-1]},
        classname="collapsed",
    ),
    MultiFieldPanel([FieldPanel("answer"), FieldPanel("explanation")], heading=_("Key")),
    FieldRowPanel([FieldPanel("points"), FieldPanel("difficulty")]),
    FieldRowPanel([FieldPanel("source"), FieldPanel("licence")]),
    FieldPanel("seen"),
]


class QuestionFilterSet(WagtailFilterSet):
    bank = django_filters.ModelChoiceFilter(label=_("Question bank"), queryset=Bank.objects.order_by("title", "pk"))
    subject = django_filters.CharFilter(label=_("Subject"), lookup_expr="icontains")
    type = django_filters.ChoiceFilter(label=_("Question type"), field_name="current__type", choices=QUESTION_TYPES)
    review_state = django_filters.ChoiceFilter(
        label=_("Review"), field_name="current__review_state", choices=REVIEW_STATES
    )
    in_quiz = django_filters.ModelChoiceFilter(
        label=_("Used in quiz"), field_name="quiz_questions__quiz", queryset=Quiz.objects.order_by("title", "pk")
    )

    class Meta:
        model = Question
        fields: list[str] = []


class QuestionViewSet(SnippetViewSet):
    model = Question
    icon = "help"
    menu_label = _("Questions")
    list_display = [
        "code",
        "subject",
        Column("stem", label=_("Stem"), accessor="current.heading"),
        Column("type", label=_("Question type"), accessor="current.type"),
        Column("review", label=_("Review"), accessor="current.get_review_state_display"),
        Column("revision", label=_("Revision"), accessor="current.number"),
        Column("uses", label=_("Quizzes"), accessor="uses"),
    ]
    list_per_page = 50
    filterset_class = QuestionFilterSet
    search_fields = ["code", "subject", "current__stem"]
    search_backend_name = None
    ordering = ["code", "pk"]
    copy_view_enabled = False
    edit_handler = ObjectList(QUESTION_PANELS, base_form_class=QuestionForm)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        return Question.objects.select_related("current", "bank").annotate(uses=Count("quiz_questions"))


class QuizViewSet(SnippetViewSet):
    model = Quiz
    icon = "tasks"
    menu_label = _("Quizzes")
    list_display = [
        "title",
        Column("questions", label=_("Questions"), accessor="questions"),
        "pass_share",
        "attempts_allowed",
        "time_limit_minutes",
    ]
    list_per_page = 50
    list_filter = ["review_policy", "is_demo"]
    search_fields = ["title"]
    search_backend_name = None
    ordering = ["title", "pk"]
    edit_handler = ObjectList(
        [
            HelpPanel(
                content=_(
                    "A quiz is shown by a lesson; the lesson decides who may open it. A change counts for attempts "
                    "opened from now on."
                )
            ),
            FieldPanel("title"),
            FieldRowPanel([FieldPanel("pass_share"), FieldPanel("attempts_allowed"), FieldPanel("cool_down_minutes")]),
            FieldRowPanel([FieldPanel("time_limit_minutes"), FieldPanel("opens_at"), FieldPanel("closes_at")]),
            FieldRowPanel([FieldPanel("navigation"), FieldPanel("review_policy")]),
            FieldRowPanel([FieldPanel("shuffle_questions"), FieldPanel("shuffle_options")]),
            InlinePanel(
                "sections",
                panels=[FieldRowPanel([FieldPanel("number"), FieldPanel("title")])],
                heading=_("Sections"),
                label=_("Section"),
                help_text=_("Only for a quiz in several parts. Questions and draws name the number of their section."),
            ),
            InlinePanel(
                "quiz_questions",
                panels=[FieldRowPanel([FieldPanel("question"), FieldPanel("section")])],
                heading=_("Questions"),
                label=_("Question"),
            ),
            InlinePanel(
                "draws",
                panels=[
                    FieldRowPanel([FieldPanel("count"), FieldPanel("bank"), FieldPanel("section")]),
                    FieldRowPanel([FieldPanel("subject"), FieldPanel("difficulty")]),
                    FieldRowPanel([FieldPanel("type"), FieldPanel("syllabus_code")]),
                ],
                heading=_("Questions drawn by rule"),
                label=_("Draw"),
                help_text=_("Drawn anew for every attempt. What is left empty does not matter."),
            ),
        ]
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Quiz]:
        return Quiz.objects.annotate(questions=Count("quiz_questions"))


class BankViewSet(SnippetViewSet):
    model = Bank
    icon = "folder-open-inverse"
    menu_label = _("Question banks")
    list_display = ["title", Column("questions", label=_("Questions"), accessor="number")]
    search_fields = ["title"]
    search_backend_name = None
    ordering = ["title", "pk"]
    edit_handler = ObjectList([FieldPanel("title"), FieldPanel("multiple_scoring")], base_form_class=BankForm)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bank]:
        return Bank.objects.annotate(number=Count("questions"))


@register_snippet
class QuizzesGroup(SnippetViewSetGroup):
    menu_label = _("Quizzes and questions")
    menu_icon = "help"
    menu_order = 230
    items = (QuizViewSet, QuestionViewSet, BankViewSet)
