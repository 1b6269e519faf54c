"""Files and rows that nothing names any more: found by looking, removed only when they are a day old."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog
from django.db.models import F

from cms.shared.jobs import JobState
from cms.shared.storage import delete_folder, files_below, private_folder, private_storage
from media_pipeline.enums import Condition
from media_pipeline.models import Lecture, RenditionSet, TranscodeJob
from media_pipeline.services import files
from media_pipeline.services.lectures import set_id

logger = structlog.get_logger(__name__)


class OrphanKind(StrEnum):
    FILE = "file"
    FOLDER = "folder"
    SET = "set"


@dataclass(frozen=True)
class Orphan:
    """`name` is a key of the private storage: of a file, of a folder of renditions, or of the folder of a set."""

    kind: OrphanKind
    name: str
    size: int


def orphans(*, now: datetime) -> list[Orphan]:
    """Everything that nothing names and that is older than a day, in the order of kinds and names."""
    found = [Orphan(OrphanKind.FILE, key, private_storage().size(key)) for key in files.unnamed_files(now=now)]
    found += _folders(now)
    found += [Orphan(OrphanKind.SET, row.folder, row.total_bytes) for row in _sets(now)]
    return sorted(found, key=lambda orphan: (orphan.kind, orphan.name))


def remove(orphan: Orphan, *, now: datetime) -> bool:
    """Delete an orphan if it still is one. What was named meanwhile stays."""
    match orphan.kind:
        case OrphanKind.FILE:
            if orphan.name not in files.unnamed_files(now=now):
                return False
            files.delete_file(orphan.name)
        case OrphanKind.FOLDER:
            if orphan.name in _named_folders():
                return False
            delete_folder(orphan.name)
        case OrphanKind.SET:
            if not any(row.delete() for row in _sets(now) if row.folder == orphan.name):
                return False
            delete_folder(orphan.name)
    logger.warning("orphan_deleted", file=orphan.name, kind=orphan.kind.value)
    return True


def sweep(*, now: datetime) -> int:
    """Remove every orphan. Returns how many there were."""
    return sum(remove(orphan, now=now) for orphan in orphans(now=now))


def _folders(now: datetime) -> list[Orphan]:
    """Folders of renditions without a row."""
    sizes: dict[str, int] = {}
    newest: dict[str, datetime] = {}
    storage = private_storage()
    for key, written_at in files_below(files.RENDITIONS):
        name = "/".join(key.split("/")[:3])
        newest[name] = max(newest.get(name, written_at), written_at)
        sizes[name] = sizes.get(name, 0)
    old = [name for name, at in newest.items() if at < now - files.ORPHAN_AGE]
    # Read after the list was made: what got its row meanwhile stays.
    named = _named_folders() if old else set()
    unnamed = [name for name in old if name not in named]
    for key, _written_at in files_below(files.RENDITIONS) if unnamed else ():
        name = "/".join(key.split("/")[:3])
        if name in unnamed:
            sizes[name] += storage.size(key)
    return [Orphan(OrphanKind.FOLDER, name, sizes[name]) for name in unnamed]


def _named_folders() -> set[str]:
    """Folders of sets, and those that unfinished work is about to make."""
    unfinished = TranscodeJob.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).select_related("lecture")
    coming = {private_folder(files.RENDITIONS, set_id(job.lecture)) for job in unfinished}
    return coming | set(RenditionSet.objects.values_list("folder", flat=True))


def _sets(now: datetime) -> Iterator[RenditionSet]:
    """Sets that are not served, and that no editor has to decide about: a worker died before it removed them."""
    busy = TranscodeJob.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).values("lecture")
    served = Lecture.objects.exclude(renditions=None).values("renditions")
    old = RenditionSet.objects.filter(created_at__lt=now - files.ORPHAN_AGE).exclude(pk__in=served)
    waits = old.exclude(condition=Condition.WHOLE).filter(source_sha256=F("lecture__source_sha256"), is_accepted=False)
    yield from old.exclude(lecture__in=busy).exclude(pk__in=waits.values("pk")).order_by("folder")
