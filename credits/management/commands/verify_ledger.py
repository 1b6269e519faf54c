from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credits.services.verification import verify_ledger


class Command(BaseCommand):
    help = "Prove that no entry, book or checkpoint was changed or removed."

    def handle(self, *args: Any, **options: Any) -> None:
        problems = verify_ledger()
        for problem in problems:
            self.stderr.write(str(problem))
        if problems:
            raise CommandError(f"Problems found: {len(problems)}.")
        self.stdout.write("No problem found.")
