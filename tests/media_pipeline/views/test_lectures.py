import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from wagtail.models import Page, ReferenceIndex

from cms.shared.jobs import JobState
from cms.shared.storage import private_storage
from media_pipeline.enums import TranscodeFailure
from media_pipeline.models import Lecture, TranscodeJob, WatchedTime
from media_pipeline.services.lectures import run_transcode
from organisations.models import AuditEvent
from tests.factories.organisations import PersonFactory

LIST_QUERIES = 11
STATES_QUERIES = 7
NAME = "wagtailsnippets_media_pipeline_lecture"
SRT = "1\n00:00:00,000 --> 00:00:01,000\n开始\n".encode()


def url(name, *args):
    return reverse(f"{NAME}:{name}", args=args)


@pytest.fixture
def staff(client, db):
    """Somebody who may do everything with lectures and nothing else."""
    person = PersonFactory(is_staff=True)
    group = Group.objects.create(name="lecturers")
    group.permissions.add(
        Permission.objects.get(codename="access_admin"),
        *Permission.objects.filter(content_type__app_label="media_pipeline", content_type__model="lecture"),
    )
    person.groups.add(group)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return person


def sent(clips, name="small", **more):
    recording = SimpleUploadedFile("录像 1.mp4", clips(name).read_bytes(), "video/mp4")
    return {"title": "CT 检查技术", "lecturer": "王老师", "recording": recording, **more}


def post_by_script(client, address, data):
    return client.post(address, data, headers={"X-Requested-With": "XMLHttpRequest", "Accept": "application/json"})


@pytest.fixture
def lecture(client, staff, clips):
    client.post(url("add"), sent(clips))
    return Lecture.objects.get()


def test_editor_uploads_watches_the_progress_and_the_video(client, staff, clips):
    answer = post_by_script(client, url("add"), sent(clips, captions=SimpleUploadedFile("a.srt", SRT)))
    lecture = Lecture.objects.get()
    assert (answer.status_code, answer.json()) == (200, {"location": url("inspect", lecture.pk)})
    assert (lecture.title, lecture.lecturer, lecture.source_name) == ("CT 检查技术", "王老师", "录像 1.mp4")
    assert lecture.uploaded_by == staff
    assert AuditEvent.objects.get(verb="lecture.received").target_id == str(lecture.public_id)

    waiting = client.get(url("states"), {"pk": lecture.pk}).json()["states"]
    assert [(row["state"], row["percent"], row["is_over"], row["length"]) for row in waiting] == [
        ("queued", None, False, "–")
    ]
    assert f'<span data-lecture-length="{lecture.pk}">–</span>' in client.get(url("list")).content.decode()
    run_transcode(lecture.jobs.get().pk)
    done = client.get(url("states"), {"pk": lecture.pk}).json()["states"]
    assert [(row["state"], row["percent"], row["is_over"], row["length"]) for row in done] == [
        ("done", None, True, "0:03")
    ]
    assert f'<span data-lecture-length="{lecture.pk}">0:03</span>' in client.get(url("list")).content.decode()

    page = client.get(url("inspect", lecture.pk)).content.decode()
    for pattern, kind in (('<source src="([^"]+)"', "video/mp4"), ('<track kind="captions" src="([^"]+)"', "text/vtt")):
        response = client.get(re.search(pattern, page)[1])
        assert (response.status_code, response["Content-Type"].split(";")[0]) == (200, kind)
        assert b"".join(response.streaming_content)


def test_upload_works_as_a_plain_form(client, staff, clips):
    response = client.post(url("add"), sent(clips))
    assert response.status_code == 302
    assert response["Location"] == url("inspect", Lecture.objects.get().pk)


@pytest.mark.parametrize(
    ("field", "file"),
    [
        ("recording", SimpleUploadedFile("a.mp4", b"")),
        ("captions", SimpleUploadedFile("a.srt", b"nothing here")),
    ],
)
def test_useless_file_is_named_beside_its_field(client, staff, clips, field, file):
    answer = post_by_script(client, url("add"), sent(clips, **{field: file}))
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert client.post(url("add"), sent(clips, **{field: file})).status_code == 200
    assert Lecture.objects.count() == 0


