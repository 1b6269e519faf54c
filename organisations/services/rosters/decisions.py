"""Somebody decides what the comparison could not: whom a row is about, that it is somebody new, or to leave it out."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from cms.shared.jobs import JobState
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import RosterStage, RowOutcome
from organisations.formats.columns import Field
from organisations.formats.problems import STOPPING
from organisations.formats.problems import RowProblem as P
from organisations.models import Person, RosterImport, RosterRow
from organisations.services.rosters import checking, intake, matching, plans, sealed
from organisations.services.rosters.known import Known, Place, in_chunks, load, same_name

NEW, SKIP = "new", "skip"
Choice = str | UUID

# What was left out of a row by the choice made before, and is said anew by the next one.
_OF_CHOICE = {
    code.value
    for code in (
        P.CONTACT_KEPT, P.PHONE_LEFT_OUT, P.EMAIL_IN_USE, P.ID_KEPT, P.TITLE_KEPT, P.PRIVILEGED, P.ACCOUNT_CLOSED,
        P.BEGINS_OVERLAP, P.ENDS_BEFORE_BEGINS, P.OWN_QUALIFICATION,
    )
}  # fmt: skip


class NothingToDecide(errors.Conflict):
    code = "roster_nothing_to_decide"
    message = _("There is nothing to decide in this row any more. Load the page again.")


class NoCandidate(errors.InvalidInput):
    code = "roster_no_candidate"
    message = _("Choose one of the people shown, “new person”, or “leave out”.")


class NumberTaken(errors.Conflict):
    code = "roster_number_taken"
    message = _(
        "The staff number or ID number of this row already belongs to somebody. "
        "Choose that person, or correct the file."
    )


class AnotherPerson(errors.Conflict):
    code = "roster_another_person"
    message = _(
        "That account is of somebody else: it belongs to no unit of yours, and its name or its ID number is another "
        "one. The phone has changed hands. Say “new person”, or leave the row out."
    )


@transaction.atomic
def decide(*, by: Person, row: RosterRow, choice: Choice) -> RosterRow:
    """Say whom an unclear row is about: "new", "skip", or the public id of one of its candidates.

    A decision can be changed until the row is entered. Where an account keeps a contact that the person entered
    (`contact_kept`), choosing the person replaces it.
    Raises NotFound, RosterBusy, NothingToDecide, NoCandidate, AnotherPerson, NumberTaken.
    """
    roster = RosterImport.objects.select_related("unit").get(pk=row.roster_id)
    decide_many(by=by, roster=roster, choices={row.pk: choice})
    row.refresh_from_db()
    return row


@transaction.atomic
def decide_many(*, by: Person, roster: RosterImport, choices: dict[int, Choice]) -> int:
    """Decide several rows of one roster at once: {row's key: choice}; how many. Raises as `decide`: all or none."""
    intake.reach(by, roster)
    resting = [JobState.DONE, JobState.FAILED, JobState.CANCELLED]
    # The roster's row is the lock: a run that begins now waits until the choice stands.
    held = RosterImport.objects.select_for_update().filter(
        pk=roster.pk, roster_stage__in=[RosterStage.CHECKED, RosterStage.APPLIED], state__in=resting
    )
    if not held.exists():
        raise intake.RosterBusy
    place = Place.of(roster)
    decided = 0
    for chunk in in_chunks(sorted(choices), checking.CHUNK):
        rows = list(RosterRow.objects.filter(roster=roster, pk__in=chunk).select_related("roster").order_by("pk"))
        if len(rows) != len(chunk):
            raise errors.NotFound
        _decide_rows(by, place, rows, {row.pk: str(choices[row.pk]) for row in rows})
        decided += len(rows)
    RosterImport.objects.filter(pk=roster.pk).update(counts=checking.counted(roster))
    roster.refresh_from_db()
    audit.record(by=by, verb=Deed.ROSTER_DECIDE, target=roster, after={"rows": _told(roster, choices)})
    return decided


def _told(roster: RosterImport, choices: dict[int, Choice]) -> list[dict[str, object]]:
    rows = RosterRow.objects.filter(roster=roster, pk__in=sorted(choices)[: checking.CHUNK]).order_by("pk")
    return [
        {"sheet": row.sheet, "row": row.row_number, "choice": str(choices[row.pk]), "outcome": row.outcome}
        for row in rows
    ]


def _decide_rows(by: Person, place: Place, rows: list[RosterRow], choices: dict[int, str]) -> None:
    kept = {row.pk: sealed.opened(row) for row in rows}
    people = load({pk for row in rows for pk in row.candidates}, place)
    by_public_id = {str(known.person.public_id): known for known in people.values()}
    found = matching.find([one.values for one in kept.values()], place, with_names=False)
    for row in rows:
        _check_open(row)
        choice, told = choices[row.pk], kept[row.pk]
        row.decided_by = by
        problems = [one for one in row.problems if one["column"] or one["code"] not in _OF_CHOICE]
        candidates, row.changes = row.candidates, {}
        told.chosen = told.is_new = False
        if choice == SKIP:
            row.outcome = RowOutcome.SKIPPED
        elif choice == NEW:
            _make_new(row, told, place, found, problems)
        else:
            known = by_public_id.get(choice)
            if known is None or known.person.pk not in candidates:
                raise NoCandidate
            if _is_another(told.values, known, found.owners(told.values), place):
                raise AnotherPerson
            told.chosen = True
            if row.row_number == 0:
                _let_leave(row, told, plans.for_leaving(known, place), known.fingerprint())
            else:
                checking.settle(row, told, known, found.owners(told.values), place, problems)
        row.problems, row.candidates = problems, candidates
        sealed.seal(row, told)
    RosterRow.objects.bulk_update(
        rows, ["outcome", "person", "candidates", "problems", "changes", "sealed", "decided_by"], batch_size=200
    )


def _is_another(values: dict[str, str], known: Known, owners: plans.Owners, place: Place) -> bool:
    """Whether a row may not be about somebody of elsewhere, whoever chooses so: only the ID number leads to another
    name, and another ID number is another person."""
    if known.here(place) is not None or owners.id_number == known.person.pk:
        return False
    has_other_number = bool(values.get(Field.ID_NUMBER)) and bool(known.person.id_number_sealed)
    return has_other_number or not same_name(values.get(Field.NAME, ""), known.person.name)


def _check_open(row: RosterRow) -> None:
    """Only rows that ask have candidates; after 30 days nothing is known of a row any more."""
    if row.is_applied or not row.candidates or not row.sealed:
        raise NothingToDecide


def _make_new(
    row: RosterRow, told: sealed.Kept, place: Place, found: matching.Found, problems: list[dict[str, object]]
) -> None:
    """Somebody new, without what belongs to others. Raises NumberTaken, NoCandidate."""
    owners = found.owners(told.values)
    if row.row_number == 0:
        raise NoCandidate
    if owners.id_number is not None or found.by_staff_number(told.values):
        raise NumberTaken
    told.is_new, row.person, row.outcome = True, None, RowOutcome.CREATE
    _values, left_out = plans.for_new(told.values, place, owners)
    if any(one["code"] in STOPPING for one in left_out):
        raise NothingToDecide
    problems += left_out
    told.seen = ""


def _let_leave(row: RosterRow, told: sealed.Kept, plan: plans.Plan, seen: str) -> None:
    if plan.outcome != RowOutcome.LEAVE:
        raise NothingToDecide
    row.outcome, row.changes, told.seen = RowOutcome.LEAVE, plan.changes, seen
