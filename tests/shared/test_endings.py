"""A run that is told to end, or killed, leaves no server behind."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests import databases, services

pytestmark = pytest.mark.slow

# What a measurement does: servers of its own, and many threads that wait for them.
RUN = textwrap.dedent(
    """
    import subprocess, sys
    from tests import services
    from tests.benchmarks.learners import Browser, at_once

    services.end_tidily()
    with services.postgres_server() as database, services.redis() as broker:
        web = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)"],
            start_new_session=True, preexec_fn=services.ending_with_us(15),
        )
        try:
            print(database.folder, flush=True)
            at_once([Browser.given_up.wait])
        finally:
            web.kill()
    """
)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda one: one.name)
def test_run_that_is_ended_leaves_no_server_behind(number: signal.Signals) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", RUN], cwd=databases.ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        started = services.children(run.pid)
        assert len(started) > 3  # PostgreSQL's own, Redis, the web server
        os.kill(run.pid, number)
        assert run.wait(timeout=120) == (-number if number == signal.SIGKILL else 128 + number)
        services.wait_until_gone(started, seconds=120)
        # Whoever is killed cannot take its folder away.
        assert folder.exists() == (number == signal.SIGKILL)
    finally:
        run.kill()
        run.communicate()
        shutil.rmtree(folder, ignore_errors=True)
