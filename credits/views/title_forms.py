"""Forms of what a person reports on the way to a title."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from credits.models.titles import WORK_KINDS
from credits.selectors.pathways import today
from credits.selectors.titles import exam_choices
from organisations.views.manage.fields import DayField


class PaperForm(forms.Form):
    paper = forms.ChoiceField(label=_("Exam paper"))
    year = forms.IntegerField(label=_("Exam year"), min_value=1990, max_value=2100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["paper"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - for the type checker
        choice.choices = exam_choices()
        self.fields["year"].initial = today().year

    def fields_of(self) -> dict[str, Any]:
        """The clean fields as `services.titles` takes them."""
        exam, _colon, paper = self.cleaned_data["paper"].partition(":")
        return {"exam": exam, "paper": paper, "year": self.cleaned_data["year"]}


class WorkForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind of work"), choices=WORK_KINDS)
    title = forms.CharField(label=_("Title of the work"), max_length=200)
    on = DayField(label=_("Published, approved or held on"), initial=None)
    where = forms.CharField(label=_("Where it appeared or is in use"), max_length=200, required=False)
    part = forms.CharField(
        label=_("Your own part"), max_length=80, required=False, help_text=_("For example: first author, lecturer.")
    )
