"""One kill of each on a recording of 10 s; ten of each are `make chaos-media`."""

import os
import subprocess
import sys

import pytest

from tests import databases


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_recordings_are_whole_after_one_kill_of_each() -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ISOCENTER_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.media", "--kills", "1", "--lectures", "2", "--seed", "7"],
        cwd=databases.ROOT,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
        timeout=1400,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    assert sorted(line.split("killed ")[1] for line in done.stdout.splitlines() if "killed " in line) == [
        "ffmpeg",
        "postgres",
        "redis",
        "worker",
    ]
    assert "2 lectures with one whole version each" in done.stdout
