"""Activation codes: a unit hands one to each person, who sets the first password with it."""

import secrets
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import crypto, errors
from organisations import audit, notifications, rules
from organisations.models import Activation, Person
from organisations.services import consents, people

VALID_FOR = timedelta(days=30)


class MistypedCode(errors.InvalidInput):
    code = "activation_code_mistyped"
    message = _("There is a typing error in this code. Compare all 12 characters with those you were given.")


class UnusableCode(errors.InvalidInput):
    code = "activation_code_unusable"
    message = _("This code is not valid: unknown, already used, or over 30 days old. Ask your unit for a new one.")


class WeakPassword(errors.InvalidInput):
    code = "weak_password"
    message = _("This password is too easy to guess. Choose a longer one that is not a common word.")


@transaction.atomic
def issue(*, by: Person | None, person: Person) -> str:
    """A new code for `person`, valid for 30 days; codes issued before and not used stop working."""
    now = timezone.now()
    Activation.objects.filter(person=person, used_at__isnull=True, expires_at__gt=now).update(expires_at=now)
    body = "".join(secrets.choice(rules.ALPHABET) for _position in range(rules.CODE_LENGTH - 1))
    code = rules.code_with_check(body)
    Activation.objects.create(person=person, code_index=_index(code), created_at=now, expires_at=now + VALID_FOR)
    audit.record(by=by, verb="activation.issue", target=person)
    return code


def spaced(code: str) -> str:
    """The code as it is printed: groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


@transaction.atomic
def activate(*, code: str, password: str, phone: str = "", email: str = "", language: str = "zh-hans") -> Person:
    """Use a code: sets password, contact (empty ones keep what is there) and records consent.

    Raises MistypedCode, UnusableCode, WeakPassword, and what `people.change_contact` raises; then the code stays good.
    """
    try:
        typed = rules.code(code)
    except ValueError as error:
        raise MistypedCode from error
    now = timezone.now()
    activation = Activation.objects.filter(code_index=_index(typed)).select_related("person").first()
    if activation is None or not activation.person.is_active:
        raise UnusableCode
    used = Activation.objects.filter(pk=activation.pk, used_at__isnull=True, expires_at__gt=now).update(used_at=now)
    if used != 1:
        raise UnusableCode
    person = activation.person
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages)) from error
    person.set_password(password)
    person.language = language
    person.save(update_fields=["password", "language"])
    if phone or email:
        people.change_contact(by=person, person=person, phone=phone or person.phone, email=email or person.email or "")
    consents.accept(person=person, language=language)
    audit.record(by=person, verb="activation.use", target=person)
    notifications.notify(person=person, kind="welcome", params={}, key="welcome", link=f"/{language}/")
    return person


def _index(code: str) -> str:
    return crypto.index(code, field="activation.code")
