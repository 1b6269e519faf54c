"""Forms around the list of registrations."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organisations.enums import RequestState
from organisations.scopes import Scope
from organisations.selectors import directory
from organisations.selectors.registrations import RegistrationFilter
from organisations.views.manage.fields import PlaceField
from organisations.views.manage.lists import FilterForm, SearchField


class RegistrationFilterForm(FilterForm):
    q = SearchField(label=_("Name, user name, department or staff number"))
    state = forms.ChoiceField(label=_("State"), choices=[*RequestState.choices, ("all", _("All"))], required=False)

    def __init__(self, data: Any, *, scope: Scope) -> None:
        super().__init__(data)
        places = directory.workplaces_of(scope)
        self.fields["place"] = PlaceField(places, label=_("Place and below"), required=False, empty_label=_("any"))

    def wanted(self) -> RegistrationFilter:
        values = self.values()
        state = values.get("state", RequestState.WAITING)
        return RegistrationFilter(
            state="" if state == "all" else state, place=values.get("place"), search=values.get("q", "")
        )


class RefuseTogetherForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("Each of them reads it. The accounts stay; another unit can be named."),
    )
