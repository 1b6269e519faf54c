"""Private files of lectures: the uploaded source, the captions, the folder a worker works in."""

import hashlib
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from typing import Any

import structlog
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import DomainError, InvalidInput, TooLarge
from cms.shared.jobs import JobState
from cms.shared.storage import files_below, local_path, private_key, private_storage, remote_storage
from media_pipeline import captions
from media_pipeline.enums import TranscodeFailure
from media_pipeline.ffmpeg import MediaError
from media_pipeline.models import Lecture, TranscodeJob

logger = structlog.get_logger(__name__)

SOURCES = "lecture-sources"
CAPTIONS = "lecture-captions"
RENDITIONS = "lectures"
# No upload takes longer from its file to its row.
ORPHAN_AGE = timedelta(days=1)
SPARE_BYTES = 512 * 1024**2


class EmptyUpload(InvalidInput):
    code = "empty_upload"
    message = _("This file is empty (0 bytes). Copy it from the recorder again and upload it once more.")


class UploadTooLarge(TooLarge):
    code = "upload_too_large"
    message = _("This file is larger than %(most)s GB. Export the recording at 1280 × 720, or cut it into parts.")


class NoRoom(DomainError):
    code, http_status = "no_room", 507
    message = _("The server has too little free disk space for this file. Ask the operator to free some.")


class CaptionsUnreadable(InvalidInput):
    code = "captions_unreadable"
    message = _("These captions cannot be read. Save them as SubRip (.srt) or WebVTT (.vtt), at most 2 MB.")


@dataclass(frozen=True)
class Stored:
    key: str
    name: str
    sha256: str
    size: int


def store_source(upload: "File[Any]") -> Stored:
    """Keep an uploaded recording. Raises EmptyUpload, UploadTooLarge, NoRoom."""
    size = upload.size or 0
    if size == 0:
        raise EmptyUpload
    if size > settings.LECTURE_MAX_BYTES:
        raise UploadTooLarge(most=settings.LECTURE_MAX_BYTES // 1024**3)
    _require_room(size)
    digest = hashlib.sha256()
    for chunk in upload.chunks(1024 * 1024):
        digest.update(chunk)
    upload.seek(0)
    name = PurePath(str(upload.name or "")).name
    ending = PurePath(name).suffix.lstrip(".").lower()
    key = private_key(SOURCES, ending if re.fullmatch(r"[a-z0-9]{2,4}", ending) else "bin")
    return Stored(private_storage().save(key, upload), name[:200], digest.hexdigest(), size)


def _require_room(size: int) -> None:
    root = local_path(private_storage(), "")
    if root is not None:
        root.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(root).free < size + SPARE_BYTES:
            raise NoRoom


def store_captions(upload: "File[Any]") -> str:
    """Keep captions as sanitised WebVTT; returns their key. Raises CaptionsUnreadable."""
    try:
        text = captions.to_webvtt(upload.read(captions.MAX_BYTES + 1))
    except ValueError as error:
        raise CaptionsUnreadable from error
    return private_storage().save(private_key(CAPTIONS, "vtt"), ContentFile(text.encode()))


def delete_file(key: str) -> None:
    """Delete a private file and the folder that held it alone."""
    if not key:
        return
    storage = private_storage()
    storage.delete(key)
    path = local_path(storage, key)
    if path is not None and path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()


def workspaces() -> Path:
    return Path(settings.VAR_DIR) / "work" / "transcode"


@contextmanager
def workspace(job: TranscodeJob) -> Iterator[Path]:
    """An empty private folder of this lease of `job`, gone afterwards."""
    sweep_workspaces()
    folder = workspaces() / f"{job.pk}-{job.lease}"
    folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_workspaces() -> int:
    """Delete what killed workers of this machine left. Returns the number of folders deleted."""
    deleted = 0
    for folder in workspaces().glob("*"):
        pk, _dash, lease = folder.name.partition("-")
        held = TranscodeJob.objects.filter(pk=int(pk), lease=uuid.UUID(lease), state=JobState.RUNNING)
        if not held.exists():
            shutil.rmtree(folder, ignore_errors=True)
            deleted += 1
    return deleted


def sweep_uploads(*, now: datetime) -> int:
    """Delete recordings and captions older than a day that no lecture names. Returns how many.

    A process that is killed between storing a file and writing its row leaves one. Nothing else of the storage is
    looked at.
    """
    deleted = 0
    for folder, field in ((SOURCES, "source_key"), (CAPTIONS, "captions_key")):
        old = [key for key, written_at in files_below(folder) if written_at < now - ORPHAN_AGE]
        # Read after the list was made: what got its row meanwhile stays.
        named = set(Lecture.objects.values_list(field, flat=True)) if old else set()
        for key in old:
            if key not in named:
                delete_file(key)
                logger.warning("orphan_deleted", file=key)
                deleted += 1
    return deleted


def local_source(lecture: Lecture, folder: Path) -> Path:
    """The lecture's source as a file of this machine, copied into `folder` if the storage is elsewhere.

    Raises MediaError if it is gone or there is no room for the copy.
    """
    path = local_path(private_storage(), lecture.source_key)
    if path is not None:
        if not path.is_file():
            raise MediaError(TranscodeFailure.SOURCE_MISSING, lecture.source_key)
        return path
    if shutil.disk_usage(folder).free < lecture.source_bytes + SPARE_BYTES:
        raise MediaError(TranscodeFailure.NO_DISK, f"{lecture.source_bytes} bytes to fetch")
    copy = folder / "source"
    try:
        remote_storage().fetch(lecture.source_key, copy)
    except FileNotFoundError as error:
        raise MediaError(TranscodeFailure.SOURCE_MISSING, lecture.source_key) from error
    return copy
