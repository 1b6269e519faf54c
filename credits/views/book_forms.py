"""Forms with which administrators write in somebody's book."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from credits.enums import CreditRole
from credits.selectors.book import UNITS, HandChoices
from credits.services.by_hand import Stated
from organisations.views.manage.fields import DayField, ProofField, ReasonField

ROLES = [(CreditRole.LEARNER.value, _("Took part")), (CreditRole.TEACHER.value, _("Taught"))]


class TimeOfDay(forms.TimeField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        super().__init__(required=False, widget=widget, input_formats=["%H:%M", "%H:%M:%S"], **kwargs)


class EntryForm(forms.Form):
    """The last day and the rules are those that the page was opened with: they decide what may be chosen."""

    activity_type = forms.ChoiceField(label=_("Kind of activity"))
    title = forms.CharField(label=_("Title of the activity"), max_length=200)
    organiser = forms.CharField(label=_("Organiser"), max_length=200)
    role = forms.ChoiceField(label=_("Part taken"), choices=ROLES)
    quantity = forms.DecimalField(
        label=_("How much"), max_digits=8, decimal_places=2, min_value=Decimal("0.01"), localize=False
    )
    unit = forms.ChoiceField(label=_("Counted in"), choices=list(UNITS.items()))
    level = forms.ChoiceField(
        label=_("Level or rank"), required=False, help_text=_("Only where the rules' table asks for it.")
    )
    project_number = forms.CharField(
        label=_("Project number"), max_length=60, required=False,
        help_text=_("Only for an accredited project of the register; its days and places are then checked."),
    )  # fmt: skip
    begins_on = DayField(label=_("First day"))
    begins_time = TimeOfDay(
        label=_("Began at"), help_text=_("With both times, what was attended in the same hours is found.")
    )
    ends_time = TimeOfDay(label=_("Ended at"))
    proof = ProofField(label=_("Proof"))
    reason = ReasonField(help_text=_("Why it is recorded by hand. It stays in the book."))

    def __init__(self, *args: Any, choices: HandChoices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices = choices
        self.fields["begins_on"].initial = choices.day
        self.fields["proof"].required = True
        for name, offered in (("activity_type", choices.types), ("level", [("", "—"), *choices.levels])):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            field.choices = offered
        if not choices.levels:
            del self.fields["level"]

    def stated(self) -> Stated:
        data = dict(self.cleaned_data)
        del data["proof"], data["reason"]
        return Stated(rule_set_id=self._choices.rule_set_id, ends_on=self._choices.day, **data)


class GroupForm(EntryForm):
    """One activity of several people. The paper is asked for when it is recorded, not when it is only tried."""

    def __init__(self, *args: Any, asks_proof: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["proof"].required = asks_proof
        self.fields["proof"].help_text = _(
            "One paper for all, as the sign-in sheet: PDF, JPEG or PNG, at most 10 MB. Those on it do not see it."
        )


class ReverseForm(forms.Form):
    reason = ReasonField(help_text=_("The person reads it. It stays in the book."))
