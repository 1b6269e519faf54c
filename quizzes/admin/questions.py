"""Writing, copying and reviewing questions in the admin."""

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
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import log
from wagtail.permissions import policy_registry
from wagtail.snippets.views import snippets

from cms.shared.errors import DomainError
from organisations.models import Person
from quizzes.admin.record import Record, record_of
from quizzes.enums import QuestionType, ReviewState
from quizzes.forms.questions import QuestionForm
from quizzes.models import Bank, Question
from quizzes.models.bank import QUESTION_TYPES
from quizzes.services import questions, reviews

NAMESPACE = "wagtailsnippets_quizzes_question"


def person_of(request: HttpRequest) -> Person:
    """Who asks; Wagtail has already sent everybody else to the sign-in page."""
    if not isinstance(request.user, Person):
        raise PermissionDenied
    return request.user


def may(request: HttpRequest, action: str) -> bool:
    return bool(policy_registry.get_by_type(Question).user_has_permission(request.user, action))


class _FormMixin:
    """Shows again what was typed with more rows, and what a service refuses at its field."""

    request: HttpRequest
    form: QuestionForm

    @property
    def wants_more(self) -> bool:
        return self.request.method == "POST" and self.request.POST.get("do") == "more"

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_form_kwargs()  # type: ignore[misc]
        return {**kwargs, "type": self.request.GET.get("type", ""), "more": self.wants_more}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.wants_more:
            return super().post(request, *args, **kwargs)  # type: ignore[misc]
        self.form = self.get_form()  # type: ignore[attr-defined]
        self.form.show_again()
        return self.render_to_response(self.get_context_data(form=self.form))  # type: ignore[attr-defined]

    def form_valid(self, form: QuestionForm) -> HttpResponseBase:
        try:
            with transaction.atomic():
                return super().form_valid(form)  # type: ignore[misc]
        except DomainError as error:
            form.take(error)
            self.produced_error_message = self.get_error_message()  # type: ignore[attr-defined]
            self.produced_error_code = "validation_error"
            return self.form_invalid(form)  # type: ignore[attr-defined]

    def get_success_url(self) -> str:
        return reverse(f"{NAMESPACE}:edit", args=[self.object.pk])  # type: ignore[attr-defined]


class QuestionCreateView(_FormMixin, snippets.CreateView):
    template_name = "quizzes/admin/question_create.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.GET.get("type") in set(QuestionType):
            return super().get(request, *args, **kwargs)
        return render(request, "quizzes/admin/question_type.html", {"types": QUESTION_TYPES, **self._words()})

    def _words(self) -> dict[str, Any]:
        return {"page_title": _("New question"), "header_icon": "help", "list_url": reverse(f"{NAMESPACE}:list")}

    def save_instance(self) -> Question:
        question = self.form.save()
        log(instance=question, action="wagtail.create", user=self.request.user)
        return question


class QuestionEditView(_FormMixin, snippets.EditView):
    template_name = "quizzes/admin/question_edit.html"

    def save_instance(self) -> Question:
        before = self.object.current.number if self.object.current else 0
        question = self.form.save()
        self.made = question.current.number - before if question.current else 0
        if self.made:
            log(instance=question, action="wagtail.edit", user=self.request.user)
        return question

    def get_success_message(self) -> str:
        if not self.made:
            return _("Saved. The wording is as it was, so there is no new revision.")
        return _("Saved as revision %(number)s, a draft to be reviewed.") % {"number": self.object.current.number}

    def get_success_buttons(self) -> list[Any]:
        return []

    @property
    def header_more_buttons(self) -> list[Button]:
        record = Button(
            _("Review and history"),
            url=reverse(f"{NAMESPACE}:record", args=[self.object.pk]),
            icon_name="history",
            priority=5,
        )
        copy = Button(
            _("Copy"), url=reverse(f"{NAMESPACE}:duplicate", args=[self.object.pk]), icon_name="copy", priority=10
        )
        rest = [button for button in super().header_more_buttons if button.icon_name != "copy"]
        return [record, *([copy] if may(self.request, "add") else []), *rest]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "record_url": reverse(f"{NAMESPACE}:record", args=[self.object.pk])}


class _QuestionView(View):
    """A page about one question, for those who may write questions: it shows the key."""

    action = "change"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may(request, self.action):
            raise PermissionDenied
        self.question = get_object_or_404(
            Question.objects.select_related("bank", "current__created_by"), pk=kwargs["pk"]
        )
        return super().dispatch(request, *args, **kwargs)


class ReviewForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Needed to send the question back: what is to be changed."),
    )


class RecordView(_QuestionView):
    """Review, revisions with their differences, and where the question is used."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._page(request, ReviewForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = ReviewForm(request.POST)
        state, revision = request.POST.get("state", ""), self.question.current
        if not form.is_valid() or revision is None:
            return self._page(request, form)
        note = form.cleaned_data["note"]
        if state == ReviewState.DRAFT and not note.strip():
            form.add_error("note", _("Say what is to be changed, so that the author can do it."))
            return self._page(request, form)
        if request.POST.get("revision") != str(revision.number):
            form.add_error(None, _("There is a new revision meanwhile. Look at it before you review it."))
            return self._page(request, form)
        try:
            reviews.review(revision=revision, state=state, by=person_of(request), note=note)
        except DomainError as error:
            form.add_error(None, str(error))
            return self._page(request, form)
        messages.success(request, _("The review is written down."))
        return redirect(f"{NAMESPACE}:record", pk)

    def _page(self, request: HttpRequest, form: ReviewForm) -> HttpResponse:
        record: Record = record_of(self.question, page=request.GET.get("p", "1"))
        return render(
            request,
            "quizzes/admin/question_record.html",
            {
                "page_title": _("Review and history"),
                "page_subtitle": str(self.question),
                "header_icon": "help",
                "question": self.question,
                "record": record,
                "form": form,
                "edit_url": reverse(f"{NAMESPACE}:edit", args=[self.question.pk]),
                "list_url": reverse(f"{NAMESPACE}:list"),
            },
        )


class CopyForm(forms.Form):
    bank = forms.ModelChoiceField(label=gettext_lazy("Question bank"), queryset=Bank.objects.order_by("title", "pk"))
    code = forms.CharField(label=gettext_lazy("Code"), max_length=questions.MAX_CODE)


class DuplicateView(_QuestionView):
    action = "add"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        code = questions.free_code(self.question.bank, self.question.code)
        return self._page(request, CopyForm(initial={"bank": self.question.bank, "code": code}))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = CopyForm(request.POST)
        if not form.is_valid():
            return self._page(request, form)
        data = form.cleaned_data
        try:
            copied = questions.copy_question(
                by=person_of(request), question=self.question, bank=data["bank"], code=data["code"]
            )
        except DomainError as error:
            form.add_error("code", str(error))
            return self._page(request, form)
        messages.success(request, _("Copied. This is the copy, a draft of your own."))
        return redirect(f"{NAMESPACE}:edit", copied.pk)

    def _page(self, request: HttpRequest, form: CopyForm) -> HttpResponse:
        back = reverse(f"{NAMESPACE}:edit", args=[self.question.pk])
        context = {
            "page_title": _("Copy a question"),
            "page_subtitle": str(self.question),
            "header_icon": "help",
            "question": self.question,
            "form": form,
            "back_url": back,
        }
        return render(request, "quizzes/admin/question_copy.html", context)
