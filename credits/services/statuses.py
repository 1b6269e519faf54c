"""What the authority's own book is known to say of an entry. Its book is the one that counts."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import Conflict, InvalidInput
from credits.enums import OfficialState
from credits.models import Entry, EntryStatus
from credits.services.chain import lock_book
from credits.services.judgements import rebuild
from organisations import audit
from organisations.models import Person


@transaction.atomic
def set_status(*, entry: Entry, state: OfficialState, on: date, by: Person | None, reference: str = "") -> EntryStatus:
    """Add what is now known of `entry` in the authority's book; the same status again adds nothing.

    Raises Conflict for an entry that was taken back, InvalidInput for one that takes another back.
    """
    if entry.reverses_id is not None:
        raise InvalidInput(_("This entry takes another one back; the authority's book knows only the other."))
    book = lock_book(entry.book_id)
    newest = EntryStatus.objects.filter(entry=entry).order_by("-pk").first()
    if newest is not None and (newest.state, newest.on, newest.reference) == (state.value, on, reference):
        return newest
    if state == OfficialState.REGISTERED and entry.reversed_by.exists():
        raise Conflict(_("This entry was taken back here. Settle that with the authority before it is registered."))
    status = EntryStatus.objects.create(entry=entry, state=state.value, on=on, reference=reference[:80])
    rebuild(book=book, rule_set_id=entry.rule_set_id, day=entry.ends_on)
    audit.record(
        by=by,
        verb="credits.official_state_set",
        target=entry,
        before={"state": newest.state if newest is not None else OfficialState.RECORDED.value},
        after={"state": status.state, "on": on, "reference": status.reference},
    )
    return status
