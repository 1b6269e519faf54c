"""What a roster of 60,000 rows costs on PostgreSQL: comparing and entering it beside reading the sheet alone.

Worker and reader are processes of their own; the highest memory of each is taken. `rosters_small` is the same with
fewer rows, quick enough for every round of slow checks.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import services
from tests.benchmarks.harness import Measured

ROWS = int(os.environ.get("ROSTER_ROWS", "60000"))


def measure(rows: int = ROWS) -> Measured:
    measured = Measured()
    with tempfile.TemporaryDirectory(prefix="isocenter-rosters-") as folder, services.postgres() as database:
        sheet = Path(folder) / "roster.xlsx"
        environment = {**os.environ, "DATABASE_URL": database, "ISOCENTER_VAR": folder}
        for step in ("write", "prepare", "measure"):
            command = [sys.executable, "-m", "tests.benchmarks.rosters_child", step, str(sheet), str(rows)]
            done = subprocess.run(
                command, env=environment, check=True, stdout=subprocess.PIPE, text=True,
                preexec_fn=services.ending_with_us(signal.SIGKILL),
            )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    measured.add("rows", rows)
    measured.add("reading", found["reading"], "CPU s")
    measured.add("dry_run", found["checking"], "CPU s")
    measured.add("import", found["applying"], "CPU s")
    measured.add("dry_run_per_reading", found["checking"] / found["reading"], "ratio")
    measured.add("import_per_reading", found["applying"] / found["reading"], "ratio")
    measured.add("worker_mb", found["worker_mb"], "MB")
    measured.add("reader_mb", found["reader_mb"], "MB")
    measured.add("dry_run_sql_most", found["checking_most"], "statements per 1,000 rows")
    measured.add("dry_run_sql_spread", found["checking_spread"], "statements")
    measured.add("import_sql_most", found["applying_most"], "statements per 1,000 rows")
    measured.add("import_sql_spread", found["applying_spread"], "statements")
    measured.notes.append(f"outcomes: {found['outcomes']}; a worker that has done nothing yet: {found['start_mb']} MB")
    return measured
