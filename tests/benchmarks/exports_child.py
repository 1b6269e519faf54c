"""The processes in which `exports` measures: `prepare <folder> <people>` fills the database, `csv …` and `xlsx …` make
the annual list, `copy …` sends the finished rows of the CSV file out of the database.
"""

import csv
import json
import os
import random
import sys
import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.benchmarks.rosters_child import highest_mb, id_number, name

YEAR, RULE_SET, UNITS, CHUNK = 2026, "cn-henan-cme", 400, 5000
AS_OF = date(2026, 11, 20)


def prepare(folder: Path, people: int) -> dict[str, Any]:
    from django.db import connection

    from credits.services.rule_sets import load_rule_sets
    from organisations.enums import NodeKind
    from tests.factories.organisations import NodeFactory

    load_rule_sets()
    province = NodeFactory(kind=NodeKind.PROVINCE, name="演示省")
    units = [NodeFactory(parent=province, name=f"第{n}人民医院") for n in range(UNITS)]
    briefs = years()
    for begin in range(0, people, CHUNK):
        add_people(range(begin, min(people, begin + CHUNK)), units, briefs)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does on a real server
    (folder / "scope").write_text(province.path)
    return {"briefs": len(briefs)}


def years() -> list[dict[str, Any]]:
    """Many different years as judgements hold them, judged by the rules in force."""
    from django.utils import timezone

    from credits import selectors
    from credits.models import Entry
    from credits.services.judgements import columns

    version, period = selectors.period_of_year(RULE_SET, YEAR, on=AS_OF)
    assert period is not None
    dice, found = random.Random(20261122), []
    for _n in range(2000):
        entries = []
        for position in range(1, dice.randint(2, 13)):
            day = date(YEAR, 1, 1) + timedelta(days=dice.randrange(300))
            entries.append(
                Entry(
                    pk=position, position=position, activity_kind="course", activity_id=str(position),
                    activity_type="project_attend", role="learner", quantity=Decimal(dice.randint(20, 600)),
                    unit="minute", ends_on=day,
                )
            )  # fmt: skip
        found.append(columns(version, period, selectors.judge_entries(version, period, entries), timezone.now()))
        found[-1] |= {"rule_set_id": RULE_SET, "version_id": version.pk, "period_begins": period.begins}
    return found


def add_people(serials: range, units: list[Any], briefs: list[dict[str, Any]]) -> None:
    from credits.models import Book, Judgement
    from organisations.enums import ProfessionalTitle
    from organisations.models import Employment, Person

    titles = list(ProfessionalTitle)
    people = []
    for serial in serials:
        person = Person(username=f"seed{serial}", name=name(serial), password="!", title=titles[serial % len(titles)])
        person.set_id_number(id_number(serial))
        people.append(person)
    Person.objects.bulk_create(people)
    Employment.objects.bulk_create(
        Employment(
            person=person, unit=units[serial % len(units)], department=f"影像科{serial % 7}",
            staff_number=f"A{serial * 7919 % 1_000_003:07}", begins=date(2019, 7, 1),
        )
        for person, serial in zip(people, serials, strict=True)
    )  # fmt: skip
    books = Book.objects.bulk_create(Book(owner=person, last_position=1) for person in people)
    Judgement.objects.bulk_create(
        (Judgement(book=book, **briefs[serial % len(briefs)]) for book, serial in zip(books, serials, strict=True)),
        batch_size=500,
    )


def cpu_of_backend() -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def make(folder: Path, file_format: str) -> dict[str, Any]:
    """CPU and memory of the list; the column set has 22 columns for the workbook and as many for the text."""
    from django.utils import timezone, translation

    from credits.exports.render import render
    from credits.models import ExportJob

    job = ExportJob(
        scope_paths=[(folder / "scope").read_text()], rule_set_id=RULE_SET, period_begins=date(YEAR, 1, 1),
        period_ends=date(YEAR + 1, 1, 1), file_format=file_format, created_at=timezone.now(),
    )  # fmt: skip
    start, backend, worker = highest_mb(), cpu_of_backend(), time.process_time()
    with translation.override("zh-hans"):
        rendered = render(job, folder / f"list.{file_format}", as_of=AS_OF)
    worker, backend = time.process_time() - worker, cpu_of_backend() - backend
    peak = highest_mb()
    return {
        "rows": rendered.row_count, "cpu": worker + backend, "worker": worker, "mb": peak - start, "peak_mb": peak,
    }  # fmt: skip


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
            begun, worker, size = cpu_of_backend(), time.process_time(), 0
            with cursor.copy("COPY finished TO STDOUT WITH (FORMAT csv)") as out:
                for piece in out:
                    size += len(piece)
            taken.append(cpu_of_backend() - begun + time.process_time() - worker)
    return {"cpu": sorted(taken)[1], "columns": len(columns)}


def main(step: str, folder: Path, people: int) -> dict[str, Any]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.test")
    import django

    django.setup()
    from django.core.management import call_command

    if step == "prepare":
        call_command("migrate", verbosity=0, interactive=False)
        return prepare(folder, people)
    return copy(folder) if step == "copy" else make(folder, step)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])), ensure_ascii=False))
