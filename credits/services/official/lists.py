"""An authority's list: sent, compared by a worker, taken over line by line, taken back."""

import hashlib
import shutil
import tempfile
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from pathlib import Path, PurePath

from django.core.files.base import ContentFile, File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cms.shared import errors, jobs
from cms.shared.jobs import JobState, LostLease
from cms.shared.storage import delete_on_commit, local_path, private_key, private_storage
from credits.enums import Finding, OfficialState
from credits.models import Entry, EntryStatus, OfficialLine, OfficialList
from credits.selectors import with_official_state
from credits.services.official import comparing, rows
from credits.services.statuses import set_status
from organisations import audit, retention
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.formats.problems import FileProblem
from organisations.formats.reading import kind_of
from organisations.formats.shapes import MOST_BYTES_SENT, Unreadable
from organisations.models import Node, Person
from organisations.selectors import scope_for

AT_ONCE = 200
APPLICABLE = (Finding.SAME, Finding.DIFFERENT)


class ListTooLarge(errors.TooLarge):
    code = "official_list_too_large"
    message = gettext_lazy("The file is larger than 20 MB. Divide it into several files.")


class ListUnreadable(errors.InvalidInput):
    """The code is one of `FileProblem`, its label is the message."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(problem.label)
        self.code = problem.value


class ListBusy(errors.Conflict):
    code = "official_list_busy"
    message = gettext_lazy("This list is still being compared, or it was erased. Load the page again.")


def receive(
    *,
    by: Person,
    place: Node,
    rule_set_id: str,
    year: int,
    default_state: OfficialState,
    on: date,
    upload: File[bytes],
) -> OfficialList:
    """Store a list for `place` and `year` and queue its comparison. Raises OutOfScope, ListTooLarge, ListUnreadable."""
    if not scope_for(by, Power.KEEP_CREDITS).covers(place.path):
        raise errors.OutOfScope
    if (upload.size or 0) > MOST_BYTES_SENT:
        raise ListTooLarge
    content = upload.read()
    name = PurePath(str(upload.name).replace("\\", "/")).name[-120:]
    try:
        kind = kind_of(content[: 1 << 16], name)
    except Unreadable as error:
        raise ListUnreadable(error.problem) from error
    key = private_storage().save(private_key("official_lists", kind.value), ContentFile(content))
    with transaction.atomic():
        job = OfficialList.objects.create(
            requested_by=by, place=place, rule_set_id=rule_set_id, year=year, default_state=default_state.value, on=on,
            file=key, file_name=name, file_sha256=hashlib.sha256(content).hexdigest(),
        )  # fmt: skip
        audit.record(
            by=by, verb=Deed.OFFICIAL_LIST_SEND, target=job,
            after={"place": place.code, "year": year, "rule_set": rule_set_id, "sha256": job.file_sha256},
        )  # fmt: skip
        jobs.wake(OfficialList.task_name, job.pk)
    return job


def run_official_list(job_pk: int) -> None:
    """Compare the list `job_pk`, if it still waits. A second run replaces what a killed one left."""
    job = OfficialList.claim(job_pk)
    if job is None:
        return
    try:
        with job.kept_alive(), tempfile.TemporaryDirectory(prefix="isocenter-official-") as folder:
            kind, found = rows.read(_local(job, Path(folder)), job.file_name)
            lines = list(comparing.compare(job, kind, found))
            with transaction.atomic():
                job.beat(stage="storing", progress=90)
                job.lines.all().delete()
                OfficialLine.objects.bulk_create(lines, batch_size=500)
                job.finish(kind=kind.value)
    except LostLease:
        return
    except Unreadable as error:
        job.fail(error.problem.value)
    except Exception as error:  # every fault ends in a state that the administrator sees
        job.fail_unexpected(error)


def _local(job: OfficialList, folder: Path) -> Path:
    path = local_path(private_storage(), str(job.file.name))
    if path is not None:
        return path
    copy = folder / "list"
    with job.file.open("rb") as stored, copy.open("wb") as written:
        shutil.copyfileobj(stored, written)
    return copy


def apply(*, by: Person, job: OfficialList, lines: Collection[int] | None = None) -> int:
    """Take over what the list says: of the chosen lines, or (None) of all that are the same in both; how many entries.

    Each 200 lines are one transaction; what was taken over once is not taken over again. Raises ListBusy.
    """
    if job.state != JobState.DONE:
        raise ListBusy
    chosen = job.lines.filter(book__isnull=False, finding__in=APPLICABLE, written=[]).exclude(state="")
    chosen = chosen.filter(finding=Finding.SAME) if lines is None else chosen.filter(pk__in=lines)
    count = 0
    # Books are locked in the order of their ids: two lists at once cannot wait for each other.
    for some in _in_parts(chosen):
        with transaction.atomic():
            for line in OfficialLine.objects.select_for_update().filter(pk__in=some).order_by("book", "entry", "pk"):
                if not line.written:
                    count += _take_over(by, job, line)
    audit.record(
        by=by, verb=Deed.OFFICIAL_LIST_APPLY, target=job,
        after={"entries": count, "chosen": lines is not None, "place": job.place.code, "year": job.year},
    )  # fmt: skip
    return count


def _in_parts(lines: "QuerySet[OfficialLine]") -> Iterator[list[int]]:
    keys = list(lines.order_by("book", "entry", "pk").values_list("pk", flat=True))
    for first in range(0, len(keys), AT_ONCE):
        yield keys[first : first + AT_ONCE]


def _entries_of(job: OfficialList, line: OfficialLine) -> QuerySet[Entry]:
    standing = Entry.objects.filter(reverses__isnull=True, reversed_by__isnull=True)
    if line.entry_id is not None:
        return standing.filter(pk=line.entry_id)
    if line.book is None or line.book.owner_id is None or job.kind != "people":
        return standing.none()
    return standing.filter(book__owner=line.book.owner_id, rule_set_id=job.rule_set_id, ends_on__year=job.year)


def _take_over(by: Person, job: OfficialList, line: OfficialLine) -> int:
    written = []
    reference = line.theirs.get("reference") or job.file_name
    for entry in with_official_state(_entries_of(job, line)).order_by("book", "position"):
        before = getattr(entry, "official_state", None) or OfficialState.RECORDED.value
        status = set_status(
            entry=entry, state=OfficialState(line.state), on=line.on or job.on, by=by, reference=reference
        )
        written.append([status.pk, before])
    OfficialLine.objects.filter(pk=line.pk).update(written=written)
    return len(written)


def undo(*, by: Person, job: OfficialList) -> int:
    """Where what this list wrote still is the newest, write again what was known before; how many entries."""
    count = 0
    for some in _in_parts(job.lines.exclude(written=[])):
        with transaction.atomic():
            for line in OfficialLine.objects.select_for_update().filter(pk__in=some).order_by("book", "entry", "pk"):
                count += sum(_take_back(by, job, pk, before) for pk, before in line.written)
                OfficialLine.objects.filter(pk=line.pk).update(written=[])
    audit.record(by=by, verb=Deed.OFFICIAL_LIST_UNDO, target=job, after={"entries": count, "place": job.place.code})
    return count


def _take_back(by: Person, job: OfficialList, status_pk: int, before: str) -> bool:
    status = EntryStatus.objects.select_related("entry").get(pk=status_pk)
    entry = status.entry
    if EntryStatus.objects.filter(entry=entry, pk__gt=status.pk).exists() or before == status.state:
        return False
    if entry.reversed_by.exists():
        return False
    set_status(
        entry=entry, state=OfficialState(before), on=timezone.localdate(), by=by,
        reference=_("taken back: %(file)s") % {"file": job.file_name},
    )  # fmt: skip
    return True


@transaction.atomic
def discard(*, by: Person, job: OfficialList) -> None:
    """Delete the list with its comparison; what was taken over stays in the book."""
    audit.record(by=by, verb=Deed.OFFICIAL_LIST_DISCARD, target=job, after={"sha256": job.file_sha256})
    if job.file.name:
        delete_on_commit(job.file.name)
    job.delete()


def erase_old() -> int:
    """Erase lists with their comparisons when the time of their files is over; how many."""
    days = retention.policy("credit_export", on=timezone.localdate()).amount
    old = OfficialList.objects.filter(created_at__lt=timezone.now() - timedelta(days=days))
    erased = 0
    for job in old.filter(state__in=[JobState.DONE, JobState.FAILED, JobState.CANCELLED]).order_by("pk"):
        with transaction.atomic():
            if job.file.name:
                delete_on_commit(job.file.name)
            audit.record(by=None, verb=Deed.OFFICIAL_LIST_DISCARD, target=job, after={"sha256": job.file_sha256})
            job.delete()
        erased += 1
    return erased
