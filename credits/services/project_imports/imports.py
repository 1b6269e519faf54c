"""A sheet of projects: sent, looked at, entered in one go, undone while nothing rests on it."""

import hashlib
import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path, PurePath
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from credits import registry
from credits.enums import ImportState, RowAction
from credits.models import Entry, Project, ProjectImport
from credits.registry import Stated
from credits.selectors import projects as selectors
from credits.services import projects
from credits.services.chain import lock_feed
from credits.services.project_imports import rows
from credits.services.project_imports.findings import LABELS, Finding, findings, fingerprint
from organisations import audit
from organisations.enums import Deed, Power
from organisations.formats.problems import FileProblem
from organisations.formats.reading import kind_of
from organisations.formats.shapes import Unreadable
from organisations.models import Person
from organisations.selectors import required_scope

MOST_BYTES = 5_000_000
KEPT = timedelta(days=30)


class SheetTooLarge(errors.TooLarge):
    code = "project_sheet_too_large"
    message = _("The file is larger than 5 MB. Divide it into several files.")


class SheetTooLong(errors.InvalidInput):
    code = "project_sheet_too_long"
    message = _("There are over 5,000 rows. Divide the file into several.")


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
    message = _("This sheet was entered, undone or discarded already. Load the page again.")


class InUse(errors.Conflict):
    code = "project_import_in_use"
    message = _(
        "The project %(number)s is in use or was changed since: credit was granted, a course is offered on it, or "
        "somebody changed it. Change single projects instead."
    )


def receive(*, by: Person, upload: File[bytes]) -> ProjectImport:
    """Keep the rows of a sheet to look at. Raises OutOfScope, SheetTooLarge, SheetTooLong, SheetUnreadable."""
    required_scope(by, Power.KEEP_PROJECTS)
    if (upload.size or 0) > MOST_BYTES:
        raise SheetTooLarge
    content = upload.read()
    name = PurePath(str(upload.name).replace("\\", "/")).name[-120:]
    with tempfile.TemporaryDirectory(prefix="isocenter-projects-") as folder:
        path = Path(folder) / "sheet"
        path.write_bytes(content)
        try:
            kind_of(content[: 1 << 16], name)
            sheets = rows.read(path, name)
        except rows.TooManyRows as error:
            raise SheetTooLong from error
        except Unreadable as error:
            raise SheetUnreadable(error.problem) from error
    with transaction.atomic():
        job = ProjectImport.objects.create(
            sent_by=by, file_name=name, file_sha256=hashlib.sha256(content).hexdigest(), headings=sheets.headings,
            rows=sheets.rows, mapping=rows.proposal(sheets.headings),
        )  # fmt: skip
        audit.record(
            by=by, verb=Deed.PROJECT_IMPORT_SEND, target=job,
            after={"rows": len(sheets.rows), "sha256": job.file_sha256},
        )  # fmt: skip
    return job


@transaction.atomic
def remap(*, by: Person, job: ProjectImport, mapping: Mapping[str, str]) -> None:
    """`mapping`: {heading: field, "" for none}. Raises OutOfScope, ColumnTwice, NotWaiting."""
    required_scope(by, Power.KEEP_PROJECTS)
    chosen = {
        heading: mapping[heading] for heading in job.headings if mapping.get(heading, "") in rows.FIELDS
    }  # fmt: skip
    for name in set(chosen.values()):
        if list(chosen.values()).count(name) > 1:
            raise ColumnTwice(field=str(LABELS[name]))
    waiting = ProjectImport.objects.filter(pk=job.pk, state=ImportState.WAITING)
    if waiting.update(mapping=chosen) != 1:
        raise NotWaiting
    audit.record(by=by, verb=Deed.PROJECT_IMPORT_MAP, target=job, before=job.mapping, after=chosen)


