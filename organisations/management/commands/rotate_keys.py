from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from organisations.services import keys


class Command(BaseCommand):
    help = (
        "Bring what older keys sealed and indexed under the first key of each purpose; the site may run meanwhile. "
        "--check only says what every key still guards; --free PURPOSE:ID ends with 1 unless that key may be removed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("purposes", nargs="*", metavar="PURPOSE", help="default: all of them")
        parser.add_argument("--check", action="store_true")
        parser.add_argument("--free", metavar="PURPOSE:ID")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = set(options["purposes"]) or set(keys.purposes())
        unknown = sorted(wanted - set(keys.purposes()))
        if unknown:
            raise CommandError(f"No such purpose: {', '.join(unknown)}. There are: {', '.join(keys.purposes())}.")
        self._require_migrated()
        if options["free"]:
            self._require_free(*options["free"].rpartition(":")[::2])
            return
        turned = keys.Turned()
        if not options["check"]:
            turned = keys.rotate_keys(wanted=wanted, tell=self.stdout.write)
            for problem in turned.problems:
                self.stderr.write(problem)
        report = keys.report()
        self._print(report, wanted)
        if turned.problems or turned.left:
            raise CommandError(f"{len(turned.problems) + turned.left} values are not turned. Run the command again.")
        if not report.is_sound:
            raise CommandError("Some values cannot be read with these keys. Put the missing keys back into the ring.")

    def _require_migrated(self) -> None:
        """Every sealed column is read: one that the database has not got yet would end the run in its middle."""
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("This database is of an older release. Run `manage.py migrate` first, then this again.")

    def _require_free(self, purpose: str, key_id: str) -> None:
        state = next((s for s in keys.report().keys if (s.purpose, s.key_id) == (purpose, key_id)), None)
        if state is None:
            raise CommandError(f"No ring of {purpose} holds a key {key_id}, and nothing names it.")
        if not state.is_free:
            raise CommandError(f"{purpose}:{key_id} {_verdict(state)}")
        self.stdout.write(f"{purpose}:{key_id} {_verdict(state)}")

    def _print(self, report: keys.KeyReport, wanted: set[str]) -> None:
        for state in report.keys:
            if state.purpose in wanted:
                self.stdout.write(f"{state.purpose}:{state.key_id} {_verdict(state)}")
                for where, count in sorted(state.guards.items()):
                    self.stdout.write(f"  {count:>8}  {where}")
        for value in report.unreadable:
            self.stderr.write(f"{value}: no key of the ring opens or makes it")


def _verdict(state: keys.KeyState) -> str:
    if state.is_missing:
        return "is MISSING: these values cannot be read without it"
    if state.is_active:
        return "is active"
    return "guards nothing any more and may be taken out of its ring" if state.is_free else "is still needed"
