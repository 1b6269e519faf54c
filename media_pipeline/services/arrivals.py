"""What has arrived in full: joined, read once for its SHA-256, and made a lecture, all of it by a worker."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import structlog
from django.db import transaction

from cms.shared.errors import StorageUnavailable
from cms.shared.jobs import LostLease
from cms.shared.storage import local_path, private_storage, remote_storage
from media_pipeline.enums import CheckFailure, CheckStage, UploadState
from media_pipeline.models import Lecture, Upload, UploadCheck
from media_pipeline.models.uploads import kept_until
from media_pipeline.selectors.uploads import own_upload
from media_pipeline.services import files, lectures
from media_pipeline.services.uploads import UploadOver
from organisations.models import Person

logger = structlog.get_logger(__name__)

PIECE_BYTES = 1024 * 1024
BEAT_S = 2.0


def run_check(job_pk: int) -> None:
    """Do the waiting check `job_pk`; nothing happens if another worker has it or it is over."""
    job = UploadCheck.claim(job_pk)
    if job is None:
        return
    log = logger.bind(job=job.pk, upload=str(job.upload.public_id), attempt=job.attempt)
    try:
        _check(job, job.upload)
        log.info("upload_checked")
    except LostLease:
        log.warning("upload_check_lease_lost")
    except FileNotFoundError as error:
        job.fail(CheckFailure.SOURCE_MISSING, str(error))
    except lectures.LectureBusy:
        job.fail(CheckFailure.LECTURE_BUSY)
    except StorageUnavailable as error:
        job.fail(CheckFailure.STORAGE_UNAVAILABLE, str(error.__cause__), retry=True)
    # The last boundary: whatever it was, the job ends with a reason, and the log has the trace.
    except Exception as error:
        if not UploadCheck.objects.filter(pk=job.pk).exists():
            log.warning("upload_discarded")
            return
        job.fail_unexpected(error)


def _check(job: UploadCheck, upload: Upload) -> None:
    if upload.state != UploadState.CHECKING:
        job.finish()
        return
    if not upload.sha256:
        job.beat(stage=CheckStage.JOINING)
        path = local_path(private_storage(), upload.file_key)
        if path is None:
            with job.kept_alive():
                remote_storage().join_parts(upload.file_key, upload.multipart_id, upload.parts)
        upload.sha256 = _digest(job, upload, path)
        upload.length_s = files.length_of(path) if path is not None else None
        Upload.objects.filter(pk=upload.pk).update(sha256=upload.sha256, length_s=upload.length_s)
    same = Lecture.objects.filter(source_sha256=upload.sha256).order_by("pk").first()
    if upload.is_replacement:
        _replace(job, upload)
    elif same is not None:
        _ask(job, upload, same)
    else:
        with transaction.atomic():
            _make_lecture(upload, UploadState.CHECKING)
            job.finish()


def _digest(job: UploadCheck, upload: Upload, path: Path | None) -> str:
    """The SHA-256 of all bytes. Raises FileNotFoundError if they are not there or not so many as were counted."""
    digest, done, beaten = hashlib.sha256(), 0, time.monotonic()
    job.beat(stage=CheckStage.HASHING, progress=0)
    pieces = remote_storage().read(upload.file_key) if path is None else _pieces(path)
    for piece in pieces:
        digest.update(piece)
        done += len(piece)
        if time.monotonic() - beaten >= BEAT_S:
            job.beat(progress=100 * done // upload.size)
            beaten = time.monotonic()
    if done != upload.size:
        raise FileNotFoundError(f"{done} of {upload.size} bytes at {upload.file_key}")
    return digest.hexdigest()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _stored(upload: Upload) -> files.Stored:
    return files.Stored(upload.file_key, upload.file_name, upload.sha256, upload.size, upload.length_s)


def _move(upload: Upload, before: UploadState, after: UploadState, *, lecture: Lecture | None = None) -> Upload:
    """Compare-and-set of the state; the row as it is then. Raises UploadOver."""
    changes = {"state": after, "expires_at": kept_until()}
    if lecture is not None:
        changes["same_as" if after == UploadState.KNOWN else "lecture"] = lecture
    if Upload.objects.filter(pk=upload.pk, state=before).update(**changes) != 1:
        raise UploadOver
    return Upload.objects.select_related("by", "unit", "lecture").get(pk=upload.pk)


def _make_lecture(upload: Upload, before: UploadState) -> Lecture:
    """A lecture of the upload's file, where it lies. Call inside a transaction."""
    upload = _move(upload, before, UploadState.DONE)
    lecture = lectures.receive_lecture(
        by=upload.by, title=upload.title, lecturer=upload.lecturer, upload=_stored(upload), unit=upload.unit
    )
    Upload.objects.filter(pk=upload.pk).update(lecture=lecture)
    return lecture


def _replace(job: UploadCheck, upload: Upload) -> None:
    lecture = upload.lecture
    if lecture is None:
        job.fail(CheckFailure.LECTURE_GONE)
        return
    if lecture.source_sha256 == upload.sha256:
        _ask(job, upload, lecture)
        return
    with transaction.atomic():
        _move(upload, UploadState.CHECKING, UploadState.DONE)
        replaced = lectures.replace_recording(by=upload.by, lecture=lecture, stored=_stored(upload))
        job.finish()
    lectures.discard_replaced(replaced)


@transaction.atomic
def _ask(job: UploadCheck, upload: Upload, same: Lecture) -> None:
    """The same bytes are here already: the uploader decides."""
    _move(upload, UploadState.CHECKING, UploadState.KNOWN, lecture=same)
    job.finish()


@transaction.atomic
def make_another(*, by: Person, public_id: UUID) -> Lecture:
    """Make one more lecture of a recording that is here already. Raises NotFound, UploadOver."""
    upload = own_upload(by, public_id)
    if upload.is_replacement:
        raise UploadOver
    return _make_lecture(upload, UploadState.KNOWN)


def retry_check(*, by: Person, public_id: UUID) -> None:
    """Check again what failed. Raises NotFound, UploadOver."""
    job = getattr(own_upload(by, public_id), "check_job", None)
    if job is None or not job.retry():
        raise UploadOver
