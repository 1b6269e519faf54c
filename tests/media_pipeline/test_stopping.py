"""Work that is stopped: by a person at once, by the watchdog when it stands still."""

import contextlib
import os
import signal
import threading

import pytest
from django.core.files.base import ContentFile
from django.db import connection

from cms.shared.jobs import JobState
from media_pipeline import ffmpeg
from media_pipeline.enums import TranscodeFailure
from media_pipeline.models import RenditionSet, TranscodeJob
from media_pipeline.selectors.lectures import state_of, with_states
from media_pipeline.services import files
from media_pipeline.services.lectures import cancel_transcode, receive_lecture, retry_transcode, run_next_transcode
from organisations.models import AuditEvent
from tests.media_pipeline.test_worker import encoders, wait_for


def begin(clips, name: str = "long"):
    lecture = receive_lecture(by=None, title="CT", upload=ContentFile(clips(name).read_bytes(), name="CT.mp4"))

    def work() -> None:
        try:
            run_next_transcode()
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    return lecture, worker


def hold(lecture) -> None:
    """Make the encoder stand still, so that it cannot end by itself."""

    def is_held() -> bool:
        for encoder in encoders(lecture):
            with contextlib.suppress(ProcessLookupError):
                os.kill(encoder, signal.SIGSTOP)
                return True
        return False

    wait_for(is_held)


@pytest.mark.slow
def test_stopped_work_ends_at_once_and_leaves_nothing(committed_db, clips):
    lecture, worker = begin(clips)
    hold(lecture)
    assert cancel_transcode(by=None, lecture=lecture) is True
    wait_for(lambda: not encoders(lecture))
    worker.join(timeout=60)
    job = TranscodeJob.objects.get()
    assert (job.state, job.lease, job.attempt) == (JobState.CANCELLED, None, 1)
    assert list(files.workspaces().glob("*")) == []
    assert RenditionSet.objects.count() == 0
    state = state_of(with_states().get())
    assert (state.is_over, state.can_retry) == (True, True)
    assert cancel_transcode(by=None, lecture=lecture) is False
    assert AuditEvent.objects.filter(verb="lecture.transcode_cancelled").count() == 1


@pytest.mark.slow
def test_work_that_stands_still_is_tried_once_more_and_then_says_so(committed_db, clips, monkeypatch):
    monkeypatch.setattr(ffmpeg, "STALL_S", 5.0)
    lecture, worker = begin(clips)
    for attempt in (1, 2):
        hold(lecture)
        worker.join(timeout=200)
        assert not encoders(lecture)
        job = TranscodeJob.objects.get()
        again = JobState.QUEUED if attempt == 1 else JobState.FAILED
        assert (job.state, job.attempt, job.error_code) == (again, attempt, TranscodeFailure.STALLED)
        if attempt == 1:
            worker = threading.Thread(target=lambda: (run_next_transcode(), connection.close()))
            worker.start()
    state = state_of(with_states().get())
    assert (state.reason, state.can_retry) == (str(TranscodeFailure.STALLED.label), True)
    assert list(files.workspaces().glob("*")) == []
    assert retry_transcode(by=None, lecture=lecture).state == JobState.QUEUED


def test_waiting_work_that_is_stopped_is_never_begun(db, editor, upload):
    lecture = receive_lecture(by=editor, title="CT", upload=upload("small"))
    folder = files.workspaces() / str(lecture.jobs.get().pk)
    folder.mkdir(parents=True)
    assert cancel_transcode(by=editor, lecture=lecture) is True
    run_next_transcode()
    assert (lecture.jobs.get().state, lecture.jobs.get().attempt, folder.exists()) == (JobState.CANCELLED, 0, False)
