"""Lectures: receive a recording, transcode it, try again, replace it, delete it."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from django.core.files.base import File
from django.db import DatabaseError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _
from wagtail.models import ReferenceIndex

from cms.shared.errors import Conflict, StorageUnavailable
from cms.shared.jobs import JobState, LostLease, wake
from cms.shared.storage import delete_folder, local_path, private_folder, private_storage, publish_folder
from media_pipeline import transcoding
from media_pipeline.enums import TranscodeFailure, TranscodeStage
from media_pipeline.ffmpeg import MediaError
from media_pipeline.ladder import PROFILE
from media_pipeline.models import Lecture, RenditionSet, TranscodeJob
from media_pipeline.services import files
from organisations import audit
from organisations.models import Person

logger = structlog.get_logger(__name__)

# A beat is one small write: often enough for a lively progress bar, seldom enough for SQLite.
BEAT_S = 2.0


class LectureInUse(Conflict):
    code = "lecture_in_use"
    message = _("This lecture is used on %(count)s pages or blocks. Take it out there first, then delete it.")


class LectureWatched(Conflict):
    code = "lecture_watched"
    message = _("People have watched this lecture; their watched time names it. It cannot be deleted any more.")


class LectureBusy(Conflict):
    code = "lecture_busy"
    message = _("This lecture is still being prepared. Wait until that has ended, then try again.")


def receive_lecture(
    *,
    by: Person | None,
    title: str,
    upload: "File[Any]",
    lecturer: str = "",
    captions: "File[Any] | None" = None,
    is_demo: bool = False,
) -> Lecture:
    """Keep an uploaded recording and queue its transcode. The caller has checked that `by` may.

    Files are stored before the transaction begins, so that no lock is held while gigabytes move.
    Raises EmptyUpload, UploadTooLarge, NoRoom, CaptionsUnreadable.
    """
    captions_key = files.store_captions(captions) if captions else ""
    stored: files.Stored | None = None
    try:
        stored = files.store_source(upload)
        with transaction.atomic():
            lecture = Lecture.objects.create(
                title=title.strip(),
                lecturer=lecturer.strip(),
                uploaded_by=by,
                source_key=stored.key,
                source_name=stored.name,
                source_sha256=stored.sha256,
                source_bytes=stored.size,
                captions_key=captions_key,
                is_demo=is_demo,
            )
            _queue(lecture, by)
            audit.record(by=by, verb="lecture.received", target=lecture, after=_described(lecture))
    except BaseException:
        _discard([captions_key, stored.key if stored else ""], [])
        raise
    return lecture


def change_lecture(
    *,
    by: Person | None,
    lecture: Lecture,
    title: str,
    lecturer: str,
    upload: "File[Any] | None" = None,
    captions: "File[Any] | None" = None,
    drop_captions: bool = False,
) -> Lecture:
    """Change what is said about a lecture; `upload` replaces its recording, `captions` its captions.

    The renditions of the old recording are served until those of the new one are whole.
    Raises LectureBusy while a transcode is waiting or running and `upload` is given; what receive_lecture raises.
    """
    old_source, old_captions, old_set = lecture.source_key, lecture.captions_key, _set_id(lecture)
    new_captions = files.store_captions(captions) if captions else ("" if drop_captions else old_captions)
    stored: files.Stored | None = None
    before = _described(lecture)
    try:
        stored = files.store_source(upload) if upload else None
        with transaction.atomic():
            lecture.title, lecture.lecturer, lecture.captions_key = title.strip(), lecturer.strip(), new_captions
            if stored:
                if lecture.jobs.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).exists():
                    raise LectureBusy
                lecture.source_key, lecture.source_name = stored.key, stored.name
                lecture.source_sha256, lecture.source_bytes = stored.sha256, stored.size
                _queue(lecture, by)
            lecture.save(
                update_fields=[
                    *("title", "lecturer", "captions_key"),
                    *("source_key", "source_name", "source_sha256", "source_bytes"),
                ]
            )
            audit.record(by=by, verb="lecture.changed", target=lecture, before=before, after=_described(lecture))
    except BaseException:
        _discard([new_captions if captions else "", stored.key if stored else ""], [])
        raise
    gone = [old_captions] if new_captions != old_captions else []
    _discard([*gone, *([old_source] if stored else [])], [])
    # What a failed try stored and never served; a set that has its row goes when the new one is whole.
    if old_set != _set_id(lecture) and not RenditionSet.objects.filter(public_id=old_set).exists():
        _discard([], [private_folder(files.RENDITIONS, old_set)])
    return lecture


@transaction.atomic
def retry_transcode(*, by: Person | None, lecture: Lecture) -> TranscodeJob:
    """Run the lecture's last transcode again if it ended without a result; otherwise return it as it is."""
    job = lecture.jobs.order_by("-created_at", "-pk").first()
    if job is None:
        return _queue(lecture, by)
    if job.retry():
        audit.record(by=by, verb="lecture.transcode_retried", target=lecture)
        job.refresh_from_db()
    return job


def delete_lecture(*, by: Person | None, lecture: Lecture) -> None:
    """Delete a lecture, its recording and its renditions.

    Raises LectureInUse if a page shows it, LectureWatched if somebody has watched it.
    """
    folders = {private_folder(files.RENDITIONS, _set_id(lecture)), *_folders(lecture)}
    keys = [lecture.source_key, lecture.captions_key]
    try:
        with transaction.atomic():
            used = ReferenceIndex.get_references_to(lecture).count()
            if used:
                raise LectureInUse(count=used)
            audit.record(by=by, verb="lecture.deleted", target=lecture, before=_described(lecture))
            Lecture.objects.filter(pk=lecture.pk).delete()
    except ProtectedError as error:
        raise LectureWatched from error
    _discard(keys, folders)


