"""Lectures: receive a recording, transcode it, try again, replace it, delete it."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.files.base import File
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import ReferenceIndex

from cms.shared.errors import Conflict, NotFound, StorageUnavailable
from cms.shared.jobs import JobState, LostLease, wake
from cms.shared.storage import delete_folder, local_path, private_folder, private_storage, publish_folder
from media_pipeline import transcoding
from media_pipeline.enums import PictureKind, SourcePlace, TranscodeFailure, TranscodeStage
from media_pipeline.ffmpeg import MediaError
from media_pipeline.ladder import VERSION
from media_pipeline.models import Lecture, RenditionSet, TranscodeJob
from media_pipeline.selectors.lectures import HELD, held_renditions
from media_pipeline.selectors.originals import outdated
from media_pipeline.selectors.quotas import unit_of
from media_pipeline.services import files
from media_pipeline.services.quotas import require_share
from organisations import audit
from organisations.models import Node, Person

logger = structlog.get_logger(__name__)

# A beat is one small write: often enough for a lively progress bar, seldom enough for SQLite. Between two it is only
# asked whether the work is still wanted, so that it stops within a second.
BEAT_S = 2.0
# How often the work itself may fail; of a worker that was lost more is borne (TranscodeJob.max_attempts).
MOST_TRIES = 3
# Where nobody has looked into a recording yet: bytes of one second of slides with speech.
BYTES_A_SECOND = 150_000
# So long is looked at the pace of an attempt before anything is foretold.
SOON_S = 10.0


class LectureInUse(Conflict):
    code = "lecture_in_use"
    message = _("This lecture is used on %(count)s pages or blocks. Take it out there first, then delete it.")


class LectureWatched(Conflict):
    code = "lecture_watched"
    message = _("People have watched this lecture; their watched time names it. It cannot be deleted any more.")


class LectureBusy(Conflict):
    code = "lecture_busy"
    message = _("This lecture is still being prepared. Wait until that has ended, then try again.")


class OriginalGone(Conflict):
    code = "original_gone"
    message = _("The original of this recording was deleted, as the rule of this site says. Upload it again.")


class NothingHeld(NotFound):
    code = "no_held_renditions"
    message = _("There is nothing of this recording that waits for a decision. Look at its state again.")


def receive_lecture(
    *,
    by: Person | None,
    title: str,
    upload: "File[Any] | files.Stored",
    lecturer: str = "",
    captions: "File[Any] | None" = None,
    unit: Node | None = None,
    picture_kind: str = PictureKind.AUTOMATIC,
    is_demo: bool = False,
    length_s: float | None = None,
) -> Lecture:
    """Keep an uploaded recording and queue its transcode. The caller has checked that `by` may.

    `unit`: whose share of the disk it takes (default: where `by` works). A recording that is `Stored` already stays
    where it lies, and if something fails it is the caller's. `length_s`: how long it is, if somebody has looked.
    Files are stored before the transaction begins, so that no lock is held while gigabytes move.
    Raises EmptyUpload, UploadTooLarge, NoRoom, QuotaExceeded, CaptionsUnreadable.
    """
    unit = unit or unit_of(by)
    captions_key = files.store_captions(captions) if captions else ""
    is_ours = not isinstance(upload, files.Stored)
    stored: files.Stored | None = None
    try:
        stored = _stored(upload, unit)
        with transaction.atomic():
            lecture = Lecture.objects.create(
                title=title.strip(),
                lecturer=lecturer.strip(),
                uploaded_by=by,
                unit=unit,
                source_key=stored.key,
                source_name=stored.name,
                source_sha256=stored.sha256,
                source_bytes=stored.size,
                source_s=stored.length_s or length_s,
                captions_key=captions_key,
                picture_kind=picture_kind,
                is_demo=is_demo,
            )
            _queue(lecture, by)
            audit.record(by=by, verb="lecture.received", target=lecture, after=_described(lecture))
    except BaseException:
        _discard([captions_key, stored.key if stored and is_ours else ""], [])
        raise
    return lecture


def _stored(upload: "File[Any] | files.Stored", unit: Node | None, *, instead_of: int = 0) -> files.Stored:
    if isinstance(upload, files.Stored):
        return upload
    require_share(unit, upload.size or 0, instead_of=instead_of)
    return files.store_source(upload)


def change_lecture(
    *,
    by: Person | None,
    lecture: Lecture,
    title: str,
    lecturer: str,
    upload: "File[Any] | None" = None,
    captions: "File[Any] | None" = None,
    drop_captions: bool = False,
    picture_kind: str | None = None,
) -> Lecture:
    """Change what is said about a lecture; `upload` replaces its recording, `captions` its captions.

    Another recording or `picture_kind` is prepared anew; the present renditions are served until then.
    Raises LectureBusy while a transcode is waiting or running and one of the two is given; what receive_lecture raises.
    """
    old_captions = lecture.captions_key
    is_other_kind = picture_kind is not None and picture_kind != lecture.picture_kind
    new_captions = files.store_captions(captions) if captions else ("" if drop_captions else old_captions)
    stored: files.Stored | None = None
    before, replaced = _described(lecture), Replaced()
    try:
        stored = _stored(upload, lecture.unit, instead_of=lecture.source_bytes) if upload else None
        with transaction.atomic():
            lecture.title, lecture.lecturer, lecture.captions_key = title.strip(), lecturer.strip(), new_captions
            lecture.save(update_fields=["title", "lecturer", "captions_key"])
            if stored:
                replaced = _replace(by, lecture, stored)
            if picture_kind is not None and is_other_kind:
                _choose_picture(by, lecture, picture_kind, is_queued=stored is not None)
            audit.record(by=by, verb="lecture.changed", target=lecture, before=before, after=_described(lecture))
    except BaseException:
        _discard([new_captions if captions else "", stored.key if stored else ""], [])
        raise
    _discard([old_captions] if new_captions != old_captions else [], [])
    discard_replaced(replaced)
    return lecture


@dataclass(frozen=True)
class Replaced:
    """What nobody needs any more when the transaction that replaced a recording stands."""

    originals: tuple[tuple[str, str], ...] = ()
    folders: tuple[str, ...] = ()


def replace_recording(*, by: Person | None, lecture: Lecture, stored: files.Stored) -> Replaced:
    """Put a stored recording in the place of a lecture's present one, and queue its transcode.

    Call inside a transaction, and `discard_replaced` when it stands. Raises LectureBusy.
    """
    before = _described(lecture)
    replaced = _replace(by, lecture, stored)
    audit.record(by=by, verb="lecture.changed", target=lecture, before=before, after=_described(lecture))
    return replaced


def _replace(by: Person | None, lecture: Lecture, stored: files.Stored) -> Replaced:
    if is_busy(lecture):
        raise LectureBusy
    old_source, old_set = (lecture.source_key, lecture.source_place), set_id(lecture)
    lecture.source_key, lecture.source_name = stored.key, stored.name
    lecture.source_sha256, lecture.source_bytes, lecture.source_s = stored.sha256, stored.size, stored.length_s
    lecture.source_place = SourcePlace.HERE
    lecture.save(
        update_fields=["source_key", "source_name", "source_sha256", "source_bytes", "source_s", "source_place"]
    )
    _queue(lecture, by)
    # What a failed try stored and never served; a set that has its row goes when the new one is whole.
    is_left_over = old_set != set_id(lecture) and not RenditionSet.objects.filter(public_id=old_set).exists()
    return Replaced((old_source,), (private_folder(files.RENDITIONS, old_set),) if is_left_over else ())


def _choose_picture(by: Person | None, lecture: Lecture, picture_kind: str, *, is_queued: bool) -> None:
    if not is_queued:
        _require_idle(lecture)
        _queue(lecture, by)
    lecture.picture_kind = picture_kind
    lecture.save(update_fields=["picture_kind"])


def _require_idle(lecture: Lecture) -> None:
    """Raises LectureBusy, OriginalGone: before anything is tried."""
    if is_busy(lecture):
        raise LectureBusy
    if lecture.source_place == SourcePlace.GONE:
        raise OriginalGone


@transaction.atomic
def prepare_again(*, by: Person | None, lecture: Lecture) -> TranscodeJob:
    """Prepare the lecture's recording anew, as lectures are prepared now; what is served stays until then.

    An original in the cold storage is fetched. Raises LectureBusy, OriginalGone.
    """
    _require_idle(lecture)
    audit.record(by=by, verb="lecture.prepared_again", target=lecture)
    return _queue(lecture, by)


def all_outdated() -> QuerySet[Lecture]:
    """Every lecture that `is_outdated`."""
    return outdated(VERSION)


def is_outdated(lecture: Lecture) -> bool:
    """Whether what is served was made otherwise than lectures are prepared now."""
    return lecture.renditions is not None and lecture.renditions.profile != _profile(lecture)


def prepare_all_again(*, by: Person | None) -> tuple[int, int]:
    """Prepare everything anew that was prepared otherwise than it would be now.

    Returns how many were queued, and how many cannot be because their original was deleted.
    """
    queued = gone = 0
    for lecture in all_outdated().order_by("pk"):
        try:
            prepare_again(by=by, lecture=lecture)
            queued += 1
        except LectureBusy:
            continue
        except OriginalGone:
            gone += 1
    return queued, gone


def discard_replaced(replaced: Replaced) -> None:
    """Delete the files of a recording that was replaced."""
    _discard([], replaced.folders, replaced.originals)


def is_busy(lecture: Lecture) -> bool:
    """Whether the lecture's recording is being prepared or waits for that."""
    return lecture.jobs.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).exists()


