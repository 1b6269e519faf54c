"""Where files lie. There is one storage, `private`: a folder or an object storage, of which nothing has an address.

Whatever leaves it leaves through a view that asks first. Files that Wagtail keeps (pictures, documents) go through
`SiteStorage`, which only says under which address of this site such a view is found.
"""

import contextlib
import os
import shutil
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import transaction
from django.utils.deconstruct import deconstructible
from django.utils.encoding import filepath_to_uri
from whitenoise.storage import CompressedManifestStaticFilesStorage

# What object storages take for a part that is not the last.
SMALLEST_PART = 5 * 1024**2


def private_storage() -> Storage:
    return storages["private"]


def cold_storage() -> Storage | None:
    """Where originals are moved that are hardly needed any more; None if this installation has none."""
    return storages["cold"] if "cold" in settings.STORAGES else None


class RemoteStorage(Storage, ABC):
    """What a storage on other machines must do beyond Django's; `object_storage.ObjectStorage` is the one there is.

    Every method raises StorageUnavailable if the storage does not answer or refuses us.
    """

    @abstractmethod
    def put(self, key: str, file: "File[Any]") -> None:
        """Write `file` at exactly `key`, over what was there."""

    @abstractmethod
    def fetch(self, key: str, target: Path) -> None:
        """Copy `key` to the file `target`. Raises FileNotFoundError if there is none."""

    @abstractmethod
    def signed_url(self, key: str, *, seconds: int, content_type: str) -> str:
        """An address at the storage itself that opens `key` for `seconds`."""

    @abstractmethod
    def files_below(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """Key and time of writing of every file below `folder`, in the keys' order."""

    @abstractmethod
    def delete_below(self, folder: str) -> None:
        """Delete every file below `folder`."""

    @abstractmethod
    def read(self, key: str) -> Iterator[bytes]:
        """The bytes of `key`, piece by piece. Raises FileNotFoundError if there is none."""

    @abstractmethod
    def begin_parts(self, key: str) -> str:
        """Begin a file that comes in parts; the id under which they are sent."""

    @abstractmethod
    def put_part(self, key: str, multipart_id: str, number: int, data: bytes) -> str:
        """Send part `number` (from 1), over what was sent for it before; its tag. All but the last are of at least
        SMALLEST_PART bytes. Raises FileNotFoundError if the parts were dropped."""

    @abstractmethod
    def join_parts(self, key: str, multipart_id: str, tags: list[str]) -> None:
        """Make the parts with these tags the file `key`. Nothing happens if that was done before.

        Raises FileNotFoundError if a part is not there or is another one.
        """

    @abstractmethod
    def drop_parts(self, key: str, multipart_id: str) -> None:
        """Delete the parts of a file that will not come. Nothing happens if they are gone."""

    @abstractmethod
    def unfinished_parts(self, folder: str) -> Iterator[tuple[str, str, datetime]]:
        """Key, id and begin of every file below `folder` of which there are only parts."""


@deconstructible(path="cms.shared.storage.SiteStorage")
class SiteStorage(Storage):
    """The private storage for files that have an address of this site: see `pictures`."""

    def _open(self, name: str, mode: str = "rb") -> "File[Any]":
        return private_storage().open(name, mode)

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        return private_storage().save(name, content, max_length=max_length)

    def delete(self, name: str) -> None:
        private_storage().delete(name)

    def exists(self, name: str) -> bool:
        return private_storage().exists(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        return private_storage().listdir(path)

    def size(self, name: str) -> int:
        return private_storage().size(name)

    def path(self, name: str) -> str:
        return private_storage().path(name)

    def url(self, name: str | None) -> str:
        return settings.MEDIA_URL + filepath_to_uri(name or "").lstrip("/")


def private_key(kind: str, extension: str, *, folder: uuid.UUID | None = None) -> str:
    """A new name `<kind>/<2 hex>/<uuid>/<uuid>.<ext>`; nothing of the uploader's file name is in it."""
    folder = folder or uuid.uuid4()
    return f"{kind}/{folder.hex[:2]}/{folder}/{uuid.uuid4()}.{extension.lstrip('.').lower()}"


def private_folder(kind: str, folder: uuid.UUID) -> str:
    """The folder `<kind>/<2 hex>/<uuid>` for things of many files, like a set of renditions."""
    return f"{kind}/{folder.hex[:2]}/{folder}"


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Collected static files with a hash in their names, compressed with brotli and gzip.

    What Vite built carries its own hash, and its parts import each other by that name: those names stay.
    """

    def hashed_name(self, name: str, content: Any = None, filename: str | None = None) -> str:
        if name.startswith("assets/"):
            return name
        return str(super().hashed_name(name, content, filename))


def local_path(storage: Storage, key: str) -> Path | None:
    """Where `key` lies on this machine; None if the storage is elsewhere."""
    return Path(storage.path(key)) if isinstance(storage, FileSystemStorage) else None


def remote_storage() -> RemoteStorage:
    """The private storage, which is known not to be a folder."""
    storage = private_storage()
    if not isinstance(storage, RemoteStorage):
        raise ImproperlyConfigured("The private storage is a folder or a cms.shared.object_storage.ObjectStorage.")
    return storage


def publish_folder(folder: Path, key: str, *, last: str, tick: Callable[[], None]) -> None:
    """Bring the finished local `folder` to `key` of the private storage; what was there before is replaced.

    On a file system by one rename: there is a whole folder or none. Elsewhere file by file, `last` at the end,
    `tick` before each.
    """
    delete_folder(key)
    target = local_path(private_storage(), key)
    if target is None:
        names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        for name in sorted(names, key=lambda name: name == last):
            tick()
            with (folder / name).open("rb") as file:
                remote_storage().put(f"{key}/{name}", File(file))
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.rename(target)
    except OSError:  # another file system: copy beside the target first, so that the rename stays one step
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(folder, partial)
        partial.rename(target)


def delete_on_commit(key: str | None) -> None:
    """Delete `key` of the private storage once the transaction stands: after a rollback row and file are both there.

    A storage that does not answer then is written into the log; a sweep of what no row names deletes the file later.
    """
    if key:
        transaction.on_commit(lambda: private_storage().delete(key), robust=True)


def delete_folder(key: str) -> None:
    """Delete `key` of the private storage with all below it; nothing happens if there is none."""
    target = local_path(private_storage(), key)
    if target is None:
        remote_storage().delete_below(key)
    else:
        shutil.rmtree(target, ignore_errors=True)


def files_below(folder: str) -> Iterator[tuple[str, datetime]]:
    """Key and time of writing of every file below `folder` of the private storage, in no certain order."""
    root, top = local_path(private_storage(), ""), local_path(private_storage(), folder)
    if root is None or top is None:
        yield from remote_storage().files_below(folder)
        return
    for path in top.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # deleted while we look
            if path.is_file():
                yield path.relative_to(root).as_posix(), datetime.fromtimestamp(path.stat().st_mtime, UTC)
