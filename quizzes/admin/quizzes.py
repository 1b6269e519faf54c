"""Writing, checking, previewing and copying quizzes in the admin."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, InlinePanel, ObjectList, Panel
from wagtail.admin.widgets.button import Button
from wagtail.permissions import policy_registry
from wagtail.snippets.views import snippets

from cms.shared.errors import DomainError
from quizzes.admin.questions import person_of
from quizzes.admin.quiz_listing import uses_of
from quizzes.forms.quizzes import QuizForm
from quizzes.models import Question, Quiz
from quizzes.models.classification import syllabus_choices
from quizzes.services import quizzes
from quizzes.services.samples import sample, seed_of

NAMESPACE = "wagtailsnippets_quizzes_quiz"
# As many subjects are offered while one is typed.
MAX_SUBJECTS = 300


def may(request: HttpRequest, action: str) -> bool:
    return bool(policy_registry.get_by_type(Quiz).user_has_permission(request.user, action))


class ReadinessPanel(Panel):
    """Whether the banks can fill the quiz, with a button that says so without saving."""

    def get_form_options(self) -> dict[str, Any]:
        return {"fields": ["anyway"]}

    class BoundPanel(Panel.BoundPanel):
        template_name = "quizzes/admin/quiz_check.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            subjects = Question.objects.exclude(subject="").order_by("subject").values_list("subject", flat=True)
            return {
                **context,
                "check": self.form.readiness,
                "form": self.form,
                "is_typed": self.form.is_bound,
                "quiz": self.instance,
                "subjects": list(subjects.distinct()[:MAX_SUBJECTS]),
                "syllabus": syllabus_choices(),
                "uses": uses_of(self.instance, self.request.user) if self.instance.pk else (),
            }


PANELS = ObjectList(
    [
        HelpPanel(
            content=gettext_lazy(
                "A quiz is shown by a lesson or by a page of its own, which decides who may open it. A change counts "
                "for attempts opened from now on."
            )
        ),
        ReadinessPanel(heading=gettext_lazy("Check")),
        FieldPanel("title"),
        FieldRowPanel([FieldPanel("pass_share"), FieldPanel("attempts_allowed"), FieldPanel("cool_down_minutes")]),
        FieldRowPanel([FieldPanel("time_limit_minutes"), FieldPanel("opens_at"), FieldPanel("closes_at")]),
        FieldRowPanel([FieldPanel("navigation"), FieldPanel("review_policy")]),
        FieldRowPanel([FieldPanel("shuffle_questions"), FieldPanel("shuffle_options")]),
        InlinePanel(
            "sections",
            panels=[FieldRowPanel([FieldPanel("number"), FieldPanel("title")])],
            heading=gettext_lazy("Sections"),
            label=gettext_lazy("Section"),
            help_text=gettext_lazy(
                "Only for a quiz in several parts. Questions and draws name the number of their section."
            ),
        ),
        InlinePanel(
            "quiz_questions",
            panels=[FieldRowPanel([FieldPanel("question"), FieldPanel("section")])],
            heading=gettext_lazy("Questions"),
            label=gettext_lazy("Question"),
        ),
        InlinePanel(
            "draws",
            panels=[
                FieldRowPanel([FieldPanel("count"), FieldPanel("bank"), FieldPanel("section")]),
                FieldRowPanel(
                    [
                        FieldPanel("subject", widget=forms.TextInput(attrs={"list": "quiz-subjects"})),
                        FieldPanel("difficulty"),
                    ]
                ),
                FieldRowPanel(
                    [
                        FieldPanel("type"),
                        FieldPanel("syllabus_code", widget=forms.TextInput(attrs={"list": "quiz-syllabus"})),
                    ]
                ),
            ],
            heading=gettext_lazy("Questions drawn by rule"),
            label=gettext_lazy("Draw by rule"),
            help_text=gettext_lazy("Drawn anew for every attempt. What is left empty does not matter."),
        ),
    ],
    base_form_class=QuizForm,
)


class _FormMixin:
    """Checks what was typed without saving it, and writes down what was saved."""

    request: HttpRequest
    form: QuizForm
    before: dict[str, Any] | None = None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.POST.get("do") != "check":
            return super().post(request, *args, **kwargs)  # type: ignore[misc]
        self.form = self.get_form()  # type: ignore[attr-defined]
        self.form.check()
        return self.render_to_response(self.get_context_data(form=self.form))  # type: ignore[attr-defined]

    def save_instance(self) -> Quiz:
        with transaction.atomic():
            quiz: Quiz = super().save_instance()  # type: ignore[misc]
            quizzes.record_saved(by=person_of(self.request), quiz=quiz, before=self.before)
        return quiz


class QuizCreateView(_FormMixin, snippets.CreateView):
    def get_form_kwargs(self) -> dict[str, Any]:
        # Django's own views set it where they answer, which a check without saving does not pass.
        self.object = None
        return dict(super().get_form_kwargs())


class QuizEditView(_FormMixin, snippets.EditView):
    def save_instance(self) -> Quiz:
        self.before = quizzes.facts(Quiz.objects.get(pk=self.object.pk))
        return super().save_instance()

    @property
    def header_more_buttons(self) -> list[Button]:
        return [*_buttons(self.request, self.object), *super().header_more_buttons]


def _buttons(request: HttpRequest, quiz: Quiz) -> Iterator[Button]:
    if may(request, "change"):
        url = reverse(f"{NAMESPACE}:sample", args=[quiz.pk])
        yield Button(_("Sample paper"), url=url, icon_name="view", priority=5)
    yield Button(_("Where it is used"), url=reverse(f"{NAMESPACE}:usage", args=[quiz.pk]), icon_name="link", priority=6)
    if may(request, "add"):
        url = reverse(f"{NAMESPACE}:duplicate", args=[quiz.pk])
        yield Button(_("Copy"), url=url, icon_name="copy", priority=10)


class QuizIndexView(snippets.IndexView):
    def get_list_more_buttons(self, instance: Quiz) -> list[Any]:
        return [*super().get_list_more_buttons(instance), *_buttons(self.request, instance)]


class _PreviewMixin:
    """The seed stands in the address; a quiz that the banks cannot fill says so in place of its paper."""

    request: HttpRequest
    object: Quiz

    def get_form(self, query_dict: Any) -> QuizForm:
        form: QuizForm = super().get_form(query_dict)  # type: ignore[misc]
        form.must_be_ready = False
        return form

    def get_extra_request_attrs(self) -> dict[str, Any]:
        seed = seed_of(self.request.GET.get("seed", ""))
        return {**super().get_extra_request_attrs(), "sample": sample(self.object, seed=seed)}  # type: ignore[misc]


class QuizPreviewOnCreateView(_PreviewMixin, snippets.PreviewOnCreateView):
    """Of what is typed."""


class QuizPreviewOnEditView(_PreviewMixin, snippets.PreviewOnEditView):
    """Of what is typed."""


class _QuizView(View):
    """A page about one quiz."""

    action = "change"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may(request, self.action):
            raise PermissionDenied
        self.quiz = get_object_or_404(Quiz, pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)


class SampleView(_QuizView):
    """A sample paper of the quiz as it is saved; whoever is told the seed sees the same."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        seed = seed_of(request.GET.get("seed", ""))
        return render(
            request,
            "quizzes/quiz_preview.html",
            {
                "object": self.quiz,
                "sample": sample(self.quiz, seed=seed),
                "back_url": reverse(f"{NAMESPACE}:edit", args=[pk]),
            },
        )


class CopyForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title of the copy"), max_length=quizzes.MAX_TITLE)


class DuplicateView(_QuizView):
    action = "add"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        title = _("%(title)s (copy)") % {"title": self.quiz.title}
        return self._page(request, CopyForm(initial={"title": title[: quizzes.MAX_TITLE]}))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = CopyForm(request.POST)
        if not form.is_valid():
            return self._page(request, form)
        try:
            copied = quizzes.copy_quiz(by=person_of(request), quiz=self.quiz, title=form.cleaned_data["title"])
        except DomainError as error:
            form.add_error("title", str(error))
            return self._page(request, form)
        messages.success(request, _("Copied. This is the copy; no lesson shows it yet."))
        return redirect(f"{NAMESPACE}:edit", copied.pk)

    def _page(self, request: HttpRequest, form: CopyForm) -> HttpResponse:
        context = {
            "page_title": _("Copy a quiz"),
            "page_subtitle": str(self.quiz),
            "header_icon": "tasks",
            "quiz": self.quiz,
            "form": form,
            "back_url": reverse(f"{NAMESPACE}:edit", args=[self.quiz.pk]),
        }
        return render(request, "quizzes/admin/quiz_copy.html", context)
