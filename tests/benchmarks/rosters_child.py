"""The processes in which `rosters` measures: `write <sheet> <rows>` makes the file, `prepare …` the database,
`measure …` reads and enters the file.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华"
HEADINGS = ["序号", "姓名", "工号", "手机号", "身份证号", "科室", "职称", "用工形式", "入职日期", "学历"]

DEPARTMENTS = 40


def name(serial: int) -> str:
    return SURNAMES[serial % 12] + GIVEN[serial // 12 % 24] + GIVEN[serial // 288 % 24]


def phone(serial: int) -> str:
    return f"1{3_800_000_000 + serial}"


def id_number(serial: int) -> str:
    body = f"4101{serial // 999 % 90 + 10}1985{serial // 27 % 12 + 1:02}{serial % 27 + 1:02}{serial % 999 + 1:03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def write(sheet: Path, rows: int) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(sheet), {"constant_memory": True})
    page = book.add_worksheet("名单")
    page.write_row(0, 0, HEADINGS)
    for serial in range(rows):
        page.write_row(
            serial + 1,
            0,
            [
                serial + 1, name(serial), f"A{serial:06}", phone(serial), id_number(serial),
                f"影像科{serial % DEPARTMENTS}",
                "主管技师" if serial % 3 else "技师", "在编" if serial % 2 else "合同制", "2019-07-01", "本科",
            ],
        )  # fmt: skip
    book.close()


def cpu() -> float:
    """Processor seconds of this process and of the readers that it has started."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def timed(work: Callable[[], object]) -> float:
    begun = cpu()
    work()
    return cpu() - begun


class Statements:
    """Counts statements between one commit of a thousand rows and the next."""

    def __init__(self) -> None:
        self.count, self.of_chunks = 0, list[int]()

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        # Each chunk begins its transaction with the heartbeat that says how far the job is.
        if sql.startswith("UPDATE") and '"progress"' in sql and '"heartbeat_at"' in sql:
            self.of_chunks.append(self.count)
            self.count = 0
        return execute(sql, params, many, context)

    def most_and_spread(self, chunks: int) -> tuple[int, int]:
        """Of the whole chunks in the middle: the first waits for what is before, the last is shorter."""
        middle = self.of_chunks[-chunks:][1:-1] or self.of_chunks
        return max(middle), max(middle) - min(middle)


def seed(unit: Any, other: Any, rows: int) -> None:
    """One in ten works at the unit already, with another phone; one in twenty, known by ID number, somewhere else."""
    from datetime import date

    from organisations.models import Employment, Person

    serials = [n for n in range(rows) if n % 10 == 0 or n % 20 == 5]
    while chunk := list(islice(serials, 1000)):
        serials = serials[1000:]
        people = []
        for serial in chunk:
            person = Person(username=f"seed{serial}", name=name(serial), password="!")
            person.set_phone(f"+86{phone(serial) if serial % 10 else phone(serial + 50_000_000)}")
            if serial % 10:
                person.set_id_number(id_number(serial))
            people.append(person)
        Person.objects.bulk_create(people)
        Employment.objects.bulk_create(
            Employment(
                person=person,
                unit=other if serial % 10 else unit,
                staff_number=f"A{serial:06}",
                begins=date(2019, 7, 1) if serial % 10 == 0 else date(2015, 1, 1),
            )
            for person, serial in zip(people, chunk, strict=True)
        )


def highest_mb(process: str = "self") -> float:
    """The most memory that a process has had; its own, not what it had before it became this program."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def reader_mb(sheet: Path) -> float:
    """The most memory of the reader of a workbook, run once more by itself."""
    script = (
        "import sys; from organisations.formats import spreadsheet_child as child; "
        "child.main(sys.argv[1], '', 100000, 100); "
        "sys.stderr.write(open('/proc/self/status').read())"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, str(sheet)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ).stderr
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


def prepare() -> None:
    """Make the migrated database here, so that its memory is not counted as the roster's."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.test")
    import django

    django.setup()
    from tests import databases

    with databases.copy_of_template("rosters"):
        pass


def measure(sheet: Path, rows: int) -> dict[str, Any]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.test")
    import django

    django.setup()
    from tests import databases

    with databases.copy_of_template("rosters"):
        return _measured(sheet, rows)


def _measured(sheet: Path, rows: int) -> dict[str, Any]:
    from django.core.files import File
    from django.db import connection
    from django.utils import timezone

    from organisations.enums import NodeKind, Role
    from organisations.formats.reading import opened
    from organisations.services import rosters
    from tests.factories.organisations import NodeFactory, RoleGrantFactory

    def read() -> None:
        with opened(sheet, sheet.name) as sheets:
            for one in sheets:
                for _line in one.lines:
                    pass

    found: dict[str, Any] = {"start_mb": round(highest_mb()), "reading": timed(read)}
    unit = NodeFactory()
    # A new department costs statements of its own, however many rows name it.
    for number in range(DEPARTMENTS):
        NodeFactory(parent=unit, kind=NodeKind.DEPARTMENT, name=f"影像科{number}")
    keeper = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=unit).person
    seed(unit, NodeFactory(), rows)
    with sheet.open("rb") as file:
        roster = rosters.receive(by=keeper, unit=unit, upload=File(file, name=sheet.name))
    rosters.run_roster(roster.pk)
    roster.refresh_from_db()
    rosters.confirm_mapping(by=keeper, roster=roster, mapping=roster.mapping, effective_on=timezone.localdate())
    for step in ("checking", "applying"):
        if step == "applying":
            roster.refresh_from_db()
            found["outcomes"] = roster.counts
            rosters.apply(by=keeper, roster=roster, skip_unclear=True)
        counted, begun = Statements(), time.monotonic()
        with connection.execute_wrapper(counted):
            found[step] = timed(lambda: rosters.run_roster(roster.pk))
        found[f"{step}_most"], found[f"{step}_spread"] = counted.most_and_spread(rows // 1000)
        print(f"{step}: {time.monotonic() - begun:.0f} s on the clock", file=sys.stderr)
    roster.refresh_from_db()
    assert roster.roster_stage == "applied", (roster.roster_stage, roster.last_words)
    return found | {"worker_mb": round(highest_mb()), "reader_mb": round(reader_mb(sheet))}


if __name__ == "__main__":
    path, count = Path(sys.argv[2]), int(sys.argv[3])
    if sys.argv[1] == "write":
        write(path, count)
    elif sys.argv[1] == "prepare":
        prepare()
    else:
        print(json.dumps(measure(path, count), ensure_ascii=False))
