"""People who come in without a code: they say where they work, learn at once, and the unit decides.

Nothing here tells a stranger whether a number or an address is known: an account is made in any case and is entered by
its own user name; what was said about contact becomes the account's only when the unit confirms it.
"""

import base64
import hashlib
import secrets
from uuid import uuid4

from allauth.account.models import EmailAddress
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit, notifications, rules
from organisations.enums import Power, RequestState
from organisations.models import Activation, Node, Person, Registration
from organisations.selectors import employment_on, registrations, scope_for
from organisations.selectors.details import administrators_of
from organisations.services import consents, merging, people
from organisations.services.activation import WeakPassword

LINK_VALID_S = 24 * 60 * 60


class NoContact(errors.InvalidInput):
    code = "no_contact"
    message = _("Give a mobile number or an e-mail address: your unit must be able to reach you.")


class AlreadyRegistered(errors.Conflict):
    code = "already_registered"
    message = _(
        "You work at a unit already, or one has your registration. Wait for its answer, or ask it to end yours."
    )


class AlreadyDecided(errors.Conflict):
    code = "already_decided"
    message = _("Somebody decided on this registration in the meantime. Load the page again.")


class ReasonMissing(errors.InvalidInput):
    code = "reason_missing"
    message = _("Say why; the person reads it.")


class WorksElsewhere(errors.Conflict):
    code = "works_elsewhere"
    message = _(
        "Another unit has entered this person since they registered. Ask the person where they work: confirming here "
        "ends the work there, and that unit is told. Otherwise refuse."
    )


class CannotTakeOver(errors.Conflict):
    code = "cannot_take_over"
    message = _(
        "This person has signed in before or is not yours to decide on. Give out a new code on the person's page and "
        "refuse the registration, or merge the two accounts after confirming it."
    )


class LinkIsOver(errors.InvalidInput):
    code = "registration_link_over"
    message = _("This link is older than a day, was used already, or is incomplete. Ask for a new one.")


@transaction.atomic
def register(
    *,
    name: str,
    password: str,
    unit: Node,
    phone: str = "",
    email: str = "",
    department: str = "",
    staff_number: str = "",
    language: str = "zh-hans",
) -> Person:
    """An account with a user name of its own, that waits for `unit`; consent is recorded.

    Raises NoContact, BadPhone, BadEmail, WeakPassword; never whether somebody has this number or address.
    """
    phone, email = _contact(phone, email)
    person = _new_person(name=name, password=password, language=language)
    _claim(person, unit, department=department, staff_number=staff_number, phone=phone, email=email)
    consents.accept(person=person, language=language)
    return person


@transaction.atomic
def join(*, person: Person, unit: Node, department: str = "", staff_number: str = "") -> Registration:
    """Somebody who has an account, but no unit, says where they work. Raises AlreadyRegistered."""
    Person.objects.select_for_update().get(pk=person.pk)
    if not registrations.standing_of(person).may_register:
        raise AlreadyRegistered
    return _claim(person, unit, department=department, staff_number=staff_number)


@transaction.atomic
def accept(*, by: Person, registration: Registration, ends_elsewhere: bool = False) -> Registration:
    """The unit confirms: the person works there from today, and can be reached as they said where that is free.

    Whoever was entered in this unit meanwhile keeps that employment; one elsewhere ends only with `ends_elsewhere`.
    Raises OutOfScope, AlreadyDecided, WorksElsewhere, OverlappingEmployment.
    """
    _decide(by, registration, RequestState.ACCEPTED)
    person = registration.person
    _employ(
        by, person, registration.unit, department=registration.department, staff_number=registration.staff_number,
        ends_elsewhere=ends_elsewhere,
    )  # fmt: skip
    _take_contact(by, person, registration)
    audit.record(by=by, verb="registration.accept", target=person, after={"unit": registration.unit.code})
    _tell(person, "registration_accepted", registration)
    return registration


