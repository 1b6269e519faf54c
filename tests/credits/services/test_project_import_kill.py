"""A worker that is killed while it enters a sheet of projects."""

import subprocess
import sys

import pytest

from credits.models import Project, ProjectImport
from credits.services import project_imports
from tests import databases, live
from tests.credits.test_project_imports import GOOD, keeper, row, run, sent, undone

KILLED = """
import sys, time
import django
django.setup()
from credits.models import ProjectImport
from credits.services import project_imports

def stop(job, **fields):
    print("written", flush=True)
    time.sleep(600)

ProjectImport.finish = stop
project_imports.run_project_import(int(sys.argv[1]))
"""


@pytest.mark.slow
def test_worker_killed_while_it_enters_leaves_nothing_and_the_next_one_enters_all(committed_db: str) -> None:
    by = keeper()
    job = sent(by, GOOD, row(项目编号="2"))
    project_imports.apply(by=by, job=job, seen=job.fingerprint, leave_out=False)
    worker = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(job.pk)], cwd=databases.ROOT, env=live._environment(committed_db),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "written\n"
    finally:
        worker.kill()
        worker.communicate()
    job.refresh_from_db()
    assert (worker.returncode, job.state, job.import_stage, Project.objects.count()) == (-9, "running", "applying", 0)
    ProjectImport.release_all()
    assert (run(job).import_stage, job.added, Project.objects.count(), job.attempt) == ("applied", 2, 2, 2)
    assert undone(by, job).import_stage == "undone"
