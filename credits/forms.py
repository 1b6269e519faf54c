"""Forms of the administrator's pages; their choices are already limited to the administrator's scope."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from credits.enums import Encoding, Layout
from credits.models.exports import DEFAULT_SET, ENCODINGS, EXPORT_FORMATS, LAYOUTS


class ExportForm(forms.Form):
    place = forms.ChoiceField(label=_("Place"), help_text=_("The place and everything below it."))
    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    rule_set = forms.ChoiceField(label=_("Rules"))
    column_set = forms.ChoiceField(
        label=_("Column set"), initial=DEFAULT_SET, help_text=_("What a row is, and which columns it has.")
    )
    sought = forms.CharField(
        label=_("Activity, for a list of grantees"),
        required=False,
        max_length=300,
        help_text=_("Its project number, or its title exactly as it stands in the entries."),
    )
    file_format = forms.ChoiceField(
        label=_("Format"),
        choices=EXPORT_FORMATS,
        widget=forms.RadioSelect,
        initial=EXPORT_FORMATS[0][0],
        help_text=_("PDF is for personal statements; more than 50 people come as an archive of several files."),
    )
    layout = forms.ChoiceField(label=_("Sheets, for Excel"), choices=LAYOUTS, initial=Layout.ONE_SHEET.value)
    encoding = forms.ChoiceField(label=_("Encoding, for CSV"), choices=ENCODINGS, initial=Encoding.UTF_8.value)
    reason = forms.CharField(
        label=_("What the file is needed for"),
        max_length=200,
        help_text=_("It stands on the cover and in the audit log. For example: the yearly report to the city."),
    )
    full_numbers = forms.BooleanField(
        label=_("With full ID numbers"),
        required=False,
        help_text=_("A second person has to agree. The file bears your name and is erased after seven days."),
    )

    def __init__(
        self,
        *args: Any,
        places: list[tuple[str, str]],
        years: list[int],
        rule_sets: list[tuple[str, str]],
        column_sets: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("place", places),
            ("year", [(y, str(y)) for y in years]),
            ("rule_set", rule_sets),
            ("column_set", column_sets),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            field.choices = choices
