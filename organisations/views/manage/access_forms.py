"""Forms with which an administrator helps somebody back in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from organisations.forms import PhoneField


class PhoneChangeForm(forms.Form):
    phone = PhoneField(
        required=False,
        label=_("New mobile number"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off", "inputmode": "tel"}),
        help_text=_("Leave it empty to take the present number off the account."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("It is written to the log; do not put a number into it."),
    )
