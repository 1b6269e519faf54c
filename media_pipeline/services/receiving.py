"""The bytes of an upload: one part at a time, by one request at a time, counted when they lie on the disk.

A request takes the upload's lease by compare-and-set and renews it while bytes come, so that no second one writes to
the same file; a killed server's lease ends by itself. Nothing is joined here and nothing is read again: the last part
costs what every part costs.
"""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import Conflict, DomainError, InvalidInput, TooLarge
from cms.shared.jobs import wake
from cms.shared.storage import SMALLEST_PART, local_path, private_storage, remote_storage
from media_pipeline.enums import UploadState
from media_pipeline.models import Upload, UploadCheck
from media_pipeline.models.uploads import kept_until
from media_pipeline.selectors.uploads import own_upload
from media_pipeline.services.files import NoRoom
from organisations.models import Person

PIECE_BYTES = 256 * 1024
# While one part crosses to an object storage nobody can say that the request lives.
CROSSING_S = 60.0


class UploadGone(DomainError):
    code, http_status = "upload_gone", 410
    message = _("What had arrived of this file was removed, because nothing came for days. Upload it again.")


class WrongOffset(Conflict):
    code = "wrong_offset"
    message = _("The server holds another number of bytes of this file. Go on from where the server stands.")


class UploadLocked(DomainError):
    code, http_status = "upload_locked", 423
    message = _("Another window or device is sending this file. Wait a few seconds, then go on.")


class PartTooLong(TooLarge):
    code = "part_too_long"
    message = _("More bytes were sent than this file has. Remove the upload and begin again.")


class PartTooSmall(InvalidInput):
    code = "part_too_small"
    message = _("The storage of this site takes parts of at least 5 MB. Send larger parts.")


class PartInterrupted(InvalidInput):
    code = "part_interrupted"
    message = _("The connection broke before the part had arrived. Send it again.")


class PartDamaged(DomainError):
    """The status is tus' own."""

    code, http_status = "part_damaged", 460
    message = _("A part of the file was damaged on its way. Send it again.")


