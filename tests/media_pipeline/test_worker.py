"""A real worker process with real ffmpeg, killed in the middle."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from cms.shared.jobs import JobState
from cms.shared.storage import local_path, private_storage
from media_pipeline.enums import TranscodeStage
from media_pipeline.models import Lecture, RenditionSet, TranscodeJob
from media_pipeline.services import files
from media_pipeline.services.lectures import receive_lecture

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def wait_for(what: Callable[[], object], seconds: float = 400) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "this took too long"
        time.sleep(0.02)


def encoders(lecture: Lecture) -> list[int]:
    """The processes that make the renditions of the lecture's recording."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if words[0] == "ffmpeg" and "master.m3u8" in words and any(lecture.source_key in word for word in words):
            found.append(int(path.parent.name))
    return found


def rendition_folders() -> list[str]:
    root = local_path(private_storage(), files.RENDITIONS)
    return [str(path.relative_to(root)) for path in root.glob("*/*")]


def test_transcode_survives_a_killed_worker(committed_db, celery_worker, clips):
    before = set(rendition_folders())
    upload = ContentFile(clips("long").read_bytes(), name="CT.mp4")
    lecture = receive_lecture(by=None, title="CT", upload=upload)
    jobs = TranscodeJob.objects.filter(lecture=lecture)
    celery_worker.start()
    wait_for(lambda: encoders(lecture))
    (encoder,) = encoders(lecture)
    # It stands still, so that no machine is fast enough to be done before its worker is killed.
    os.kill(encoder, signal.SIGSTOP)
    wait_for(lambda: jobs.filter(stage=TranscodeStage.ENCODING).exists())
    celery_worker.kill()
    # The encoder dies with its worker; the job still says that it is running, and its folder is half full.
    wait_for(lambda: not encoders(lecture))
    assert jobs.get().state == JobState.RUNNING
    assert len(list(files.workspaces().glob("*"))) == 1

    celery_worker.start()
    wait_for(lambda: jobs.get().is_over)
    job = jobs.get()
    assert (job.state, job.attempt, job.last_words) == (JobState.DONE, 2, "")
    made = RenditionSet.objects.get()
    lecture.refresh_from_db()
    assert lecture.renditions == made
    assert set(rendition_folders()) - before == {made.folder.removeprefix(f"{files.RENDITIONS}/")}
    assert list(files.workspaces().glob("*")) == []
