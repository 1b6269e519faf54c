"""What the authority's book says of entries, marked for some, or for all of a place and year."""

from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from credits.enums import OfficialState
from credits.models import Entry, EntryStatus
from credits.selectors import with_official_state
from credits.services.chain import lock_book
from credits.services.statuses import set_status
from organisations import audit
from organisations.models import Node, Person
from organisations.scopes import Scope
from organisations.selectors import people_in

MOST = 50_000
# What is reported again: what never was, and what came back.
REPORTABLE = (None, OfficialState.RECORDED.value, OfficialState.RETURNED.value)


class TooMany(errors.InvalidInput):
    code = "too_many_entries"
    message = _("More than 50,000 entries at once. Choose a smaller place.")


class NothingChosen(errors.InvalidInput):
    code = "nothing_chosen"
    message = _("Choose at least one entry.")


@transaction.atomic
def mark_chosen(*, by: Person, entries: Collection[Entry], state: OfficialState, on: date, reference: str) -> int:
    """Add `state` to each of `entries`; how many. All or none. Raises NothingChosen, and what `set_status` raises."""
    if not entries:
        raise NothingChosen
    for entry in sorted(entries, key=lambda one: (one.book_id, one.position)):
        set_status(entry=entry, state=state, on=on, by=by, reference=reference)
    return len(entries)


@transaction.atomic
def mark_place(*, by: Person, place: Node, rule_set_id: str, year: int, on: date, reference: str) -> int:
    """Mark as reported every standing entry of the people below `place` that ends in `year` and is not reported yet;
    how many. What is registered stays so. Raises TooMany.

    No figure moves by it: judgements count what is registered.
    """
    standing = Entry.objects.filter(
        book__owner__in=people_in(Scope(frozenset({place.path}))),
        rule_set_id=rule_set_id,
        ends_on__year=year,
        reverses__isnull=True,
        reversed_by__isnull=True,
    )
    wanted = {pk: book for pk, book, state in _states(standing) if state in REPORTABLE}
    if len(wanted) > MOST:
        raise TooMany
    for book in sorted(set(wanted.values())):
        lock_book(book)
    # Under the locks: nobody else may have marked or taken back one of them meanwhile.
    fresh = [pk for pk, _book, state in _states(standing.filter(pk__in=wanted)) if state in REPORTABLE]
    EntryStatus.objects.bulk_create(
        [
            EntryStatus(entry_id=pk, state=OfficialState.REPORTED.value, on=on, reference=reference[:80])
            for pk in sorted(fresh)
        ],
        batch_size=500,
    )
    audit.record(
        by=by, verb="credits.official_place.mark", target=place,
        after={"year": year, "rule_set": rule_set_id, "on": on, "reference": reference[:80], "entries": len(fresh)},
    )  # fmt: skip
    return len(fresh)


def _states(entries: QuerySet[Entry]) -> list[tuple[int, int, str | None]]:
    return [(entry.pk, entry.book_id, getattr(entry, "official_state", None)) for entry in with_official_state(entries)]
