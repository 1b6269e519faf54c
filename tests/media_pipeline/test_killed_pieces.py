"""A worker that dies in the middle of a piece costs that piece, and nothing that was finished before."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from media_pipeline.ffmpeg import progress_s
from tests import databases

pytestmark = [pytest.mark.very_slow, pytest.mark.timeout(1800)]

WORK = """
import sys
from pathlib import Path
from media_pipeline import transcoding
from media_pipeline.ladder import Plan
source, scratch, kept = map(Path, sys.argv[1:])
made = transcoding.transcode(
    source, workspace=scratch, kept=kept, report=lambda stage, percent: None, plan=Plan(after_s=0, segments=2)
)
print(made.condition.value, made.duration_s, len(list((made.folder / "720").glob("*.m4s"))))
"""
PIECE_S = 8.0


def start(source: Path, folder: Path, attempt: int) -> tuple[Path, "subprocess.Popen[str]"]:
    scratch = folder / f"try-{attempt}"
    scratch.mkdir()
    words = [sys.executable, "-c", WORK, str(source), str(scratch), str(folder / "kept")]
    return scratch, subprocess.Popen(words, cwd=databases.ROOT, stdout=subprocess.PIPE, text=True)


def is_within_the_second(scratch: Path, folder: Path, seconds: float) -> bool:
    """Whether the second piece is being worked on and `seconds` of it are done."""
    first, told = folder / "kept" / "piece-0000" / "mark.json", scratch / "progress.txt"
    try:
        # What is told between two pieces is of the one before.
        return told.stat().st_mtime_ns > first.stat().st_mtime_ns and progress_s(told) >= seconds
    except FileNotFoundError:
        return False


def marks(folder: Path) -> dict[str, int]:
    """The finished parts, and when each was finished."""
    found = sorted((folder / "kept").glob("*/mark.json"))
    return {path.parent.name: path.stat().st_mtime_ns for path in found}


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_killed_worker_repeats_only_the_piece_in_hand(clips, tmp_path, share):
    source = clips.folder / "three-pieces.mp4"
    if not source.exists():
        clips.make(source, size="1280x720", rate="10", seconds=3 * PIECE_S)
    scratch, worker = start(source, tmp_path, 0)
    end = time.monotonic() + 900
    while not is_within_the_second(scratch, tmp_path, share * PIECE_S):
        assert (worker.poll(), time.monotonic() < end) == (None, True)
        time.sleep(0.02)
    worker.kill()
    worker.communicate()
    before = marks(tmp_path)
    assert list(before) == ["audio", "piece-0000"]

    _scratch, worker = start(source, tmp_path, 1)
    said, _errors = worker.communicate(timeout=900)
    assert said.split() == ["whole", "24.0", "6"]
    after = marks(tmp_path)
    assert list(after) == ["audio", "piece-0000", "piece-0001", "piece-0002"]
    assert {name: after[name] for name in before} == before
