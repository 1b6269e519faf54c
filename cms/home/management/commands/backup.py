from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cms.backup import BackupError
from cms.backup.making import backup
from cms.shared.errors import StorageUnavailable


class Command(BaseCommand):
    help = (
        "Write database and files, without the keys, as one encrypted file into a folder. "
        "Ends with 0; 1: failed, 2: not set up, 3: another run is at work. Nothing is left of a failed one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DEST", help="an existing folder, best on another machine")
        parser.add_argument("--keep", type=int, metavar="N", help="afterwards remove all but the newest N backups")

    def handle(self, *args: Any, folder: Path, keep: int | None, **options: Any) -> None:
        try:
            made = backup(folder=folder, keep=keep, tell=self.stdout.write)
        except BackupError as error:
            raise CommandError(str(error), returncode=error.returncode) from error
        except (OSError, StorageUnavailable) as error:  # a full disk, a storage that does not answer
            raise CommandError(str(error), returncode=1) from error
        for path in made.removed:
            self.stdout.write(f"removed {path.name}")
        for warning in made.warnings:
            self.stderr.write(warning)
        self.stdout.write(f"{made.path}: {made.bytes} bytes, sha256 {made.sha256}, read again and the same")
