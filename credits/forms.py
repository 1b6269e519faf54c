"""Forms of the administrator's pages; their choices are already limited to the administrator's scope."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from credits.models.exports import EXPORT_FORMATS
from credits.services.disclosures import ReasonMissing


class ExportForm(forms.Form):
    place = forms.ChoiceField(label=_("Place"), help_text=_("The place and everything below it."))
    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    rule_set = forms.ChoiceField(label=_("Rules"))
    file_format = forms.ChoiceField(
        label=_("Format"),
        choices=EXPORT_FORMATS,
        widget=forms.RadioSelect,
        initial=EXPORT_FORMATS[0][0],
        help_text=_("Excel holds two sheets: people, and every entry with its explanation. CSV holds the people."),
    )

    full_numbers = forms.BooleanField(
        label=_("With full ID numbers"),
        required=False,
        help_text=_("A second person has to agree. The file bears your name and is erased after seven days."),
    )
    reason = forms.CharField(
        label=_("What the full numbers are needed for"),
        required=False,
        max_length=200,
        help_text=_("For example: the yearly report to the city's health commission."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("full_numbers") and not data.get("reason", "").strip():
            self.add_error("reason", str(ReasonMissing.message))
        return data

    def __init__(
        self,
        *args: Any,
        places: list[tuple[str, str]],
        years: list[int],
        rule_sets: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("place", places), ("year", [(y, str(y)) for y in years]), ("rule_set", rule_sets)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            field.choices = choices
