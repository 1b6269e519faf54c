"""Forms around the list of people. They check what was typed; services write."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organisations.enums import EmploymentKind, PersonState, ProfessionalTitle, Role
from organisations.forms import PhoneField
from organisations.scopes import Scope
from organisations.selectors import directory
from organisations.views.manage.fields import NewDepartmentField, PlaceField, ReasonField, day_after, first_day
from organisations.views.manage.lists import SearchField

_ANY = [("", _("any"))]


class PeopleFilterForm(forms.Form):
    """The filters of the list; every one may stay empty."""

    q = SearchField(label=_("Name, user name, staff number, or a whole phone number"))
    department = forms.CharField(label=_("Department"), max_length=60, required=False)
    kind = forms.ChoiceField(label=_("Kind of employment"), choices=_ANY + EmploymentKind.choices, required=False)
    state = forms.ChoiceField(label=_("State"), choices=_ANY + PersonState.choices, required=False)
    title = forms.ChoiceField(label=_("Professional title"), choices=_ANY + ProfessionalTitle.choices, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=_ANY + Role.choices, required=False)
    account = forms.ChoiceField(
        label=_("Account"),
        choices=[*_ANY, ("never", _("never signed in")), ("blocked", _("blocked"))],
        required=False,
    )
    field_order = ["q", "place", "department", "kind", "state", "title", "role", "alliance", "account"]

    def __init__(self, data: Any, *, scope: Scope) -> None:
        super().__init__(data)
        places = directory.places_of(scope)
        self.fields["place"] = PlaceField(places, label=_("Place and below"), required=False, empty_label=_("any"))
        self.fields["alliance"] = forms.ModelChoiceField(
            queryset=directory.alliances_of(scope),
            to_field_name="public_id",
            label=_("Alliance"),
            required=False,
            empty_label=_("any"),
        )
        self.order_fields(self.field_order)

    def wanted(self) -> directory.PeopleFilter:
        """What is asked for; a filter that cannot be read narrows nothing."""
        self.full_clean()
        data = self.cleaned_data
        names = ("place", "department", "kind", "state", "title", "role", "alliance", "account")
        return directory.PeopleFilter(
            search=data.get("q", "").strip(), **{name: data[name] for name in names if data.get(name)}
        )


class NewPersonForm(forms.Form):
    username = forms.CharField(label=_("User name"), max_length=60)
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=60)
    phone = PhoneField(required=False, help_text=_("Stored encrypted. The person can sign in with it."))
    email = forms.EmailField(label=_("E-mail"), required=False)
    title = forms.ChoiceField(label=_("Professional title"), choices=ProfessionalTitle.choices)
    new_department = NewDepartmentField()
    kind = forms.ChoiceField(label=_("Kind of employment"), choices=EmploymentKind.choices)
    staff_number = forms.CharField(label=_("Staff number"), max_length=30, required=False)
    begins = first_day(label=_("Works there since"))

    def __init__(self, data: Any = None, *, scope: Scope) -> None:
        super().__init__(data)
        self.fields["unit"] = PlaceField(
            directory.workplaces_of(scope), label=_("Works at"), help_text=_("The department, where the unit has some.")
        )
        self.order_fields(
            ["username", "name", "phone", "email", "title", "unit", "new_department", "kind", "staff_number", "begins"]
        )


class BulkDepartmentForm(forms.Form):
    new_department = NewDepartmentField()

    def __init__(self, data: Any = None, *, scope: Scope) -> None:
        super().__init__(data)
        self.fields["unit"] = PlaceField(
            directory.units_and_departments_of(scope),
            label=_("Department"),
            help_text=_("The unit itself: no department. People of other units are left out."),
        )
        self.order_fields(["unit", "new_department"])


class BulkLeaveForm(forms.Form):
    on = day_after(help_text=_("Roles at the unit end with the employment; credits and records stay."))
    reason = ReasonField(required=False)

    def __init__(self, data: Any = None, *, scope: Scope) -> None:
        super().__init__(data)
