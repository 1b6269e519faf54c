"""What is done to several questions of the list at once. What cannot be done to one is told; the others are done."""

from typing import Any, cast
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.functional import classproperty
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction

from cms.shared.errors import DomainError
from quizzes.admin.listing import QuestionFilterSet, found, listed
from quizzes.admin.questions import NAMESPACE
from quizzes.enums import ReviewState
from quizzes.models import Bank, Question, QuestionRevision
from quizzes.models.bank import BLOOM_LEVELS, REVIEW_STATES
from quizzes.models.classification import body_part_choices, modality_choices, syllabus_choices
from quizzes.services import questions, reviews

# More at once would keep the others waiting.
MOST = 200


class _QuestionAction(SnippetBulkAction):
    template_name = "quizzes/admin/bulk.html"
    button = gettext_lazy("Do it")
    explanation: Any = ""
    permission = "change"

    @classproperty
    def models(cls) -> list[type[Question]]:
        return [Question]

    @classmethod
    def get_queryset(cls, model: type[Question], object_ids: Any) -> list[Question]:
        keys = [key for key in map(str, object_ids) if key.isdecimal()][:MOST]
        rows = list(listed().filter(pk__in=keys).order_by("code", "pk"))
        if not rows:
            raise Http404
        return rows

    def get_all_objects_in_listing_query(self, parent_id: Any) -> Any:
        """All that the list shows with the filters and the search that stand in its address."""
        said = QueryDict(urlsplit(self.next_url).query)
        shown = QuestionFilterSet(said, queryset=listed(), request=self.request).qs
        return found(shown, said.get("q", "").strip()).order_by("code", "pk").values_list("pk", flat=True)

    def check_perm(self, question: Question) -> bool:
        return bool(self.permission_policy.user_has_permission(self.request.user, self.permission))

    def object_context(self, question: Question) -> dict[str, Any]:
        return {"item": question, "edit_url": reverse(f"{NAMESPACE}:edit", args=[question.pk])}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "title": self.display_name, "button": self.button, "explanation": self.explanation}

    def get_execution_context(self) -> dict[str, Any]:
        return {**super().get_execution_context(), "action": self, "data": self.cleaned_form.cleaned_data}

    @classmethod
    def execute_action(cls, objects: list[Question], **kwargs: Any) -> tuple[int, int]:
        action, done = kwargs["action"], 0
        for question in objects:
            try:
                with transaction.atomic():
                    action.do(question, kwargs["data"])
            except DomainError as error:
                messages.warning(action.request, f"{question.code}: {error}")
            else:
                done += 1
        return done, 0

    def do(self, question: Question, data: dict[str, Any]) -> None:
        raise NotImplementedError

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str | None:
        if not num_parent_objects:
            return None
        said = ngettext("Done for %(count)s question.", "Done for %(count)s questions.", num_parent_objects)
        return said % {"count": num_parent_objects}


class ReviewManyForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("Next step"),
        choices=[
            (state, gettext_lazy("Send back to the author") if state == ReviewState.DRAFT else label)
            for state, label in [*REVIEW_STATES[1:], REVIEW_STATES[0]]
        ],
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("state") == ReviewState.DRAFT and not (data.get("note") or "").strip():
            self.add_error("note", _("Say what is to be changed, so that the author can do it."))
        return data


class ReviewMany(_QuestionAction):
    display_name = gettext_lazy("Review")
    aria_label = gettext_lazy("Review the selected questions")
    action_type = "review"
    action_priority = 10
    form_class = ReviewManyForm
    explanation = gettext_lazy("The step is taken for every question that is due for it; the others stay as they are.")

    def do(self, question: Question, data: dict[str, Any]) -> None:
        revision = cast(QuestionRevision, question.current)
        reviews.review(revision=revision, state=data["state"], by=self.request.user, note=data["note"])


class ClassifyManyForm(forms.Form):
    subject = forms.CharField(label=gettext_lazy("Subject"), required=False, max_length=questions.MAX_SUBJECT)
    syllabus_codes = forms.MultipleChoiceField(
        label=gettext_lazy("Syllabus"), required=False, choices=syllabus_choices, widget=forms.CheckboxSelectMultiple
    )
    modality = forms.ChoiceField(
        label=gettext_lazy("Modality"), required=False, choices=lambda: [("", "–"), *modality_choices()]
    )
    body_part = forms.ChoiceField(
        label=gettext_lazy("Body part"), required=False, choices=lambda: [("", "–"), *body_part_choices()]
    )
    bloom = forms.ChoiceField(
        label=gettext_lazy("Level of thinking"), required=False, choices=[("", "–"), *BLOOM_LEVELS]
    )
    difficulty = forms.IntegerField(
        label=gettext_lazy("Difficulty"),
        required=False,
        min_value=1,
        max_value=5,
        help_text=gettext_lazy("Another difficulty makes a new revision, which is reviewed anew."),
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not any(data.values()):
            raise forms.ValidationError(_("Fill at least one field."))
        return data


class ClassifyMany(_QuestionAction):
    display_name = gettext_lazy("Classify")
    aria_label = gettext_lazy("Classify the selected questions")
    action_type = "classify"
    action_priority = 12
    form_class = ClassifyManyForm
    explanation = gettext_lazy("What is left empty stays as it is.")

    def do(self, question: Question, data: dict[str, Any]) -> None:
        before = questions.about(question)
        said = questions.About(
            subject=data["subject"] or before.subject,
            syllabus_codes=tuple(data["syllabus_codes"]) or before.syllabus_codes,
            modality=data["modality"] or before.modality,
            body_part=data["body_part"] or before.body_part,
            bloom=data["bloom"] or before.bloom,
        )
        question = questions.classify(by=self.request.user, question=question, said=said)
        if data["difficulty"]:
            questions.set_difficulty(by=self.request.user, question=question, difficulty=data["difficulty"])


class CopyManyForm(forms.Form):
    bank = forms.ModelChoiceField(
        label=gettext_lazy("To the question bank"), queryset=Bank.objects.order_by("title", "pk")
    )


class CopyMany(_QuestionAction):
    display_name = gettext_lazy("Copy to a bank")
    aria_label = gettext_lazy("Copy the selected questions to a bank")
    action_type = "copy"
    action_priority = 14
    form_class = CopyManyForm
    permission = "add"
    explanation = gettext_lazy("Copies are drafts, reviewed by themselves. A code that is taken gets a number.")

    def do(self, question: Question, data: dict[str, Any]) -> None:
        code = questions.free_code(data["bank"], question.code)
        questions.copy_question(by=self.request.user, question=question, bank=data["bank"], code=code)


ACTIONS = (ReviewMany, ClassifyMany, CopyMany)
