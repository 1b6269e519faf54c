"""Forms of those who come in without a code."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organisations.forms import PASSWORD_HELP, AgreeMixin, PhoneField


class JoinForm(forms.Form):
    """For somebody who has an account already. `departments`: what the unit has; another one can be written."""

    department = forms.CharField(
        label=_("Department"), max_length=60, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    staff_number = forms.CharField(
        label=_("Staff number"),
        max_length=30,
        required=False,
        help_text=_("If you know it: with it your unit finds you at once."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["listed_department", "department", "staff_number"]

    def __init__(self, *args: Any, departments: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if departments:
            self.fields["listed_department"] = forms.ChoiceField(
                label=_("Department"),
                choices=[("", _("not in the list")), *((name, name) for name in departments)],
                required=False,
            )
            self.fields["department"].label = _("Other department")
            self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        listed = data.pop("listed_department", "")
        data["department"] = listed or data.get("department", "")
        return data


class _NewAccount(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("person", "Name"),
        max_length=60,
        help_text=_("As in your unit's papers; it stands on your certificates."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=200,
        help_text=PASSWORD_HELP,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class RegisterForm(AgreeMixin, _NewAccount, JoinForm):
    phone = PhoneField(required=False, help_text=_("Your unit reaches you here. It is stored encrypted."))
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("One of the two is enough."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    field_order = [
        "name", "listed_department", "department", "staff_number", "phone", "email", "password", "agree",
    ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("phone") and not data.get("email"):
            self.add_error(
                "phone", _("Give a mobile number or an e-mail address: your unit must be able to reach you.")
            )
        return data


class EmailForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class LinkForm(AgreeMixin, _NewAccount):
    field_order = ["name", "password", "agree"]
