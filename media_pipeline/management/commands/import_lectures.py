"""`manage.py import_lectures DIR [--titles CSV] [--by NAME] [--dry-run]`: old recordings become lectures."""

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from media_pipeline.services.imports import Fate, ListUnreadable, import_lectures, read_titles, recordings_in
from organisations.models import Person


class Command(BaseCommand):
    help = (
        "Make a lecture of every recording in a folder (.mp4 .mov .mkv .avi .wmv .flv .mpg .mts .webm …). Files that "
        "are here already, by their SHA-256, are left alone: run it again after a break and it goes on. One bad file "
        "stops nothing; at the end stands a summary, and the exit code is 1 if something failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument(
            "--titles",
            type=Path,
            metavar="CSV",
            help="columns file,title,lecturer; UTF-8 or GB18030. Without a line a file is called as its name says.",
        )
        parser.add_argument("--by", metavar="NAME", help="user name of the person whose lectures these are")
        parser.add_argument(
            "--dry-run", action="store_true", help="read everything, say what would happen, change nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        total, counts = len(recordings_in(folder)), Counter[Fate]()
        titles = self._titles(options["titles"])
        told = import_lectures(
            by=self._person(options["by"]), folder=folder, titles=titles, is_rehearsal=options["dry_run"]
        )
        for number, line in enumerate(told, start=1):
            counts[line.fate] += 1
            place = f"[{number}/{total}]" if number <= total else "[titles]"
            title = f" “{line.title}”" if line.title else ""
            why = f" ({line.why})" if line.why else ""
            self.stdout.write(f"{place} {line.file}: {line.fate.value}{title}{why}")
            self.stdout.flush()
        self.stdout.write(
            "Summary: "
            + (", ".join(f"{fate.value} {counts[fate]}" for fate in Fate if counts[fate]) or "no recordings")
        )
        if counts[Fate.FAILED]:
            raise CommandError("Some files failed; the lines above say why. Correct that and run the command again.")

    def _titles(self, path: Path | None) -> Any:
        if path is None:
            return {}
        try:
            return read_titles(path.read_bytes())
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        except ListUnreadable as error:
            raise CommandError(f"{path}: {error}") from error

    def _person(self, name: str | None) -> Person | None:
        if name is None:
            return None
        person = Person.objects.filter(username=name).first()
        if person is None:
            raise CommandError(f"There is nobody with the user name {name!r}.")
        return person
