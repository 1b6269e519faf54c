import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pyrage
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Make a key for backups: the private part into a new file (keep it off this machine), the public one printed."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="FILE")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        identity = pyrage.x25519.Identity.generate()
        recipient = str(identity.to_public())
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandError(f"{path} cannot be made: {error.strerror}", returncode=2) from error
        with os.fdopen(handle, "w") as file:
            file.write(f"# public key: {recipient}\n{identity}\n")
        self.stdout.write(f"BACKUP_RECIPIENTS={recipient}")
