from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credits.models import RuleSetVersion
from credits.services.judgements import rebuild_all
from credits.services.rule_sets import BadRuleSet, load_rule_sets


class Command(BaseCommand):
    help = "Load the credit rule sets that ship with the software; judge anew if a text changed. Can run again."

    def handle(self, *args: Any, **options: Any) -> None:
        before = self._texts()
        try:
            count = load_rule_sets()
        except BadRuleSet as error:
            raise CommandError(f"Nothing was loaded. {error}") from error
        self.stdout.write(f"{count} rule-set versions are loaded.")
        if before and before != self._texts():
            self.stdout.write(f"{rebuild_all()} judgements were made anew.")

    def _texts(self) -> set[str]:
        return set(RuleSetVersion.objects.values_list("document_sha256", flat=True))
