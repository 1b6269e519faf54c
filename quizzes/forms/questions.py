"""The question form of the Wagtail admin: it writes through services.bank and never changes a revision."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.widgets import AdminAutoHeightTextInput

from quizzes import grading
from quizzes.enums import QuestionType
from quizzes.models import Question
from quizzes.models.bank import QUESTION_TYPES
from quizzes.services import bank

# What one stem, its options and their letters can say; the others come by import.
FORM_TYPES = (QuestionType.A1, QuestionType.A2, QuestionType.X, QuestionType.TRUE_FALSE)
OPTION_FIELDS = [f"option_{letter.lower()}" for letter in grading.LETTERS]


class QuestionForm(WagtailAdminModelForm):
    """Fields of the question and of its next revision. `seen` is the revision that the author started from."""

    seen = forms.IntegerField(label="", widget=forms.HiddenInput, required=False)
    type = forms.ChoiceField(
        label=_("Question type"), choices=[(type, label) for type, label in QUESTION_TYPES if type in FORM_TYPES]
    )
    stem = forms.CharField(label=_("Stem"), widget=AdminAutoHeightTextInput(attrs={"rows": 2}))
    answer = forms.CharField(
        label=_("Right answer"),
        max_length=len(grading.LETTERS),
        help_text=_("The letter of the right option; for an X question all of them, like ABD."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "data-answer-none": _("Name the letter of the right option."),
                "data-answer-one": _("This type has exactly one right option."),
                "data-answer-several": _("An X question has at least two right options."),
                "data-answer-unknown": _("There is no option {letters}."),
                "data-answer-fits": _("Right: {texts}"),
            }
        ),
    )
    explanation = forms.CharField(
        label=_("Explanation"),
        required=False,
        widget=AdminAutoHeightTextInput(attrs={"rows": 2}),
        help_text=_("Shown with the right answer once the review is allowed."),
    )
    points = forms.DecimalField(label=_("Points"), max_digits=5, decimal_places=2, initial=Decimal(1))
    difficulty = forms.IntegerField(
        label=_("Difficulty"), initial=2, min_value=1, max_value=5, help_text=_("1 is easy, 5 is hard.")
    )
    source = forms.CharField(label=_("Source"), required=False, max_length=200)
    licence = forms.CharField(label=_("Licence"), required=False, max_length=60)
    locals().update(
        {name: forms.CharField(label=name[-1].upper(), required=False, max_length=1000) for name in OPTION_FIELDS}
    )

    class Media:
        js = ["quizzes/question_form.js"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            return
        for name in ("bank", "code"):
            self.fields[name].disabled = True
        revision = self.instance.current
        self.initial["seen"] = revision.number
        if revision.type not in FORM_TYPES:
            self.fields["type"].choices = [(revision.type, revision.get_type_display())]
        for name in ("type", "stem", "difficulty", "source", "licence"):
            self.initial[name] = getattr(revision, name)
        item = revision.items[0]
        answer = item["key"] if isinstance(item["key"], str) else item["key"].get("right", "")
        self.initial |= {"answer": answer, "explanation": item["explanation"], "points": item["points"]}
        self.initial.update(zip(OPTION_FIELDS, item["options"], strict=False))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk and data.get("seen") != self.instance.current.number:
            self.add_error(
                None, _("Somebody else has changed this question meanwhile. Load it again and repeat your change.")
            )
        if self.instance.pk and self.instance.current.type not in FORM_TYPES:
            self.add_error(None, _("Questions of this type are changed by importing them again."))
        if not self.errors:
            try:
                self.draft = bank.checked(self._draft(data))
            except bank.InvalidQuestion as error:
                field = "option_a" if error.params["field"] == "options" else error.params["field"]
                self.add_error(field, str(error))
        return data

    def _draft(self, data: dict[str, Any]) -> bank.Draft:
        options = [data[name] for name in OPTION_FIELDS]
        while options and not options[-1]:
            options.pop()
        return bank.single(
            type=data["type"],
            stem=data["stem"],
            options=tuple(options),
            answer=data["answer"],
            explanation=data["explanation"],
            points=data["points"],
            difficulty=data["difficulty"],
            source=data["source"],
            licence=data["licence"],
        )

    def save(self, commit: bool = True) -> Question:
        if not commit:  # the preview: what a learner would see, nothing is written
            question: Question = super().save(commit=False)
            question.preview = bank.preview(self.draft)
            question.preview_reviewed = bank.preview(self.draft, with_key=True)
            question.preview_sheet = {"is_review_allowed": True}
            return question
        subject = self.cleaned_data["subject"]
        if self.instance.pk:
            fresh = Question.objects.select_related("current").get(pk=self.instance.pk)
            return bank.revise_question(by=self.for_user, question=fresh, draft=self.draft, subject=subject)
        return bank.create_question(
            by=self.for_user,
            bank=self.cleaned_data["bank"],
            code=self.cleaned_data["code"],
            subject=subject,
            draft=self.draft,
        )