def run_transcode(job_pk: int) -> None:
    """Do the waiting transcode `job_pk`; nothing happens if another worker has it or it is over."""
    job = TranscodeJob.claim(job_pk)
    if job is None:
        return
    lecture = job.lecture
    log = logger.bind(job=job.pk, lecture=str(lecture.public_id), attempt=job.attempt)
    try:
        with files.workspace(job) as folder:
            log.info("transcode_begun")
            _transcode(job, lecture, folder)
            log.info("transcode_done")
    except LostLease:
        log.warning("transcode_lease_lost")
    except MediaError as error:
        log.warning("transcode_failed", failure=error.failure.value)
        job.fail(error.failure.value, error.detail, retry=error.retry)
    except StorageUnavailable as error:
        log.warning("transcode_failed", failure=TranscodeFailure.STORAGE_UNAVAILABLE.value)
        job.fail(TranscodeFailure.STORAGE_UNAVAILABLE, str(error.__cause__), retry=True)
    # The last boundary: whatever it was, the job ends with a reason, and the log has the trace.
    except Exception as error:
        if not TranscodeJob.objects.filter(pk=job.pk).exists():
            log.warning("transcode_lecture_deleted")
            return
        job.fail_unexpected(error)


def _transcode(job: TranscodeJob, lecture: Lecture, folder: Path) -> None:
    known = RenditionSet.objects.filter(lecture=lecture, source_sha256=lecture.source_sha256, profile=PROFILE).first()
    try:
        _serve(job, lecture, known or _make(job, lecture, folder))
    except (LostLease, DatabaseError):  # cancelled, or the lecture was deleted under our hands
        if not Lecture.objects.filter(pk=lecture.pk).exists():
            delete_folder(private_folder(files.RENDITIONS, _set_id(lecture)))
        raise


def _make(job: TranscodeJob, lecture: Lecture, folder: Path) -> RenditionSet:
    """The set of the lecture's recording, stored as a whole; its row is not saved yet."""
    with _moving(job):
        source = files.local_source(lecture, folder)
    made = transcoding.transcode(source, workspace=folder, report=_reporter(job))
    stored = private_folder(files.RENDITIONS, _set_id(lecture))
    job.beat(stage=TranscodeStage.PACKAGING, progress=99)
    with _moving(job) as tick:
        publish_folder(made.folder, stored, last="master.m3u8", tick=tick)
    return RenditionSet(
        public_id=_set_id(lecture),
        lecture=lecture,
        source_sha256=lecture.source_sha256,
        profile=PROFILE,
        folder=stored,
        duration_s=made.duration_s,
        heights=made.heights,
        has_audio=made.has_audio,
        total_bytes=made.total_bytes,
        damage=made.damage,
    )


@contextmanager
def _moving(job: TranscodeJob) -> Iterator[Callable[[], None]]:
    """Hold the lease while files cross the network: one of gigabytes may take longer than a lease lasts.

    Yields what is to be called between files; it raises LostLease.
    """
    if local_path(private_storage(), "") is not None:
        yield job.beat
        return
    with job.kept_alive():
        yield job.beat


def _serve(job: TranscodeJob, lecture: Lecture, made: RenditionSet) -> None:
    """Make `made` the set being served and end the job, in one transaction; then remove what it replaces."""
    with transaction.atomic():
        if made.pk is None and Lecture.objects.filter(pk=lecture.pk).exists():
            made.save(force_insert=True)
        same = Lecture.objects.filter(pk=lecture.pk, source_sha256=lecture.source_sha256)
        if made.pk is None or same.update(renditions=made) != 1:
            raise LostLease
        job.finish()
    for old in RenditionSet.objects.filter(lecture=lecture).exclude(pk=made.pk):
        old.delete()
        _discard([], [old.folder])


def _discard(keys: Iterable[str], folders: Iterable[str]) -> None:
    """Delete files that no row names. If the storage is silent, what is done stays done; the log names the rest."""
    for delete, names in ((files.delete_file, keys), (delete_folder, folders)):
        for name in names:
            try:
                delete(name)
            except StorageUnavailable:
                logger.warning("file_left_behind", file=name)


def _reporter(job: TranscodeJob) -> Callable[[TranscodeStage, int], None]:
    last: dict[str, Any] = {"at": 0.0, "stage": None}

    def report(stage: TranscodeStage, percent: int) -> None:
        now = time.monotonic()
        if stage != last["stage"] or now - last["at"] >= BEAT_S:
            job.beat(stage=stage, progress=percent)
            last.update(at=now, stage=stage)

    return report


def _set_id(lecture: Lecture) -> uuid.UUID:
    """The same for every try at one source: what a killed try left is replaced, never kept beside."""
    return uuid.uuid5(lecture.public_id, f"{lecture.source_sha256}:{PROFILE}")


def _folders(lecture: Lecture) -> list[str]:
    return list(lecture.rendition_sets.values_list("folder", flat=True))


def _queue(lecture: Lecture, by: Person | None) -> TranscodeJob:
    job = TranscodeJob.objects.create(
        lecture=lecture,
        requested_by=by,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
    )
    wake(TranscodeJob.task_name, job.pk)
    return job


def _described(lecture: Lecture) -> dict[str, Any]:
    return {
        "title": lecture.title,
        "lecturer": lecture.lecturer,
        "file": lecture.source_name,
        "sha256": lecture.source_sha256,
        "captions": bool(lecture.captions_key),
    }
