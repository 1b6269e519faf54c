"""The stored files out of a backup and back: a folder by renaming, an object storage file by file."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator

from django.core.files.base import File

from cms.backup import BackupError
from cms.backup.archive import BLOCK
from cms.shared.storage import local_path, private_storage, remote_storage

STAGED, REPLACED = ".restoring", ".before-restore"


def names() -> Iterator[str]:
    """Every file, folder by folder; what begins with a dot is only on its way."""
    storage, folders = private_storage(), [""]
    while folders:
        folder = folders.pop()
        try:
            below, files = storage.listdir(folder)
        except FileNotFoundError:  # never written to, or just deleted
            continue
        prefix = f"{folder}/" if folder else ""
        yield from (f"{prefix}{name}" for name in sorted(files) if name and not name.startswith("."))
        folders += [f"{prefix}{name}" for name in sorted(below, reverse=True) if name and not name.startswith(".")]


def is_empty() -> bool:
    return next(names(), None) is None


def contents() -> Iterator[tuple[str, int, Iterator[bytes]]]:
    """(name, size, pieces) of every file; one that was deleted meanwhile is left out."""
    for name in names():
        try:
            file = private_storage().open(name, "rb")
            size = file.size
        except FileNotFoundError:
            continue
        with file:
            yield name, size, _exactly(file, size, name)


def _exactly(file: File, size: int, name: str) -> Iterator[bytes]:
    """The first `size` bytes: a file may still be growing, which the database does not know yet."""
    left = size
    while left:
        piece = file.read(min(BLOCK, left))
        if not piece:
            raise BackupError(f"{name} became shorter while it was read. Run the backup again.")
        left -= len(piece)
        yield piece


class Return:
    """Brings files back. `add` each, then `keep` or `undo`.

    In a folder nothing changes before `keep`. An object storage has no renaming: `add` writes at once, over what is
    there, and only another restore undoes that; add files when all else has been proved.
    """

    def __init__(self) -> None:
        self._root = local_path(private_storage(), "")
        self._names: set[str] = set()
        if self._root is not None:
            shutil.rmtree(self._root / STAGED, ignore_errors=True)
            (self._root / STAGED).mkdir(parents=True)

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        if self._root is None:
            self._names.add(name)
            with tempfile.SpooledTemporaryFile(max_size=8 * BLOCK) as spooled:
                spooled.writelines(pieces)
                spooled.seek(0)
                remote_storage().put(name, File(spooled, name))
            return
        target = self._root / STAGED / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            for piece in pieces:
                file.write(piece)
        mode = getattr(private_storage(), "file_permissions_mode", None)
        if mode is not None:
            target.chmod(mode)

    def keep(self) -> None:
        """Put the files where they belong, and remove what was there before."""
        if self._root is None:
            for name in [name for name in names() if name not in self._names]:
                private_storage().delete(name)
            return
        staged, replaced = self._root / STAGED, self._root / REPLACED
        shutil.rmtree(replaced, ignore_errors=True)
        replaced.mkdir()
        for entry in [entry for entry in self._root.iterdir() if entry not in (staged, replaced)]:
            entry.rename(replaced / entry.name)
        for entry in list(staged.iterdir()):
            entry.rename(self._root / entry.name)
        staged.rmdir()
        shutil.rmtree(replaced)

    def undo(self) -> None:
        if self._root is not None:
            shutil.rmtree(self._root / STAGED, ignore_errors=True)
