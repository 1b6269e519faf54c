from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class RuleSetFileForm(forms.Form):
    """A version of a rule set; what is wrong with its content the service says, field by field."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("JSON, at most 1 MB, in the form of the versions below."),
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
        error_messages={
            "required": _("Choose the file that holds the new version."),
            "empty": _("The file is empty. Save it again and send that file."),
        },
    )
    reason = forms.CharField(
        label=_("Why there is a new version"),
        max_length=200,
        help_text=_("Name the official text. Whoever publishes decides by it."),
        error_messages={"required": _("Say why; others decide by it and read it later.")},
    )


def content_of(form: forms.Form, *, at_most: int) -> bytes:
    """The uploaded bytes, one more than `at_most` where there are more."""
    file: Any = form.cleaned_data["file"]
    found: bytes = file.read(at_most + 1)
    return found
