from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from credits.services.rebuilding import rebuild_all


class Command(BaseCommand):
    help = (
        "Judge every book anew by the rules that are loaded, for instance after `load_rule_sets` changed them. "
        "A run that was cut short goes on where it was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anew", action="store_true", help="begin with the first book in any case")

    def handle(self, *args: Any, **options: Any) -> None:
        run = rebuild_all(anew=options["anew"], tell=self._tell)
        self.stdout.write(f"{run.judgements} judgements were made.")

    def _tell(self, done: int, total: int) -> None:
        self.stdout.write(f"{done} of {total} books are judged.")
        self.stdout.flush()
