"""The job of a sheet of projects: each of its stages READING, CHECKING, APPLYING and UNDOING is one run.

What a run writes, it writes in one transaction with its end: a worker that is killed leaves nothing half-done.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction

from cms.shared.jobs import LostLease
from cms.shared.storage import delete_on_commit, local_path, private_storage
from credits.enums import ImportStage, RowAction
from credits.models import Entry, Project, ProjectImport, ProjectImportRow
from credits.registry import Stated
from credits.selectors import projects as selectors
from credits.services import projects
from credits.services.chain import lock_feed
from credits.services.project_imports import imports, rows
from credits.services.project_imports.findings import Finding, findings, fingerprint, kept, kept_fields
from organisations import audit
from organisations.deeds import Deed
from organisations.formats.shapes import Unreadable

_BATCH = 500
T = TypeVar("T")


def run_project_import(job_pk: int) -> None:
    """Do the run that sheet `job_pk` waits for, if it still waits. A second run begins where a killed one began."""
    job = ProjectImport.claim(job_pk)
    if job is None:
        return
    try:
        with job.kept_alive():
            _RUNS[ImportStage(job.import_stage)](job)
    except LostLease:
        job.give_up()
    except Unreadable as error:
        _unreadable(job, error.problem.value)
    except rows.TooManyRows:
        _unreadable(job, imports.SheetTooLong.code)
    except imports.InUse as error:
        _back(job, ImportStage.APPLIED, error.code, told=error.params)
    except Exception as error:  # every fault ends in a state that whoever keeps the register sees
        job.fail_unexpected(error)


def _unreadable(job: ProjectImport, code: str) -> None:
    with contextlib.suppress(LostLease), transaction.atomic():
        _forget_file(job)
        _back(job, ImportStage.UNREADABLE, code)


def _back(job: ProjectImport, stage: ImportStage, code: str, **changes: Any) -> None:
    """The run could not do it, for a reason that its sheet tells; it rests at `stage`."""
    with contextlib.suppress(LostLease), transaction.atomic():
        job.beat()
        ProjectImport.objects.filter(pk=job.pk).update(import_stage=stage, **changes)
        job.fail(code)


def _forget_file(job: ProjectImport) -> None:
    """Phones stand in it: it is deleted when the transaction is committed."""
    if job.file.name:
        delete_on_commit(job.file.name)
        ProjectImport.objects.filter(pk=job.pk).update(file="")


def _read(job: ProjectImport) -> None:
    job.beat(stage="reading")
    with tempfile.TemporaryDirectory(prefix="isocenter-projects-") as folder:
        sheets = rows.read(_local(job, Path(folder)), job.file_name)
    job.beat(stage="checking", progress=50)
    job.headings, job.mapping = sheets.headings, rows.proposal(sheets.headings)
    with transaction.atomic():
        job.rows.all().delete()
        ProjectImportRow.objects.bulk_create(
            (
                ProjectImportRow(project_import=job, sheet=sheet[:100], row_number=number, cells=cells)
                for sheet, number, cells in sheets.rows
            ),
            batch_size=_BATCH,
        )
        _forget_file(job)
        _compared(job)
        job.finish(import_stage=ImportStage.WAITING, headings=job.headings, mapping=job.mapping)


def _local(job: ProjectImport, folder: Path) -> Path:
    path = local_path(private_storage(), str(job.file.name))
    if path is not None:
        return path
    copy = folder / "sheet"
    with job.file.open("rb") as stored, copy.open("wb") as written:
        shutil.copyfileobj(stored, written)
    return copy


def _check(job: ProjectImport) -> None:
    job.beat(stage="checking")
    with transaction.atomic():
        _compared(job)
        job.finish(import_stage=ImportStage.WAITING)


def _compared(job: ProjectImport) -> list[Finding]:
    """Compare every row with the register as it is, and store what each would be."""
    found = findings(job)
    for one in found:
        row = one.row
        row.action, row.stated = one.action.value, kept_fields(one.stated)
        row.troubles = [[trouble.field, trouble.code, dict(trouble.params)] for trouble in one.troubles]
        row.differences = [[each.field, kept(each.before), kept(each.after)] for each in one.differences]
    # Lines of totals and notes are no rows of projects.
    job.rows.update(action="", stated={}, troubles=[], differences=[])
    ProjectImportRow.objects.bulk_create(
        [one.row for one in found], batch_size=_BATCH, update_conflicts=True, unique_fields=["id"],
        update_fields=["action", "stated", "troubles", "differences"],
    )  # fmt: skip
    counts = {action.value: sum(1 for one in found if one.action == action) for action in RowAction}
    ProjectImport.objects.filter(pk=job.pk).update(counts=counts, fingerprint=fingerprint(found))
    return found


def _apply(job: ProjectImport) -> None:
    job.beat(stage="applying")
    with transaction.atomic():
        lock_feed()
        found = findings(job)
        if fingerprint(found) != job.fingerprint:
            _compared(job)
            _back(job, ImportStage.WAITING, imports.Moved.code, applied_by=None, applied_at=None)
            return
        written = _entered(job, found)
        job.rows.all().delete()
        job.finish(import_stage=ImportStage.APPLIED, written=written)


def _entered(job: ProjectImport, found: list[Finding]) -> list[list[Any]]:
    by = job.applied_by
    assert by is not None  # noqa: S101 - set where the run was queued
    new = [one for one in found if one.action == RowAction.NEW]
    added = Project.objects.bulk_create([Project(**projects.fields_of(one.stated)) for one in new], batch_size=_BATCH)
    audit.record_many(
        by=by,
        deeds=[
            (Deed.PROJECT_ADD, project, {}, projects.told(one.stated)) for one, project in zip(new, added, strict=True)
        ],
    )
    written: list[list[Any]] = [[str(project.public_id), 0, None] for project in added]
    for one in found:
        if one.action == RowAction.CHANGE and one.project is not None:
            before = one.project.stated
            changed = projects.write(by=by, project=one.project, stated=one.stated)
            written.append([str(changed.public_id), changed.changes, kept_fields(before)])
    return written


def _undo(job: ProjectImport) -> None:
    """Raises InUse, and then nothing is undone."""
    job.beat(stage="undoing")
    by = job.undone_by
    assert by is not None  # noqa: S101 - set where the run was queued
    with transaction.atomic():
        lock_feed()
        added, changed = _untouched(job)
        for project, before in changed:
            projects.write(by=by, project=project, stated=_restored(before))
        audit.record_many(
            by=by, deeds=((Deed.PROJECT_REMOVE, project, projects.told(project.stated), {}) for project in added)
        )
        for some in batched(added):
            Project.objects.filter(pk__in=[project.pk for project in some]).delete()
        job.finish(import_stage=ImportStage.UNDONE)


def _untouched(job: ProjectImport) -> tuple[list[Project], list[tuple[Project, dict[str, Any]]]]:
    """What it added, and what it changed with what that said before. Raises InUse where anything rests on one of them:
    on a project that was added anything at all, even taken back."""
    found: dict[str, Project] = {}
    for some in batched(job.written):
        keys = [public_id for public_id, _changes, _before in some]
        found |= {str(project.public_id): project for project in Project.objects.filter(public_id__in=keys)}
    added, changed = [], []
    for public_id, changes, before in job.written:
        project = found.get(public_id)
        if project is None or project.changes != changes:
            raise imports.InUse(number=project.number if project is not None else public_id)
        if before is None:
            added.append(project)
        else:
            changed.append((project, before))
    granted = Entry.objects.filter(recorded_at__gte=job.applied_at)
    used: set[int] = set()
    for some in batched([project.pk for project, _before in changed]):
        used |= set(granted.filter(project__in=some).values_list("project", flat=True))
    for some in batched([project.pk for project in added]):
        used |= selectors.used_among(some)
    for project in found.values():
        if project.pk in used:
            raise imports.InUse(number=project.number)
    return added, changed


def batched(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(items), _BATCH):
        yield items[first : first + _BATCH]


def _restored(values: Mapping[str, Any]) -> Stated:
    found = dict(values)
    for name in ("theory_hours", "practice_hours", "hours", "credits"):
        found[name] = None if found[name] is None else Decimal(found[name])
    for name in ("begins", "ends"):
        found[name] = date.fromisoformat(found[name])
    return Stated(**found)


_RUNS: dict[ImportStage, Callable[[ProjectImport], None]] = {
    ImportStage.READING: _read,
    ImportStage.CHECKING: _check,
    ImportStage.APPLYING: _apply,
    ImportStage.UNDOING: _undo,
}
