"""Making a backup: one encrypted file, whole and checked before it gets its name."""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection
from wagtail.models import Site

from cms.backup import BackupError, Busy, NotPrepared, Part, archive, databases, storages
from cms.shared import crypto
from organisations import audit
from organisations.deeds import Deed
from organisations.services import erasure_list, keys

FORMAT = 1
# A dump has no size before it ends; it stands in pieces of this many bytes.
PIECE = 4 * 1024 * 1024
PREFIX, SUFFIX = "isocenter-", ".age"


@dataclass(frozen=True)
class Backup:
    """A finished backup. `warnings`: what should be seen to, though the backup is whole."""

    path: Path
    bytes: int
    sha256: str
    parts: dict[str, Part]
    removed: list[Path]
    warnings: list[str]


def backup(*, folder: Path, keep: int | None = None, tell: Callable[[str], None] = lambda _line: None) -> Backup:
    """Write database and files to `folder`, encrypted for BACKUP_RECIPIENTS; keep the newest `keep` of them.

    What was written is read again and compared. Raises BackupError; then no file is left of it.
    """
    recipients = archive.recipients(settings.BACKUP_RECIPIENTS)
    if keep is not None and keep < 1:
        raise NotPrepared("--keep is at least 1: the backup that was just made.")
    if not folder.is_dir():
        raise NotPrepared(f"{folder} is not a folder.")
    erasure_list.complete()
    with _alone_in(folder):
        for left in folder.glob(f".{PREFIX}*.partial"):  # a run that was killed
            left.unlink()
        report = keys.report()
        parts: dict[str, Part] = {}
        path = folder / f"{PREFIX}{datetime.now(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"
        partial = folder / f".{path.name}.partial"
        try:
            with _created(partial) as file:
                sha256 = archive.write(_tar(report, parts, tell), file, recipients)
                file.flush()
                os.fsync(file.fileno())
            size = partial.stat().st_size
            if _sha256(partial) != sha256:
                raise BackupError(f"{folder} gives back other bytes than were written. Look at the disk.")
            _checksum(path, sha256)
            partial.rename(path)
        finally:
            partial.unlink(missing_ok=True)
        _sync(folder)
        removed = _remove_older(folder, keep) if keep is not None else []
    _record(path, sha256)
    return Backup(path, size, sha256, parts, removed, _warnings(report))


def _tar(report: keys.KeyReport, parts: dict[str, Part], tell: Callable[[str], None]) -> Iterator[bytes]:
    """The whole tar; fills `parts` when it is through."""
    tally = archive.Tally()
    with databases.snapshot() as found:
        header = {
            "format": FORMAT,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "engine": connection.vendor,
            "migrations": [list(migration) for migration in found.migrations],
            "tables": found.tables,
            "keys": needed_keys(report),
        }
        yield from _json(archive.HEADER, header, tally)
        for number, piece in enumerate(_in_pieces(found.dump), start=1):
            yield from archive.member(f"{archive.DATABASE}{number:08}", len(piece), [piece], tally)
    tell(f"database: {sum(found.tables.values())} rows in {len(found.tables)} tables")
    count = 0
    for name, size, content in storages.contents():
        yield from archive.member(f"{archive.FILES}{name}", size, content, tally)
        count += 1
    tell(f"files: {count}")
    parts |= tally.parts()
    manifest = {"format": FORMAT, "parts": {name: vars(part) for name, part in parts.items()}}
    yield from _json(archive.MANIFEST, manifest, tally)
    yield archive.END


def needed_keys(report: keys.KeyReport) -> dict[str, dict[str, str]]:
    """Purpose → {key id: fingerprint} of what is needed to read, find and prove what a backup holds."""
    needed: dict[str, dict[str, str]] = {}
    for state in report.keys:
        # Addresses of lectures are over in hours; nothing that is kept depends on their key.
        if state.guards and not state.is_missing and state.purpose != "media_signing":
            needed.setdefault(state.purpose, {})[state.key_id] = crypto.fingerprint(state.purpose, state.key_id)
    return needed


def _warnings(report: keys.KeyReport) -> list[str]:
    missing = [f"{state.purpose}:{state.key_id}" for state in report.keys if state.is_missing]
    found = [f"This installation lacks a key that its data needs: {name}." for name in missing]
    if report.unreadable:
        found.append(f"{len(report.unreadable)} values cannot be read with its keys: manage.py rotate_keys --check")
    return found


def _json(name: str, value: Any, tally: archive.Tally) -> Iterator[bytes]:
    text = json.dumps(value, ensure_ascii=False, indent=1).encode()
    return archive.member(name, len(text), [text], tally)


def _in_pieces(stream: Iterator[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in stream:
        held += piece
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One run at a time; a lock of a process that was killed is gone with it."""
    with (folder / ".lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(f"Another backup is being written to {folder}.") from error
        yield


@contextmanager
def _created(path: Path) -> Iterator[IO[bytes]]:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # from the disk, not from memory
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checksum(path: Path, sha256: str) -> None:
    """Beside the backup, as sha256sum reads it."""
    path.with_name(f"{path.name}.sha256").write_text(f"{sha256}  {path.name}\n")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_older(folder: Path, keep: int) -> list[Path]:
    old = sorted(folder.glob(f"{PREFIX}*{SUFFIX}"))[:-keep]
    for path in old:
        path.unlink()
        path.with_name(f"{path.name}.sha256").unlink(missing_ok=True)
    return old


def _record(path: Path, sha256: str) -> None:
    site = Site.objects.order_by("pk").first() or Site()
    audit.record(by=None, verb=Deed.BACKUP_MAKE, target=site, after={"file": path.name, "sha256": sha256})
