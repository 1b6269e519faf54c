from typing import Any

from django.core.management.base import BaseCommand

from credits.services.judgements import rebuild_all


class Command(BaseCommand):
    help = "Judge every book anew by the rules that are loaded, for instance after `load_rule_sets` changed them."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{rebuild_all()} judgements were made.")
