"""The admin's question banks, questions and quizzes."""

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    HelpPanel,
    InlinePanel,
    ObjectList,
)
from wagtail.admin.ui.tables import Column
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from quizzes.admin import bulk, listing, questions, scorings
from quizzes.forms.banks import BankForm
from quizzes.forms.questions import QuestionForm
from quizzes.models import Bank, Question, Quiz


class QuestionViewSet(SnippetViewSet):
    """The form follows the type of the question; it writes by services and knows no panels."""

    model = Question
    icon = "help"
    menu_label = _("Questions")
    list_display = [
        "code",
        Column("bank", label=_("Question bank"), accessor="bank"),
        "subject",
        Column("stem", label=_("Stem"), accessor="current.heading"),
        Column("type", label=_("Question type"), accessor="current.type"),
        Column("difficulty", label=_("Difficulty"), accessor="current.difficulty"),
        Column("review", label=_("Review"), accessor="current.get_review_state_display"),
        Column("revision", label=_("Revision"), accessor="current.number"),
        Column("uses", label=_("Quizzes"), accessor="uses"),
    ]
    list_per_page = 50
    filterset_class = listing.QuestionFilterSet
    search_fields = listing.SEARCHED
    search_backend_name = None
    ordering = ["code", "pk"]
    copy_view_enabled = False
    index_view_class = listing.QuestionIndexView
    add_view_class = questions.QuestionCreateView
    edit_view_class = questions.QuestionEditView
    create_template_name = questions.QuestionCreateView.template_name
    edit_template_name = questions.QuestionEditView.template_name
    edit_handler = ObjectList([])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        return listing.listed()

    def get_form_class(self, for_update: bool = False) -> type[QuestionForm]:
        return QuestionForm

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("record/<int:pk>/", questions.RecordView.as_view(), name="record"),
            path("duplicate/<int:pk>/", questions.DuplicateView.as_view(), name="duplicate"),
        ]


for action in bulk.ACTIONS:
    hooks.register("register_bulk_action", action)


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
    edit_view_class = scorings.BankEditView
    edit_handler = ObjectList([FieldPanel("title"), FieldPanel("multiple_scoring")], base_form_class=BankForm)

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("scoring/<int:pk>/", scorings.ScoringView.as_view(), name="scoring"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bank]:
        return Bank.objects.annotate(number=Count("questions"))


@register_snippet
class QuizzesGroup(SnippetViewSetGroup):
    menu_label = _("Quizzes and questions")
    menu_icon = "help"
    menu_order = 230
    items = (QuizViewSet, QuestionViewSet, BankViewSet)