@transaction.atomic
def retry_transcode(*, by: Person | None, lecture: Lecture) -> TranscodeJob:
    """Run the lecture's last transcode again if it ended without a result; otherwise return it as it is.

    Raises OriginalGone.
    """
    job = lecture.jobs.order_by("-created_at", "-pk").first()
    if lecture.source_place == SourcePlace.GONE:
        raise OriginalGone
    if job is None:
        return _queue(lecture, by)
    if job.retry():
        TranscodeJob.objects.filter(pk=job.pk).update(media_left_s=_length_s(lecture))
        audit.record(by=by, verb="lecture.transcode_retried", target=lecture)
        job.refresh_from_db()
    return job


def accept_renditions(*, by: Person | None, lecture: Lecture) -> RenditionSet:
    """Show what could be read of an incomplete or damaged recording, because an editor knows and wants it.

    Raises NothingHeld if nothing of the present recording waits for that.
    """
    with transaction.atomic():
        held = held_renditions(lecture)
        if held is None:
            raise NothingHeld
        RenditionSet.objects.filter(pk=held.pk).update(is_accepted=True)
        same = Lecture.objects.filter(pk=lecture.pk, source_sha256=held.source_sha256)
        if same.update(renditions=held) != 1:
            raise NothingHeld
        facts = {"condition": held.condition, "read_s": held.duration_s, "announced_s": held.announced_s}
        audit.record(by=by, verb="lecture.accepted", target=lecture, after={**facts, "errors": held.damage})
    lecture.renditions = held
    _drop_all_but(lecture, {held.pk})
    return held


