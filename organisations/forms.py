"""Forms of the account pages. Fields say how to fill them; services decide."""

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ResetPasswordForm, ResetPasswordKeyForm
from allauth.account.internal.flows.login import derive_login_method
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import MinimumLengthValidator, validate_password
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import DomainError
from organisations import rules
from organisations.models import Person
from organisations.services import passwords

PASSWORD_HELP = _("At least 8 characters; no common password, and not like your name or other data of yours.")


class MinimumLength(MinimumLengthValidator):
    """Django's own text of the length has no Chinese."""

    def get_error_message(self) -> str:
        return str(_("This password is too short: it needs at least %(length)s characters.")) % {
            "length": self.min_length
        }


class PhoneField(forms.CharField):
    """A phone number as people write it; its clean value is E.164 ("" if left empty)."""

    default_error_messages = {
        "invalid_phone": _(
            "This is not a mobile number. Write 11 digits, or + and the country code for a foreign number."
        )
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Mobile number"))
        kwargs.setdefault("widget", forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}))
        super().__init__(max_length=30, **kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return rules.phone(text)
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["invalid_phone"], code="invalid_phone") from error


class SignInForm(LoginForm):
    """One field for phone number, e-mail address and user name. It never hands a number on as a user name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=_("Mobile number, e-mail or user name"),
            max_length=254,
            widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
        )
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.order_fields(["login", "password"])

    def user_credentials(self) -> dict[str, str]:
        name = self.cleaned_data["login"]
        method = derive_login_method(name).value
        return {
            method: rules.phone(name) if method == "phone" else name.lower(),
            "password": self.cleaned_data["password"],
        }


class NewPasswordForm(ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = PASSWORD_HELP

    def clean_oldpassword(self) -> str:
        present: str = self.cleaned_data["oldpassword"]
        try:
            passwords.prove(person=self.user, password=present)
        except DomainError as error:
            raise forms.ValidationError(str(error), code=error.code) from error
        return present


class ForgottenPasswordForm(ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")


class ResetPasswordByKeyForm(ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = PASSWORD_HELP


class AgreeMixin(forms.Form):
    agree = forms.BooleanField(
        label=_("I have read the privacy notice and the user agreement and agree to both."),
        error_messages={
            "required": _("Without your agreement the account cannot be used. Read both and tick the box.")
        },
    )


class ConsentForm(AgreeMixin):
    pass


class ActivationForm(AgreeMixin):
    """The code from the unit, a first password, and how to be reached."""

    code = forms.CharField(
        label=_("Activation code"),
        max_length=30,
        help_text=_("12 characters from your unit's administrator, like 7K2M-9QXF-4TBD."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "data-activation-code-target": "field",
            }
        ),
    )
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        max_length=200,
        help_text=PASSWORD_HELP,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "data-activation-code-target": "next"}),
    )
    phone = PhoneField(required=False, help_text=_("You can sign in with it. It is stored encrypted."))
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("For messages, and for a new password if you forget this one."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    field_order = ["code", "password", "phone", "email", "agree"]

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


class ProfileForm(forms.Form):
    """What a person may change alone. A changed phone number or address needs the password."""

    language = forms.ChoiceField(label=_("Language of mails"), choices=settings.LANGUAGES)
    phone = PhoneField(
        required=False, label=_("New mobile number"), help_text=_("Leave empty to keep the present one.")
    )
    email = forms.EmailField(
        label=_("E-mail"), required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label=_("Present password"),
        required=False,
        strip=False,
        help_text=_("Needed only to change the mobile number or the e-mail address."),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        self.person = person
        kwargs["initial"] = {"language": person.language, "email": person.email or ""}
        super().__init__(*args, **kwargs)

    @property
    def changes_contact(self) -> bool:
        data = self.cleaned_data
        return bool(data.get("phone")) or data.get("email", "").lower() != (self.person.email or "")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors or not self.changes_contact:
            return data
        try:
            passwords.prove(person=self.person, password=data.get("password", ""))
        except passwords.WrongPassword:
            self.add_error("password", _("To change how you are reached, enter your present password."))
        except passwords.PasswordPaused as error:
            self.add_error("password", forms.ValidationError(str(error), code=error.code))
        return data


class PresentPasswordForm(forms.Form):
    """Whoever does something that cannot be undone shows once more who they are."""

    password = forms.CharField(
        label=_("Present password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
