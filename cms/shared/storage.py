"""The two storages: `public` (anyone may fetch by address) and `private` (only through a view that asks first)."""

import uuid

from django.core.files.storage import Storage, storages


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
