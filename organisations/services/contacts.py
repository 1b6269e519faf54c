"""A phone number or address that another account has: the unit clears it up.

Whoever asks learns neither whose it is nor where; and with MOST_OPEN requests open nothing is looked up any more.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit, notifications
from organisations.deeds import Deed
from organisations.models import Objection, Person
from organisations.selectors import employment_on
from organisations.selectors.contacts import holder_of, holders_of, waiting_of
from organisations.selectors.details import administrators_of
from organisations.selectors.directory import kept_among
from organisations.services import people

MOST_OPEN = 3


class AskedUnit(errors.Conflict):
    code = "contact_asked"
    message = _(
        "This number or address cannot be put on the account yet. The unit has the request, clears it up and answers "
        "by message."
    )


class NobodyToAsk(errors.Conflict):
    code = "nobody_to_ask"
    message = _(
        "This number or address cannot be put on the account, and there is no unit to clear it up. Name your unit on "
        "your account page, or leave it empty."
    )


class TooManyAsked(errors.Conflict):
    code = "too_many_asked"
    message = _("Three requests about numbers and addresses wait for the unit. Wait for its answers first.")


@transaction.atomic
def put(*, by: Person, person: Person, phone: str, email: str) -> errors.DomainError | None:
    """Put a phone number and an address on an account ("" removes). What another account has is asked for instead:
    then AskedUnit, NobodyToAsk or TooManyAsked comes back, to be told. Raises BadPhone, BadEmail.
    """
    Person.objects.select_for_update().get(pk=person.pk)
    if len(waiting_of(person)) >= MOST_OPEN:
        return TooManyAsked()
    try:
        people.change_contact(by=by, person=person, phone=phone, email=email)
    except people.AlreadyTaken:
        person.refresh_from_db(fields=people.CONTACT)
        taken = [name for name, value in (("phone", phone), ("email", email)) if not _put_one(by, person, name, value)]
        wished = {"phone": phone, "email": email.strip().lower()}
        return ask(by=by, person=person, **{name: wished[name] for name in taken})
    return None


def _put_one(by: Person, person: Person, name: str, value: str) -> bool:
    """Whether this one is on the account now."""
    has = {"phone": person.phone, "email": person.email or ""}
    if has[name] == value:
        return True
    try:
        people.change_contact(by=by, person=person, **{**has, name: value})
    except people.AlreadyTaken:
        person.refresh_from_db(fields=people.CONTACT)
        return False
    return True


@transaction.atomic
def ask(*, by: Person, person: Person, phone: str = "", email: str = "") -> errors.DomainError:
    """Let the unit of `person` clear up that another account has this; the other one's unit is told too."""
    employment = employment_on(person, timezone.localdate())
    if employment is None:
        return NobodyToAsk()
    waiting = waiting_of(person)
    keepers = administrators_of(employment.unit)
    if not any((row.phone, row.email) == (phone, email) for row in waiting):
        if len(waiting) >= MOST_OPEN:
            return TooManyAsked()
        with translation.override(person.language):
            text = str(_("This is mine, but another account has it."))
        objection = Objection(person=person, unit=employment.unit, text=text)
        objection.set_contact(phone=phone, email=email)
        objection.save()
        audit.record(by=by, verb=Deed.CONTACT_ASK, target=person)
        _tell(objection, keepers)
    names = ", ".join(keeper.name for keeper in keepers if keeper.pk != by.pk)
    return AskedUnit(f"{AskedUnit.message} {_('Whom to ask: %(names)s') % {'names': names}}" if names else None)


@transaction.atomic
def enter_without(*, by: Person, phone: str, email: str, **fields: Any) -> tuple[Person, int | None]:
    """A new person without the number and the address that another account has. Where `by` does not keep that one, its
    administrators are told, and how many comes back. Raises what `people.enter` raises.
    """
    holders = holders_of(phone=phone, email=email)
    phone, email = ("" if "phone" in holders else phone), ("" if "email" in holders else email)
    person = people.enter(by=by, phone=phone, email=email, **fields)
    kept = kept_among(by, holders.values())
    others = [holder for holder in holders.values() if holder.pk not in kept]
    return person, ask_holders(by=by, person=person, holders=others) if others else None


def ask_holders_of(*, by: Person, person: Person, phone: str) -> int:
    """As `ask_holders`, of whoever has this number."""
    return ask_holders(by=by, person=person, holders=holders_of(phone=phone, email="").values())


@transaction.atomic
def ask_holders(*, by: Person, person: Person, holders: Iterable[Person]) -> int:
    """Let those who look after the accounts that have a number or address ask whether it is still in use there: an
    administrator, `by`, wants to put it on the account of `person`. How many were told, once a day each.

    Nothing is filed in the name of `person`; `by` learns of nobody.
    """
    told, day = set(), timezone.localdate()
    for holder in {one.pk: one for one in holders if one.pk != person.pk}.values():
        work = employment_on(holder, day)
        for keeper in administrators_of(work.unit) if work else []:
            if keeper.pk != by.pk:
                key = f"contact_claimed:{by.pk}:{holder.public_id}:{day}"
                link = _link(keeper, "manage:person", holder.public_id)
                notifications.notify(
                    person=keeper, kind="contact_claimed", params={"name": holder.name}, key=key, link=link
                )
                told.add(keeper.pk)
    if told:
        audit.record(by=by, verb=Deed.CONTACT_ASK, target=person, after={"told": len(told)})
    return len(told)


def _tell(objection: Objection, keepers: list[Person]) -> None:
    for keeper in keepers:
        _send(keeper, "objection_made", objection, link=_link(keeper, "manage:objections"))
    holder = holder_of(objection)
    work = employment_on(holder, timezone.localdate()) if holder else None
    if holder is None or work is None:
        return
    told = {keeper.pk for keeper in keepers}
    for keeper in administrators_of(work.unit):
        if keeper.pk not in told:
            link = _link(keeper, "manage:person", holder.public_id)
            _send(keeper, "contact_claimed", objection, link=link, name=holder.name)


def _link(person: Person, view: str, *args: object) -> str:
    with translation.override(person.language):
        return reverse(view, args=args)


def _send(person: Person, kind: str, objection: Objection, *, link: str, **params: str) -> None:
    notifications.notify(person=person, kind=kind, params=params, key=f"{kind}:{objection.public_id}", link=link)
