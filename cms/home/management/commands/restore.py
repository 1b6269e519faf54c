import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cms.backup import BackupError
from cms.backup.restoring import restore, verify
from cms.shared.errors import StorageUnavailable


class Command(BaseCommand):
    help = (
        "Bring back what `backup` wrote. The whole file is proved before anything is touched. Stop the site and the "
        "workers first. Ends with 0; 1: failed, 2: not prepared, 3: the site is running, 4: the backup is refused."
    )
    # The database may be empty.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="SOURCE")
        parser.add_argument(
            "--identity",
            type=Path,
            default=os.environ.get("BACKUP_IDENTITY"),
            help="file with the private key (default: the environment's BACKUP_IDENTITY)",
        )
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument("--verify-only", action="store_true", help="prove the whole backup and stop")
        choice.add_argument("--overwrite", action="store_true", help="replace a database and files that are not empty")

    def handle(self, *args: Any, path: Path, identity: Path | None, **options: Any) -> None:
        if identity is None:
            raise CommandError("Give --identity FILE, the private key of the backup.", returncode=2)
        try:
            if options["verify_only"]:
                found = verify(path=path, identity=Path(identity), tell=self.stdout.write)
                self.stdout.write(f"{path} is whole, of {found.header['made_at']}, and fits this installation.")
                return
            outcome = restore(
                path=path, identity=Path(identity), overwrite=options["overwrite"], tell=self.stdout.write
            )
        except BackupError as error:
            raise CommandError(str(error), returncode=error.returncode) from error
        except (OSError, StorageUnavailable) as error:  # a full disk, a storage that does not answer
            raise CommandError(str(error), returncode=1) from error
        for what, came_out in outcome:
            self.stdout.write(f"{what:<24}{came_out}")