def delete_lecture(*, by: Person | None, lecture: Lecture) -> None:
    """Delete a lecture, its recording and its renditions.

    Raises LectureInUse if a page shows it, LectureWatched if somebody has watched it.
    """
    folders = {private_folder(files.RENDITIONS, set_id(lecture)), *_folders(lecture)}
    original = (lecture.source_key, lecture.source_place)
    try:
        with transaction.atomic():
            used = ReferenceIndex.get_references_to(lecture).count()
            if used:
                raise LectureInUse(count=used)
            audit.record(by=by, verb="lecture.deleted", target=lecture, before=_described(lecture))
            Lecture.objects.filter(pk=lecture.pk).delete()
    except ProtectedError as error:
        raise LectureWatched from error
    _discard([lecture.captions_key], folders, [original])


def cancel_transcode(*, by: Person | None, lecture: Lecture) -> bool:
    """Stop preparing the lecture's recording; what is served stays. False if nothing was waiting or running.

    A running encoder ends within a second or two, wherever its worker is.
    """
    job = lecture.jobs.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).first()
    if job is None:
        return False
    with transaction.atomic():
        job.cancel()
        audit.record(by=by, verb="lecture.transcode_cancelled", target=lecture)
    files.sweep_workspaces()
    return True


def run_next_transcode() -> None:
    """Do the waiting transcode whose turn it is; nothing happens if enough are running or none waits."""
    job = TranscodeJob.claim_next()
    if job is not None:
        _run(job)


