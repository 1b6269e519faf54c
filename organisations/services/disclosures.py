"""The only door to a full ID number. Nobody reads one on a page, superusers included."""

from cms.shared import crypto
from organisations.models import Person


def full_id_number(person: Person) -> str:
    """The ID number in clear, "" if there is none.

    For an approved export, for the person's own copy of their data, to carry it into the account that stays when two
    are merged, and to seal what a roster replaces, so that undoing it puts the number back. Whoever calls it writes
    the audit log. A test names every caller.
    """
    if not person.id_number_sealed:
        return ""
    return crypto.decrypt(person.id_number_sealed, row=f"person.id_number:{person.public_id}")
