"""The two storages: `public` (anyone may fetch by address) and `private` (only through a view that asks first)."""

import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages
from whitenoise.storage import CompressedManifestStaticFilesStorage


def private_storage() -> Storage:
    return storages["private"]


def public_storage() -> Storage:
    return storages["default"]


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


def publish_folder(folder: Path, key: str, *, last: str, tick: Callable[[], None]) -> None:
    """Bring the finished local `folder` to `key` of the private storage; what was there before is replaced.

    On a file system by one rename: there is a whole folder or none. Elsewhere file by file, `last` at the end,
    `tick` before each.
    """
    storage = private_storage()
    delete_folder(key)
    target = local_path(storage, key)
    if target is None:
        names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        for name in sorted(names, key=lambda name: name == last):
            tick()
            with (folder / name).open("rb") as file:
                storage.save(f"{key}/{name}", File(file))
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.rename(target)
    except OSError:  # another file system: copy beside the target first, so that the rename stays one step
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(folder, partial)
        partial.rename(target)


def delete_folder(key: str) -> None:
    """Delete `key` of the private storage with all below it; nothing happens if there is none."""
    storage = private_storage()
    target = local_path(storage, key)
    if target is not None:
        shutil.rmtree(target, ignore_errors=True)
        return
    try:
        folders, names = storage.listdir(key)
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in folders:
        delete_folder(f"{key}/{name}")
    for name in names:
        storage.delete(f"{key}/{name}")
