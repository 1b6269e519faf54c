"""What it costs when a worker dies in the middle of a piece of a long recording.

Twenty minutes of a small picture (the shares do not depend on its size), in the pieces that any long recording is
worked in. The worker is killed once, at a share of its second piece, with the encoder it had started; the next one
goes on with what was finished. All processor time of both is counted, also that of the orphaned encoder.
"""

import ctypes
import os
import signal
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from media_pipeline import transcoding
from media_pipeline.ffmpeg import progress_s
from tests.benchmarks import media_sources
from tests.benchmarks.harness import Measured

SECONDS = int(os.environ.get("MEDIA_KILLED_SECONDS", "1200"))
SHARES = (0.30, 0.50, 0.95)
PIECE_S = 300.0
PR_SET_CHILD_SUBREAPER = 36


def say(text: str) -> None:
    print(f"  media_killed: {text}", flush=True)


def adopt_orphans() -> None:
    """Have the processes that a killed child leaves behind handed to this one, with the time that they took."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this kernel hands orphans to nobody")


def attempt(recording: Path, folder: Path, number: int, until: Callable[[Path], bool] | None = None) -> float:
    """Work on `recording` in a process of its own, killed once `until` says so. CPU seconds of it and all its own."""
    scratch = folder / f"try-{number}"
    scratch.mkdir()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            transcoding.transcode(recording, workspace=scratch, kept=folder / "kept", report=lambda *_said: None)
            code = 0
        finally:
            os._exit(code)
    if until is not None:
        while not until(scratch):
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
    spent = 0.0
    while True:  # its encoder dies with it, and comes to us
        try:
            ended, status, used = os.wait4(-1, 0)
        except ChildProcessError:
            return spent
        if ended == pid and until is None and status:
            raise RuntimeError(f"the attempt ended with {status}")
        spent += used.ru_utime + used.ru_stime


def whole(recording: Path, folder: Path) -> float:
    folder.mkdir()
    return attempt(recording, folder, 0)


def killed(recording: Path, folder: Path, share: float) -> float:
    """CPU seconds of the killed attempt and the one that ends the work."""
    folder.mkdir()

    def is_there(scratch: Path) -> bool:
        first, told = folder / "kept" / "piece-0000" / "mark.json", scratch / "progress.txt"
        try:
            # What is told between two pieces is of the one before.
            return told.stat().st_mtime_ns > first.stat().st_mtime_ns and progress_s(told) >= share * PIECE_S
        except FileNotFoundError:
            return False

    spent = attempt(recording, folder, 0, until=is_there)
    done = [path.parent.name for path in sorted((folder / "kept").glob("*/mark.json"))]
    if done != ["audio", "piece-0000"]:
        raise RuntimeError(f"killed too late: {done}")
    return spent + attempt(recording, folder, 1)


def measure() -> Measured:
    measured = Measured()
    adopt_orphans()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recording = media_sources.talk(folder, SECONDS)
        undisturbed = [whole(recording, folder / "before")]
        spent = {}
        for share in SHARES:
            spent[share] = killed(recording, folder / f"killed-{share}", share)
            say(f"killed at {share:.0%}: {spent[share]:.1f} CPU s")
        undisturbed.append(whole(recording, folder / "after"))
        say(f"undisturbed: {', '.join(f'{cpu_s:.1f}' for cpu_s in undisturbed)} CPU s")
    plain = statistics.mean(undisturbed)
    measured.add("undisturbed", plain, "CPU s")
    for share, cpu_s in spent.items():
        measured.add(f"killed_at_{share:.0%}".rstrip("%"), cpu_s / plain, "ratio")
    return measured
