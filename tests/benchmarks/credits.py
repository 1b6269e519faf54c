"""The book of a province on PostgreSQL: lists beside a COPY of the same finished rows, judging many beside judging one,
a full book beside one of a thousand entries, a province's page beside a ward's.

Worker and database are processes of their own; the processor time of both is taken together, but for pages, where the
web process alone counts. `credits_small` is the same with few people.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from tests import services
from tests.benchmarks.harness import Measured

PEOPLE = int(os.environ.get("CREDITS_PEOPLE", "60000"))


def measure(people: int = PEOPLE) -> Measured:
    measured, found = Measured(), {}
    with tempfile.TemporaryDirectory(prefix="isocenter-credits-") as folder, services.postgres() as database:
        environment = {**os.environ, "DATABASE_URL": database, "ISOCENTER_VAR": folder}
        # As on a server, nothing is compiled in a process that is measured: the first one does it for all.
        environment["PYTHONPYCACHEPREFIX"] = f"{folder}/compiled"
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for step in ("fill", "judge", "csv", "copy", "xlsx", "pages"):
            begun = time.monotonic()
            print(f"credits, {people} people: {step} …", file=sys.stderr, flush=True)
            command = [sys.executable, "-m", "tests.benchmarks.credits_child", step, folder, str(people)]
            done = subprocess.run(
                command, env=environment, check=True, stdout=subprocess.PIPE, text=True,
                preexec_fn=services.ending_with_us(signal.SIGKILL),
            )  # fmt: skip
            found[step] = json.loads(done.stdout.splitlines()[-1])
            print(f"  {time.monotonic() - begun:.0f} s: {found[step]}", file=sys.stderr, flush=True)
    fill, judge, csv, copy, xlsx, pages = found.values()
    measured.add("people", csv["rows"])
    measured.add("entries", fill["entries"])
    measured.add("entries_in_year", fill["in_year"])
    measured.add("unsealed", judge["unsealed"], "entries")
    measured.add("csv", csv["cpu"], "CPU s")
    measured.add("csv_worker", csv["worker"], "CPU s")
    measured.add("copy", copy["cpu"], "CPU s")
    measured.add("csv_per_copy", csv["cpu"] / copy["cpu"], "ratio")
    measured.add("csv_mb_above_start", csv["mb"], "MB")
    measured.add("xlsx", xlsx["cpu"], "CPU s")
    measured.add("xlsx_per_csv", xlsx["cpu"] / csv["cpu"], "ratio")
    measured.add("xlsx_mb", xlsx["peak_mb"], "MB")
    measured.add("xlsx_mb_above_start", xlsx["mb"], "MB")
    measured.add("judged_differing", judge["differing"], "people")
    measured.add("judged_together", judge["together_us"], "CPU µs")
    measured.add("judged_alone", judge["alone_us"], "CPU µs")
    measured.add("judged_together_per_alone", judge["together_us"] / judge["alone_us"], "ratio")
    measured.add("standing_sql", pages["standing_sql"], "statements")
    measured.add("standing_few", fill["few"], "CPU ms")
    measured.add("standing_many", pages["many"], "CPU ms")
    measured.add("standing_many_per_few", pages["many"] / fill["few"], "ratio")
    measured.add("province_sql", pages["province_sql"], "statements")
    measured.add("province_web", pages["province_ms"], "CPU ms")
    measured.add("ward_web", pages["ward_ms"], "CPU ms")
    measured.add("province_per_ward", pages["province_ms"] / pages["ward_ms"], "ratio")
    measured.notes.append(
        f"different years: {judge['briefs']}; columns: {copy['columns']}; people of the overview: "
        f"{pages['province_people']} and {pages['ward_people']}"
    )
    return measured
