"""A tar inside an age file, written and read as a stream: memory does not grow with what is in it."""

import hashlib
import io
import os
import tarfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeAlias

import pyrage

from cms.backup import NotPrepared, Part, Refused

HEADER, MANIFEST = "header.json", "manifest.json"
DATABASE, FILES = "database/", "files/"
BLOCK = 1024 * 1024

Recipient: TypeAlias = "pyrage.x25519.Recipient"
Identity: TypeAlias = "pyrage.x25519.Identity"


def recipients(texts: Iterable[str]) -> list[Recipient]:
    """The public keys for which a backup is encrypted. Raises NotPrepared if there is none or one is no key."""
    found = []
    for text in texts:
        try:
            found.append(pyrage.x25519.Recipient.from_str(text))
        except pyrage.RecipientError as error:
            raise NotPrepared(f"BACKUP_RECIPIENTS: {text!r} is not an age recipient (age1…).") from error
    if not found:
        raise NotPrepared("BACKUP_RECIPIENTS is empty. Make a key with `manage.py backup_key FILE`, and set it.")
    return found


def identities(path: Path) -> list[Identity]:
    """The private keys of a file as `backup_key` or age-keygen write it. Raises NotPrepared."""
    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise NotPrepared(f"{path} is not a file with an age identity (AGE-SECRET-KEY-1…).") from error
    if not found:
        raise NotPrepared(f"{path} holds no age identity (AGE-SECRET-KEY-1…).")
    return found


class Tally:
    """Counts and hashes the members of each part: "database", "files"."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[int, int, Any]] = {}

    def begin(self, name: str, size: int) -> "hashlib._Hash | None":
        """The digest that takes the member's content; None for what belongs to no part."""
        part = part_of(name)
        if part is None:
            return None
        count, total, digest = self._parts.get(part, (0, 0, hashlib.sha256()))
        self._parts[part] = (count + 1, total + size, digest)
        digest.update(f"{name}\0{size}\0".encode())
        return digest

    def parts(self) -> dict[str, Part]:
        return {
            name: Part(count, total, digest.hexdigest()) for name, (count, total, digest) in sorted(self._parts.items())
        }


def part_of(name: str) -> str | None:
    return next((part.rstrip("/") for part in (DATABASE, FILES) if name.startswith(part)), None)


def member(name: str, size: int, content: Iterable[bytes], tally: Tally) -> Iterator[bytes]:
    """The bytes of one file in a tar; `content` must have exactly `size` bytes."""
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, int(time.time()), 0o600
    yield info.tobuf(format=tarfile.PAX_FORMAT)
    digest = tally.begin(name, size)
    for piece in content:
        if digest is not None:
            digest.update(piece)
        yield piece
    yield b"\0" * (-size % tarfile.BLOCKSIZE)


END = b"\0" * (2 * tarfile.BLOCKSIZE)


class _Pull(io.RawIOBase):
    """A file to be read, of what a generator yields."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = memoryview(piece)
        end = len(self._rest) if size < 0 else size
        found, self._rest = bytes(self._rest[:end]), self._rest[end:]
        return found


class _Hashing(io.RawIOBase):
    """A file to be written that remembers the SHA-256 of what went through."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target, self.digest = target, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.digest.update(data)
        return self._target.write(data)


def write(pieces: Iterator[bytes], target: IO[bytes], keys: list[Recipient]) -> str:
    """Encrypt the tar that `pieces` yield into `target`; returns the SHA-256 of the encrypted bytes."""
    hashing, pulling = _Hashing(target), _Guarded(pieces)
    try:
        pyrage.encrypt_io(_Pull(iter(pulling)), hashing, keys)
    except pyrage.EncryptError:
        if pulling.error is not None:
            raise pulling.error from None
        raise
    return hashing.digest.hexdigest()


class _Guarded:
    """Remembers what a generator raised: the encryption hands on only its words."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.error: BaseException | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        except BaseException as error:
            self.error = error
            raise


@contextmanager
def opened(path: Path, keys: list[Identity]) -> Iterator[Iterator[tuple[str, int, IO[bytes]]]]:
    """Yields (name, size, content) of every member, decrypted as it is read.

    Raises Refused as soon as a byte is not as it was written, the end is missing, or no identity fits.
    """
    reading, writing = os.pipe()
    failed: list[Exception] = []

    def decrypt() -> None:
        try:
            with path.open("rb") as source, os.fdopen(writing, "wb") as target:
                pyrage.decrypt_io(source, target, keys)
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=decrypt, daemon=True)
    thread.start()
    try:
        with os.fdopen(reading, "rb") as clear:
            try:
                yield _members(clear)
                while clear.read(BLOCK):  # the end of an age file is proved only when it has been read
                    pass
            except tarfile.TarError as error:
                clear.close()
                thread.join()
                raise _refusal(path, failed) from (failed[0] if failed else error)
    finally:
        thread.join()
    if failed:
        raise _refusal(path, failed) from failed[0]


def _refusal(path: Path, failed: list[Exception]) -> Refused:
    if failed and isinstance(failed[0], pyrage.DecryptError) and "matching keys" in str(failed[0]):
        return Refused(f"{path} was not encrypted for this identity. Give the one that belongs to its recipients.")
    return Refused(f"{path} is damaged: it was changed or cut after it was written. Take another backup.")


def _members(clear: IO[bytes]) -> Iterator[tuple[str, int, IO[bytes]]]:
    with tarfile.open(fileobj=clear, mode="r|", bufsize=64 * 1024) as tar:
        for info in tar:
            vars(tar)["members"].clear()  # it would remember every file
            content = tar.extractfile(info) if info.isfile() else None
            if content is None or not _is_safe(info.name):
                raise tarfile.ReadError(info.name)
            yield info.name, info.size, content


def _is_safe(name: str) -> bool:
    return not name.startswith("/") and "\\" not in name and not {"", ".", ".."} & set(name.split("/"))


def blocks(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(BLOCK):
        yield piece


def same(found: Mapping[str, Part], written: Mapping[str, Any]) -> bool:
    """Whether parts are as a manifest has them."""
    return {name: vars(part) for name, part in found.items()} == dict(written)