def run_transcode(job_pk: int) -> None:
    """Do the waiting transcode `job_pk`; nothing happens if another worker has it or it is over."""
    job = TranscodeJob.claim(job_pk)
    if job is not None:
        _run(job)


def _run(job: TranscodeJob) -> None:
    lecture = job.lecture
    log = logger.bind(job=job.pk, lecture=str(lecture.public_id), attempt=job.attempt)
    # The last boundary: whatever it was, the job ends with a reason, and the log has the trace.
    try:
        # The job ends inside: what an unfinished one leaves in its folder is kept for the next attempt.
        with files.workspace(job, str(set_id(lecture))) as room:
            try:
                log.info("transcode_begun")
                _transcode(job, lecture, room)
                log.info("transcode_ended")
            except Exception as error:
                _give_up(job, error)
    except Exception as error:
        _give_up(job, error)


def _give_up(job: TranscodeJob, error: Exception) -> None:
    """End `job`, or queue it again, with the reason that `error` gives."""
    log = logger.bind(job=job.pk, attempt=job.attempt)
    is_first_tries = job.attempt < MOST_TRIES
    if isinstance(error, LostLease):
        log.warning("transcode_lease_lost")
        job.give_up()
    elif isinstance(error, MediaError):
        log.warning("transcode_failed", failure=error.failure.value)
        # What stopped twice will stop a third time, after two minutes of silence each.
        is_stuck = error.failure == TranscodeFailure.STALLED and job.error_code == TranscodeFailure.STALLED
        job.fail(error.failure.value, error.detail, retry=error.retry and is_first_tries and not is_stuck)
    elif isinstance(error, StorageUnavailable):
        log.warning("transcode_failed", failure=TranscodeFailure.STORAGE_UNAVAILABLE.value)
        job.fail(TranscodeFailure.STORAGE_UNAVAILABLE, str(error.__cause__), retry=is_first_tries)
    elif not TranscodeJob.objects.filter(pk=job.pk).exists():
        log.warning("transcode_lecture_deleted")
    else:
        job.fail_unexpected(error)


def _transcode(job: TranscodeJob, lecture: Lecture, room: files.Workspace) -> None:
    known = RenditionSet.objects.filter(
        lecture=lecture, source_sha256=lecture.source_sha256, profile=_profile(lecture)
    ).first()
    try:
        made = known or _make(job, lecture, room)
        if made.may_be_served:
            _serve(job, lecture, made)
        else:
            _hold(job, lecture, made)
    except (LostLease, DatabaseError):  # cancelled, or the lecture was deleted under our hands
        if not Lecture.objects.filter(pk=lecture.pk).exists():
            delete_folder(private_folder(files.RENDITIONS, set_id(lecture)))
        raise