def test_failure_says_why_and_offers_another_try(client, staff, clips):
    client.post(url("add"), sent(clips, "text"))
    lecture = Lecture.objects.get()
    run_transcode(lecture.jobs.get().pk)
    page = client.get(url("inspect", lecture.pk)).content.decode()
    assert str(TranscodeFailure.NOT_A_VIDEO.label) in page
    assert client.post(url("retry", lecture.pk)).status_code == 302
    assert [job.state for job in lecture.jobs.all()] == [JobState.QUEUED]
    assert AuditEvent.objects.filter(verb="lecture.transcode_retried").count() == 1
    # A second press while it waits queues nothing more.
    client.post(url("retry", lecture.pk))
    assert TranscodeJob.objects.count() == 1


def test_editor_sees_what_a_broken_recording_holds_and_uses_it(client, staff, clips):
    client.post(url("add"), sent(clips, "truncated"))
    lecture = Lecture.objects.get()
    run_transcode(lecture.jobs.get().pk)
    page = client.get(url("inspect", lecture.pk)).content.decode()
    assert "文件标明时长 0:05，其中可读取 0:02。" in " ".join(page.split())
    assert (page.count(url("use", lecture.pk)), page.count(url("retry", lecture.pk))) == (1, 0)
    assert client.post(url("use", lecture.pk)).status_code == 302
    lecture.refresh_from_db()
    assert lecture.renditions.is_accepted
    event = AuditEvent.objects.get(verb="lecture.accepted")
    assert (event.after["condition"], event.after["announced_s"]) == ("incomplete", 5.0)
    page = client.get(url("inspect", lecture.pk)).content.decode()
    assert page.count(url("use", lecture.pk)) == 0
    # A second press finds nothing to decide.
    client.post(url("use", lecture.pk))
    assert AuditEvent.objects.filter(verb="lecture.accepted").count() == 1


def test_picture_is_chosen_in_the_form(client, staff, clips):
    client.post(url("add"), sent(clips, "small", picture_kind="console"))
    lecture = Lecture.objects.get()
    assert lecture.picture_kind == "console"
    lecture.jobs.update(state=JobState.DONE)
    assert client.post(url("edit", lecture.pk), {"title": "CT", "lecturer": ""}).status_code == 302
    assert (Lecture.objects.get().picture_kind, lecture.jobs.count()) == ("console", 1)
    client.post(url("edit", lecture.pk), {"title": "CT", "lecturer": "", "picture_kind": "camera"})
    assert (Lecture.objects.get().picture_kind, lecture.jobs.count()) == ("camera", 2)
    nonsense = {"title": "CT", "lecturer": "", "picture_kind": "x"}
    assert client.post(url("edit", lecture.pk), nonsense).status_code == 200


def test_new_recording_waits_for_the_one_being_prepared(client, lecture, clips):
    answer = post_by_script(client, url("edit", lecture.pk), sent(clips, "other"))
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["recording"])
    lecture.jobs.update(state=JobState.FAILED)
    answer = post_by_script(client, url("edit", lecture.pk), sent(clips, "other", title="MR"))
    assert (answer.status_code, Lecture.objects.get().title) == (200, "MR")
    assert [job.state for job in lecture.jobs.order_by("pk")] == [JobState.FAILED, JobState.QUEUED]


def test_captions_can_be_added_and_removed(client, lecture):
    said = {"title": "CT", "lecturer": ""}
    client.post(url("edit", lecture.pk), {**said, "captions": SimpleUploadedFile("a.srt", SRT)})
    key = Lecture.objects.get().captions_key
    assert private_storage().exists(key)
    client.post(url("edit", lecture.pk), {**said, "drop_captions": "on"})
    assert Lecture.objects.get().captions_key == ""
    assert not private_storage().exists(key)


