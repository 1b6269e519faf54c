"""Private files of lectures: the uploaded source, the captions, the folder a worker works in."""

import hashlib
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from typing import Any

import structlog
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import DomainError, InvalidInput, TooLarge
from cms.shared.jobs import JobState
from cms.shared.storage import cold_storage, files_below, local_path, private_key, private_storage, remote_storage
from media_pipeline import captions
from media_pipeline.enums import SourcePlace, TranscodeFailure
from media_pipeline.ffmpeg import MediaError, probe
from media_pipeline.models import Lecture, TranscodeJob, Upload

logger = structlog.get_logger(__name__)

SOURCES = "lecture-sources"
CAPTIONS = "lecture-captions"
RENDITIONS = "lectures"
# No upload takes longer from its file to its row.
ORPHAN_AGE = timedelta(days=1)
ATTEMPT = "try-"
SPARE_BYTES = 512 * 1024**2
# What recordings are called. What is inside, the worker finds out.
ENDINGS = (
    *("mp4", "mov", "m4v", "mkv", "webm", "avi", "wmv", "asf", "flv"),
    *("mpg", "mpeg", "vob", "ts", "mts", "m2ts", "ogv", "3gp"),
)


class EmptyUpload(InvalidInput):
    code = "empty_upload"
    message = _("This file is empty (0 bytes). Copy it from the recorder again and upload it once more.")


class UploadTooLarge(TooLarge):
    code = "upload_too_large"
    message = _("This file is larger than %(most)s GB. Export the recording at 1280 × 720, or cut it into parts.")


class NotARecording(InvalidInput):
    code = "not_a_recording"
    message = _("“%(name)s” is not a recording. Choose a video file: MP4, MOV, MKV, AVI, WMV, FLV, MPG, MTS or WebM.")


class NoRoom(DomainError):
    code, http_status = "no_room", 507
    message = _("The server has too little free disk space for this file. Ask the operator to free some.")


class CaptionsUnreadable(InvalidInput):
    code = "captions_unreadable"
    message = _("These captions cannot be read. Save them as SubRip (.srt) or WebVTT (.vtt), at most 2 MB.")


@dataclass(frozen=True)
class Stored:
    """A recording in the storage; `length_s` in seconds, None if nobody has looked into it."""

    key: str
    name: str
    sha256: str
    size: int
    length_s: float | None = None


def store_source(upload: "File[Any]") -> Stored:
    """Keep an uploaded recording. Raises EmptyUpload, UploadTooLarge, NoRoom."""
    size = upload.size or 0
    require_size(size)
    require_room(size)
    digest = hashlib.sha256()
    for chunk in upload.chunks(1024 * 1024):
        digest.update(chunk)
    upload.seek(0)
    name = PurePath(str(upload.name or "")).name
    return Stored(private_storage().save(source_key(name), upload), name[:200], digest.hexdigest(), size)


def source_key(name: str) -> str:
    """A new key for a recording; of its file name only the ending is kept."""
    ending = ending_of(name)
    return private_key(SOURCES, ending if re.fullmatch(r"[a-z0-9]{2,4}", ending) else "bin")


def ending_of(name: str) -> str:
    return PurePath(name).suffix.lstrip(".").lower()


def require_size(size: int) -> None:
    """Raises EmptyUpload, UploadTooLarge."""
    if size <= 0:
        raise EmptyUpload
    if size > settings.LECTURE_MAX_BYTES:
        raise UploadTooLarge(most=settings.LECTURE_MAX_BYTES // 1024**3)


def require_room(size: int, *, promised: int = 0) -> None:
    """Raises NoRoom unless `size` bytes fit beside those `promised` to others. A storage elsewhere has room."""
    root = local_path(private_storage(), "")
    if root is not None:
        root.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(root).free < size + promised + SPARE_BYTES:
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


@dataclass(frozen=True)
class Workspace:
    """`scratch` is one attempt's alone, `kept` is the finished parts of the work: a killed worker leaves them."""

    scratch: Path
    kept: Path


@contextmanager
def workspace(job: TranscodeJob, result: str) -> Iterator[Workspace]:
    """Private folders of `job` for making `result`; the scratch folder is gone afterwards, all once the job is over."""
    sweep_workspaces()
    folder = workspaces() / str(job.pk)
    room = Workspace(folder / f"{ATTEMPT}{job.lease}", folder / result)
    workspaces().mkdir(parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True, mode=0o700)
    room.scratch.mkdir(mode=0o700)
    room.kept.mkdir(exist_ok=True)
    try:
        yield room
    finally:
        shutil.rmtree(room.scratch, ignore_errors=True)
        if not _unfinished().filter(pk=job.pk).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _unfinished() -> "QuerySet[TranscodeJob]":
    return TranscodeJob.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING])


