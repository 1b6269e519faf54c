"""What a person is to the yearly audit, from when to when, with its proof."""

from datetime import date
from functools import partial

from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit
from organisations.enums import PersonState
from organisations.models import Person, StatePeriod
from organisations.services import proofs


class OverlappingState(errors.Conflict):
    code = "overlapping_state"
    message = _("Another state already holds on some of these days. End that one first, or choose other days.")


class StateEndsBeforeItBegins(errors.InvalidInput):
    code = "state_ends_before_it_begins"
    message = _("The last day lies before the first one. Correct one of the two dates.")


class StateOver(errors.Conflict):
    code = "state_over"
    message = _("This state had already ended by that day. Load the page again.")


class NoSuchState(errors.InvalidInput):
    code = "no_such_state"
    message = _("Choose one of the states in the list. Without a state a person is active.")


@transaction.atomic
def add_state(
    *,
    by: Person | None,
    person: Person,
    state: str,
    begins: date,
    ends: date | None = None,
    note: str = "",
    proof: File[bytes] | None = None,
) -> StatePeriod:
    """Enter that `person` is `state` from `begins` until `ends` (half-open; None: open).

    Raises NoSuchState, StateEndsBeforeItBegins, OverlappingState, and what `proofs.read` raises.
    """
    if state not in PersonState or state == PersonState.ACTIVE:
        raise NoSuchState
    if ends is not None and ends <= begins:
        raise StateEndsBeforeItBegins
    paper = proofs.read(proof) if proof else None
    Person.objects.select_for_update().get(pk=person.pk)
    others = StatePeriod.objects.filter(person=person).exclude(ends__lte=begins)
    if (others.filter(begins__lt=ends) if ends else others).exists():
        raise OverlappingState
    period = StatePeriod.objects.create(
        person=person,
        state=state,
        begins=begins,
        ends=ends,
        note=note.strip(),
        recorded_by=by,
        proof=proofs.store(paper) if paper else "",
    )
    audit.record(
        by=by,
        verb="state.add",
        target=person,
        after={"state": state, "begins": begins, "ends": ends, "has_proof": paper is not None},
    )
    return period


@transaction.atomic
def end_state(*, by: Person, period: StatePeriod, on: date) -> StatePeriod:
    """End a state: `on` is the first day without it. Raises StateOver, StateEndsBeforeItBegins."""
    if on <= period.begins:
        raise StateEndsBeforeItBegins
    if StatePeriod.objects.filter(Q(ends__isnull=True) | Q(ends__gt=on), pk=period.pk).update(ends=on) != 1:
        raise StateOver
    before, period.ends = period.ends, on
    audit.record(
        by=by,
        verb="state.end",
        target=period.person,
        before={"state": period.state, "begins": period.begins, "ends": before},
        after={"ends": on},
    )
    return period


@transaction.atomic
def withdraw_state(*, by: Person, period: StatePeriod, reason: str) -> None:
    """Take back a state that was entered by mistake, with its proof; the log keeps what it said."""
    told = {"state": period.state, "begins": period.begins, "ends": period.ends, "has_proof": bool(period.proof)}
    deleted, _tables = StatePeriod.objects.filter(pk=period.pk).delete()
    if not deleted:
        raise StateOver
    audit.record(by=by, verb="state.withdraw", target=period.person, before=told, after={"reason": reason.strip()})
    transaction.on_commit(partial(proofs.discard, period.proof))
