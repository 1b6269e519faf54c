"""Recordings that are none, by the real admin to a real worker: each ends in words, nothing is left behind."""

import time
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from cms.shared.jobs import JobState
from cms.shared.storage import local_path, private_storage
from media_pipeline.enums import TranscodeFailure
from media_pipeline.models import Lecture, RenditionSet, TranscodeJob
from media_pipeline.services import files
from organisations.models import Person
from tests.factories.organisations import PersonFactory
from tests.flows.visitor import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# Clip → the reason printed in the admin; none where the recording can be played after all.
CLIPS: dict[str, TranscodeFailure | None] = {
    "text": TranscodeFailure.NOT_A_VIDEO,
    "beheaded": TranscodeFailure.INCOMPLETE,
    "truncated": TranscodeFailure.CUT_SHORT,
    "sound_only": TranscodeFailure.NO_VIDEO_STREAM,
    "silent": None,
    "rotated": None,
    "odd": None,
}
NAME = "wagtailsnippets_media_pipeline_lecture"


def stored() -> set[str]:
    """Every file in private storage."""
    root = local_path(private_storage(), "lectures").parent
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def editor() -> Person:
    person = PersonFactory(is_staff=True)
    group = Group.objects.create(name="lecturers")
    group.permissions.add(
        Permission.objects.get(codename="access_admin"),
        *Permission.objects.filter(content_type__app_label="media_pipeline", content_type__model="lecture"),
    )
    person.groups.add(group)
    return person


def upload(visitor: Visitor, title: str, path: Path) -> int:
    recording = {"recording": (f"{path.stem}.mp4", path.read_bytes(), "video/mp4")}
    return visitor.post_form(reverse(f"{NAME}:add"), {"title": title, "lecturer": ""}, files=recording).status_code


def test_every_bad_recording_ends_in_words_and_leaves_nothing_behind(
    live_site, celery_worker, clips, tmp_path: Path
) -> None:
    before = stored()
    celery_worker.start()
    with Visitor(live_site.url) as visitor:
        visitor.sign_in(editor())
        empty = tmp_path / "empty.mp4"
        empty.touch()
        assert upload(visitor, "empty", empty) == 200
        assert (Lecture.objects.count(), stored()) == (0, before)
        for name in CLIPS:
            assert upload(visitor, name, clips(name)) == 302
        end = time.monotonic() + 700
        while TranscodeJob.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).exists():
            assert time.monotonic() < end, celery_worker.logged()[-3000:]
            time.sleep(0.5)
        jobs = TranscodeJob.objects.select_related("lecture")
        assert {job.lecture.title: (job.state, job.error_code) for job in jobs} == {
            name: (JobState.FAILED, reason.value) if reason else (JobState.DONE, "") for name, reason in CLIPS.items()
        }
        for lecture in Lecture.objects.all():
            reason = CLIPS[lecture.title]
            page = visitor.get(reverse(f"{NAME}:inspect", args=[lecture.pk])).text
            assert (lecture.title, reason is None or str(reason.label) in page) == (lecture.title, True)
            assert (lecture.title, lecture.is_playable) == (lecture.title, reason is None)
        # Kept are the recordings themselves, for another try, and the files of what can be played.
        folders = [made.folder for made in RenditionSet.objects.all()]
        kept = [name for name in stored() - before if not name.startswith(tuple(folders))]
        assert sorted(kept) == sorted(Lecture.objects.values_list("source_key", flat=True))
        while list(files.workspaces().glob("*")):  # the last folder goes a moment after its job has ended
            assert time.monotonic() < end
            time.sleep(0.1)
        for pk in Lecture.objects.values_list("pk", flat=True):
            assert visitor.post_form(reverse(f"{NAME}:delete", args=[pk])).status_code == 302
    assert (Lecture.objects.count(), stored()) == (0, before)
