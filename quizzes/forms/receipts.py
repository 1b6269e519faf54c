from django import forms
from django.utils.translation import gettext_lazy as _


class ReceiptForm(forms.Form):
    """A receipt as people type it: spaces, dashes and small letters do no harm."""

    receipt = forms.CharField(
        label=_("Receipt"),
        max_length=40,
        help_text=_("12 characters; it stands on the page of the result."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": _("Type the receipt.")},
    )