def _make(job: TranscodeJob, lecture: Lecture, room: files.Workspace) -> RenditionSet:
    """The set of the lecture's recording, stored as a whole; its row is not saved yet."""
    with _moving(job):
        source = files.local_source(lecture, room)
    made = transcoding.transcode(
        source, workspace=room.scratch, kept=room.kept, report=_reporter(job), wish=lecture.picture_kind
    )
    stored = private_folder(files.RENDITIONS, set_id(lecture))
    job.beat(stage=TranscodeStage.PACKAGING, progress=99)
    with _moving(job) as tick:
        publish_folder(made.folder, stored, last="master.m3u8", tick=tick)
    return RenditionSet(
        public_id=set_id(lecture),
        lecture=lecture,
        source_sha256=lecture.source_sha256,
        profile=_profile(lecture),
        folder=stored,
        duration_s=made.duration_s,
        heights=made.heights,
        has_audio=made.has_audio,
        total_bytes=made.total_bytes,
        picture_kind=made.picture_kind,
        qualities=made.qualities,
        loudness_lufs=made.lufs,
        gain_db=made.gain_db,
        condition=made.condition,
        announced_s=made.announced_s,
        damage=made.damage,
        damage_at=made.damage_at,
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
        length_s = made.announced_s or made.duration_s
        if made.pk is None or same.update(renditions=made, source_s=length_s) != 1:
            raise LostLease
        job.finish()
    _drop_all_but(lecture, {made.pk})


def _hold(job: TranscodeJob, lecture: Lecture, made: RenditionSet) -> None:
    """Keep `made`, which is not whole, beside what is served, and end the job with the facts: an editor decides."""
    with transaction.atomic():
        job.beat()
        if made.pk is None:
            made.save(force_insert=True)
        failure = next(code for code, condition in HELD.items() if condition == made.condition)
        read = f"{made.duration_s:.1f} s read of {made.announced_s or made.duration_s:.1f} s announced"
        job.fail(failure, f"{read}; {made.damage} errors, near {made.damage_at}")
    served = Lecture.objects.filter(pk=lecture.pk).values_list("renditions", flat=True).first()
    _drop_all_but(lecture, {made.pk, served})


def _drop_all_but(lecture: Lecture, kept: set[int | None]) -> None:
    """Delete the lecture's other sets and their files."""
    for old in RenditionSet.objects.filter(lecture=lecture).exclude(pk__in=[pk for pk in kept if pk is not None]):
        old.delete()
        _discard([], [old.folder])


def _discard(keys: Iterable[str], folders: Iterable[str], originals: Iterable[tuple[str, str]] = ()) -> None:
    """Delete files that no row names. If the storage is silent, what is done stays done; the log names the rest."""
    deeds: list[tuple[Callable[..., None], tuple[str, ...]]] = [
        *((files.delete_file, (key,)) for key in keys),
        *((delete_folder, (name,)) for name in folders),
        *((files.delete_original, named) for named in originals),
    ]
    for delete, named in deeds:
        try:
            delete(*named)
        except StorageUnavailable:
            logger.warning("file_left_behind", file=named[0])


def _reporter(job: TranscodeJob) -> Callable[[TranscodeStage, int], None]:
    """Beats with stage, percent, what is left and when it will be done; says between beats whether to go on.

    A database that is away for a moment costs no encode: whoever has the lease when it is back goes on.
    """
    length_s = _length_s(job.lecture)
    last: dict[str, Any] = {"at": 0.0, "stage": None}
    begun: tuple[float, int] | None = None

    def expected(percent: int, now: float) -> datetime | None:
        if begun is None or percent <= begun[1] or now - begun[0] < SOON_S:
            return None
        return timezone.now() + timedelta(seconds=(100 - percent) * (now - begun[0]) / (percent - begun[1]))

    def report(stage: TranscodeStage, percent: int) -> None:
        nonlocal begun
        now = time.monotonic()
        if begun is None and stage == TranscodeStage.ENCODING:
            begun = now, percent
        try:
            if stage == last["stage"] and now - last["at"] < BEAT_S:
                job.require_wanted()
                return
            left_s = length_s * (100 - percent) // 100
            job.beat(stage=stage, progress=percent, media_left_s=left_s, expected_at=expected(percent, now))
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            logger.warning("transcode_beat_missed", job=job.pk, exc_info=True)
            connection.close()
        last.update(at=now, stage=stage)

    return report


def _length_s(lecture: Lecture) -> int:
    """Seconds of the lecture's recording, guessed by its bytes where nobody has looked into it."""
    return int(lecture.source_s or lecture.source_bytes / BYTES_A_SECOND)


def set_id(lecture: Lecture) -> uuid.UUID:
    """The same for every try at one source: what a killed try left is replaced, never kept beside."""
    return uuid.uuid5(lecture.public_id, f"{lecture.source_sha256}:{_profile(lecture)}")


def _profile(lecture: Lecture) -> str:
    return f"{VERSION}:{lecture.picture_kind}"


def _folders(lecture: Lecture) -> list[str]:
    return list(lecture.rendition_sets.values_list("folder", flat=True))


def _queue(lecture: Lecture, by: Person | None) -> TranscodeJob:
    job = TranscodeJob.objects.create(
        lecture=lecture,
        requested_by=by,
        media_left_s=_length_s(lecture),
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
        "picture": lecture.picture_kind,
    }
