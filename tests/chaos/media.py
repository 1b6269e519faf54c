"""Recordings are prepared while worker, ffmpeg, Redis and PostgreSQL are killed (SIGKILL) at random moments.

`make chaos-media` kills each ten times; `python -m tests.chaos.media --kills 1 --seed 7` once. In the end every job
must have ended done by itself, every lecture have one whole version, and nothing be left over; in between nobody may
see half a version. The seed decides what is killed when, as far as the machine's pace lets it.
"""

import argparse
import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests import databases, services

LEASE_S = 6
# As a lecture is prepared by turns: each turn is a job of its own, and its set replaces the one before.
KINDS = ("camera", "slides")
VICTIMS = ("worker", "ffmpeg", "redis", "postgres")
# More on one job would say more about the dice than about the engine.
MOST_HITS = 2
ENOUGH_S = 900


class Broken(AssertionError):
    """Something that must never be seen was seen."""


class Watcher(threading.Thread):
    """Looks at what learners would be served, all the time."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over, self.found, self.looks = threading.Event(), "", 0

    def run(self) -> None:
        from django.db import connection

        while not self.over.wait(0.1):
            try:
                self.found = self.found or half_version()
                self.looks += 1
            except Exception:  # the database is away just now
                connection.close()
        connection.close()


def half_version() -> str:
    """What is wrong with a version that is being served; "" if every one is whole."""
    from media_pipeline.models import Lecture

    for lecture in Lecture.objects.exclude(renditions=None).select_related("renditions"):
        wrong = wrong_with(lecture.renditions)
        # It may have been replaced while we looked.
        if wrong and Lecture.objects.filter(pk=lecture.pk, renditions=lecture.renditions_id).exists():
            return f"{lecture}: {wrong}"
    return ""


def wrong_with(made: Any) -> str:
    from cms.shared.storage import local_path, private_storage

    folder = local_path(private_storage(), made.folder)
    assert folder is not None
    try:
        named = [folder / name for name in ("lowest.mp4", "poster.jpg", "master.m3u8")]
        for playlist in re.findall(
            r"^(\S+/i\.m3u8)$|URI=\"(\S+/i\.m3u8)\"", (folder / "master.m3u8").read_text(), re.M
        ):
            path = folder / "".join(playlist)
            text = path.read_text()
            if "#EXT-X-ENDLIST" not in text:
                return f"{path} has no end"
            named += [path.parent / name for name in re.findall(r"^(s\d+\.m4s)$", text, re.M)]
        missing = [str(path) for path in named if not path.is_file() or not path.stat().st_size]
        total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    except FileNotFoundError as error:
        return str(error)
    if missing or len(named) < 6:
        return f"missing: {missing or named}"
    return "" if total == made.total_bytes else f"{total} bytes instead of {made.total_bytes}"


class Chaos:
    """One run, in a process that has Django set up on the committing database `name`."""

    def __init__(
        self, name: str, folder: Path, database: services.Postgres, broker: services.Redis, dice: random.Random
    ) -> None:
        from tests import live

        self.dice, self.database, self.broker, self.folder = dice, database, broker, folder
        self.worker = live.Worker(name, folder / "worker.log")
        self.hits: Counter[int] = Counter()
        self.turns = 0

    def prepare(self, lectures: int, seconds: float) -> None:
        from django.core.files.base import ContentFile

        from media_pipeline.services.lectures import receive_lecture

        source = self.folder / "source.mp4"
        inputs = ["-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=25:duration={seconds}"]
        inputs += ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"]
        subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", *inputs, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac",
             str(source)],
            check=True,
        )  # fmt: skip
        for number in range(lectures):
            content = ContentFile(source.read_bytes(), name="CT.mp4")
            receive_lecture(by=None, title=f"Lecture {number}", upload=content)

    def kill(self, victim: str) -> None:
        """At a random moment of some job's work; what was killed is started again a little later."""
        job = self.somebody_at_work()
        time.sleep(self.dice.random() * 2)
        self.hits[job] += 1
        match victim:
            case "worker":
                self.worker.kill()
                time.sleep(self.dice.random())
                self.worker.start(wait=False)
            case "ffmpeg":
                # Between two processes there is none for a moment; or the work was done just now.
                deadline = time.monotonic() + 5
                while not (found := encoders()) and time.monotonic() < deadline:
                    time.sleep(0.01)
                for pid in found:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            case "redis":
                self.broker.crash()
                time.sleep(self.dice.random())
                self.broker.start()
            case "postgres":
                self.database.crash()
                time.sleep(self.dice.random())
                self.database.start()
                forget_connection()

    def somebody_at_work(self) -> int:
        """A running job that was not hit too often; begins new turns when there is nothing to do."""
        from cms.shared.jobs import JobState
        from media_pipeline.models import TranscodeJob

        deadline = time.monotonic() + ENOUGH_S
        while time.monotonic() < deadline:
            unfinished = TranscodeJob.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING])
            if not unfinished.exists():
                self.next_turn()
            for pk in unfinished.filter(state=JobState.RUNNING).values_list("pk", flat=True):
                if self.hits[pk] < MOST_HITS:
                    return int(pk)
            time.sleep(0.05)
        raise Broken(f"nothing runs any more\n{self.worker.logged()[-3000:]}")

    def next_turn(self) -> None:
        from media_pipeline.models import Lecture
        from media_pipeline.services.lectures import change_lecture

        kind = KINDS[self.turns % 2]
        self.turns += 1
        for lecture in Lecture.objects.order_by("pk"):
            change_lecture(by=None, lecture=lecture, title=lecture.title, lecturer="", picture_kind=kind)

    def settle(self) -> None:
        """Nobody touches anything: every job must come to its end."""
        from cms.shared.jobs import JobState
        from media_pipeline.models import TranscodeJob

        deadline = time.monotonic() + ENOUGH_S
        unfinished = TranscodeJob.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING])
        while unfinished.exists():
            if time.monotonic() > deadline:
                raise Broken(f"jobs that do not end\n{self.worker.logged()[-3000:]}")
            time.sleep(0.1)

    def judge(self) -> None:
        """What must hold when all is over. Raises Broken."""
        from django.utils import timezone

        from cms.shared.jobs import JobState
        from media_pipeline.models import Lecture, RenditionSet, TranscodeJob
        from media_pipeline.services import files, sweeping

        bad = list(
            TranscodeJob.objects.exclude(state=JobState.DONE).values_list("pk", "state", "error_code", "attempt")
        )
        must(not bad, f"jobs that are not done: {bad}")
        for lecture in Lecture.objects.select_related("renditions"):
            sets = list(RenditionSet.objects.filter(lecture=lecture))
            must(sets == [lecture.renditions], f"{lecture}: sets {sets}")
        must(half_version() == "", half_version())
        later = timezone.now() + timedelta(days=2)
        must(sweeping.orphans(now=later) == [], f"orphans: {sweeping.orphans(now=later)}")
        eventually(lambda: not list(files.workspaces().glob("*")), "a working folder is left")
        eventually(lambda: not encoders(), "an encoder is left")


