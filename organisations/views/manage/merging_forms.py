"""The form that merges two accounts."""

from django import forms
from django.utils.translation import gettext_lazy as _


class MergeForm(forms.Form):
    other = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("How you know that both are one person. It stays in the log.")
    )
    sure = forms.BooleanField(
        label=_("I have compared both accounts. The second one will be closed; this cannot be undone."),
        error_messages={"required": _("Tick this when you have compared both accounts.")},
    )
