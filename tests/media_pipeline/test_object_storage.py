"""A lecture's whole life where files lie in an S3-compatible storage, and what is said when that does not answer."""

import re
import urllib.request

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cms.shared.jobs import JobState
from cms.shared.storage import private_storage
from media_pipeline.enums import TranscodeFailure
from media_pipeline.models import Lecture, RenditionSet, TranscodeJob
from media_pipeline.selectors import addresses
from media_pipeline.services import files, lectures
from organisations.models import AuditEvent
from tests import services
from tests.object_storage import storages

SRT = "1\n00:00:00,000 --> 00:00:01,000\n开始\n".encode()


@pytest.fixture
def nowhere() -> dict:
    """A storage whose server is gone."""
    return storages(f"http://127.0.0.1:{services.free_port()}", "private")


def prepared(lecture: Lecture) -> Lecture:
    lectures.run_transcode(lecture.jobs.get(state=JobState.QUEUED).pk)
    lecture.refresh_from_db()
    return lecture


def fetched(address: str, **headers: str) -> tuple[int, str, bytes]:
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=20) as answer:
        return answer.status, answer.headers["Content-Type"], answer.read()


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_lecture_lives_and_leaves_nothing(bucket, client, editor, upload):
    lecture = lectures.receive_lecture(
        by=editor, title="CT", upload=upload("small"), captions=ContentFile(SRT, name="a.srt")
    )
    assert bucket.names() == sorted([lecture.source_key, lecture.captions_key])
    prepared(lecture)
    assert (lecture.jobs.get().state, lecture.renditions.heights) == (JobState.DONE, [180])
    folder = lecture.renditions.folder
    names = [name for name in bucket.names() if name.startswith(folder)]
    loose = [name.removeprefix(f"{folder}/") for name in names if name.count("/") == folder.count("/") + 1]
    assert loose == ["lowest.mp4", "master.m3u8", "poster.jpg", "sprite.vtt"]
    assert lecture.renditions.total_bytes == sum(private_storage().size(name) for name in names)

    # The player: playlists and captions from the site, everything else from the storage, by an address of its own.
    at = addresses(lecture)
    base = at.master_url.removesuffix("master.m3u8")
    master = client.get(at.master_url)
    assert (master.status_code, master["Content-Type"]) == (200, "application/vnd.apple.mpegurl")
    rung = re.findall(r"^(\d+/i\.m3u8)$", body(master).decode(), re.MULTILINE)[0]
    playlist = body(client.get(base + rung)).decode()
    segment = f"{rung.partition('/')[0]}/{re.findall(r'^(s[0-9]+[.]m4s)$', playlist, re.MULTILINE)[0]}"
    for path, kind in ((segment, "video/mp4"), ("lowest.mp4", "video/mp4"), ("poster.jpg", "image/jpeg")):
        sent_on = client.get(base + path)
        assert (sent_on.status_code, sent_on.cookies) == (302, {})
        with private_storage().open(f"{folder}/{path}") as file:
            assert fetched(sent_on["Location"]) == (200, kind, file.read())
        # The browser may keep the redirect as long as the address that it leads to holds.
        seconds = re.fullmatch(r"private, max-age=(\d+), immutable", sent_on["Cache-Control"])[1]
        assert f"X-Amz-Expires={seconds}&" in sent_on["Location"]
    assert fetched(client.get(base + "lowest.mp4")["Location"], Range="bytes=4-7") == (206, "video/mp4", b"ftyp")
    captions = client.get(at.captions_url)
    assert (captions.status_code, captions["Content-Type"]) == (200, "text/vtt; charset=utf-8")
    assert body(captions).decode() == "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n开始\n"

    # Another recording: the old set is served until the new one is whole, then nothing of it is left.
    lectures.change_lecture(by=editor, lecture=lecture, title="CT", lecturer="", upload=upload("other"))
    assert [name for name in bucket.names() if name.startswith(folder)] == names
    prepared(lecture)
    kept = [lecture.source_key, lecture.captions_key]
    new = [name for name in bucket.names() if name.startswith(f"{lecture.renditions.folder}/")]
    assert (lecture.renditions.folder != folder, bucket.names()) == (True, sorted([*kept, *new]))

    lectures.delete_lecture(by=editor, lecture=lecture)
    assert (bucket.names(), Lecture.objects.count(), RenditionSet.objects.count()) == ([], 0, 0)


