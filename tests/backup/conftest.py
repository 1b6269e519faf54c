"""A place for backups, a key for them, and a storage of this test alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.core.files.base import ContentFile

from cms.shared.storage import private_storage


@dataclass(frozen=True)
class Place:
    """Where backups go, and the file with the private key. `files`: the folder of the storage."""

    folder: Path
    identity: Path
    files: Path

    @staticmethod
    def store(name: str, content: bytes) -> None:
        assert private_storage().save(name, ContentFile(content)) == name

    def stored(self) -> dict[str, bytes]:
        """Everything that lies in the folder, by path."""
        found = sorted(self.files.rglob("*"))
        return {path.relative_to(self.files).as_posix(): path.read_bytes() for path in found if path.is_file()}


def key_file(path: Path) -> str:
    """A new identity in `path`; returns its recipient."""
    identity = pyrage.x25519.Identity.generate()
    path.write_text(f"# public key: {identity.to_public()}\n{identity}\n")
    return str(identity.to_public())


@pytest.fixture
def place(tmp_path: Path, settings: Any) -> Iterator[Place]:
    found = Place(tmp_path / "backups", tmp_path / "identity", tmp_path / "files")
    found.folder.mkdir()
    settings.BACKUP_RECIPIENTS = [key_file(found.identity)]
    folder = {"location": found.files, "base_url": None}
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": folder}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    yield found
