"""The processes in which `credits` measures: `fill <folder> <people>` makes the book, `judge …` judges the year,
`csv …`, `xlsx …` and `pages …` read it, `copy …` sends the finished rows of the CSV file out of the database.
"""

import csv
import gc
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

YEAR, RULE_SET, AS_OF, MOMENT = 2026, "cn-henan-cme", date(2026, 11, 20), date(2026, 11, 21)
SAMPLE, WARD, FIRST, CHUNK = 500, 40, 60, 500


def rendered(folder: Path, file_format: str) -> dict[str, Any]:
    """CPU and memory of the list; the column set has 22 columns for the authority and three of ours."""
    from django.utils import timezone, translation

    from credits.exports.render import render
    from credits.models import ExportJob
    from tests.benchmarks.rosters_child import highest_mb

    job = ExportJob(
        scope_paths=[(folder / "scope").read_text()], rule_set_id=RULE_SET, period_begins=date(YEAR, 1, 1),
        period_ends=date(YEAR + 1, 1, 1), file_format=file_format, created_at=timezone.now(),
    )  # fmt: skip
    start, used = highest_mb(), Cpu()
    with translation.override("zh-hans"):
        made = render(job, folder / f"list.{file_format}", as_of=AS_OF)
    worker, backend = used.taken()
    peak = highest_mb()
    return {
        "rows": made.row_count, "cpu": worker + backend, "worker": worker, "mb": peak - start, "peak_mb": peak,
    }  # fmt: skip


