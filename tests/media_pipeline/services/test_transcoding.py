"""Real files through real ffmpeg, called as a worker calls it."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from cms.shared.jobs import JobState
from cms.shared.storage import local_path, private_storage
from media_pipeline import transcoding
from media_pipeline.enums import Condition, PictureKind, TranscodeFailure
from media_pipeline.models import Lecture, RenditionSet, TranscodeJob
from media_pipeline.selectors.lectures import held_renditions, state_of, with_states
from media_pipeline.services import files
from media_pipeline.services.lectures import (
    NothingHeld,
    accept_renditions,
    change_lecture,
    receive_lecture,
    retry_transcode,
    run_transcode,
)


def transcode(upload, name, editor):
    lecture = receive_lecture(by=editor, title="CT 检查技术", upload=upload(name))
    job = lecture.jobs.get()
    run_transcode(job.pk)
    job.refresh_from_db()
    lecture.refresh_from_db()
    return lecture, job


def folder_of(lecture: Lecture) -> Path:
    path = local_path(private_storage(), lecture.renditions.folder)
    assert path is not None
    return path


def streams(path: Path) -> list[dict]:
    shown = ["-show_entries", "stream=codec_name,width,height,avg_frame_rate,channels:format_tags", "-of", "json"]
    done = subprocess.run(["ffprobe", "-v", "error", *shown, str(path)], capture_output=True, check=True)
    return json.loads(done.stdout)["streams"]


def left_behind() -> list[str]:
    return [path.name for path in files.workspaces().glob("*")]


def test_good_video_ends_as_one_whole_set(upload, editor):
    lecture, job = transcode(upload, "good", editor)
    assert (job.state, job.progress, job.error_code) == (JobState.DONE, 100, "")
    made = lecture.renditions
    assert (made.heights, made.has_audio, made.damage, round(made.duration_s, 1)) == ([720, 480, 360], True, 0, 5.0)
    folder = folder_of(lecture)
    present = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    parts = ("i.m3u8", "init.mp4", "s00000.m4s", "s00001.m4s")
    expected = [
        *(f"{name}/{part}" for name in ("720", "480", "360", "audio") for part in parts),
        *("lowest.mp4", "master.m3u8", "poster.jpg", "sprite.vtt", "sprite/s00000.jpg"),
    ]
    assert present == sorted(expected)
    assert made.total_bytes == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert left_behind() == []


@pytest.fixture(scope="module")
def made(clips, tmp_path_factory) -> transcoding.Made:
    workspace = tmp_path_factory.mktemp("工作 区")
    return transcoding.transcode(clips("good"), workspace=workspace, report=lambda stage, percent: None)


def test_master_declares_measured_bit_rates(made):
    folder = made.folder
    master = (folder / "master.m3u8").read_text()
    declared = {height: int(bits) for bits, height in re.findall(r"BANDWIDTH=(\d+),AVERAGE.*\n(\d+)/i\.m3u8", master)}
    assert list(declared) == ["360", "480", "720"]
    assert {str(quality["height"]): quality["peak"] for quality in made.qualities} == declared
    for height, bits in declared.items():
        peaks = []
        for name in (height, "audio"):
            # 4 s and 1 s: the short last segment counts with its neighbour.
            size = sum(segment.stat().st_size for segment in (folder / name).glob("*.m4s"))
            peaks.append(
                size * 8 / sum(map(float, re.findall(r"EXTINF:([\d.]+)", (folder / name / "i.m3u8").read_text())))
            )
        assert bits == pytest.approx(sum(peaks), rel=0.01)
    assert re.findall(r"RESOLUTION=(\S+?),FRAME-RATE=([\d.]+),", master) == [
        ("640x360", "10.000"),
        ("852x480", "10.000"),
        ("1280x720", "10.000"),
    ]
    assert master.count('AUDIO="sound"') == 3


def test_progressive_file_plays_while_it_loads_and_keeps_no_metadata(made):
    movie = made.folder / "lowest.mp4"
    raw = movie.read_bytes()
    assert raw.index(b"moov") < raw.index(b"mdat")
    assert [(s["codec_name"], s.get("height")) for s in streams(movie)] == [("h264", 360), ("aac", None)]
    assert b"Patient" not in raw and b"113.6" not in raw


@pytest.mark.parametrize(
    ("name", "frame", "rate", "has_audio"),
    [
        ("silent", (320, 180), "25/1", False),
        ("odd", (636, 360), "25/1", False),
        ("portrait", (180, 320), "25/1", True),
        ("rotated", (180, 320), "25/1", True),
        ("variable", (320, 180), "25/1", False),
        ("sixty", (320, 180), "30/1", True),
        ("hdr", (320, 180), "25/1", False),
        ("surround", (320, 180), "25/1", True),
        ("hushed", (320, 180), "25/1", True),
        ("interlaced", (320, 180), "25/1", False),
    ],
)
def test_odd_input_ends_well(upload, editor, name, frame, rate, has_audio):
    lecture, job = transcode(upload, name, editor)
    assert (job.state, job.error_code, job.last_words) == (JobState.DONE, "", "")
    folder, made = folder_of(lecture), lecture.renditions
    picture = streams(folder / str(made.heights[0]) / "i.m3u8")[0]
    assert ((picture["width"], picture["height"]), picture["avg_frame_rate"]) == (frame, rate)
    assert made.has_audio is has_audio
    assert (folder / "audio").exists() is has_audio
    assert (folder / "poster.jpg").stat().st_size > 0


@pytest.mark.parametrize(
    ("name", "failure"),
    [
        ("text", TranscodeFailure.NOT_A_VIDEO),
        ("playlist", TranscodeFailure.NOT_A_VIDEO),
        ("concat", TranscodeFailure.NOT_A_VIDEO),
        ("beheaded", TranscodeFailure.INCOMPLETE),
        ("sound_only", TranscodeFailure.NO_VIDEO_STREAM),
        ("rare_codec", TranscodeFailure.UNSUPPORTED),
    ],
)
def test_bad_input_fails_with_its_reason_and_leaves_nothing(upload, editor, name, failure):
    lecture, job = transcode(upload, name, editor)
    assert (job.state, job.error_code) == (JobState.FAILED, failure)
    assert lecture.renditions is None
    assert RenditionSet.objects.count() == 0
    assert left_behind() == []
    assert not (local_path(private_storage(), files.RENDITIONS) / "none").exists()


@pytest.mark.parametrize(
    ("name", "failure", "condition"),
    [
        ("truncated", TranscodeFailure.CUT_SHORT, Condition.INCOMPLETE),
        ("flipped", TranscodeFailure.DAMAGED, Condition.DAMAGED),
    ],
)
def test_recording_that_is_not_whole_waits_for_its_editor(upload, editor, name, failure, condition):
    lecture, job = transcode(upload, name, editor)
    held = held_renditions(lecture)
    assert (job.state, job.error_code, lecture.renditions) == (JobState.FAILED, failure, None)
    assert (held.condition, held.announced_s > held.duration_s + 1) == (condition, condition == Condition.INCOMPLETE)
    assert held.damage > 0 and len(held.damage_at) > 0
    shown = state_of(with_states().get(pk=lecture.pk))
    assert (shown.state, shown.label, shown.can_retry) == (JobState.FAILED, str(condition.label), False)
    assert left_behind() == []

    assert accept_renditions(by=editor, lecture=lecture) == held
    lecture.refresh_from_db()
    assert lecture.renditions == held and folder_of(lecture).is_dir()
    shown = state_of(with_states().get(pk=lecture.pk))
    assert (shown.state, shown.reason, shown.can_retry) == (JobState.DONE, "", False)
    with pytest.raises(NothingHeld):
        accept_renditions(by=editor, lecture=lecture)
    # Trying again changes nothing of what is served.
    retry_transcode(by=editor, lecture=lecture)
    run_transcode(job.pk)
    job.refresh_from_db()
    lecture.refresh_from_db()
    assert (job.state, lecture.renditions) == (JobState.DONE, held)


def test_damaged_copy_does_not_replace_what_is_served(upload, editor):
    lecture, _job = transcode(upload, "small", editor)
    served = lecture.renditions
    change_lecture(by=editor, lecture=lecture, title="CT", lecturer="", upload=upload("flipped"))
    run_transcode(lecture.jobs.get(state=JobState.QUEUED).pk)
    lecture.refresh_from_db()
    assert lecture.renditions == served and folder_of(lecture).is_dir()
    held = held_renditions(lecture)
    accept_renditions(by=editor, lecture=lecture)
    assert list(RenditionSet.objects.all()) == [held]
    assert not local_path(private_storage(), served.folder).exists()


def test_picture_chosen_by_hand_is_prepared_anew(upload, editor):
    lecture, _job = transcode(upload, "small", editor)
    old = lecture.renditions
    assert (old.profile, old.picture_kind) == ("h264-4:auto", PictureKind.SLIDES)
    change_lecture(by=editor, lecture=lecture, title="CT", lecturer="", picture_kind=PictureKind.CAMERA)
    lecture.refresh_from_db()
    assert lecture.renditions == old
    run_transcode(lecture.jobs.get(state=JobState.QUEUED).pk)
    lecture.refresh_from_db()
    assert (lecture.renditions.profile, lecture.renditions.picture_kind) == ("h264-4:camera", PictureKind.CAMERA)
    assert list(RenditionSet.objects.all()) == [lecture.renditions]


def test_replaced_recording_serves_the_old_set_until_the_new_one_is_whole(upload, editor):
    lecture, _job = transcode(upload, "small", editor)
    old, old_folder, old_source = lecture.renditions, folder_of(lecture), lecture.source_key
    change_lecture(by=editor, lecture=lecture, title="MR", lecturer="", upload=upload("other"))
    lecture.refresh_from_db()
    assert lecture.renditions == old and old_folder.is_dir()
    assert not private_storage().exists(old_source)
    run_transcode(lecture.jobs.get(state=JobState.QUEUED).pk)
    lecture.refresh_from_db()
    assert lecture.renditions_id != old.pk and round(lecture.duration_s) == 2
    assert not old_folder.exists()
    assert RenditionSet.objects.count() == 1


def test_second_run_of_a_job_changes_nothing(upload, editor):
    lecture, job = transcode(upload, "small", editor)
    run_transcode(job.pk)
    assert list(RenditionSet.objects.all()) == [lecture.renditions]
    assert TranscodeJob.objects.get(pk=job.pk).attempt == 1


def test_missing_source_is_named(upload, editor):
    lecture = receive_lecture(by=editor, title="CT", upload=upload("small"))
    private_storage().delete(lecture.source_key)
    run_transcode(lecture.jobs.get().pk)
    assert lecture.jobs.get().error_code == TranscodeFailure.SOURCE_MISSING


def test_worker_that_lost_its_lease_writes_nothing(upload, editor, monkeypatch):
    lecture = receive_lecture(by=editor, title="CT", upload=upload("small"))
    job = lecture.jobs.get()
    job.cancel()
    run_transcode(job.pk)
    assert TranscodeJob.objects.get(pk=job.pk).state == JobState.CANCELLED
    assert RenditionSet.objects.count() == 0


def test_leftovers_of_a_killed_worker_are_swept(db):
    stale = files.workspaces() / "7"
    stale.mkdir(parents=True)
    assert files.sweep_workspaces() == 1
    assert not stale.exists()


def test_finished_parts_of_an_unfinished_job_are_not_swept(upload, editor):
    lecture = receive_lecture(by=editor, title="CT", upload=upload("small"))
    job = TranscodeJob.claim(lecture.jobs.get().pk)
    folder = files.workspaces() / str(job.pk)
    for name in ("try-of-somebody-killed", f"try-{job.lease}", "kept"):
        (folder / name).mkdir(parents=True)
    assert files.sweep_workspaces() == 0
    assert sorted(path.name for path in folder.iterdir()) == ["kept", f"try-{job.lease}"]
    job.fail("stopped")
    assert (files.sweep_workspaces(), folder.exists()) == (1, False)


def test_empty_file_is_refused_at_once(editor):
    with pytest.raises(files.EmptyUpload):
        receive_lecture(by=editor, title="CT", upload=ContentFile(b"", name="a.mp4"))
    assert Lecture.objects.count() == 0


def test_too_large_file_is_refused_at_once(editor, settings, upload):
    settings.LECTURE_MAX_BYTES = 1000
    with pytest.raises(files.UploadTooLarge):
        receive_lecture(by=editor, title="CT", upload=upload("small"))
