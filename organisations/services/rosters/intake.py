"""A roster comes in, its columns are confirmed, it is thrown away: what people do before and beside its jobs."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from pathlib import PurePath
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import errors, jobs
from cms.shared.jobs import JobState
from cms.shared.storage import private_key
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power, RosterStage, Tree
from organisations.formats.columns import Field
from organisations.formats.problems import FileProblem
from organisations.formats.reading import kind_of
from organisations.formats.shapes import MOST_BYTES_SENT, Unreadable
from organisations.models import Node, Person, RosterImport, RosterMapping
from organisations.selectors import scope_for
from organisations.services.people import ClosedPlace


class RosterTooLarge(errors.TooLarge):
    code = "roster_too_large"
    message = _("The file is larger than 20 MB. Delete pictures and empty sheets, or divide it into several files.")


class RosterUnreadable(errors.InvalidInput):
    """The code is one of `FileProblem`, its label is the message."""

    code = "roster_unreadable"

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(problem.label)
        self.code = problem.value


class RosterBusy(errors.Conflict):
    code = "roster_busy"
    message = _("This roster is at another step now. Load the page again.")


class NothingToUndo(errors.Conflict):
    code = "roster_nothing_to_undo"
    message = _("Nothing of this roster can be undone any more: it was undone, or entered over 30 days ago.")


class FileGone(errors.Conflict):
    code = "roster_file_gone"
    message = _("The file was erased, as every file is after 30 days. Send it again if you need it.")


class BadMapping(errors.InvalidInput):
    code = "roster_mapping"
    message = _("Say which column holds the name, and give each kind of information to one column only.")


class NoIdentityColumn(errors.InvalidInput):
    code = "roster_no_identity_column"
    message = _("Choose at least one column by which people are known: staff number, phone or ID number.")


class NoSheetTaken(errors.InvalidInput):
    code = "roster_no_sheet"
    message = _("Choose at least one sheet that has headings.")


class BadDay(errors.InvalidInput):
    code = "roster_day"
    message = _("Choose a day between ten years ago and one year ahead.")


def reach(by: Person, roster: RosterImport) -> None:
    """Raises NotFound unless `by` keeps the people of the roster's unit today."""
    if not scope_for(by, Power.KEEP_PEOPLE).covers(roster.unit.path):
        raise errors.NotFound


def check_open(unit: Node, day: date) -> None:
    """Raises ClosedPlace if nobody can work at `unit` on `day`."""
    if unit.is_closed_on(day):
        raise ClosedPlace


def move(
    roster: RosterImport, *, at: Collection[RosterStage], to: RosterStage, wake: bool = True, **changes: Any
) -> None:
    """Take a roster whose job rests from one of the stages `at` on to the run `to`. Raises RosterBusy."""
    resting = [JobState.DONE, JobState.FAILED, JobState.CANCELLED]
    fresh: dict[str, Any] = {"error_code": "", "last_words": "", "cancel_requested": False, "finished_at": None}
    if wake:
        fresh |= {"state": JobState.QUEUED, "attempt": 0, "progress": 0, "stage": ""}
    moved = RosterImport.objects.filter(pk=roster.pk, roster_stage__in=at, state__in=resting).update(
        roster_stage=to, **(fresh if wake else {}), **changes
    )
    if moved != 1:
        raise RosterBusy
    roster.refresh_from_db()
    if wake:
        jobs.wake(RosterImport.task_name, roster.pk)


def receive(*, by: Person, unit: Node, upload: File[bytes]) -> RosterImport:
    """Store a file that lists people of `unit` and queue its reading.

    Raises OutOfScope if `by` does not keep the people of `unit`; ClosedPlace; RosterTooLarge; RosterUnreadable where
    the first bytes already tell. What shows later ends in the stage UNREADABLE, a `FileProblem` as `error_code`.
    """
    if unit.tree != Tree.ADMINISTRATION or not scope_for(by, Power.KEEP_PEOPLE).covers(unit.path):
        raise errors.OutOfScope
    check_open(unit, timezone.localdate())
    file_name = PurePath(str(upload.name or "").replace("\\", "/")).name[-200:] or "roster"
    if upload.size > MOST_BYTES_SENT:
        raise RosterTooLarge
    upload.seek(0)
    try:
        kind = kind_of(upload.read(1 << 16), file_name)
    except Unreadable as error:
        raise RosterUnreadable(error.problem) from error
    upload.seek(0)
    digest = hashlib.sha256()
    for block in upload.chunks(1 << 20):
        digest.update(block)
    roster = RosterImport(
        unit=unit,
        uploaded_by=by,
        file_name=file_name,
        file_sha256=digest.hexdigest(),
        effective_on=timezone.localdate(),
    )
    upload.seek(0)
    roster.file.save(private_key("rosters", kind.value, folder=roster.public_id), upload, save=False)
    try:
        with transaction.atomic():
            roster.save()
            audit.record(
                by=by, verb=Deed.ROSTER_UPLOAD, target=roster,
                after={"unit": unit.code, "sha256": roster.file_sha256, "bytes": upload.size},
            )  # fmt: skip
            jobs.wake(RosterImport.task_name, roster.pk)
    except BaseException:
        roster.file.delete(save=False)
        raise
    return roster


