"""Credit exports: requested by an administrator, made by a worker, fetched through the scope again."""

import hashlib
import tempfile
from datetime import date
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors, jobs
from cms.shared.jobs import JobState, LostLease
from cms.shared.storage import private_folder, private_storage
from credits.enums import ExportFormat
from credits.exports import render
from credits.models import Disclosure, ExportJob
from credits.selectors import pages
from organisations import audit, notifications
from organisations.enums import CREDIT_ROLES, Deed
from organisations.models import Node, Person
from organisations.scopes import Scope
from organisations.selectors import scope_of


class NotYourExport(errors.NotFound):
    code = "export_not_found"
    message = _("This export does not exist, or it was asked for by somebody else.")


class ExportNotReady(errors.Conflict):
    code = "export_not_ready"
    message = _("This file is not ready yet. Wait until the list says that it is done.")


class ExportGone(errors.DomainError):
    code, http_status = "export_gone", 410
    message = _("This file was erased when its time was over. Ask for a new one.")


class ScopeShrank(errors.OutOfScope):
    code = "export_scope_changed"
    message = _("Your role no longer reaches everything in this file. Ask for a new export.")


@transaction.atomic
def request_export(
    *, by: Person, node: Node, rule_set_id: str, year: int, file_format: str, language: str = "zh-hans"
) -> ExportJob:
    """Queue an export of everybody below `node` for `year`; the same request in waiting is returned again.

    Raises OutOfScope if `by` does not administer all of `node`, InvalidInput for an unknown year, rule set or format.
    """
    check_wish(by=by, node=node, rule_set_id=rule_set_id, year=year, file_format=file_format)
    wanted = job_fields(
        by=by, node=node, rule_set_id=rule_set_id, year=year, file_format=file_format, language=language
    )
    Person.objects.select_for_update().get(pk=by.pk)
    waiting = ExportJob.objects.filter(
        **wanted, state__in=[JobState.QUEUED, JobState.RUNNING], disclosure__isnull=True
    ).first()
    if waiting is not None:
        return waiting
    job = ExportJob.objects.create(**wanted)
    audit.record(
        by=by, verb="credits.export.request", target=job,
        after={"place": node.code, "year": year, "rule_set": rule_set_id, "format": file_format},
    )  # fmt: skip
    jobs.wake(ExportJob.task_name, job.pk)
    return job


def check_wish(*, by: Person, node: Node, rule_set_id: str, year: int, file_format: str) -> None:
    """Raises OutOfScope if `by` does not administer all of `node`, InvalidInput for what cannot be exported."""
    if not scope_of(by, CREDIT_ROLES).covers(node.path):
        raise errors.OutOfScope
    if file_format not in set(ExportFormat) or rule_set_id not in pages.exportable_rule_sets():
        raise errors.InvalidInput
    if not 2000 <= year <= timezone.localdate().year + 1:
        raise errors.InvalidInput


def job_fields(
    *, by: Person, node: Node, rule_set_id: str, year: int, file_format: str, language: str
) -> dict[str, Any]:
    """The columns of a job that makes such a file."""
    return {
        "requested_by": by,
        "scope_paths": [node.path],
        "rule_set_id": rule_set_id,
        "period_begins": date(year, 1, 1),
        "period_ends": date(year + 1, 1, 1),
        "file_format": file_format,
        "language": language,
    }


def run_export(job_pk: int) -> None:
    """Make the file of job `job_pk`, if it still waits. A second run replaces what a killed one left."""
    job = ExportJob.claim(job_pk)
    if job is None:
        return
    try:
        with tempfile.TemporaryDirectory(prefix="isocenter-export-") as folder, job.kept_alive() as lost:
            path = Path(folder) / f"export.{job.file_format}"
            with translation.override(job.language):
                rendered = render.render(job, path, lost=lost)
            _keep(job, path, rendered)
    except LostLease:
        return
    except render.NotAgreed:
        job.fail("disclosure_lapsed")
    except Exception as error:  # every fault ends in a state that the administrator sees
        job.fail_unexpected(error)


def _keep(job: ExportJob, path: Path, rendered: render.Rendered) -> None:
    storage, folder = private_storage(), private_folder("exports", job.public_id)
    digest = hashlib.sha256()
    with path.open("rb") as made:
        while block := made.read(1 << 20):
            digest.update(block)
    key = f"{folder}/{job.attempt}.{job.file_format}"
    job.beat(stage="storing", progress=95)
    for earlier in range(1, job.attempt + 1):
        storage.delete(f"{folder}/{earlier}.{job.file_format}")
    with path.open("rb") as made:
        key = storage.save(key, File(made))
    try:
        with transaction.atomic():
            job.finish(
                file_key=key, file_name=rendered.file_name, row_count=rendered.row_count,
                file_sha256=digest.hexdigest(),
            )  # fmt: skip
            with translation.override(job.requested_by.language):
                link = reverse("credits:exports")
            notifications.notify(
                person=job.requested_by, kind="credits.export_ready", params={"file": rendered.file_name},
                key=f"credits_export:{job.public_id}", link=link,
            )  # fmt: skip
    except LostLease:
        storage.delete(key)
        raise


def own_export(*, by: Person, public_id: str) -> ExportJob:
    """Raises NotYourExport."""
    job = ExportJob.objects.filter(public_id=public_id, requested_by=by).first()
    if job is None:
        raise NotYourExport
    return job


def open_file(*, by: Person, job: ExportJob) -> IO[bytes]:
    """The finished file, after the scope was checked again and the download written to the audit log.

    Raises ExportNotReady, ExportGone, ScopeShrank.
    """
    if job.state != JobState.DONE:
        raise ExportNotReady
    if not job.file_key:
        raise ExportGone
    scope: Scope = scope_of(by, CREDIT_ROLES)
    if not all(scope.covers(path) for path in job.scope_paths):
        raise ScopeShrank
    disclosure = Disclosure.objects.filter(job=job).first()
    expires_at = job.file_expires_at if disclosure is None else disclosure.expires_at
    if expires_at is None or expires_at <= timezone.now():
        raise ExportGone
    file = private_storage().open(job.file_key)
    if disclosure is None:
        audit.record(by=by, verb="credits.export.download", target=job, after={"sha256": job.file_sha256})
    else:
        audit.record(
            by=by,
            verb="credits.disclosure.download",
            target=job,
            after={"sha256": job.file_sha256, "rows": job.row_count, "disclosure": str(disclosure.public_id)},
        )
    return file


def erase_old() -> int:
    """Erase the files with masked numbers whose time is over; how many."""
    now, erased = timezone.now(), 0
    made = ExportJob.objects.filter(state=JobState.DONE, disclosure__isnull=True).exclude(file_key="")
    for job in made.select_related("disclosure").order_by("pk"):
        if job.file_expires_at is None or job.file_expires_at > now:
            continue
        # The file first: a sweep that is cut short finds the row again.
        private_storage().delete(job.file_key)
        with transaction.atomic():
            ExportJob.objects.filter(pk=job.pk).update(file_key="")
            audit.record(by=None, verb=Deed.EXPORT_ERASE, target=job, after={"sha256": job.file_sha256})
        erased += 1
    return erased


def cancel_export(*, by: Person, job: ExportJob) -> None:
    job.cancel()
    audit.record(by=by, verb="credits.export.cancel", target=job)
