"""The job of a roster: each of its stages READING, CHECKING, APPLYING and UNDOING is one run."""

import contextlib
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from cms.shared.jobs import LostLease
from organisations.enums import RosterStage
from organisations.formats import columns
from organisations.formats.shapes import Unreadable
from organisations.models import RosterImport, RosterMapping, RosterRow
from organisations.services.histories import forget_samples
from organisations.services.rosters import applying, checking, files, intake, undoing

# Files hold names and numbers in clear: they stay only as long as rows may be corrected or an import undone.
KEPT_FOR = timedelta(days=30)


def run_roster(job_pk: int) -> None:
    """Do the run that roster `job_pk` waits for, if it still waits. What a killed worker left is done to the end."""
    roster = RosterImport.claim(job_pk)
    if roster is None:
        return
    try:
        stage = RosterStage(roster.roster_stage)
        # Where a run writes people it holds the row that says that it lives, and beats with each thousand instead.
        writes = stage in {RosterStage.APPLYING, RosterStage.UNDOING}
        with contextlib.nullcontext() if writes else roster.kept_alive():
            RUNS[stage](roster)
    except LostLease:
        return
    except Unreadable as error:
        _unreadable(roster, error)
    except Exception as error:  # every fault ends in a state that the administrator sees
        roster.fail_unexpected(error)


def _unreadable(roster: RosterImport, error: Unreadable) -> None:
    with contextlib.suppress(LostLease), transaction.atomic():
        roster.beat()
        RosterImport.objects.filter(pk=roster.pk).update(roster_stage=RosterStage.UNREADABLE)
        roster.fail(error.problem.value)


def _read(roster: RosterImport) -> None:
    roster.beat(stage="reading")
    sheets = files.described_sheets(roster)
    remembered = RosterMapping.objects.filter(unit=roster.unit_id).values_list("columns", flat=True).first()
    mapping: dict[str, str] = {}
    for sheet in sheets:
        mapping = {**columns.proposal(sheet["columns"], remembered), **mapping}
    with transaction.atomic():
        roster.rows.all().delete()
        roster.finish(roster_stage=RosterStage.MAPPING, sheets=sheets, mapping=mapping, counts={})


def erase_old() -> int:
    """Erase files and rows of rosters that ended, or lay untouched, for 30 days; how many.

    What happened remains: to whom (by key), from which row, with which outcome.
    """
    before = timezone.now() - KEPT_FOR
    old = RosterImport.objects.filter(created_at__lt=before, finished_at__lt=before, file_erased_at__isnull=True)
    erased = 0
    for roster in old.exclude(file=""):
        with transaction.atomic():
            intake.erase_file(roster)
            forget_samples(roster)
            RosterRow.objects.filter(roster=roster).update(sealed="", undo="", shown={}, changes={}, candidates=[])
        erased += 1
    return erased


RUNS: dict[RosterStage, Callable[[RosterImport], None]] = {
    RosterStage.READING: _read,
    RosterStage.CHECKING: checking.check,
    RosterStage.APPLYING: applying.run,
    RosterStage.UNDOING: undoing.run,
}
