from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from organisations.services import pruning


class Command(BaseCommand):
    help = "Delete the lines of the audit log from before a day; the log keeps how many there were and their hash."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--before", required=True, type=date.fromisoformat, metavar="YYYY-MM-DD")

    def handle(self, *args: Any, before: date, **options: Any) -> None:
        try:
            pruned = pruning.prune(before=before)
        except pruning.TooYoung as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{pruned.count} lines from before {before} deleted. SHA-256 {pruned.sha256}")
