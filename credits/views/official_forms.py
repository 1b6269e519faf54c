"""Forms about the authority's book."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from credits.enums import OfficialState
from credits.models.ledger import OFFICIAL_STATES
from credits.selectors.official import Choices
from organisations.models import Node
from organisations.views.manage.fields import DayField, PlaceField

STATES = [(state.value, label) for state, label in OFFICIAL_STATES]


def reference_field() -> forms.CharField:
    return forms.CharField(
        label=_("Reference"), max_length=80, required=False, help_text=_("Batch or document number of the authority.")
    )


class PlaceForm(forms.Form):
    """A place with all below it, and a year under one rule set."""

    place = PlaceField(Node.objects.none(), label=_("Place"), empty_label=None)
    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    rule_set = forms.ChoiceField(label=_("Rules"))

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place: Any = self.fields["place"]
        place.queryset = choices.places
        for name, offered in (("year", [(year, str(year)) for year in choices.years]), ("rule_set", choices.rule_sets)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            field.choices = offered


class MarkForm(PlaceForm):
    on = DayField(label=_("Reported on"))
    reference = reference_field()


class ListForm(PlaceForm):
    file = forms.FileField(
        label=_("File"),
        help_text=_("Excel (.xlsx, .xls) or .csv with the authority's headings, at most 20 MB."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )
    default_state = forms.ChoiceField(
        label=_("Rows that do not say it are"), choices=STATES[1:], initial=OfficialState.REGISTERED.value
    )
    on = DayField(label=_("As of"))


class StateForm(forms.Form):
    state = forms.ChoiceField(label=_("State in the authority's book"), choices=STATES)
    on = DayField(label=_("On"))
    reference = reference_field()
