"""The bank form of the Wagtail admin: its title, and how it scores, which is a version of its own."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from quizzes.enums import QuestionType
from quizzes.models import Bank
from quizzes.models.bank import MULTIPLE_SCORINGS
from quizzes.services import scorings


class BankForm(WagtailAdminModelForm):
    multiple_scoring = forms.ChoiceField(
        label=_("Scoring of X questions"),
        choices=MULTIPLE_SCORINGS,
        help_text=_("A change counts for attempts opened from now on, not for open ones."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = scorings.rules_of([self.instance.pk])[self.instance.pk] if self.instance.pk else scorings.default()
        self.initial["multiple_scoring"] = rules.by_type[QuestionType.X]["mode"]

    def save(self, commit: bool = True) -> Bank:
        bank: Bank = super().save(commit=commit)
        if commit:
            mode = self.cleaned_data["multiple_scoring"]
            scorings.set_multiple_scoring(by=self.for_user, bank=bank, mode=mode)
        return bank