class Cpu:
    """Processor seconds of this process and of its process of the database since it was made."""

    def __init__(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self.pid = cursor.fetchone()[0]
        self.worker, self.backend = time.process_time(), self._backend()

    def _backend(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def taken(self) -> tuple[float, float]:
        return time.process_time() - self.worker, self._backend() - self.backend


def copy(folder: Path) -> dict[str, Any]:
    """The finished rows in a table, text as text and figures as figures; then out again."""
    from django.db import connection

    from credits.columns import CellKind
    from credits.models.exports import DEFAULT_SET
    from credits.selectors import column_sets

    columns = column_sets.find(DEFAULT_SET).columns
    kinds = ["numeric" if column.kind == CellKind.NUMBER else "text" for column in columns]
    declared = ", ".join(f"c{n} {kind}" for n, kind in enumerate(kinds))
    with connection.cursor() as cursor, (folder / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        cursor.execute(f"CREATE UNLOGGED TABLE finished ({declared})")
        with cursor.copy("COPY finished FROM STDIN") as into:
            for row in list(csv.reader(file))[1:]:
                into.write_row(row)
        taken = []
        for _n in range(3):
            used, size = Cpu(), 0
            with cursor.copy("COPY finished TO STDOUT WITH (FORMAT csv)") as out:
                for piece in out:
                    size += len(piece)
            taken.append(sum(used.taken()))
    return {"cpu": statistics.median(taken), "columns": len(columns)}


def fill(folder: Path, people: int) -> dict[str, Any]:
    """The book in two goes: a standing is measured when the first people have entries, and later when all have."""
    from tests.benchmarks import credits_book

    begun = time.monotonic()
    province = credits_book.places_and_people(people, YEAR)
    (folder / "scope").write_text(province.path)
    entries = credits_book.write_entries(range(min(FIRST, people)), YEAR)
    few = standing_ms()
    entries += credits_book.write_entries(range(min(FIRST, people), people), YEAR)
    credits_book.settle()
    print(f"filled in {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return {"entries": entries, "few": few, "in_year": credits_book.entries_in(YEAR)}


def standing_ms() -> float:
    """Processor time of a person's standing with all its lines, worker and database, over the first people."""
    from credits import selectors
    from credits.models import Book

    people = [book.owner for book in Book.objects.filter(last_position__gt=0).select_related("owner")[:20]]
    rounds = []
    for _n in range(6):
        gc.collect()
        used = Cpu()
        for person in people:
            selectors.standing(person=person, rule_set_id=RULE_SET, year=YEAR, on=AS_OF)
        rounds.append(sum(used.taken()))
    return min(rounds[1:]) / len(people) * 1000


def judge() -> dict[str, Any]:
    """Everybody's year by rules prepared once, as lists are judged; some once more by themselves. Then stored."""
    from django.db import connection
    from django.utils import timezone

    from credits import selectors
    from credits.models import Book, Entry, Judgement
    from credits.selectors.judging import entries_of, judge_entries
    from credits.services import judgements
    from credits.services.chain import mac_of
    from tests.benchmarks.credits_book import copy_in

    version, period = selectors.period_of_year(RULE_SET, YEAR, on=AS_OF)
    assert period is not None
    at, books = timezone.now(), list(Book.objects.order_by("pk"))
    sample = set(random.Random(1).sample(range(len(books)), min(SAMPLE, len(books))))
    together, kept, written = 0.0, {}, 0
    for begin in range(0, len(books), CHUNK):
        chunk = books[begin : begin + CHUNK]
        used, rows = Cpu(), {book.pk: list[Entry]() for book in chunk}
        for entry in entries_of(rows, RULE_SET, period):
            rows[entry.book_id].append(entry)
        found = {pk: judge_entries(version, period, entries) for pk, entries in rows.items()}
        together += sum(used.taken())
        written += copy_in(
            Judgement(
                book_id=pk, rule_set_id=RULE_SET, version_id=version.pk, period_begins=period.begins,
                **judgements.columns(version, period, figures, at),
            )
            for pk, figures in found.items()
        )  # fmt: skip
        kept |= {book.pk: found[book.pk] for n, book in enumerate(chunk, begin) if n in sample}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does on a real server
    chosen = [book for n, book in enumerate(books) if n in sample]
    used = Cpu()
    alone = {book.pk: judgements.judged_afresh(book, RULE_SET, version, period) for book in chosen}
    by_one = sum(used.taken())
    unsealed = sum(
        entry.mac != mac_of(entry) for entry in Entry.objects.filter(book__in=chosen[:50]).select_related("book")
    )
    return {
        "judged": written,
        "differing": sum(alone[pk] != kept[pk] for pk in alone),
        "together_us": together / len(books) * 1e6,
        "alone_us": by_one / len(chosen) * 1e6,
        "unsealed": unsealed,
        "briefs": Judgement.objects.values("brief").distinct().count(),
    }


def pages(folder: Path) -> dict[str, Any]:
    """A person's standing now that the book is full; the year of the province and that of a ward of forty."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from credits import selectors
    from credits.models import Book
    from credits.selectors.overview import year_of_place
    from credits.selectors.overview_figures import Question
    from organisations.models import Node

    version, period = selectors.period_of_year(RULE_SET, YEAR, on=AS_OF)
    owner = Book.objects.select_related("owner").earliest("pk").owner
    assert owner is not None
    found: dict[str, Any] = {"many": standing_ms()}
    with CaptureQueriesContext(connection) as counted:
        selectors.standing(person=owner, rule_set_id=RULE_SET, year=YEAR, on=AS_OF)
    found["standing_sql"] = len(counted)
    for name, node in {
        "ward": Node.objects.get(code="WARD"),
        "province": Node.objects.get(path=(folder / "scope").read_text()),
    }.items():
        question = Question(node, RULE_SET, YEAR, AS_OF, version, period)
        with CaptureQueriesContext(connection) as counted:
            found[f"{name}_people"] = year_of_place(question).total.people
        found[f"{name}_sql"] = len(counted)
        found[f"{name}_ms"] = web_ms(lambda question=question: year_of_place(question))
    return found


def web_ms(work: Callable[[], object]) -> float:
    """Processor time of this process alone, the least of some rounds."""
    rounds = []
    for _n in range(5):
        gc.collect()
        begun = time.process_time()
        work()
        rounds.append(time.process_time() - begun)
    return min(rounds) * 1000


def main(step: str, folder: Path, people: int) -> dict[str, Any]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.test")
    # Development packages that libraries take where they find them; no server has any.
    for name in ("greenlet", "jinja2", "markupsafe", "pygments", "rich"):
        sys.modules[name] = None  # type: ignore[assignment]
    import django

    django.setup()
    if step == "fill":
        from django.conf import settings

        # Compiled here: see credits.py.
        import credits.exports.render  # noqa: F401
        from tests import databases

        begun = time.monotonic()
        databases.fill_postgres(settings.DATABASES["default"]["NAME"])
        print(f"  migrated in {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        return fill(folder, people)
    if step == "judge":
        return judge()
    if step == "pages":
        return pages(folder)
    return copy(folder) if step == "copy" else rendered(folder, step)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])), ensure_ascii=False))
