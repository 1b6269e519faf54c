"""A worker that is killed with -9 in the middle of an application, inside the transaction of an attempt."""

import signal
import subprocess
import sys

import pytest

from courses.services import progress
from organisations.models import Notification
from quizzes.enums import RegradeStage
from quizzes.models import Attempt, AttemptGrade, AttemptOutcome, Regrade
from quizzes.services import regrades
from tests import databases, live
from tests.factories.quizzes import QuestionFactory
from tests.factories.regrades import closed, correct, counted, decider, run

pytestmark = [pytest.mark.very_slow, pytest.mark.timeout(900)]

ATTEMPTS, KILLED_AT = 30, 12
WORKER = """
import os, signal, sys
import django
django.setup()
from quizzes.services.regrades import runs
told, seen = runs._graded_again, []
def tell(job, line):
    told(job, line)
    seen.append(line)
    if len(seen) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
runs._graded_again = tell
runs.run_regrade(int(sys.argv[1]))
"""


def test_application_killed_in_the_middle_goes_on_and_does_nothing_twice(committed_db):
    question = QuestionFactory(answer="B")
    rows = [closed(question, values=("C",)) for _n in range(ATTEMPTS)]
    correct(question, "C")
    made = counted(question)
    regrades.confirm(by=decider(), regrade=made, seen=made.runs)
    killed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WORKER, str(made.pk), str(KILLED_AT)],
        cwd=databases.ROOT,
        env=live._environment(committed_db),
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    made.refresh_from_db()
    # What was inside the transaction of the twelfth attempt is gone, the eleven before it are whole.
    assert (made.state, made.lines.filter(applied_at__isnull=False).count()) == ("running", KILLED_AT - 1)
    assert AttemptGrade.objects.filter(cause="regrade").count() == KILLED_AT - 1
    Regrade.release_all()
    done = run(made)
    assert (done.regrade_stage, done.lines.filter(applied_at__isnull=True).count()) == (RegradeStage.APPLIED, 0)
    assert [row.grades.count() for row in rows] == [2] * ATTEMPTS
    assert AttemptOutcome.objects.filter(revision=2).count() == ATTEMPTS
    assert Notification.objects.filter(kind="quizzes.attempt_regraded").count() == ATTEMPTS
    assert set(Attempt.objects.values_list("points", flat=True)) == {1}
    assert progress.settle_outcomes() == 0
