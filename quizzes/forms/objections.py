"""Forms of objections to questions."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organisations.views.manage import lists
from quizzes.enums import ObjectionState
from quizzes.models import Bank
from quizzes.models.objections import OBJECTION_STATES
from quizzes.services import objections as services


class ObjectionForm(forms.Form):
    text = forms.CharField(
        label=_("What is not right, and how it should be"),
        max_length=services.LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Name a source if you have one. Those who answer see the question, your answer and its points."),
        error_messages={"required": services.NothingSaid.message},
    )


class ObjectionFilterForm(lists.FilterForm):
    q = lists.SearchField(label=_("Code, subject or words"))
    state = forms.ChoiceField(label=_("State"), required=False, choices=[*lists.ANY, *OBJECTION_STATES])
    bank = forms.ModelChoiceField(
        label=_("Question bank"), required=False, queryset=Bank.objects.order_by("title", "pk"), empty_label=_("any")
    )


class AnswerForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"),
        widget=forms.RadioSelect,
        choices=[
            (ObjectionState.ACCEPTED.value, _("Accepted: the learner is right")),
            (ObjectionState.DECLINED.value, _("Declined: the question is right as it is")),
        ],
        error_messages={"required": _("Choose what happens with the objection.")},
    )
    text = forms.CharField(
        label=pgettext_lazy("to a person", "Answer"),
        max_length=services.LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The learner reads it, as soon as the quiz shows what was right."),
        error_messages={"required": services.AnswerMissing.message},
    )

    def written(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"is_accepted": data["decision"] == ObjectionState.ACCEPTED, "text": data["text"]}