def sweep_workspaces() -> int:
    """Delete what killed workers of this machine left of jobs that are over. Returns the number of folders deleted.

    Of unfinished ones the finished parts stay: whoever takes the job on goes on from there.
    """
    leases = {str(pk): f"{ATTEMPT}{lease}" for pk, lease in _unfinished().values_list("pk", "lease")}
    deleted = 0
    for folder in workspaces().glob("*"):
        if folder.name not in leases:
            shutil.rmtree(folder, ignore_errors=True)
            deleted += 1
            continue
        for scratch in folder.glob(f"{ATTEMPT}*"):
            if scratch.name != leases[folder.name]:
                shutil.rmtree(scratch, ignore_errors=True)
    return deleted


def unnamed_files(*, now: datetime) -> list[str]:
    """Keys of recordings and captions older than a day that no lecture and no upload names.

    A process that is killed between storing a file and writing its row leaves one. Nothing else of the storage is
    looked at.
    """
    found: list[str] = []
    for folder, field in ((SOURCES, "source_key"), (CAPTIONS, "captions_key")):
        old = [key for key, written_at in files_below(folder) if written_at < now - ORPHAN_AGE]
        # Read after the list was made: what got its row meanwhile stays.
        lectures = Lecture.objects.filter(source_place=SourcePlace.HERE) if folder == SOURCES else Lecture.objects.all()
        named = set(lectures.values_list(field, flat=True)) if old else set()
        if old and folder == SOURCES:
            named |= set(Upload.objects.values_list("file_key", flat=True))
        found += [key for key in old if key not in named]
    return found


def sweep_uploads(*, now: datetime) -> int:
    """Delete what `unnamed_files` finds. Returns how many."""
    found = unnamed_files(now=now)
    for key in found:
        delete_file(key)
        logger.warning("orphan_deleted", file=key)
    return len(found)


def length_of(path: Path) -> float | None:
    """Seconds of the recording `path`; None if it is none or does not say."""
    room = workspaces().parent / "look" / str(uuid.uuid4())
    room.mkdir(parents=True, mode=0o700)
    try:
        return probe(path, workdir=room).duration_s
    except MediaError:
        return None
    finally:
        shutil.rmtree(room, ignore_errors=True)


def local_source(lecture: Lecture, room: Workspace) -> Path:
    """The lecture's source as a file of this machine, copied into `room` if the storage is elsewhere.

    Raises MediaError if it is gone or there is no room for the copy.
    """
    if lecture.source_place == SourcePlace.GONE:
        raise MediaError(TranscodeFailure.SOURCE_DELETED, lecture.source_key)
    if lecture.source_place == SourcePlace.COLD:
        return _from_cold(lecture, room)
    path = local_path(private_storage(), lecture.source_key)
    if path is not None:
        if not path.is_file():
            raise MediaError(TranscodeFailure.SOURCE_MISSING, lecture.source_key)
        return path
    return _copied(lecture, room, remote_storage().fetch)


def _from_cold(lecture: Lecture, room: Workspace) -> Path:
    """The original where it lies in a folder, else a copy; it stays in the cold storage."""
    storage = cold_storage()
    if storage is None:
        raise MediaError(TranscodeFailure.SOURCE_MISSING, f"no cold storage for {lecture.source_key}")
    path = local_path(storage, lecture.source_key)
    if path is not None:
        if not path.is_file():
            raise MediaError(TranscodeFailure.SOURCE_MISSING, lecture.source_key)
        return path

    def fetch(key: str, target: Path) -> None:
        with storage.open(key) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 1024 * 1024)

    return _copied(lecture, room, fetch)


def _copied(lecture: Lecture, room: Workspace, fetch: Callable[[str, Path], None]) -> Path:
    copy = room.kept / "source"
    if copy.is_file():
        return copy
    if shutil.disk_usage(room.kept).free < lecture.source_bytes + SPARE_BYTES:
        raise MediaError(TranscodeFailure.NO_DISK, f"{lecture.source_bytes} bytes to fetch")
    partial = room.scratch / "source"
    try:
        fetch(lecture.source_key, partial)
    except FileNotFoundError as error:
        raise MediaError(TranscodeFailure.SOURCE_MISSING, lecture.source_key) from error
    return partial.rename(copy)


def delete_original(key: str, place: str) -> None:
    """Delete an original where it lies, and what an interrupted move left in the other place."""
    delete_file(key)
    storage = cold_storage()
    if place == SourcePlace.COLD and storage is not None:
        storage.delete(key)