def test_deleting_takes_the_files_along(client, lecture):
    run_transcode(lecture.jobs.get().pk)
    lecture.refresh_from_db()
    folder, source = lecture.renditions.folder, lecture.source_key
    assert client.post(url("delete", lecture.pk)).status_code == 302
    assert Lecture.objects.count() == 0
    assert not private_storage().exists(folder) and not private_storage().exists(source)


def test_lecture_that_was_watched_stays(client, lecture, staff):
    WatchedTime.objects.create(person=staff, lecture=lecture)
    response = client.post(url("delete", lecture.pk), follow=True)
    assert response.redirect_chain == [(url("inspect", lecture.pk), 302)]
    assert Lecture.objects.get() == lecture
    assert private_storage().exists(lecture.source_key)


def test_lecture_that_a_page_shows_stays(client, lecture):
    page = Page.objects.first()
    ReferenceIndex.objects.create(
        base_content_type=ReferenceIndex._get_base_content_type(page),
        content_type=ReferenceIndex._get_base_content_type(page),
        object_id=str(page.pk),
        to_content_type=ReferenceIndex._get_base_content_type(lecture),
        to_object_id=str(lecture.pk),
        model_path="body",
        content_path="body",
        content_path_hash=ReferenceIndex._get_content_path_hash("body"),
    )
    client.post(url("delete", lecture.pk))
    assert Lecture.objects.get() == lecture


def test_lectures_are_not_deleted_in_bulk(client, lecture):
    address = reverse("wagtail_bulk_action", args=["media_pipeline", "lecture", "delete"])
    client.post(f"{address}?id={lecture.pk}")
    assert Lecture.objects.get() == lecture


@pytest.mark.parametrize("count", [1, 3])
def test_list_and_states_take_a_constant_number_of_queries(client, staff, count, django_assert_num_queries):
    for number in range(count):
        lecture = Lecture.objects.create(title=f"第 {number} 讲", uploaded_by=staff)
        TranscodeJob.objects.create(lecture=lecture)
    client.get(url("list"))
    with django_assert_num_queries(LIST_QUERIES):
        assert client.get(url("list")).content.decode().count('class="lecture-state"') == count
    with django_assert_num_queries(STATES_QUERIES):
        answer = client.get(url("states"), {"pk": list(Lecture.objects.values_list("pk", flat=True))})
    assert len(answer.json()["states"]) == count


def test_states_are_sent_again_only_when_they_changed(client, lecture):
    first = client.get(url("states"), {"pk": lecture.pk})
    again = client.get(url("states"), {"pk": lecture.pk}, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["list", "add", "states", "edit", "inspect", "delete", "retry"])
@pytest.mark.parametrize("who", ["learner", "staff without the permission", "nobody"])
def test_outsiders_reach_no_page(client, lecture, name, who):
    client.logout()
    if who != "nobody":
        person = PersonFactory(is_staff=who != "learner")
        if person.is_staff:
            group = Group.objects.create(name="desk")
            group.permissions.add(Permission.objects.get(codename="access_admin"))
            person.groups.add(group)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    arguments = [lecture.pk] if name in {"edit", "inspect", "delete", "retry"} else []
    response = client.post(url(name, *arguments)) if name in {"delete", "retry"} else client.get(url(name, *arguments))
    assert response.status_code in {302, 403}
    assert response.status_code == 403 or response["Location"].startswith(("/admin/login/", "/admin/"))
    assert Lecture.objects.get() == lecture


def test_chooser_of_lesson_blocks_finds_lectures(client, lecture):
    address = reverse("wagtailsnippetchoosers_media_pipeline_lecture:choose")
    assert "CT 检查技术" in client.get(address).json()["html"]
    chosen = client.get(reverse("wagtailsnippetchoosers_media_pipeline_lecture:chosen", args=[lecture.pk])).json()
    assert chosen["result"]["string"] == "CT 检查技术"
