"""An administrator helps somebody back in: a new code, a forgotten password, another phone, a paused sign-in."""

import uuid

import structlog
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cms.shared import errors, sms
from organisations import audit, notifications
from organisations.models import Objection, Person
from organisations.selectors.access import may_open
from organisations.services import activation, locks, objections, people

logger = structlog.get_logger(__name__)


class NotYours(errors.OutOfScope):
    code = "account_not_yours_to_open"
    message = gettext_lazy(
        "You cannot open this account: it is your own, no longer active, or holds roles beyond yours. "
        "Change your own on your account page; for the others ask the system administrator."
    )


class NoPhone(errors.Conflict):
    code = "no_phone_to_send_to"
    message = gettext_lazy("There is no number to send to. Show the code on the screen and hand it over.")


class NotSent(errors.DomainError):
    code, http_status = "message_not_sent", 502
    message = gettext_lazy("The message could not be sent. Make another code and hand it over yourself.")


class ReasonMissing(errors.InvalidInput):
    code = "reason_missing"
    message = gettext_lazy("Write down why: the person may ask later.")


class StillTaken(errors.Conflict):
    code = "still_taken"
    message = gettext_lazy("Another account still has it. Merge the two accounts, or change it there first.")


@transaction.atomic
def give_code(*, by: Person, person: Person) -> str:
    """A new activation code, valid for 30 days; earlier codes stop working. Raises NotYours.

    Somebody who had a password has forgotten it: it stops working at once, every session ends, a paused sign-in goes
    on. What the account holds stays.
    """
    _required(by, person)
    if person.has_usable_password():
        person.set_unusable_password()
        person.save(update_fields=["password"])  # the hash that every session carries a mark of
        locks.lift(person)
        audit.record(by=by, verb="account.reset", target=person)
        _tell(person, "password_reset")
    return activation.issue(by=by, person=person)


def text_code(*, by: Person, person: Person) -> None:
    """As `give_code`, sent to the person's phone instead of shown. Raises NotYours, NoPhone, NotSent."""
    gateway = sms.driver()
    if gateway is None or not person.phone_sealed:
        raise NoPhone
    code = activation.spaced(give_code(by=by, person=person))
    with translation.override(person.language):
        text = _("Your activation code for %(site)s: %(code)s (valid for 30 days; show it to nobody)")
        text %= {"site": "Isocenter", "code": code}
    try:
        gateway.send(phone=person.phone, text=text)
    except OSError as error:
        logger.warning("sms_failed", error=type(error).__name__)
        raise NotSent from error


@transaction.atomic
def change_phone(*, by: Person, person: Person, phone: str, reason: str) -> None:
    """Put another phone number on an account ("" removes it); the person and the old number are told.

    Raises NotYours, ReasonMissing, and what `people.change_contact` raises.
    """
    _required(by, person)
    if not reason.strip():
        raise ReasonMissing
    old = person.phone
    people.change_contact(by=by, person=person, phone=phone, email=person.email or "", reason=reason)
    if person.phone == old:
        return
    _tell(person, "phone_changed")
    if old:
        transaction.on_commit(lambda: _tell_old_number(old, person.language))


@transaction.atomic
def settle_contact(*, by: Person, objection: Objection) -> None:
    """Put on the account what was asked for, now that no other one has it; the person is told.

    Raises NotYours, StillTaken, AlreadyAnswered.
    """
    person = objection.person
    _required(by, person)
    if not objection.phone and not objection.email:  # answered, or about something else
        raise objections.AlreadyAnswered
    phone, email = objection.phone or person.phone, objection.email or person.email or ""
    with translation.override(person.language):
        text = str(gettext_lazy("It is on your account now."))
    objections.answer(by=by, objection=objection, text=text)
    try:
        people.change_contact(by=by, person=person, phone=phone, email=email)
    except people.AlreadyTaken as error:
        raise StillTaken from error


@transaction.atomic
def unlock(*, by: Person, person: Person) -> bool:
    """Let a person whose sign-in is paused try again at once; False if it was not paused. Raises NotYours."""
    _required(by, person)
    lifted = locks.lift(person) > 0
    if lifted:
        audit.record(by=by, verb="account.unlock", target=person)
    return lifted


def _required(by: Person, person: Person) -> None:
    if not may_open(by=by, person=person):
        raise NotYours


def _tell(person: Person, kind: str) -> None:
    link, key = f"/{person.language}/account/profile/", f"{kind}:{uuid.uuid4()}"
    notifications.notify(person=person, kind=kind, params={}, key=key, link=link)


def _tell_old_number(number: str, language: str) -> None:
    gateway = sms.driver()
    if gateway is None:
        return
    with translation.override(language):
        text = _("This number no longer belongs to your account at %(site)s. Was that not you? Ask your unit.")
        text %= {"site": "Isocenter"}
    try:
        gateway.send(phone=number, text=text)
    except OSError as error:
        logger.warning("sms_failed", error=type(error).__name__)
