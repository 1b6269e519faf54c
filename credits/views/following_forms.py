"""Forms of the rules that a person follows: what periods hang on, reflections, steps and figures."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from credits.models import Following
from credits.selectors.following import OTHER, Asked, FollowedRules, Writing
from organisations.views.manage.fields import DayField

# Column of a reflection by the name that rules give the field.
COLUMNS = {
    "reflection": "learned",
    "benefit_to_practice": "practice",
    "benefit_to_service_user": "service_user",
    "outcome_tag": "outcome",
}


class FollowForm(forms.Form):
    """Asks what the period type of the rules demands, and nothing else."""

    birth_month = forms.TypedChoiceField(
        label=_("Month of your birth"),
        choices=[("", "—"), *MONTHS.items()],
        coerce=int,
        empty_value=None,
        help_text=_("Your periods begin on the first day of this month. The day and the year are not asked for."),
    )
    biennium_start_year = forms.IntegerField(
        label=_("A year in which one of your periods began"),
        min_value=1950,
        max_value=2100,
        help_text=_("It stands on your credential or in your account with the authority."),
    )
    credential_earned_on = DayField(label=_("Credential earned on"), initial=None)
    credential = forms.ChoiceField(
        label=_("Credential that you hold"), required=False, help_text=_("Some requirements hang on it.")
    )

    def __init__(self, *args: Any, asked: Asked, following: Following | None = None, **kwargs: Any) -> None:
        if following is not None:
            kwargs["initial"] = {name: getattr(following, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        if asked.period_type != "anniversary":
            del self.fields["birth_month"], self.fields["biennium_start_year"]
        if asked.period_type != "per_credential":
            del self.fields["credential_earned_on"]
        if asked.credentials:
            choice = self.fields["credential"]
            assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - for the type checker
            named = [(name, name) for name in asked.credentials]
            choice.choices = [("", _("Not said")), *named, (OTHER, _("Another one"))]
        else:
            del self.fields["credential"]


class ReflectionForm(forms.Form):
    category = forms.ChoiceField(label=_("Kind of activity"), required=False)
    learned = forms.CharField(label=_("What you learned"), max_length=4000, required=False, widget=forms.Textarea)
    practice = forms.CharField(
        label=_("What it changed in your practice"), max_length=4000, required=False, widget=forms.Textarea
    )
    service_user = forms.CharField(
        label=_("What patients and other service users gain by it"),
        max_length=4000,
        required=False,
        widget=forms.Textarea,
        help_text=_("Write nothing by which a patient could be recognised."),
    )
    outcome = forms.CharField(label=_("Professional outcome that it serves"), max_length=200, required=False)

    def __init__(self, *args: Any, writing: Writing, **kwargs: Any) -> None:
        if writing.reflection is not None:
            kwargs["initial"] = {name: getattr(writing.reflection, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        choice = self.fields["category"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 - for the type checker
        choice.choices = [("", _("Not said")), *writing.categories]
        if not writing.categories:
            del self.fields["category"]
        if "outcome_tag" not in writing.fields:
            del self.fields["outcome"]


class StatementsForm(forms.Form):
    """A box per step and a number per figure; what was confirmed is left out."""

    def __init__(self, *args: Any, rules: FollowedRules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for line in rules.statements:
            if line.fact is not None and line.fact.state == "confirmed":
                continue
            value = line.fact.value if line.fact is not None else None
            if line.is_step:
                self.fields[line.name] = forms.BooleanField(label=line.title, required=False, initial=bool(value))
            else:
                self.fields[line.name] = forms.DecimalField(
                    label=line.title, required=False, min_value=0, max_digits=10, decimal_places=2, initial=value
                )

    def values(self) -> dict[str, Decimal | None]:
        """Every field as a figure: 1 for a step that was taken, None for what is not stated."""
        return {
            name: (Decimal(1) if value else None) if isinstance(value, bool) else value
            for name, value in self.cleaned_data.items()
        }