class Body(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Checksum:
    """What the sender says the part's digest is; `algorithm` one of ALGORITHMS."""

    algorithm: str
    digest: bytes


ALGORITHMS = ("sha1", "sha256")


def receive_part(
    *, by: Person, public_id: UUID, offset: int, length: int, body: Body, checksum: Checksum | None = None
) -> Upload:
    """Take `length` bytes from `body` that follow the first `offset` of an upload of `by`. The upload as it is then.

    With a checksum the part counts as a whole or not at all; without, what came before a break counts. When the last
    byte has come, the check of the whole waits for a worker.
    Raises NotFound, UploadGone, WrongOffset, UploadLocked, PartTooLong, PartTooSmall, PartInterrupted, PartDamaged,
    NoRoom, StorageUnavailable.
    """
    upload = own_upload(by, public_id)
    if upload.state == UploadState.EXPIRED:
        raise UploadGone
    if upload.offset != offset:
        raise WrongOffset
    if length > upload.size - offset:
        raise PartTooLong
    if length == 0:
        return upload
    with _held(upload) as hold:
        path = local_path(private_storage(), upload.file_key)
        take = _into_parts if path is None else _into_file
        take(upload, hold, body, length, checksum)
    return own_upload(by, public_id)


class _Hold:
    """The lease of the one request that writes, and the only way to move the offset."""

    def __init__(self, upload: Upload, lease: UUID) -> None:
        self.upload, self.lease, self.offset = upload, lease, upload.offset
        self.renewed = timezone.now()

    def _mine(self) -> Any:
        return Upload.objects.filter(pk=self.upload.pk, lease=self.lease, state=UploadState.RECEIVING)

    def keep(self, *, for_s: float | None = None) -> None:
        """Say that bytes come, at most a few times a lease; `for_s`: nothing will be said for so long."""
        now, lease_s = timezone.now(), settings.LECTURE_UPLOAD_LEASE_S
        if for_s is None and now - self.renewed < timedelta(seconds=lease_s / 4):
            return
        if self._mine().update(leased_until=now + timedelta(seconds=for_s or lease_s)) != 1:
            raise UploadLocked
        self.renewed = now

    def advance(self, to: int, **fields: Any) -> None:
        """The first `to` bytes lie in the storage for good."""
        if to == self.offset:
            return
        now = timezone.now()
        moved: dict[str, Any] = {
            "offset": to,
            "expires_at": kept_until(),
            "leased_until": now + timedelta(seconds=settings.LECTURE_UPLOAD_LEASE_S),
            **fields,
        }
        is_whole = to == self.upload.size
        if is_whole:
            moved |= {"state": UploadState.CHECKING, "arrived_at": now, "lease": None, "leased_until": None}
        with transaction.atomic():
            if self._mine().filter(offset=self.offset).update(**moved) != 1:
                raise UploadLocked
            if is_whole:
                job = UploadCheck.objects.create(upload=self.upload)
                wake(UploadCheck.task_name, job.pk)
        self.offset, self.renewed = to, now

    def correct(self, to: int) -> None:
        """The storage holds less than was counted (it was restored from a backup): go on from there."""
        self._mine().update(offset=to)


@contextmanager
def _held(upload: Upload) -> Iterator[_Hold]:
    now, lease = timezone.now(), uuid4()
    is_free = Q(lease=None) | Q(leased_until=None) | Q(leased_until__lt=now)
    free = Upload.objects.filter(is_free, pk=upload.pk, state=UploadState.RECEIVING, offset=upload.offset)
    if not free.update(lease=lease, leased_until=now + timedelta(seconds=settings.LECTURE_UPLOAD_LEASE_S)):
        upload.refresh_from_db(fields=["offset"])
        raise UploadLocked
    try:
        yield _Hold(upload, lease)
    finally:
        Upload.objects.filter(pk=upload.pk, lease=lease).update(lease=None, leased_until=None)


def _read(body: Body, size: int) -> bytes:
    """At most `size` bytes, none when the connection is gone."""
    try:
        return body.read(size)
    except OSError:  # a broken line, or nothing came for too long
        return b""


def _into_file(upload: Upload, hold: _Hold, body: Body, length: int, checksum: Checksum | None) -> None:
    path = Path(private_storage().path(upload.file_key))
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.new(checksum.algorithm) if checksum else None
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b", buffering=0) as file:
        lies = os.fstat(file.fileno()).st_size
        if lies < upload.offset:
            hold.correct(lies)
            raise WrongOffset
        file.truncate(upload.offset)
        file.seek(upload.offset)
        at, end = upload.offset, upload.offset + length
        while at < end:
            piece = _read(body, min(PIECE_BYTES, end - at))
            if not piece:
                break
            hold.keep()
            _write(file, piece)
            at += len(piece)
            if digest:
                digest.update(piece)
            elif at - hold.offset >= settings.LECTURE_UPLOAD_PART_BYTES:
                os.fsync(file.fileno())
                hold.advance(at)
        try:
            _require_whole(checksum, digest, is_short=at < end)
        except DomainError:
            # Who slept beyond the lease must not cut off what another request has written since.
            hold.keep(for_s=settings.LECTURE_UPLOAD_LEASE_S)
            file.truncate(hold.offset)
            raise
        os.fsync(file.fileno())
        hold.advance(at)


def _write(file: Any, piece: bytes) -> None:
    left = memoryview(piece)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise NoRoom from error
        raise


def _require_whole(checksum: Checksum | None, digest: Any, *, is_short: bool) -> None:
    if checksum is None:
        return
    if is_short:
        raise PartInterrupted
    if digest.digest() != checksum.digest:
        raise PartDamaged


def _into_parts(upload: Upload, hold: _Hold, body: Body, length: int, checksum: Checksum | None) -> None:
    sizes = _part_sizes(length, is_end=upload.offset + length == upload.size)
    storage, digest = remote_storage(), hashlib.new(checksum.algorithm) if checksum else None
    if not upload.multipart_id:
        hold.keep(for_s=CROSSING_S)
        upload.multipart_id = storage.begin_parts(upload.file_key)
        Upload.objects.filter(pk=upload.pk, lease=hold.lease).update(multipart_id=upload.multipart_id)
    tags, at = list(upload.parts), upload.offset
    for size in sizes:
        part = _read_part(body, size, hold)
        if len(part) < size:
            break
        if digest:
            digest.update(part)
        hold.keep(for_s=CROSSING_S)
        try:
            tags = [*tags, storage.put_part(upload.file_key, upload.multipart_id, len(tags) + 1, part)]
        except FileNotFoundError as error:
            Upload.objects.filter(pk=upload.pk, lease=hold.lease).update(state=UploadState.EXPIRED)
            raise UploadGone from error
        at += size
        if checksum is None:
            hold.advance(at, parts=tags)
    _require_whole(checksum, digest, is_short=at < upload.offset + length)
    hold.advance(at, parts=tags)


def _part_sizes(length: int, *, is_end: bool) -> list[int]:
    """How to cut `length` bytes so that every part but the file's last is large enough. Raises PartTooSmall."""
    whole, rest = divmod(length, settings.LECTURE_UPLOAD_PART_BYTES)
    sizes = [settings.LECTURE_UPLOAD_PART_BYTES] * whole
    if rest and (is_end or rest >= SMALLEST_PART):
        sizes.append(rest)
    elif rest and sizes:
        sizes[-1] += rest
    elif rest:
        raise PartTooSmall
    return sizes


def _read_part(body: Body, size: int, hold: _Hold) -> bytes:
    part = bytearray()
    while len(part) < size:
        piece = _read(body, min(PIECE_BYTES, size - len(part)))
        if not piece:
            break
        hold.keep()
        part += piece
    return bytes(part)
