from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credits.services.verification import verify_judgements


class Command(BaseCommand):
    help = "Compare every stored judgement with what the rules make of the entries."

    def handle(self, *args: Any, **options: Any) -> None:
        problems = verify_judgements()
        for problem in problems:
            self.stderr.write(str(problem))
        if problems:
            raise CommandError(f"Problems found: {len(problems)}.")
        self.stdout.write("No problem found.")
