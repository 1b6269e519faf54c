"""Credit exports: requested by an administrator, made by a worker, fetched through the scope again."""

import errno
import hashlib
import tempfile
from dataclasses import dataclass
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
from credits import selectors
from credits.columns import SetKind
from credits.enums import Encoding, ExportFormat, Layout
from credits.exports import covers, identity, pdfs, render, writers
from credits.exports.totals import Sums, TotalsDiffer
from credits.models import Disclosure, ExportJob
from credits.models.exports import DEFAULT_SET
from credits.selectors import column_sets, pages, texts
from organisations import audit, notifications
from organisations.deeds import Deed
from organisations.enums import CREDIT_ROLES
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


class ReasonMissing(errors.InvalidInput):
    code = "export_without_reason"
    message = _("Say what the file is needed for; it stands on its cover and in the audit log.")


class NotOnPaper(errors.InvalidInput):
    code = "export_not_on_paper"
    message = _("Only personal statements are made as PDF. Choose the set “personal statement”, or Excel or CSV.")


class TooManyOnPaper(errors.InvalidInput):
    code = "export_too_many_on_paper"
    message = _("At most 1,000 people are put on paper at once. Choose a smaller place, or Excel or CSV.")


class ActivityMissing(errors.InvalidInput):
    code = "export_without_activity"
    message = _(
        "A list of grantees is about one activity of that year: write its project number or its title exactly as it "
        "stands in the entries."
    )


@dataclass(frozen=True)
class Wish:
    """What somebody wants exported: everybody below `node` in `year`. `sought` is asked for by sets of grantees."""

    node: Node
    rule_set_id: str
    year: int
    file_format: str
    column_set: str = DEFAULT_SET
    encoding: str = Encoding.UTF_8.value
    layout: str = Layout.ONE_SHEET.value
    sought: str = ""
    language: str = "zh-hans"

    @property
    def choices(self) -> dict[str, Any]:
        """As export jobs and disclosures have them in common."""
        return {
            "rule_set_id": self.rule_set_id,
            "file_format": self.file_format,
            "column_set": self.column_set,
            # Of other formats these say nothing; two wishes that differ only there are one.
            "encoding": self.encoding if self.file_format == ExportFormat.CSV else Encoding.UTF_8.value,
            "layout": self.layout if self.file_format == ExportFormat.XLSX else Layout.ONE_SHEET.value,
            "sought": self.sought.strip(),
            "language": self.language,
        }

    def job_fields(self, by: Person) -> dict[str, Any]:
        """The columns of a job that makes such a file."""
        return self.choices | {
            "requested_by": by,
            "scope_paths": [self.node.path],
            "period_begins": date(self.year, 1, 1),
            "period_ends": date(self.year + 1, 1, 1),
        }


@transaction.atomic
def request_export(*, by: Person, reason: str, **wish: Any) -> ExportJob:
    """Queue an export (`wish`: the fields of Wish). What waits already, or lies there made of the very same, is
    returned again.

    Raises OutOfScope if `by` does not administer all of the place, ReasonMissing, NotOnPaper, ActivityMissing,
    InvalidInput for an unknown year, rule set, column set or format.
    """
    wanted = Wish(**wish)
    check_wish(by=by, wish=wanted)
    if not reason.strip():
        raise ReasonMissing
    fields = wanted.job_fields(by)
    Person.objects.select_for_update().get(pk=by.pk)
    own = ExportJob.objects.filter(**fields, disclosure__isnull=True).order_by("-pk")
    waiting = own.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).first()
    if waiting is not None:
        return waiting
    there = own.filter(state=JobState.DONE, identity_sha256=_identity_now(ExportJob(**fields))).exclude(file_key="")
    if (same := there.first()) is not None:
        return same
    job = ExportJob.objects.create(**fields, reason=reason.strip()[:200])
    audit.record(
        by=by, verb="credits.export.request", target=job,
        after={
            "place": wanted.node.code, "year": wanted.year, "rule_set": wanted.rule_set_id,
            "format": wanted.file_format, "columns": wanted.column_set, "reason": job.reason,
        },
    )  # fmt: skip
    jobs.wake(ExportJob.task_name, job.pk)
    return job


def check_wish(*, by: Person, wish: Wish) -> None:
    """Raises OutOfScope if `by` does not administer all of the place, InvalidInput and its kin for what cannot be
    exported."""
    if not scope_of(by, CREDIT_ROLES).covers(wish.node.path):
        raise errors.OutOfScope
    known = (
        wish.file_format in set(ExportFormat)
        and wish.encoding in set(Encoding)
        and wish.layout in set(Layout)
        and wish.rule_set_id in pages.exportable_rule_sets()
        and 2000 <= wish.year <= timezone.localdate().year + 1
    )
    if not known:
        raise errors.InvalidInput
    column_set = column_sets.check_offered(wish.column_set, node=wish.node)
    if wish.file_format == ExportFormat.PDF and column_set.kind != SetKind.STATEMENT:
        raise NotOnPaper
    if column_set.kind == SetKind.GRANTEES and not pages.has_activity(wish.sought, year=wish.year):
        raise ActivityMissing


