"""What the annual list of a province costs on PostgreSQL, beside a COPY of the same finished rows.

Worker and database are processes of their own: the processor time of both is taken for both, the memory of the worker.
"""

import json
import os
import subprocess
import sys
import tempfile

from tests import services
from tests.benchmarks.harness import Measured

PEOPLE = int(os.environ.get("EXPORT_PEOPLE", "60000"))


def measure() -> Measured:
    measured, found = Measured(), {}
    with tempfile.TemporaryDirectory(prefix="isocenter-exports-") as folder, services.postgres() as database:
        environment = {**os.environ, "DATABASE_URL": database, "ISOCENTER_VAR": folder}
        for step in ("prepare", "csv", "xlsx", "copy"):
            command = [sys.executable, "-m", "tests.benchmarks.exports_child", step, folder, str(PEOPLE)]
            done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
            found[step] = json.loads(done.stdout.splitlines()[-1])
    measured.add("people", found["csv"]["rows"])
    measured.add("csv", found["csv"]["cpu"], "CPU s")
    measured.add("csv_worker", found["csv"]["worker"], "CPU s")
    measured.add("copy", found["copy"]["cpu"], "CPU s")
    measured.add("xlsx", found["xlsx"]["cpu"], "CPU s")
    measured.add("csv_per_copy", found["csv"]["cpu"] / found["copy"]["cpu"], "ratio")
    measured.add("csv_mb_above_start", found["csv"]["mb"], "MB")
    measured.add("xlsx_per_csv", found["xlsx"]["cpu"] / found["csv"]["cpu"], "ratio")
    measured.add("xlsx_mb", found["xlsx"]["peak_mb"], "MB")
    measured.add("xlsx_mb_above_start", found["xlsx"]["mb"], "MB")
    measured.notes.append(f"different years: {found['prepare']['briefs']}; columns: {found['copy']['columns']}")
    return measured
