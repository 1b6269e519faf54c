"""What allauth asks us: who has this phone number, may one sign up, which steps belong to a sign-in."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from cms.shared import crypto
from cms.shared.http import client_address
from organisations import audit, rules, selectors
from organisations.forms import PhoneField
from organisations.models import Person
from organisations.services import passwords, people

# One sentence for every way in, whether the account exists or not.
_MISMATCH = _("The name or the password is not right. After five wrong tries this device must wait 15 minutes.")


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _MISMATCH,
        "phone_password_mismatch": _MISMATCH,
        "username_password_mismatch": _MISMATCH,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: `organisations.views.register` is the way in without a code."""
        return False

    def get_login_stages(self) -> list[str]:
        return [*super().get_login_stages(), "organisations.views.consent.ConsentStage"]

    def post_login(self, request: HttpRequest, user: Person, **kwargs: Any) -> HttpResponseBase:
        audit.record(by=user, verb="account.sign_in", target=user)
        return super().post_login(request, user, **kwargs)

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, Person):
            audit.record(by=request.user, verb="account.sign_out", target=request.user)
        super().logout(request)

    def reauthenticate(self, user: Person, password: str) -> bool:
        try:
            passwords.prove(person=user, password=password)
        except passwords.WrongPassword:
            return False
        except passwords.PasswordPaused as error:
            raise ValidationError(str(error), code=error.code) from error
        return True

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def clean_username(self, username: str, shallow: bool = False) -> str:
        try:
            return super().clean_username(rules.username(username), shallow)
        except ValueError as error:
            raise ValidationError(people.BadUsername.message, code=people.BadUsername.code) from error

    def phone_form_field(self, **kwargs: Any) -> PhoneField:
        return PhoneField(**kwargs)

    def get_user_by_phone(self, phone: str) -> Person | None:
        return selectors.person_by_phone(phone)

    def get_phone(self, user: Person) -> tuple[str, bool] | None:
        return (user.phone, True) if user.phone else None

    def set_phone(self, user: Person, phone: str, verified: bool) -> None:
        people.change_contact(by=user, person=user, phone=phone, email=user.email or "")

    def set_phone_verified(self, user: Person, phone: str) -> None:
        """Numbers come from the person's unit or behind the password: there is no unverified state."""

    def send_verification_code_sms(self, user: Person, phone: str, code: str, **kwargs: Any) -> None:
        raise NotImplementedError("Sign-up by phone is not offered: ACCOUNT_SIGNUP_FIELDS has no phone.")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails speak the language of the page on which they were asked for."""
        request = allauth_context.request
        language = translation.get_language_from_request(request, check_path=True) if request else None
        with translation.override(language or settings.LANGUAGE_CODE):
            super().send_mail(template_prefix, email, {**context, "site_title": settings.WAGTAIL_SITE_NAME})


class MfaAdapter(DefaultMFAAdapter):
    """Second factors are sealed in the database like other secrets."""

    _ROW = "mfa.authenticator"

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text, row=self._ROW)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text, row=self._ROW)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Where staff must have a second factor, nobody of them can take it off again."""
        person = authenticator.user
        return not (settings.REQUIRE_STAFF_MFA and (person.is_staff or person.is_superuser))

    def get_totp_label(self, user: Person) -> str:
        return user.username
