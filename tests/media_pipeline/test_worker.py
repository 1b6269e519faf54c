"""Real worker processes with real ffmpeg: killed in the middle, and in nobody's way."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from cms.shared.jobs import JobState
from cms.shared.storage import local_path, private_storage
from media_pipeline.enums import TranscodeStage
from media_pipeline.models import Lecture, RenditionSet, TranscodeJob
from media_pipeline.services import files
from media_pipeline.services.lectures import receive_lecture
from organisations.enums import Role, RosterStage
from organisations.models import RosterImport
from organisations.services import rosters
from tests import live
from tests.factories.organisations import NodeFactory, RoleGrantFactory
from tests.organisations.roster import files as roster_files

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
        if words[0] == "ffmpeg" and "libx264" in words and lecture.source_key in _opened(path.parent):
            found.append(int(path.parent.name))
    return found


def _opened(process: Path) -> str:
    """The names of the files that a process has open."""
    try:
        return " ".join(str(link.readlink()) for link in (process / "fd").iterdir())
    except OSError:
        return ""


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
    # Its folder goes a moment after the job has ended.
    wait_for(lambda: not list(files.workspaces().glob("*")))


def test_people_do_not_wait_behind_an_encode(committed_db, clips, tmp_path):
    unit = NodeFactory()
    keeper = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=unit).person
    upload = ContentFile(clips("long").read_bytes(), name="CT.mp4")
    lecture = receive_lecture(by=None, title="CT", upload=upload)
    transcode = TranscodeJob.objects.get(lecture=lecture)
    workers = live.workers(committed_db, tmp_path)

    def compared(*row: str) -> dict[str, int]:
        sheet = roster_files.xlsx(("名单", [roster_files.HEADINGS, row]))
        roster = rosters.receive(by=keeper, unit=unit, upload=roster_files.upload(sheet))
        stages = RosterImport.objects.filter(pk=roster.pk, state=JobState.DONE)
        wait_for(lambda: stages.filter(roster_stage=RosterStage.MAPPING).exists())
        roster.refresh_from_db()
        rosters.confirm_mapping(by=keeper, roster=roster, mapping=roster.mapping, effective_on=timezone.localdate())
        wait_for(lambda: stages.filter(roster_stage=RosterStage.CHECKED).exists())
        roster.refresh_from_db()
        return {outcome: count for outcome, count in roster.counts.items() if count}

    try:
        for worker in workers.values():
            worker.start()
        wait_for(lambda: encoders(lecture))
        [encoder] = encoders(lecture)
        # It stands still: whatever is done from here on is done while a lecture is being encoded.
        os.kill(encoder, signal.SIGSTOP)
        assert compared("王伟", "0012", "", "", "影像科", "技师") == {"create": 1}
        # Whoever starts again takes over what it held itself, and leaves the other's recording alone.
        workers["worker"].kill()
        workers["worker"].start()
        assert compared("李娜", "0013", "", "", "影像科", "技师") == {"create": 1}
        transcode.refresh_from_db()
        assert (transcode.state, transcode.attempt, encoders(lecture)) == (JobState.RUNNING, 1, [encoder])

        workers["media worker"].kill()
        wait_for(lambda: not encoders(lecture))
        workers["media worker"].start()
        wait_for(lambda: encoders(lecture))
        transcode.refresh_from_db()
        assert transcode.attempt == 2
    finally:
        for worker in workers.values():
            worker.kill()
