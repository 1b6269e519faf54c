"""From the last byte to the lecture: checked by a worker, known recordings asked about, replacements."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from cms.shared.jobs import JobState, LostLease
from cms.shared.storage import private_storage
from media_pipeline.enums import CheckFailure, UploadState
from media_pipeline.models import Lecture, TranscodeJob, Upload, UploadCheck
from media_pipeline.services import arrivals, files, histories, lectures, uploads
from media_pipeline.tasks import check_upload, sweep_uploads
from organisations.models import AuditEvent
from tests.factories.media_pipeline import LectureFactory
from tests.factories.organisations import PersonFactory

BYTES = b"recording " * 3000
DIGEST = hashlib.sha256(BYTES).hexdigest()
NAME = "wagtailsnippets_media_pipeline_lecture"


def checked(upload: Upload) -> Upload:
    check_upload(UploadCheck.objects.get(upload=upload).pk)
    upload.refresh_from_db()
    return upload


def deed(tus, upload, do, **more):
    path = reverse(f"{NAME}:upload", args=[upload.public_id])
    return tus.client.post(path, {"do": do, **more}, headers={"Accept": "application/json"})


def test_arrived_file_becomes_a_lecture_where_it_lies(tus, editor, unit):
    upload = checked(tus.whole(BYTES, title="CT 检查技术", lecturer="王老师"))
    lecture = Lecture.objects.get()
    assert (lecture.title, lecture.lecturer, lecture.uploaded_by, lecture.unit) == (
        "CT 检查技术",
        "王老师",
        editor,
        unit,
    )
    assert (lecture.source_sha256, lecture.source_bytes, lecture.source_name) == (DIGEST, len(BYTES), "CT_检查.mp4")
    # The same file, not a copy of gigabytes.
    assert lecture.source_key == upload.file_key
    assert (upload.state, upload.lecture, upload.sha256) == (UploadState.DONE, lecture, DIGEST)
    assert [job.state for job in TranscodeJob.objects.all()] == [JobState.QUEUED]
    assert AuditEvent.objects.get(verb="lecture.received").actor_id_copy == editor.pk
    # Taking the line off the list leaves the lecture alone; a second check does nothing.
    UploadCheck.objects.update(state=JobState.QUEUED)
    check_upload(UploadCheck.objects.get().pk)
    assert deed(tus, upload, "discard").status_code == 200
    assert (Lecture.objects.count(), private_storage().exists(lecture.source_key)) == (1, True)


def test_recording_that_is_here_already_is_asked_about(tus):
    known = checked(tus.whole(BYTES)).lecture
    upload = checked(tus.whole(BYTES, name="again.mp4", title="另一讲"))
    assert (upload.state, upload.same_as, Lecture.objects.count()) == (UploadState.KNOWN, known, 1)
    answer = deed(tus, upload, "existing").json()
    assert answer == {"location": reverse(f"{NAME}:inspect", args=[known.pk]), "upload": None}
    assert (private_storage().exists(upload.file_key), private_storage().exists(known.source_key)) == (False, True)


def test_one_more_lecture_can_be_made_of_a_known_recording(tus):
    checked(tus.whole(BYTES))
    upload = checked(tus.whole(BYTES, name="again.mp4", title="另一讲"))
    answer = deed(tus, upload, "another").json()
    made = Lecture.objects.get(title="另一讲")
    assert answer["location"] == reverse(f"{NAME}:inspect", args=[made.pk])
    assert (made.source_sha256, made.source_key, made.jobs.count()) == (DIGEST, upload.file_key, 1)
    assert deed(tus, upload, "another").status_code == 409


def test_recording_of_a_lecture_is_replaced(tus):
    lecture = checked(tus.whole(BYTES, title="CT", lecturer="王老师")).lecture
    old = lecture.source_key
    TranscodeJob.objects.update(state=JobState.DONE)
    upload = checked(tus.whole(BYTES + b"!", name="better.mov", lecture=str(lecture.pk)))
    lecture.refresh_from_db()
    assert (lecture.title, lecture.lecturer, lecture.source_name) == ("CT", "王老师", "better.mov")
    assert (lecture.source_key, lecture.source_bytes) == (upload.file_key, len(BYTES) + 1)
    assert (private_storage().exists(old), Lecture.objects.count()) == (False, 1)
    assert sorted(job.state for job in lecture.jobs.all()) == [JobState.DONE, JobState.QUEUED]
    assert (upload.state, upload.lecture) == (UploadState.DONE, lecture)


def test_same_recording_does_not_replace_itself(tus):
    lecture = checked(tus.whole(BYTES)).lecture
    TranscodeJob.objects.update(state=JobState.DONE)
    upload = checked(tus.whole(BYTES, lecture=str(lecture.pk)))
    assert (upload.state, upload.same_as, TranscodeJob.objects.count()) == (UploadState.KNOWN, lecture, 1)
    assert deed(tus, upload, "another").status_code == 409
    assert deed(tus, upload, "existing").status_code == 200


def test_replacement_waits_for_what_is_being_prepared(tus):
    lecture = checked(tus.whole(BYTES)).lecture
    assert tus.begin(9, lecture=str(lecture.pk)).json()["code"] == "lecture_busy"
    TranscodeJob.objects.update(state=JobState.DONE)
    upload = tus.whole(BYTES + b"!", lecture=str(lecture.pk))
    TranscodeJob.objects.update(state=JobState.RUNNING)
    checked(upload)
    job = UploadCheck.objects.get(upload=upload)
    assert (upload.state, job.state, job.error_code) == (UploadState.CHECKING, JobState.FAILED, "lecture_busy")
    line = tus.client.get(reverse(f"{NAME}:upload_states")).json()["uploads"][0]
    assert (line["reason"], line["can_retry"]) == (str(CheckFailure.LECTURE_BUSY.label), True)
    TranscodeJob.objects.update(state=JobState.DONE)
    assert deed(tus, upload, "retry").status_code == 200
    assert checked(upload).state == UploadState.DONE


def test_replacement_of_a_deleted_lecture_says_so(tus, editor):
    lecture = LectureFactory(duration_s=None)
    upload = tus.whole(BYTES, lecture=str(lecture.pk))
    lecture.delete()
    checked(upload)
    assert UploadCheck.objects.get().error_code == CheckFailure.LECTURE_GONE
    assert deed(tus, upload, "discard").status_code == 200
    assert not private_storage().exists(upload.file_key)


@pytest.mark.parametrize("kind", ["gone", "shorter"])
def test_file_that_is_not_whole_is_not_taken_over(tus, kind):
    upload = tus.whole(BYTES)
    path = Path(private_storage().path(upload.file_key))
    if kind == "gone":
        path.unlink()
    else:
        path.write_bytes(BYTES[:-1])
    checked(upload)
    job = UploadCheck.objects.get()
    assert (job.state, job.error_code, Lecture.objects.count()) == (JobState.FAILED, "source_missing", 0)


def test_title_follows_until_the_lecture_is_made(tus):
    upload = tus.whole(BYTES)
    assert deed(tus, upload, "describe", title=" 新题 ", lecturer="李老师").json()["upload"]["title"] == "新题"
    assert deed(tus, upload, "describe", title="", lecturer="李老师").json()["upload"]["title"] == "新题"
    lecture = checked(upload).lecture
    assert (lecture.title, lecture.lecturer) == ("新题", "李老师")
    assert deed(tus, upload, "describe", title="late").json()["code"] == "upload_over"
    assert deed(tus, upload, "nonsense").status_code == 400


def test_deeds_work_as_plain_forms(tus):
    checked(tus.whole(BYTES))
    upload = checked(tus.whole(BYTES))
    path = reverse(f"{NAME}:upload", args=[upload.public_id])
    answer = tus.client.post(path, {"do": "another"})
    assert (answer.status_code, answer["Location"]) == (
        302,
        reverse(f"{NAME}:inspect", args=[Lecture.objects.latest("pk").pk]),
    )
    answer = tus.client.post(path, {"do": "another"})
    assert (answer.status_code, answer["Location"]) == (302, reverse(f"{NAME}:add"))


def test_states_are_told_of_those_named(tus):
    first, second = tus.whole(BYTES), tus.whole(BYTES + b"2")
    address = reverse(f"{NAME}:upload_states")
    told = tus.client.get(address, {"id": first.public_id}).json()["uploads"]
    assert [(line["id"], line["state"]) for line in told] == [(str(first.public_id), "checking")]
    assert [line["id"] for line in tus.client.get(address).json()["uploads"]] == [
        str(second.public_id),
        str(first.public_id),
    ]
    assert tus.client.get(address, {"id": "x"}, headers={"Accept": "application/json"}).status_code == 400


def test_sweep_keeps_files_of_uploads_and_removes_the_forgotten(tus, settings):
    import os

    path = tus.begin(len(BYTES))["Location"]
    tus.part(path, 0, BYTES[:5000])
    upload = Upload.objects.get()
    file = Path(private_storage().path(upload.file_key))
    os.utime(file, (1, 1))
    assert (sweep_uploads(), file.exists()) == (0, True)
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    # Somebody is sending just now.
    Upload.objects.update(lease=upload.public_id, leased_until=timezone.now() + timedelta(seconds=60))
    assert sweep_uploads() == 0
    Upload.objects.update(lease=None, leased_until=None)
    assert (sweep_uploads(), file.exists()) == (1, False)
    assert tus.client.get(reverse(f"{NAME}:upload_states")).json()["uploads"][0]["state"] == "expired"


def test_known_recording_that_nobody_decides_about_goes(tus):
    kept = checked(tus.whole(BYTES)).lecture
    upload = checked(tus.whole(BYTES))
    assert uploads.forget_uploads(now=timezone.now() + timedelta(days=8)) == 1
    assert (private_storage().exists(upload.file_key), private_storage().exists(kept.source_key)) == (False, True)


def test_lecture_that_was_made_cannot_lose_its_file_to_a_late_cancel(tus, editor):
    """Cancelled while the worker is at it: the worker finds nothing, or the canceller finds a lecture."""
    upload = tus.whole(BYTES)
    job = UploadCheck.claim(UploadCheck.objects.get().pk)
    deed(tus, upload, "discard")
    with pytest.raises(LostLease):
        arrivals._check(job, upload)
    assert (Lecture.objects.count(), private_storage().exists(upload.file_key)) == (0, False)


@pytest.fixture
def in_parts(bucket, settings):
    """An object storage, and the smallest parts that it takes."""
    settings.LECTURE_UPLOAD_PART_BYTES = 5 * 1024**2
    return bucket


def test_parts_go_to_the_storage_as_they_come_and_are_joined_by_the_worker(in_parts, tus):
    part = 5 * 1024**2
    content = b"".join(bytes([number]) * part for number in range(3)) + b"end"
    path = tus.begin(len(content))["Location"]
    assert tus.part(path, 0, content[:part]).status_code == 204
    assert tus.part(path, part, content[part : part + 100]).json()["code"] == "part_too_small"
    # A damaged part and one that broke off do not count.
    wrong = tus.part(path, part, content[part : 2 * part], Upload_Checksum="sha256 AAAA")
    assert (wrong.status_code, tus.offset(path)) == (460, part)
    assert tus.part(path, part, content[part:]).status_code == 204
    upload = Upload.objects.get()
    assert (upload.state, len(upload.parts), in_parts.names()) == (UploadState.CHECKING, 4, [])
    lecture = checked(upload).lecture
    assert in_parts.names() == [lecture.source_key]
    assert lecture.source_sha256 == hashlib.sha256(content).hexdigest()
    with private_storage().open(lecture.source_key) as file:
        assert file.read() == content


def test_join_that_was_done_before_is_not_done_again(in_parts, tus):
    upload = tus.whole(BYTES)
    storage = private_storage()
    storage.join_parts(upload.file_key, upload.multipart_id, upload.parts)
    assert checked(upload).state == UploadState.DONE


def test_part_that_another_request_wrote_over_is_noticed(in_parts, tus):
    upload = tus.whole(BYTES)
    private_storage().put_part(upload.file_key, upload.multipart_id, 1, b"other")
    checked(upload)
    assert UploadCheck.objects.get().error_code == CheckFailure.SOURCE_MISSING


def test_discarded_and_forgotten_parts_are_dropped(in_parts, tus, editor):
    path = tus.begin(len(BYTES) * 400)["Location"]
    tus.part(path, 0, b"x" * 5 * 1024**2)
    storage, upload = private_storage(), Upload.objects.get()
    assert [found[1] for found in storage.unfinished_parts(files.SOURCES)] == [upload.multipart_id]
    orphan = storage.begin_parts(files.source_key("a.mp4"))
    assert uploads.forget_uploads(now=timezone.now() + timedelta(days=2)) == 0
    assert [found[1] for found in storage.unfinished_parts(files.SOURCES)] == [upload.multipart_id]
    assert orphan != upload.multipart_id
    tus.send("DELETE", path)
    assert list(storage.unfinished_parts(files.SOURCES)) == []
    storage.drop_parts(upload.file_key, upload.multipart_id)


def test_storage_that_does_not_answer_is_tried_again(bucket, tus, settings):
    from tests.object_storage import storages
    from tests.services import free_port

    upload = tus.whole(BYTES)
    settings.STORAGES = storages(f"http://127.0.0.1:{free_port()}", "none")
    checked(upload)
    job = UploadCheck.objects.get()
    assert (job.state, job.error_code, job.attempt) == (JobState.QUEUED, "storage_unavailable", 1)
    settings.STORAGES = bucket.storages
    assert checked(upload).state == UploadState.DONE


def test_lecture_is_deleted_although_uploads_name_it(tus, editor):
    lecture = checked(tus.whole(BYTES)).lecture
    TranscodeJob.objects.update(state=JobState.DONE)
    checked(tus.whole(BYTES))
    tus.begin(9, lecture=str(lecture.pk))
    lectures.delete_lecture(by=editor, lecture=lecture)
    found = Upload.objects.order_by("pk").values_list("state", "lecture", "same_as")
    assert list(found) == [
        (UploadState.DONE, None, None),
        (UploadState.KNOWN, None, None),
        (UploadState.RECEIVING, None, None),
    ]
    # Its bytes are nobody's copy any more: a lecture can still be made of them.
    upload = Upload.objects.get(state=UploadState.KNOWN)
    assert deed(tus, upload, "another").status_code == 200


def test_erased_person_leaves_no_upload(tus, editor, django_capture_on_commit_callbacks):
    lecture = checked(tus.whole(BYTES)).lecture
    path = tus.begin(len(BYTES))["Location"]
    tus.part(path, 0, BYTES[:100])
    key = Upload.objects.get(state=UploadState.RECEIVING).file_key
    with django_capture_on_commit_callbacks(execute=True):
        histories.erase(editor)
    assert (Upload.objects.count(), private_storage().exists(key)) == (0, False)
    assert private_storage().exists(lecture.source_key)


def test_merged_accounts_share_their_uploads(tus, editor):
    tus.begin(9)
    kept = PersonFactory()
    histories.move(kept, editor)
    assert [upload.by for upload in Upload.objects.all()] == [kept]
