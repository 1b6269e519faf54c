"""The admin's question banks, questions and quizzes."""

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from quizzes.admin import bulk, listing, questions, quiz_listing, quizzes, scorings
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
        Column("asked", label=_("Questions"), accessor="asked"),
        "pass_share",
        "attempts_allowed",
        "time_limit_minutes",
        Column("papers", label=_("Attempts"), accessor="papers"),
        Column("used", label=_("Used in"), accessor="used"),
    ]
    list_per_page = 50
    filterset_class = quiz_listing.QuizFilterSet
    search_fields = ["title"]
    search_backend_name = None
    ordering = ["title", "pk"]
    copy_view_enabled = False
    index_view_class = quizzes.QuizIndexView
    add_view_class = quizzes.QuizCreateView
    edit_view_class = quizzes.QuizEditView
    preview_on_add_view_class = quizzes.QuizPreviewOnCreateView
    preview_on_edit_view_class = quizzes.QuizPreviewOnEditView
    create_template_name = "quizzes/admin/snippet_create.html"
    edit_template_name = "quizzes/admin/snippet_edit.html"
    edit_handler = quizzes.PANELS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Quiz]:
        return quiz_listing.listed()

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("sample/<int:pk>/", quizzes.SampleView.as_view(), name="sample"),
            path("duplicate/<int:pk>/", quizzes.DuplicateView.as_view(), name="duplicate"),
        ]


class BankViewSet(SnippetViewSet):
    model = Bank
    icon = "folder-open-inverse"
    menu_label = _("Question banks")
    list_display = ["title", Column("questions", label=_("Questions"), accessor="number")]
    search_fields = ["title"]
    search_backend_name = None
    ordering = ["title", "pk"]
    edit_view_class = scorings.BankEditView
    create_template_name = "quizzes/admin/snippet_create.html"
    edit_template_name = "quizzes/admin/snippet_edit.html"
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