@transaction.atomic
def refuse(*, by: Person, registration: Registration, reason: str) -> Registration:
    """The unit does not know this person. Raises OutOfScope, ReasonMissing, AlreadyDecided."""
    reason = reason.strip()[:200]
    if not reason:
        raise ReasonMissing
    _decide(by, registration, RequestState.REFUSED, decision=reason)
    person = registration.person
    after = {"unit": registration.unit.code, "reason": reason}
    audit.record(by=by, verb="registration.refuse", target=person, after=after)
    _tell(person, "registration_refused", registration)
    return registration


@transaction.atomic
def take_over(*, by: Person, registration: Registration, entered: Person) -> Person:
    """The one who registered is `entered`, whom the unit had entered and who never signed in: that account stays.

    It gets user name, password and contact of the registration, and what was learnt meanwhile; its printed codes stop
    working. Only one of `claim_of`'s candidates that may be taken over. Raises OutOfScope, AlreadyDecided,
    CannotTakeOver, WorksElsewhere, and what `merging.merge` raises.
    """
    claim = registrations.claim_of(registration, by=by)
    if entered.pk not in {one.person.pk for one in claim.candidates if one.may_take_over}:
        raise CannotTakeOver
    _decide(by, registration, RequestState.ACCEPTED)
    newcomer = Person.objects.get(pk=registration.person_id)
    password, username, old_username = newcomer.password, newcomer.username, entered.username
    # Whoever merges must keep both: the unit has just said that this person works here.
    _employ(by, newcomer, registration.unit)
    merging.merge(by=by, kept=entered, merged=newcomer, reason=str(_("Registered without a code")))
    Person.objects.filter(pk=newcomer.pk).update(username=f"x{uuid4().hex}")
    kept = Person.objects.get(pk=entered.pk)
    kept.username, kept.password = username, password
    kept.save(update_fields=["username", "password"])
    Person.objects.filter(pk=newcomer.pk).update(username=old_username)
    now = timezone.now()
    Activation.objects.filter(person=kept, used_at__isnull=True, expires_at__gt=now).update(expires_at=now)
    registration = Registration.objects.select_related("unit", "person").get(pk=registration.pk)
    _take_contact(by, kept, registration)
    audit.record(
        by=by, verb="registration.take_over", target=kept,
        before={"user_name": old_username}, after={"user_name": username, "unit": registration.unit.code},
    )  # fmt: skip
    _tell(kept, "registration_accepted", registration)
    return kept


def send_link(*, email: str, language: str) -> None:
    """Mail the way to an account without a unit to `email`; to who has an account, how to get in. Raises BadEmail."""
    _phone, email = _contact("", email)
    known = Person.objects.filter(email=email, is_active=True).exists()
    base = settings.WAGTAILADMIN_BASE_URL.rstrip("/")
    with translation.override(language):
        token = _fernet().encrypt(email.encode()).decode()
        context = {
            "site": settings.WAGTAIL_SITE_NAME,
            "link": base + reverse("organisations:register_confirm", args=[token]),
            "sign_in": base + reverse("account_login"),
            "reset": base + reverse("account_reset_password"),
        }
        kind = "known" if known else "new"
        subject = str(_("Your account at %(site)s")) % context
        body = render_to_string(f"organisations/mails/registration_{kind}.txt", context).strip()
        EmailMessage(subject=subject, body=body, to=[email]).send()


def email_of(token: str) -> str:
    """The address that a link was mailed to. Raises LinkIsOver, also when an account has it by now."""
    try:
        email = _fernet().decrypt(token.encode(), ttl=LINK_VALID_S).decode()
    except (InvalidToken, UnicodeError) as error:
        raise LinkIsOver from error
    if Person.objects.filter(email=email).exists():
        raise LinkIsOver
    return email


@transaction.atomic
def register_by_link(*, token: str, name: str, password: str, language: str) -> Person:
    """An account without a unit for who received the link. Raises LinkIsOver, WeakPassword."""
    email = email_of(token)
    person = _new_person(name=name, password=password, language=language)
    person.email = email
    try:
        people.save_unique(person)
    except people.AlreadyTaken as error:
        raise LinkIsOver from error
    EmailAddress.objects.create(user=person, email=email, primary=True, verified=True)
    consents.accept(person=person, language=language)
    audit.record(by=person, verb="registration.request", target=person, after={"unit": ""})
    return person


