"""Activation codes: a unit hands one to each person, who sets the first password with it."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import crypto, errors
from organisations import audit, notifications, rules
from organisations.models import Activation, ActivationSheet, Person
from organisations.services import consents, contacts, locks

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
    code = new_code()
    keep(by=by, codes={code: person}, expires_at=timezone.now() + VALID_FOR)
    return code


def new_code() -> str:
    """A code nobody has yet: it opens nothing before `keep` wrote it down."""
    while True:
        body = "".join(secrets.choice(rules.ALPHABET) for _position in range(rules.CODE_LENGTH - 1))
        code = rules.code_with_check(body)
        # A check symbol that is no letter or digit is hard to type from paper: about one code in seven is drawn again.
        if code[-1] in rules.ALPHABET:
            return code


@transaction.atomic
def keep(
    *, by: Person | None, codes: Mapping[str, Person], expires_at: datetime, sheet: ActivationSheet | None = None
) -> None:
    """Let `codes` open the accounts of their people until `expires_at`; their earlier codes stop working."""
    now = timezone.now()
    people_of = list(codes.values())
    open_codes = Activation.objects.filter(used_at__isnull=True, expires_at__gt=now)
    for start in range(0, len(people_of), 500):
        open_codes.filter(person__in=people_of[start : start + 500]).update(expires_at=now)
    Activation.objects.bulk_create(
        [
            Activation(
                person=person, code_index=_index(code), sheet=sheet, issued_by=by, created_at=now, expires_at=expires_at
            )
            for code, person in codes.items()
        ],
        batch_size=500,
    )
    for person in people_of:
        audit.record(by=by, verb="activation.issue", target=person)


def spaced(code: str) -> str:
    """The code as it is printed: groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


@transaction.atomic
def activate(*, code: str, password: str, phone: str = "", email: str = "", language: str = "zh-hans") -> Person:
    """Use a code: sets password, contact (empty ones keep what is there) and records consent.

    A number or address that another account has is asked for (`contacts.put`): it is on the account later, or never.
    Raises MistypedCode, UnusableCode, WeakPassword, BadPhone, BadEmail; then the code stays good.
    """
    try:
        typed = rules.code(code)
    except ValueError as error:
        raise MistypedCode from error
    now = timezone.now()
    activation = Activation.objects.filter(code_index__in=_indexes(typed)).select_related("person").first()
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
        contacts.put(by=person, person=person, phone=phone or person.phone, email=email or person.email or "")
    locks.lift(person)
    consents.accept(person=person, language=language)
    audit.record(by=person, verb="activation.use", target=person)
    notifications.notify(person=person, kind="welcome", params={}, key="welcome", link=f"/{language}/")
    return person


def trial(text: str) -> str:
    """The keyed hash under which tries of a typed code are counted: of what precedes its check character."""
    return _index(text.strip().upper().replace("-", "").replace(" ", "")[: rules.CODE_LENGTH - 1])


def _index(code: str) -> str:
    return crypto.index(code, field="activation.code")


def _indexes(code: str) -> list[str]:
    """Codes cannot be indexed anew when the key changes: those of before are found under the key of before."""
    return crypto.indexes(code, field="activation.code")