@transaction.atomic
def apply(*, by: Person, job: ProjectImport, seen: str, leave_out: bool) -> ProjectImport:
    """Enter every row that is right, all of them or, where it raises, none. `seen` is the fingerprint of what was
    looked at; `leave_out` says that wrong rows stay outside.

    Raises OutOfScope, NotWaiting, Moved, RowsWrong, NothingToEnter.
    """
    required_scope(by, Power.KEEP_PROJECTS)
    lock_feed()
    now = timezone.now()
    waiting = ProjectImport.objects.filter(pk=job.pk, state=ImportState.WAITING)
    if waiting.update(state=ImportState.APPLIED, applied_by=by, applied_at=now) != 1:
        raise NotWaiting
    job.refresh_from_db()
    found = findings(job)
    if fingerprint(found) != seen:
        raise Moved
    wrong = sum(1 for one in found if one.action == RowAction.WRONG)
    if wrong and not leave_out:
        raise RowsWrong
    entered = [one for one in found if one.action in (RowAction.NEW, RowAction.CHANGE)]
    if not entered:
        raise NothingToEnter
    job.written = [_enter(by, one) for one in entered]
    job.rows, job.left_out = [], wrong
    job.save(update_fields=["written", "rows", "left_out"])
    audit.record(
        by=by, verb=Deed.PROJECT_IMPORT_APPLY, target=job,
        after={"added": job.added, "changed": job.changed, "left_out": wrong},
    )  # fmt: skip
    return job


def _enter(by: Person, one: Finding) -> list[Any]:
    if one.project is None:
        project = Project.objects.create(**projects.fields_of(one.stated))
        audit.record(by=by, verb=Deed.PROJECT_ADD, target=project, after=projects.told(one.stated))
        return [str(project.public_id), 0, None]
    before = one.project.stated
    changed = projects.write(by=by, project=one.project, stated=one.stated)
    return [str(changed.public_id), changed.changes, _stored(before)]


def _stored(stated: Stated) -> dict[str, Any]:
    """As JSON keeps it: figures as texts."""
    values = {name: getattr(stated, name) for name in registry.FIELDS}
    return {name: str(value) if isinstance(value, Decimal | date) else value for name, value in values.items()}


def _restored(values: Mapping[str, Any]) -> Stated:
    found = dict(values)
    for name in ("theory_hours", "practice_hours", "hours", "credits"):
        found[name] = None if found[name] is None else Decimal(found[name])
    for name in ("begins", "ends"):
        found[name] = date.fromisoformat(found[name])
    return Stated(**found)


@transaction.atomic
def undo(*, by: Person, job: ProjectImport) -> ProjectImport:
    """What it added goes, what it changed is again as it was: everything or, where anything of it is in use, nothing.

    Raises OutOfScope, NotWaiting, InUse.
    """
    required_scope(by, Power.KEEP_PROJECTS)
    lock_feed()
    applied = ProjectImport.objects.filter(pk=job.pk, state=ImportState.APPLIED)
    if applied.update(state=ImportState.UNDONE) != 1:
        raise NotWaiting
    job.refresh_from_db()
    for public_id, changes, before in reversed(job.written):
        project = Project.objects.filter(public_id=public_id).first()
        if project is None or project.changes != changes or _is_used(project, job, is_new=before is None):
            raise InUse(number=project.number if project is not None else public_id)
        if before is None:
            audit.record(by=by, verb=Deed.PROJECT_REMOVE, target=project, before=projects.told(project.stated))
            project.delete()
        else:
            projects.write(by=by, project=project, stated=_restored(before))
    audit.record(by=by, verb=Deed.PROJECT_IMPORT_UNDO, target=job, after={"projects": len(job.written)})
    return job


def _is_used(project: Project, job: ProjectImport, *, is_new: bool) -> bool:
    """Whether anything rests on what the import wrote; on a project that it added anything at all, even taken back."""
    entries = Entry.objects.filter(project=project)
    if is_new:
        return entries.exists() or bool(selectors.uses_of(project))
    return entries.filter(recorded_at__gte=job.applied_at).exists()


@transaction.atomic
def discard(*, by: Person, job: ProjectImport) -> None:
    """Delete a sheet that was not entered. Raises OutOfScope, NotWaiting."""
    required_scope(by, Power.KEEP_PROJECTS)
    audit.record(by=by, verb=Deed.PROJECT_IMPORT_DISCARD, target=job, after={"sha256": job.file_sha256})
    deleted, _by_model = ProjectImport.objects.filter(pk=job.pk, state=ImportState.WAITING).delete()
    if not deleted:
        raise NotWaiting


def erase_old() -> int:
    """Sheets that nobody entered for a month go; how many."""
    old = ProjectImport.objects.filter(state=ImportState.WAITING, sent_at__lt=timezone.now() - KEPT)
    erased = 0
    for job in old.order_by("pk"):
        with transaction.atomic():
            audit.record(by=None, verb=Deed.PROJECT_IMPORT_DISCARD, target=job, after={"sha256": job.file_sha256})
            erased += ProjectImport.objects.filter(pk=job.pk, state=ImportState.WAITING).delete()[0]
    return erased