def _contact(phone: str, email: str) -> tuple[str, str]:
    if not phone.strip() and not email.strip():
        raise NoContact
    try:
        phone = rules.phone(phone) if phone.strip() else ""
    except ValueError as error:
        raise people.BadPhone from error
    email = email.strip().lower()
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise people.BadEmail from error
    return phone, email


def _new_person(*, name: str, password: str, language: str) -> Person:
    try:
        validate_password(password, Person(name=name))
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages)) from error
    while True:
        username = f"u{secrets.randbelow(10**8):08}"
        if not Person.objects.filter(username=username).exists():
            return people.create_person(by=None, username=username, name=name, password=password, language=language)


def _claim(
    person: Person, unit: Node, *, department: str, staff_number: str, phone: str = "", email: str = ""
) -> Registration:
    people.check_staff_number(staff_number)
    registration = Registration(
        person=person, unit=unit, department=department.strip(), staff_number=staff_number.strip()
    )
    registration.set_contact(phone=phone, email=email)
    try:
        with transaction.atomic():
            registration.save()
    except IntegrityError as error:  # two forms sent at once
        raise AlreadyRegistered from error
    audit.record(by=person, verb="registration.request", target=person, after={"unit": unit.code})
    for keeper in administrators_of(unit):
        notifications.notify(
            person=keeper,
            kind="registration_waiting",
            params={"unit": unit.name},
            key=f"registration:{registration.public_id}",
            link=f"/{keeper.language}/manage/registrations/{registration.public_id}/",
        )
    return registration


def _decide(by: Person, registration: Registration, state: RequestState, *, decision: str = "") -> None:
    if not scope_for(by, Power.KEEP_PEOPLE).covers(registration.unit.path) or by.pk == registration.person_id:
        raise errors.OutOfScope
    decided = Registration.objects.filter(pk=registration.pk, state=RequestState.WAITING).update(
        state=state, decided_by=by, decided_at=timezone.now(), decision=decision
    )
    if decided != 1:
        raise AlreadyDecided
    registration.refresh_from_db()


def _employ(
    by: Person, person: Person, unit: Node, *, department: str = "", staff_number: str = "",
    ends_elsewhere: bool = False,
) -> None:  # fmt: skip
    """Let the person work at `unit` from today unless they do. Raises WorksElsewhere, OverlappingEmployment."""
    Person.objects.select_for_update().get(pk=person.pk)
    present = employment_on(person, timezone.localdate())
    if present is not None and present.unit.path.startswith(unit.path):
        return
    if present is not None and not ends_elsewhere:
        raise WorksElsewhere
    people.employ(
        by=by, person=person, unit=unit, begins=timezone.localdate(), department=department, staff_number=staff_number
    )  # fmt: skip


def _take_contact(by: Person, person: Person, registration: Registration) -> None:
    """What was said becomes the account's where it has none and nobody else has it."""
    for phone, email in ((registration.phone, ""), ("", registration.email)):
        wants_phone, wants_email = phone and not person.phone_sealed, email and not person.email
        if not wants_phone and not wants_email:
            continue
        try:
            with transaction.atomic():
                people.change_contact(
                    by=by,
                    person=person,
                    phone=phone if wants_phone else person.phone,
                    email=email if wants_email else person.email or "",
                )
        except people.AlreadyTaken:
            person.refresh_from_db()


def _tell(person: Person, kind: str, registration: Registration) -> None:
    params = {"unit": registration.unit.name, "reason": registration.decision}
    link, key = f"/{person.language}/account/registered/", f"{kind}:{registration.public_id}"
    notifications.notify(person=person, kind=kind, params=params, key=key, link=link)


def _fernet() -> MultiFernet:
    """Seals what a mailed link says, so that no address stands in a log of addresses; older keys still open."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"registration link\0" + key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
