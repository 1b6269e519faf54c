"""Numbers and addresses that two people say are theirs."""

from collections.abc import Iterable
from dataclasses import dataclass

from organisations.enums import Power
from organisations.models import Objection, Person
from organisations.selectors import directory
from organisations.selectors.access import openable
from organisations.selectors.people import people_by_phone


@dataclass(frozen=True)
class Clash:
    """What somebody says is theirs, masked. `holder`: whose account has it, where the reader looks after both;
    `is_free`: no account has it any more; `may_settle`: the reader may put it on the account that asks.
    """

    masked: str
    is_phone: bool
    holder: Person | None
    is_free: bool
    may_settle: bool


def waiting_of(person: Person) -> list[Objection]:
    """The person's requests for a number or address that nobody has answered, the oldest first."""
    rows = Objection.objects.filter(person=person, answered_at__isnull=True).order_by("created_at", "pk")
    return [row for row in rows.exclude(phone_sealed="", email_sealed="") if row.phone or row.email]


def holder_of(objection: Objection) -> Person | None:
    """Whose account has what the objection asks for, if any but the one who asks."""
    return _holders([objection]).get(objection.pk)


def holders_of(*, phone: str, email: str) -> dict[str, Person]:
    """Whose account has this number ("phone") and this address ("email")."""
    found = {
        "phone": people_by_phone([phone]).get(phone) if phone else None,
        "email": Person.objects.filter(email=email.strip().lower()).first() if email.strip() else None,
    }
    return {name: holder for name, holder in found.items() if holder is not None}


def holder_seen(by: Person, *, phone: str, email: str) -> tuple[bool, Person | None]:
    """Whether an account has this number or address, and whose it is where `by` keeps that person."""
    holder = next(iter(holders_of(phone=phone, email=email).values()), None)
    return holder is not None, holder if holder and holder.pk in _kept(by, [holder]) else None


def clashes_of(by: Person, listed: Iterable[Objection]) -> dict[int, Clash]:
    """What `by` may know of the numbers and addresses in these objections, by key. Constant queries."""
    rows = [row for row in listed if row.phone_sealed or row.email_sealed]
    if not rows:
        return {}
    holders = _holders(rows)
    kept, opens = _kept(by, holders.values()), openable(by=by, people=[row.person for row in rows])
    return {row.pk: _clash(row, holders.get(row.pk), kept, opens) for row in rows}


def _clash(row: Objection, holder: Person | None, kept: set[int], opens: set[int]) -> Clash:
    return Clash(
        masked=row.masked_phone or row.masked_email,
        is_phone=bool(row.phone_sealed),
        holder=holder if holder and holder.pk in kept else None,
        is_free=holder is None,
        may_settle=row.person_id in opens,
    )


def _holders(rows: list[Objection]) -> dict[int, Person]:
    """By key of the objection. Two queries."""
    phones = {row.pk: row.phone for row in rows}
    emails = {row.pk: row.email for row in rows}
    by_phone = people_by_phone({number for number in phones.values() if number})
    by_email = {one.email: one for one in Person.objects.filter(email__in={text for text in emails.values() if text})}
    found = {row.pk: by_phone.get(phones[row.pk]) or by_email.get(emails[row.pk]) for row in rows}
    return {row.pk: one for row in rows if (one := found[row.pk]) is not None and one.pk != row.person_id}


def _kept(by: Person, people: Iterable[Person]) -> set[int]:
    """The keys of those among `people` whom `by` keeps."""
    keys = {person.pk for person in people}
    kept = set(directory.people_of(by, Power.KEEP_PEOPLE).filter(pk__in=keys).values_list("pk", flat=True))
    if keys - kept and directory.sees_everybody(by):
        kept |= set(directory.belonging_nowhere().filter(pk__in=keys).values_list("pk", flat=True))
    return kept
