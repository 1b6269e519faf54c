"""manage.py sweep_media: what of recordings nothing names any more; with --delete it is removed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import ngettext

from media_pipeline.services import files, sweeping


class Command(BaseCommand):
    help = "List files of recordings older than a day that nothing names; without --delete nothing is removed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--delete", action="store_true", help="remove them")

    def handle(self, *args: Any, **options: Any) -> None:
        now, is_real = timezone.now(), bool(options["delete"])
        done, size = 0, 0
        for orphan in sweeping.orphans(now=now):
            if is_real and not sweeping.remove(orphan, now=now):
                continue
            self.stdout.write(f"{orphan.kind.value}\t{filesizeformat(orphan.size)}\t{orphan.name}")
            done, size = done + 1, size + orphan.size
        if is_real:
            files.sweep_workspaces()
            said = ngettext("%(n)s removed, %(size)s.", "%(n)s removed, %(size)s.", done)
        else:
            said = ngettext(
                "%(n)s found, %(size)s. Nothing was removed: add --delete.",
                "%(n)s found, %(size)s. Nothing was removed: add --delete.",
                done,
            )
        self.stdout.write(said % {"n": done, "size": filesizeformat(size)})