@transaction.atomic
def confirm_mapping(
    *,
    by: Person,
    roster: RosterImport,
    mapping: dict[str, str],
    header_rows: dict[str, int] | None = None,
    sheets: list[str] | None = None,
    is_complete: bool = False,
    effective_on: date,
) -> RosterImport:
    """Say how the columns are to be read ({heading: field}, "" or missing: not at all); the comparison is queued.

    `sheets` are the names of those to take (None: as proposed). Where `header_rows` ({sheet: row}) differ from what
    was read, the file is read again with these headings, and the roster comes back to the stage MAPPING instead.
    A roster that was compared may be mapped again; its rows are then made anew.
    Raises NotFound, RosterBusy, BadMapping, NoIdentityColumn, NoSheetTaken, BadDay.
    """
    reach(by, roster)
    described = [dict(sheet) for sheet in roster.sheets]
    again = {
        sheet["name"]: row
        for sheet in described
        if (row := (header_rows or {}).get(sheet["name"])) is not None and row != sheet["header_row"] and row > 0
    }
    if sheets is not None:
        for sheet in described:
            sheet["is_taken"] = sheet["name"] in sheets
    waiting = [RosterStage.MAPPING, RosterStage.CHECKING, RosterStage.CHECKED]
    if again:
        for sheet in described:
            sheet["header_row"] = again.get(sheet["name"], sheet["header_row"])
            sheet["is_header_chosen"] = sheet.get("is_header_chosen", False) or sheet["name"] in again
        move(roster, at=waiting, to=RosterStage.READING, sheets=described)
        return roster
    taken = [sheet for sheet in described if sheet["is_taken"] and sheet["columns"]]
    if not taken:
        raise NoSheetTaken
    chosen = _checked({column: field for column, field in mapping.items() if field}, taken)
    today = timezone.localdate()
    if not today - timedelta(days=3653) <= effective_on <= today + timedelta(days=366):
        raise BadDay
    move(
        roster, at=waiting, to=RosterStage.CHECKING,
        mapping=chosen, sheets=described, is_complete=is_complete, effective_on=effective_on, counts={},
    )  # fmt: skip
    # What was left out by hand is remembered too, as "".
    known = {column: chosen.get(column, "") for sheet in taken for column in sheet["columns"]}
    RosterMapping.objects.update_or_create(unit=roster.unit, defaults={"columns": known})
    audit.record(
        by=by, verb=Deed.ROSTER_CHECK, target=roster,
        after={"fields": sorted(chosen.values()), "is_complete": is_complete, "holds_from": effective_on},
    )  # fmt: skip
    return roster


def _checked(chosen: dict[str, str], taken: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Only headings that the taken sheets have. Each sheet needs a name and one thing that tells people apart."""
    kept: dict[str, str] = {}
    for sheet in taken:
        here = {column: chosen[column] for column in sheet["columns"] if column in chosen}
        fields = list(here.values())
        if len(set(fields)) != len(fields) or not set(fields) <= set(Field.values) or Field.NAME not in fields:
            raise BadMapping
        if not {Field.STAFF_NUMBER, Field.PHONE, Field.ID_NUMBER} & set(fields):
            raise NoIdentityColumn
        kept |= here
    return kept


@transaction.atomic
def discard(*, by: Person, roster: RosterImport) -> RosterImport:
    """Throw a roster away that was not entered: file and rows go, that it was there remains. Raises RosterBusy."""
    reach(by, roster)
    before = [
        RosterStage.READING,
        RosterStage.MAPPING,
        RosterStage.CHECKING,
        RosterStage.CHECKED,
        RosterStage.UNREADABLE,
    ]
    RosterImport.objects.filter(pk=roster.pk, roster_stage__in=before, state=JobState.QUEUED).update(
        state=JobState.CANCELLED, finished_at=timezone.now()
    )
    move(roster, at=before, to=RosterStage.DISCARDED, wake=False)
    roster.rows.all().delete()
    RosterImport.objects.filter(pk=roster.pk).update(sheets=[], mapping={}, counts={})
    erase_file(roster)
    roster.refresh_from_db()
    audit.record(by=by, verb=Deed.ROSTER_DISCARD, target=roster)
    return roster


def erase_file(roster: RosterImport) -> None:
    """Forget the file; it is deleted when the transaction is committed."""
    name, storage = roster.file.name, roster.file.storage
    if not name:
        return
    RosterImport.objects.filter(pk=roster.pk).update(file="", file_erased_at=timezone.now())
    transaction.on_commit(lambda: storage.delete(name))
