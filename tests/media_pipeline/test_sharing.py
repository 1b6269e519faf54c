"""Two workers of production's kind share a heap of recordings: each is done once, in fair order, within the limit."""

import itertools
import os
import sys
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile

from cms.shared.jobs import JobState
from media_pipeline.models import Lecture, RenditionSet, TranscodeJob
from media_pipeline.services.lectures import receive_lecture
from tests import live
from tests.factories.organisations import PersonFactory

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.timeout(900)]

AT_ONCE = 2
# How many recordings each of the editors sends, and how long they are said to be.
HEAPS = (13, 5, 2)
# An end is written a moment after its time was taken, and nobody else sees it before.
BLUR = timedelta(seconds=0.5)


def workers(database: str, folder) -> list[live.Worker]:
    """Each could do two at once; together they may not do more than two."""
    begin = [sys.executable, "-m", "celery", "-A", "cms", "worker", "-l", "INFO", "-c", "2"]
    clock = ["-B", "-s", str(folder / "beat"), "--pidfile="]
    commands = {"one": [*begin, "-n", "one@%h", *clock], "two": [*begin, "-n", "two@%h"]}
    return [live.Worker(database, folder / f"{name}.log", command) for name, command in commands.items()]


def is_fair(job: TranscodeJob, jobs: list[TranscodeJob], left: dict[int, int]) -> bool:
    """Whether `job` was the one whose turn it was; what ended about then may have been seen running or not."""
    at = job.started_at
    before = [other for other in jobs if other.started_at < at]
    blurred = [other for other in before if abs(other.finished_at - at) < BLUR]
    running = [other for other in before if other.finished_at > at and other not in blurred]
    waiting = [other for other in jobs if other.started_at >= at]
    for count in range(len(blurred) + 1):
        for seen in itertools.combinations(blurred, count):
            beside = Counter(other.requested_by_id for other in (*running, *seen))
            turn = min(waiting, key=lambda one: (beside[one.requested_by_id], left[one.pk], one.created_at, one.pk))
            if turn == job:
                return True
    return False


def test_two_workers_share_twenty_recordings(committed_db, clips, tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "ISOCENTER_TEST_ENCODES", str(AT_ONCE))
    tiny = clips.folder / "tiny.mp4"
    clips.make(tiny, size="64x36", rate="5", seconds=0.6, sound=False)
    for heap in HEAPS:
        editor = PersonFactory()
        for number in range(heap):
            # The longest was sent first.
            receive_lecture(
                by=editor,
                title=f"{heap}-{number}",
                upload=ContentFile(tiny.read_bytes(), name="a.mp4"),
                length_s=600 * (heap - number),
            )
    left = dict(TranscodeJob.objects.values_list("pk", "media_left_s"))
    started = workers(committed_db, tmp_path)
    most = 0
    try:
        for worker in started:
            worker.start(wait=False)
        end = time.monotonic() + 600
        while TranscodeJob.objects.exclude(state=JobState.DONE).exists():
            most = max(most, TranscodeJob.objects.filter(state=JobState.RUNNING).count())
            assert time.monotonic() < end, [worker.logged()[-2000:] for worker in started]
            time.sleep(0.02)
    finally:
        for worker in started:
            worker.kill()
    jobs = list(TranscodeJob.objects.order_by("started_at"))
    assert [job.attempt for job in jobs] == [1] * 20
    assert [RenditionSet.objects.filter(lecture=lecture).count() for lecture in Lecture.objects.all()] == [1] * 20
    logs = [worker.logged() for worker in started]
    assert sum(log.count("transcode_begun") for log in logs) == 20
    assert most <= AT_ONCE
    for job in jobs:
        at = job.started_at
        assert sum(other.started_at <= at < other.finished_at for other in jobs) <= AT_ONCE
        assert is_fair(job, jobs, left), job