@dataclass(frozen=True)
class Preview:
    """What a file would hold now: people (or projects), and what the stored judgements of them add up to."""

    count: int
    is_projects: bool
    sums: Sums

    @property
    def states(self) -> list[tuple[str, int]]:
        """Every state that occurs, in words, with its people."""
        return [(texts.state(state), people) for state, people in sorted(self.sums.states.items())]

    @property
    def unjudged(self) -> int:
        """People who have no stored judgement: without entries, or judged when the file is made."""
        return 0 if self.is_projects else self.count - self.sums.people


def preview(*, by: Person, **wish: Any) -> Preview:
    """Raises as `request_export`."""
    wanted = Wish(**wish)
    check_wish(by=by, wish=wanted)
    run = render.Run(ExportJob(**wanted.job_fields(by)), selectors.today_in(wanted.rule_set_id))
    try:
        count = run.check_size()
    except render.NothingToWrite:
        count = 0
    except pdfs.TooManyPeople as error:
        raise TooManyOnPaper from error
    return Preview(count, run.is_projects, run.stored_sums() or render.Sums())


def _identity_now(job: ExportJob) -> str:
    """What a file of this wish would be made of now."""
    run = render.Run(job, selectors.today_in(job.rule_set_id))
    return identity.sha256_of(run.identity)


# What ends a job in a way that its administrator can act on; the pages have a sentence for each code.
_ENDS: dict[type[Exception], str] = {
    render.NotAgreed: "disclosure_lapsed",
    render.NothingToWrite: "export_empty",
    ScopeShrank: "export_scope_lost",
    TotalsDiffer: "export_totals_differ",
    writers.TooManyUnits: "export_too_many_units",
    pdfs.TooManyPeople: "export_too_many_people",
    column_sets.UnknownColumnSet: "export_column_set_gone",
}
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def run_export(job_pk: int) -> None:
    """Make the file of job `job_pk`, if it still waits. A second run replaces what a killed one left."""
    job = ExportJob.claim(job_pk)
    if job is None:
        return
    try:
        _check_scope(job)
        with tempfile.TemporaryDirectory(prefix="isocenter-export-") as folder:
            path = Path(folder) / f"export.{job.file_format}"
            with translation.override(job.language):
                rendered = _render(job, path)
            _keep(job, path, rendered)
    except LostLease:
        job.give_up()
    except tuple(_ENDS) as error:
        job.fail(next(code for kind, code in _ENDS.items() if isinstance(error, kind)), str(error))
    except OSError as error:
        if error.errno not in _FULL:
            job.fail_unexpected(error)
        else:
            job.fail("export_disk_full", str(error))
    except Exception as error:  # every fault ends in a state that the administrator sees
        job.fail_unexpected(error)


def _check_scope(job: ExportJob) -> None:
    scope = scope_of(job.requested_by, CREDIT_ROLES)
    if not all(scope.covers(path) for path in job.scope_paths):
        raise ScopeShrank


def _render(job: ExportJob, path: Path) -> render.Rendered:
    """The file at `path`: made, or copied from one that is made of the very same."""
    reached = [0]
    with (
        job.kept_alive(progress=lambda: reached[0]) as lost,
        render.one_moment(),
        render.few_collections(),
    ):
        run = render.Run(
            job, selectors.today_in(job.rule_set_id), lost, lambda percent: reached.__setitem__(0, percent)
        )
        twin = (
            ExportJob.objects.filter(state=JobState.DONE, identity_sha256=identity.sha256_of(run.identity))
            .exclude(file_key="")
            .first()
        )
        if twin is None or not _copied(twin, path):
            return run.write(path)
        return render.Rendered(
            run.file_name(is_demo=run.is_demo()), twin.row_count or 0, run.identity, run.cut_off, twin.totals
        )


def _copied(twin: ExportJob, path: Path) -> bool:
    """Whether the file of `twin` lies at `path` now, byte for byte what it was when it was made."""
    digest = hashlib.sha256()
    try:
        with private_storage().open(twin.file_key) as made, path.open("wb") as target:
            while block := made.read(1 << 20):
                digest.update(block)
                target.write(block)
    except FileNotFoundError:
        return False
    return digest.hexdigest() == twin.file_sha256


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
    try:
        with path.open("rb") as made:
            key = storage.save(key, File(made))
    except OSError:
        storage.delete(key)  # half a file takes room that is needed
        raise
    try:
        with transaction.atomic():
            job.finish(
                file_key=key, file_name=rendered.file_name, row_count=rendered.row_count,
                file_sha256=digest.hexdigest(), identity=rendered.identity,
                identity_sha256=identity.sha256_of(rendered.identity), cut_off_at=rendered.cut_off,
                totals=rendered.totals,
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
    try:
        file = private_storage().open(job.file_key)
    except FileNotFoundError as error:
        raise ExportGone from error
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


def cover(*, by: Person, job: ExportJob) -> str:
    """The cover of a finished file: who asked, when, why, what it is made of, its SHA-256 and totals; as text.

    Raises as `open_file`.
    """
    if job.state != JobState.DONE:
        raise ExportNotReady
    if not job.identity:
        raise ExportGone
    scope: Scope = scope_of(by, CREDIT_ROLES)
    if not all(scope.covers(path) for path in job.scope_paths):
        raise ScopeShrank
    audit.record(by=by, verb=Deed.EXPORT_COVER, target=job)
    return covers.text(covers.of_job(job))


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
