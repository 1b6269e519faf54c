"""Uploads from their first word to their last: begin, describe, discard, forget. Their bytes come by `receiving`."""

from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePath
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import Conflict, StorageUnavailable, TooManyRequests
from cms.shared.jobs import JobState
from cms.shared.storage import local_path, private_storage, remote_storage
from media_pipeline.enums import UploadState
from media_pipeline.models import Lecture, Upload
from media_pipeline.models.uploads import kept_until
from media_pipeline.selectors.quotas import unit_of
from media_pipeline.selectors.uploads import own_upload, promised_bytes
from media_pipeline.services import files
from media_pipeline.services.lectures import LectureBusy, is_busy
from media_pipeline.services.quotas import require_share
from organisations import audit
from organisations.models import Node, Person

logger = structlog.get_logger(__name__)

MOST_UNFINISHED = 100
# How long a line tells that its bytes were removed.
TOLD_FOR = timedelta(days=30)


class TooManyUploads(TooManyRequests):
    code = "too_many_uploads"
    message = _("You have %(most)s unfinished uploads. Finish some or remove them from the list, then begin new ones.")


class UploadOver(Conflict):
    code = "upload_over"
    message = _("This upload has ended. Load the page again to see what became of it.")


def begin_upload(
    *,
    by: Person,
    file_name: str,
    size: int,
    title: str = "",
    lecturer: str = "",
    fingerprint: str = "",
    lecture: Lecture | None = None,
) -> Upload:
    """Make room for a file of `size` bytes that will come in parts; `lecture` is whose recording it will replace.

    The caller has checked that `by` may. Raises EmptyUpload, UploadTooLarge, NotARecording, NoRoom, QuotaExceeded,
    TooManyUploads, LectureBusy.
    """
    name = PurePath(_printable(file_name).replace("\\", "/")).name
    files.require_size(size)
    if files.ending_of(name) not in files.ENDINGS:
        raise files.NotARecording(name=name[:80])
    if lecture is not None and is_busy(lecture):
        raise LectureBusy
    files.require_room(size, promised=promised_bytes())
    unit = lecture.unit if lecture else unit_of(by)
    with transaction.atomic():
        if unit is not None:  # two at once share what is left
            Node.objects.select_for_update(no_key=True).get(pk=unit.pk)
        require_share(unit, size, instead_of=lecture.source_bytes if lecture else 0)
        if Upload.objects.filter(by=by, state=UploadState.RECEIVING).count() >= MOST_UNFINISHED:
            raise TooManyUploads(most=MOST_UNFINISHED)
        upload = Upload.objects.create(
            by=by,
            unit=unit,
            lecture=lecture,
            is_replacement=lecture is not None,
            title=_printable(title)[:200] or title_from(name),
            lecturer=_printable(lecturer)[:80],
            file_name=name[:200],
            fingerprint=_printable(fingerprint)[:100],
            size=size,
            file_key=files.source_key(name),
            expires_at=kept_until(),
        )
        after = {"title": upload.title, "file": upload.file_name, "bytes": size}
        audit.record(by=by, verb="lecture.upload_begun", target=upload, after=after)
    return upload


def title_from(file_name: str) -> str:
    """A title out of a file's name: without its ending, underscores as spaces."""
    return " ".join(PurePath(file_name).stem.replace("_", " ").split())[:200] or file_name[:200]


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable()).strip()


def describe_upload(*, by: Person, public_id: UUID, title: str, lecturer: str) -> Upload:
    """Say what the recording is called and who speaks. Raises NotFound, UploadOver once it is a lecture."""
    upload = own_upload(by, public_id)
    wanted = {"title": _printable(title)[:200] or upload.title, "lecturer": _printable(lecturer)[:80]}
    waiting = Upload.objects.filter(
        pk=upload.pk, state__in=[UploadState.RECEIVING, UploadState.CHECKING, UploadState.KNOWN]
    )
    if not waiting.update(**wanted):
        raise UploadOver
    return own_upload(by, public_id)


def discard_upload(*, by: Person, public_id: UUID) -> None:
    """Take an upload off the list; what has arrived of it is deleted, unless a lecture was made of it.

    Raises NotFound.
    """
    with transaction.atomic():
        upload = own_upload(by, public_id)
        # Whoever takes it over or writes to it changes the row first: one of the two finds it gone.
        locked = Upload.objects.select_for_update().get(pk=upload.pk)
        if locked.state != UploadState.DONE:
            audit.record(by=by, verb="lecture.upload_discarded", target=locked, before={"title": locked.title})
        Upload.objects.filter(pk=locked.pk).delete()
    if locked.state != UploadState.DONE:
        drop_bytes(locked)


def drop_bytes(upload: Upload) -> None:
    """Delete what has arrived. If the storage is silent, a sweep does it later."""
    try:
        if upload.multipart_id and local_path(private_storage(), "") is None:
            remote_storage().drop_parts(upload.file_key, upload.multipart_id)
        files.delete_file(upload.file_key)
    except StorageUnavailable:
        logger.warning("file_left_behind", file=upload.file_key)


def forget_uploads(*, now: datetime) -> int:
    """Remove what nobody went on with, and lines that have told their story. How many uploads lost their bytes.

    Afterwards the parts that a killed process began without writing that down.
    """
    removed = 0
    idle = Q(leased_until=None) | Q(leased_until__lt=now)
    waiting = Q(state__in=[UploadState.RECEIVING, UploadState.KNOWN]) | Q(
        state=UploadState.CHECKING, check_job__state=JobState.FAILED
    )
    for upload in Upload.objects.filter(waiting, idle, expires_at__lt=now).order_by("pk"):
        gone = Upload.objects.filter(idle, pk=upload.pk, state=upload.state, expires_at__lt=now).update(
            state=UploadState.EXPIRED, expires_at=now + TOLD_FOR
        )
        if gone:
            drop_bytes(upload)
            logger.info("upload_expired", upload=str(upload.public_id))
            removed += 1
    Upload.objects.filter(state__in=[UploadState.DONE, UploadState.EXPIRED], expires_at__lt=now).delete()
    _drop_unknown_parts(now)
    return removed


def _drop_unknown_parts(now: datetime) -> None:
    if local_path(private_storage(), "") is not None:
        return
    storage = remote_storage()
    old = [
        (key, found) for key, found, begun in storage.unfinished_parts(files.SOURCES) if begun < now - files.ORPHAN_AGE
    ]
    known = (
        set(Upload.objects.filter(state=UploadState.RECEIVING).values_list("multipart_id", flat=True)) if old else set()
    )
    known |= (
        set(Upload.objects.filter(state=UploadState.CHECKING).values_list("multipart_id", flat=True)) if old else set()
    )
    for key, multipart_id in old:
        if multipart_id not in known:
            storage.drop_parts(key, multipart_id)
            logger.warning("orphan_deleted", file=key)


def erase_uploads(person: Person) -> None:
    """Everything that `person` has under way goes."""
    rows = list(Upload.objects.filter(by=person))
    Upload.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for row in rows:
        if row.state != UploadState.DONE:
            transaction.on_commit(partial(drop_bytes, row), robust=True)
