"""A sheet of projects as people handle it: sent, its columns named, entered, undone, discarded. Jobs do the work."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import errors, jobs
from cms.shared.jobs import JobState
from cms.shared.storage import delete_on_commit, private_key
from credits.enums import ImportStage
from credits.models import ProjectImport
from credits.services.project_imports import rows
from credits.services.project_imports.words import LABELS
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.formats.problems import FileProblem
from organisations.formats.reading import kind_of
from organisations.formats.shapes import MOST_BYTES_SENT, Unreadable
from organisations.models import Person
from organisations.selectors import required_scope

KEPT = timedelta(days=30)
RUNS = frozenset({ImportStage.READING, ImportStage.CHECKING, ImportStage.APPLYING, ImportStage.UNDOING})
RESTING = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
# What was not entered yet.
BEFORE = (ImportStage.READING, ImportStage.CHECKING, ImportStage.WAITING, ImportStage.UNREADABLE)


class SheetTooLarge(errors.TooLarge):
    code = "project_sheet_too_large"
    message = _("The file is larger than 20 MB. Divide it into several files.")


class SheetTooLong(errors.InvalidInput):
    code = "project_sheet_too_long"
    message = _("There are over 20,000 rows. Divide the file into several.")


class SheetUnreadable(errors.InvalidInput):
    """The code is one of `FileProblem`."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(NO_HEADER if problem == FileProblem.NO_HEADER else problem.label)
        self.code = problem.value


NO_HEADER = _(
    "No row of headings was found in the first ten rows. Put the project number, the title and the others "
    "above the columns."
)


class ColumnTwice(errors.InvalidInput):
    code = "project_column_twice"
    message = _("Two columns are read as “%(field)s”. Choose it for one of them only.")


class NothingToEnter(errors.Conflict):
    code = "project_import_empty"
    message = _("There is no row to enter. Correct the sheet and send it again.")


class RowsWrong(errors.Conflict):
    code = "project_import_wrong_rows"
    message = _("Some rows are wrong. Correct the sheet and send it again, or tick that they are left out.")


class Moved(errors.Conflict):
    code = "project_import_moved"
    message = _("The register has changed since you looked. Look at the rows as they would be now.")


class NotWaiting(errors.Conflict):
    code = "project_import_not_waiting"
    message = _("This sheet is at another step now. Load the page again.")


class InUse(errors.Conflict):
    code = "project_import_in_use"
    message = _(
        "The project %(number)s is in use or was changed since: credit was granted, a course is offered on it, or "
        "somebody changed it. Change single projects instead."
    )


def why(job: ProjectImport) -> str:
    """In words, why a run could not do what it should; "" where it could, or by a fault of ours."""
    if job.error_code == FileProblem.NO_HEADER:
        return str(NO_HEADER)
    if job.error_code in FileProblem:
        return str(FileProblem(job.error_code).label)
    refusals: dict[str, type[errors.DomainError]] = {one.code: one for one in (SheetTooLong, Moved, InUse)}
    refusal = refusals.get(job.error_code)
    return str(refusal(**job.told)) if refusal is not None else ""


def receive(*, by: Person, upload: File[bytes]) -> ProjectImport:
    """Store a sheet and queue its reading. What shows when it is read ends in the stage UNREADABLE.

    Raises OutOfScope, SheetTooLarge, SheetUnreadable where the first bytes already tell.
    """
    required_scope(by, Power.KEEP_PROJECTS)
    if (upload.size or 0) > MOST_BYTES_SENT:
        raise SheetTooLarge
    name = PurePath(str(upload.name).replace("\\", "/")).name[-120:]
    upload.seek(0)
    try:
        kind = kind_of(upload.read(1 << 16), name)
    except Unreadable as error:
        raise SheetUnreadable(error.problem) from error
    upload.seek(0)
    digest = hashlib.sha256()
    for block in upload.chunks(1 << 20):
        digest.update(block)
    job = ProjectImport(sent_by=by, file_name=name, file_sha256=digest.hexdigest())
    upload.seek(0)
    job.file.save(private_key("project_imports", kind.value, folder=job.public_id), upload, save=False)
    try:
        with transaction.atomic():
            job.save()
            audit.record(by=by, verb=Deed.PROJECT_IMPORT_SEND, target=job, after={"sha256": job.file_sha256})
            jobs.wake(ProjectImport.task_name, job.pk)
    except BaseException:
        job.file.delete(save=False)
        raise
    return job


