"""Forms around one person. They check what was typed; services write."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organisations.enums import Degree, EmploymentKind, PersonState, ProfessionalTitle, QualificationKind
from organisations.models import Node
from organisations.views.manage.fields import (
    DayField,
    NewDepartmentField,
    PlaceField,
    ProofField,
    ReasonField,
    day_after,
    first_day,
)


class DetailsForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=60)
    title = forms.ChoiceField(
        label=_("Professional title"),
        choices=ProfessionalTitle.choices,
        help_text=_("What the unit vouches for. It counts for rules and plans."),
    )
    is_active = forms.BooleanField(label=_("May sign in"), required=False)


class WorkForm(forms.Form):
    """What an employment is, without its dates."""

    new_department = NewDepartmentField()
    kind = forms.ChoiceField(label=_("Kind of employment"), choices=EmploymentKind.choices)
    staff_number = forms.CharField(label=_("Staff number"), max_length=30, required=False)

    def __init__(self, data: Any = None, *, places: "QuerySet[Node]", **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["unit"] = PlaceField(
            places, label=_("Works at"), help_text=_("The department, where the unit has some.")
        )
        self.order_fields(["unit", "new_department", "kind", "staff_number", "begins"])


class TransferForm(WorkForm):
    begins = first_day(help_text=_("The present employment ends on this day."))


class LeaveForm(forms.Form):
    on = day_after(help_text=_("Roles at the unit end with the employment; credits and records stay."))
    reason = ReasonField(required=False)


class StateForm(forms.Form):
    state = forms.ChoiceField(
        label=_("State"), choices=[choice for choice in PersonState.choices if choice[0] != PersonState.ACTIVE]
    )
    begins = first_day()
    ends = day_after(required=False, initial=None, help_text=_("Leave empty while the end is not known."))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    proof = ProofField()


class EndForm(forms.Form):
    on = day_after()


class WithdrawStateForm(forms.Form):
    reason = ReasonField()


class QualificationForm(forms.Form):
    """A title, an appointment or a degree in one list: its kind follows from it."""

    value = forms.ChoiceField(
        label=_("Title or degree"),
        choices=[
            (
                QualificationKind.TITLE.label,
                [(f"title:{key}", name) for key, name in ProfessionalTitle.choices if key != ProfessionalTitle.NONE],
            ),
            (
                QualificationKind.APPOINTMENT.label,
                [
                    (f"appointed:{key}", name)
                    for key, name in ProfessionalTitle.choices
                    if key != ProfessionalTitle.NONE
                ],
            ),
            (QualificationKind.DEGREE.label, [(f"degree:{key}", name) for key, name in Degree.choices]),
        ],
    )
    obtained_on = DayField(label=_("Obtained or appointed on"), required=False, initial=None)
    subject = forms.CharField(label=_("Subject"), max_length=80, required=False)
    institution = forms.CharField(label=_("Awarded by"), max_length=120, required=False)
    proof = ProofField()

    def fields_of(self) -> dict[str, Any]:
        """The clean fields as `services.qualifications` takes them."""
        kind, _colon, value = self.cleaned_data["value"].partition(":")
        return self.cleaned_data | {"kind": kind, "value": value}


class RefusalForm(forms.Form):
    reason = ReasonField(help_text=_("The person reads it, and it is written to the log."))


class JoinForm(forms.Form):
    begins = first_day()

    def __init__(self, data: Any = None, *, branches: "QuerySet[Node]") -> None:
        super().__init__(data)
        self.fields["branch"] = PlaceField(branches, label=_("Branch"))
        if len(branches) == 1:
            self.fields["branch"].initial = branches[0].public_id
        self.order_fields(["branch", "begins"])