def test_failed_try_leaves_nothing_when_the_recording_is_replaced(bucket, editor, upload):
    """Killed between the last file and the row, three times: files of a set that no row knows."""
    lecture = lectures.receive_lecture(by=editor, title="CT", upload=upload("small"))
    made = prepared(lecture).renditions
    Lecture.objects.update(renditions=None)
    made.delete()
    TranscodeJob.objects.update(state=JobState.FAILED, error_code="worker_lost")
    lecture.refresh_from_db()
    lectures.change_lecture(by=editor, lecture=lecture, title="CT", lecturer="", upload=upload("other"))
    assert bucket.names() == [lecture.source_key]


def test_source_that_is_gone_is_named(bucket, editor, upload):
    lecture = lectures.receive_lecture(by=editor, title="CT", upload=upload("small"))
    private_storage().delete(lecture.source_key)
    prepared(lecture)
    assert lecture.jobs.get().error_code == TranscodeFailure.SOURCE_MISSING
    assert list(files.workspaces().glob("*")) == []


def test_storage_that_is_gone_fails_the_job_with_its_reason(bucket, editor, upload, settings, nowhere):
    """Tried again by itself as often as any job; then a person may, and it goes on."""
    lecture = lectures.receive_lecture(by=editor, title="CT", upload=upload("small"))
    job = lecture.jobs.get()
    settings.STORAGES = nowhere
    states = []
    for _ in range(3):
        lectures.run_transcode(job.pk)
        job.refresh_from_db()
        states.append((job.state, job.error_code))
    reason = TranscodeFailure.STORAGE_UNAVAILABLE
    assert states == [(JobState.QUEUED, reason), (JobState.QUEUED, reason), (JobState.FAILED, reason)]
    assert "Could not connect to the endpoint" in job.last_words
    assert list(files.workspaces().glob("*")) == []
    settings.STORAGES = bucket.storages
    lectures.retry_transcode(by=editor, lecture=lecture)
    prepared(lecture)
    assert lecture.jobs.get().state == JobState.DONE


@pytest.mark.parametrize("gone", ["server", "bucket"])
def test_upload_without_storage_says_so_beside_the_field(
    client, django_user_model, clips, object_service, settings, nowhere, gone, db
):
    chief = django_user_model.objects.create_superuser("chief", name="王主任", password="x")
    client.force_login(chief, backend="django.contrib.auth.backends.ModelBackend")
    settings.STORAGES = nowhere if gone == "server" else storages(object_service, "no-such-bucket")
    answer = client.post(
        reverse("wagtailsnippets_media_pipeline_lecture:add"),
        {"title": "CT", "recording": SimpleUploadedFile("a.mp4", clips("small").read_bytes(), "video/mp4")},
        headers={"X-Requested-With": "XMLHttpRequest", "Accept": "application/json", "Accept-Language": "en"},
    )
    expected = ["The file storage does not answer. Nothing was changed; please try again in a few minutes."]
    assert (answer.status_code, answer.json()["errors"]) == (422, {"recording": expected})
    assert (Lecture.objects.count(), AuditEvent.objects.filter(verb="lecture.received").count()) == (0, 0)


def test_player_without_storage_is_told_to_try_again(bucket, client, editor, upload, settings, nowhere):
    lecture = prepared(lectures.receive_lecture(by=editor, title="CT", upload=upload("small")))
    settings.STORAGES = nowhere
    answer = client.get(addresses(lecture).master_url, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")


def test_deletion_stands_when_the_storage_does_not_answer(bucket, editor, upload, settings, nowhere):
    lecture = lectures.receive_lecture(by=editor, title="CT", upload=upload("small"))
    settings.STORAGES = nowhere
    lectures.delete_lecture(by=editor, lecture=lecture)
    assert Lecture.objects.count() == 0


def test_refused_upload_says_why_and_leaves_nothing(bucket, editor, upload):
    lecture = lectures.receive_lecture(by=editor, title="CT", upload=upload("small"))
    with pytest.raises(lectures.LectureBusy):
        lectures.change_lecture(
            by=editor, lecture=lecture, title="MR", lecturer="", upload=upload("other"), captions=ContentFile(SRT)
        )
    assert bucket.names() == [lecture.jobs.get().lecture.source_key]