def must(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise Broken(otherwise)


def eventually(is_so: Callable[[], bool], otherwise: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        must(time.monotonic() < deadline, otherwise)
        time.sleep(0.05)


def forget_connection() -> None:
    from django.db import connection

    connection.close()


def encoders() -> list[int]:
    """Our processes of ffmpeg: those whose working folder is one of this run."""
    from media_pipeline.services import files

    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (path / "cmdline").read_bytes().split(b"\0")
            if words[0] == b"ffmpeg" and str((path / "cwd").readlink()).startswith(str(files.workspaces())):
                found.append(int(path.name))
    return found


@contextlib.contextmanager
def own_site() -> Iterator[tuple[str, Path, services.Postgres, services.Redis]]:
    """PostgreSQL, Redis and a folder of their own; Django is set up on them."""
    folder = Path(tempfile.mkdtemp(prefix="iso-chaos-", dir="/tmp"))
    try:
        with services.postgres_server(*services.HASTY) as database, services.redis_server() as broker:
            os.environ |= {
                "DJANGO_SETTINGS_MODULE": "cms.settings.test",
                "DATABASE_URL": database.url,
                "REDIS_URL": broker.url,
                "ISOCENTER_VAR": str(folder / "var"),
                "ISOCENTER_TEST_LEASE_S": str(LEASE_S),
            }
            (folder / "var").mkdir()
            import django

            django.setup()
            databases.fill_postgres("postgres")
            yield "postgres", folder, database, broker
            forget_connection()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10, help="of each kind")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the recordings")
    parser.add_argument("--lectures", type=int, default=3)
    said = parser.parse_args()
    seed = said.seed if said.seed is not None else random.SystemRandom().randrange(10_000)
    dice = random.Random(seed)
    print(f"seed {seed}", flush=True)
    services.end_tidily()
    begun = time.monotonic()
    with own_site() as (name, folder, database, broker):
        chaos, watcher = Chaos(name, folder, database, broker, dice), Watcher()
        chaos.prepare(said.lectures, said.seconds)
        chaos.worker.start()
        watcher.start()
        plan = [victim for victim in VICTIMS for _number in range(said.kills)]
        dice.shuffle(plan)
        try:
            for victim in plan:
                chaos.kill(victim)
                print(f"{time.monotonic() - begun:7.1f} s  killed {victim}", flush=True)
            chaos.settle()
            watcher.over.set()
            watcher.join(timeout=60)
            must(watcher.found == "", f"half a version was seen: {watcher.found}")
            chaos.judge()
        finally:
            watcher.over.set()
            chaos.worker.stop()
        report(chaos, watcher, plan, time.monotonic() - begun)
    return 0


def report(chaos: Chaos, watcher: Watcher, plan: list[str], seconds: float) -> None:
    from media_pipeline.models import Lecture, TranscodeJob

    attempts, lectures = list(TranscodeJob.objects.values_list("attempt", flat=True)), Lecture.objects.count()
    print(f"{len(plan)} kills in {seconds:.0f} s: {len(attempts)} jobs done in {sum(attempts)} attempts (at most")
    print(
        f"{max(attempts)}), {lectures} lectures with one whole version each, {watcher.looks} looks, nothing left over."
    )


if __name__ == "__main__":
    sys.exit(main())
