"""A place for backups, a key for them, and storages of this test alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages


@dataclass(frozen=True)
class Place:
    """Where backups go, and the file with the private key. `private`, `public`: the folders of the storages."""

    folder: Path
    identity: Path
    private: Path
    public: Path

    def store(self, alias: str, name: str, content: bytes) -> None:
        storages[alias].save(name, ContentFile(content))

    def files(self) -> dict[str, bytes]:
        """What lies in both storages, by path below their common folder."""
        root = self.private.parent
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for folder in (self.private, self.public)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


def key_file(path: Path) -> str:
    """A new identity in `path`; returns its recipient."""
    identity = pyrage.x25519.Identity.generate()
    path.write_text(f"# public key: {identity.to_public()}\n{identity}\n")
    return str(identity.to_public())


@pytest.fixture
def place(tmp_path: Path, settings: Any) -> Iterator[Place]:
    found = Place(tmp_path / "backups", tmp_path / "identity", tmp_path / "private", tmp_path / "public")
    found.folder.mkdir()
    settings.BACKUP_RECIPIENTS = [key_file(found.identity)]
    system = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {"BACKEND": system, "OPTIONS": {"location": found.private, "base_url": None}},
        "default": {"BACKEND": system, "OPTIONS": {"location": found.public, "base_url": "/media/"}},
    }
    yield found
