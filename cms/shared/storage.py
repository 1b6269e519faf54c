"""The two storages: `public` (anyone may fetch by address) and `private` (only through a view that asks first)."""

import uuid
from typing import Any

from django.core.files.storage import Storage, storages
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