def _move(job: ProjectImport, *, at: Collection[ImportStage], to: ImportStage, **narrowed: Any) -> None:
    """Take a sheet whose job rests from one of the stages `at` on to the run `to`. `narrowed`: {"where": look-ups,
    "changes": columns}. Raises NotWaiting."""
    rests = ProjectImport.objects.filter(pk=job.pk, import_stage__in=at, state__in=RESTING)
    moved = rests.filter(**narrowed.get("where", {})).update(
        import_stage=to, state=JobState.QUEUED, attempt=0, progress=0, stage="", error_code="", last_words="", told={},
        cancel_requested=False, finished_at=None, **narrowed.get("changes", {}),
    )  # fmt: skip
    if moved != 1:
        raise NotWaiting
    job.refresh_from_db()
    jobs.wake(ProjectImport.task_name, job.pk)


@transaction.atomic
def remap(*, by: Person, job: ProjectImport, mapping: Mapping[str, str]) -> None:
    """Queue the comparison by `mapping`: {heading: field, "" for none}. Raises OutOfScope, ColumnTwice, NotWaiting."""
    required_scope(by, Power.KEEP_PROJECTS)
    chosen = {heading: mapping[heading] for heading in job.headings if mapping.get(heading, "") in rows.FIELDS}
    for name in set(chosen.values()):
        if list(chosen.values()).count(name) > 1:
            raise ColumnTwice(field=str(LABELS[name]))
    before = job.mapping
    _move(job, at=[ImportStage.WAITING], to=ImportStage.CHECKING, changes={"mapping": chosen})
    audit.record(by=by, verb=Deed.PROJECT_IMPORT_MAP, target=job, before=before, after=chosen)


@transaction.atomic
def apply(*, by: Person, job: ProjectImport, seen: str, leave_out: bool) -> ProjectImport:
    """Queue the entering of every row that is right. `seen` is the fingerprint of what was looked at: if the register
    moves before the rows are in, nothing is entered and they are compared anew. `leave_out`: wrong rows stay outside.

    Raises OutOfScope, NotWaiting, Moved, RowsWrong, NothingToEnter.
    """
    required_scope(by, Power.KEEP_PROJECTS)
    job.refresh_from_db()
    if job.import_stage == ImportStage.WAITING:
        if job.fingerprint != seen:
            raise Moved
        if job.wrong and not leave_out:
            raise RowsWrong
        if not job.enterable:
            raise NothingToEnter
    changes = {"applied_by": by, "applied_at": timezone.now(), "leaves_out": leave_out}
    where = {"fingerprint": seen}
    _move(job, at=[ImportStage.WAITING], to=ImportStage.APPLYING, where=where, changes=changes)
    audit.record(by=by, verb=Deed.PROJECT_IMPORT_APPLY, target=job, after={"rows": job.counts, "left_out": job.wrong})
    return job


@transaction.atomic
def undo(*, by: Person, job: ProjectImport) -> ProjectImport:
    """Queue taking back what the sheet entered: everything or, where anything of it is in use, nothing.

    Raises OutOfScope, NotWaiting.
    """
    required_scope(by, Power.KEEP_PROJECTS)
    _move(job, at=[ImportStage.APPLIED], to=ImportStage.UNDOING, changes={"undone_by": by})
    audit.record(by=by, verb=Deed.PROJECT_IMPORT_UNDO, target=job, after={"projects": len(job.written)})
    return job


def again(*, by: Person, job: ProjectImport) -> ProjectImport:
    """A run that stopped by a fault of ours once more. Raises OutOfScope, NotWaiting."""
    required_scope(by, Power.KEEP_PROJECTS)
    if job.import_stage not in RUNS or not job.retry():
        raise NotWaiting
    job.refresh_from_db()
    return job


@transaction.atomic
def discard(*, by: Person, job: ProjectImport) -> None:
    """Delete a sheet that was not entered, with its file. Raises OutOfScope, NotWaiting."""
    required_scope(by, Power.KEEP_PROJECTS)
    _discard(by, job)


def _discard(by: Person | None, job: ProjectImport) -> None:
    mine = ProjectImport.objects.filter(pk=job.pk, import_stage__in=BEFORE)
    # Whoever works on it stops; a row that is locked here is not claimed.
    if mine.exclude(state=JobState.RUNNING).update(state=JobState.CANCELLED) != 1:
        raise NotWaiting
    audit.record(by=by, verb=Deed.PROJECT_IMPORT_DISCARD, target=job, after={"sha256": job.file_sha256})
    if job.file.name:
        delete_on_commit(job.file.name)
    mine.delete()


def erase_old() -> int:
    """Sheets that nobody entered for a month go; how many."""
    old = ProjectImport.objects.filter(import_stage__in=BEFORE, created_at__lt=timezone.now() - KEPT)
    erased = 0
    for job in old.exclude(state=JobState.RUNNING).order_by("pk"):
        with transaction.atomic():
            _discard(None, job)
        erased += 1
    return erased
