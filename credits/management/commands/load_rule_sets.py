from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credits.models import Judgement, RuleSetVersion
from credits.selectors import rule_book
from credits.services.rebuilding import rebuild_all
from credits.services.rule_sets import BadRuleSet, load_rule_sets


class Command(BaseCommand):
    help = "Load the credit rule sets that ship with the software; judge anew if texts or the engine changed."

    def handle(self, *args: Any, **options: Any) -> None:
        before = self._texts()
        try:
            count = load_rule_sets()
        except BadRuleSet as error:
            raise CommandError(f"Nothing was loaded. {error}") from error
        self.stdout.write(f"{count} rule-set versions are loaded.")
        current = {version.sha256 for version in rule_book().versions}
        is_stale = Judgement.objects.exclude(rules_sha256__in=current).exists()
        if is_stale or (before and before != self._texts()):
            self.stdout.write(f"{rebuild_all().judgements} judgements were made anew.")

    def _texts(self) -> set[str]:
        return set(RuleSetVersion.objects.values_list("document_sha256", flat=True))
