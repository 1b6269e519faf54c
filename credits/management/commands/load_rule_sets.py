from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credits.services.rule_sets import BadRuleSet, load_rule_sets


class Command(BaseCommand):
    help = "Load the credit rule sets that ship with the software. Can run again."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = load_rule_sets()
        except BadRuleSet as error:
            raise CommandError(f"Nothing was loaded. {error}") from error
        self.stdout.write(f"{count} rule-set versions are loaded.")
