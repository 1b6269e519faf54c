"""The page of all work on recordings."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from cms.shared.jobs import JobState
from media_pipeline.enums import TranscodeStage, UploadState
from media_pipeline.models import TranscodeJob, Upload, UploadCheck
from media_pipeline.selectors.jobs import JobFilter, jobs_of_all, lines
from tests.factories.media_pipeline import LectureFactory
from tests.factories.organisations import PersonFactory

QUERIES = 17
NAME = "wagtailsnippets_media_pipeline_lecture"


def url(name, *args):
    return reverse(f"{NAME}:{name}", args=args)


@pytest.fixture
def editor(db):
    person = PersonFactory(is_staff=True)
    group = Group.objects.create(name="lecturers")
    lectures = Permission.objects.filter(content_type__app_label="media_pipeline", content_type__model="lecture")
    group.permissions.add(Permission.objects.get(codename="access_admin"), *lectures)
    person.groups.add(group)
    return person


@pytest.fixture
def signed_in(client, editor):
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    return client


def job(by, title="CT", **fields):
    return TranscodeJob.objects.create(lecture=LectureFactory(title=title), requested_by=by, **fields)


def check(by, **fields):
    until = timezone.now() + timedelta(days=1)
    upload = Upload.objects.create(
        by=by, title="MR", file_name="a.mp4", size=9, file_key="x", expires_at=until, state=UploadState.CHECKING
    )
    return UploadCheck.objects.create(upload=upload, **fields)


def titles(person, **wanted):
    rows = list(jobs_of_all(person, JobFilter(**wanted)))
    return [line.title for line in lines(rows, person, is_operator=True)]


def test_own_work_comes_first_then_the_newest(editor):
    other, now = PersonFactory(), timezone.now()
    job(other, "new")
    job(other, "old", created_at=now - timedelta(days=3), state=JobState.DONE)
    job(editor, "mine", created_at=now - timedelta(days=9), state=JobState.FAILED)
    check(editor, created_at=now - timedelta(days=10))
    assert titles(editor) == ["mine", "MR", "new", "old"]
    assert titles(other) == ["new", "old", "mine", "MR"]
    assert titles(editor, state=JobState.DONE) == ["old"]
    assert titles(editor, editor=other.public_id) == ["new", "old"]
    assert (titles(editor, age="day"), titles(editor, age="week")) == (["new"], ["new", "old"])


def test_line_says_where_the_work_stands(editor):
    expected = timezone.now() + timedelta(minutes=12, seconds=30)
    running = job(
        editor, state=JobState.RUNNING, stage=TranscodeStage.ENCODING, progress=40, attempt=2, expected_at=expected
    )
    first, second = job(editor, media_left_s=5), job(editor, media_left_s=9)
    failed = job(editor, state=JobState.FAILED, error_code="stalled", last_words="return code 1")
    again = TranscodeJob.objects.create(lecture=failed.lecture, state=JobState.CANCELLED)
    rows = list(jobs_of_all(editor, JobFilter()))
    with override("en"):
        said = {line.key: line for line in lines(rows, editor, is_operator=True)}

    def of(found):
        line = said[f"transcode-{found.pk}"]
        return line.label, line.percent, line.left, line.can_retry, line.can_cancel, line.last_words

    assert of(running) == ("Preparing the video", 40, "about 12 minutes left", False, True, "")
    assert of(first) == ("Waiting", None, "", False, True, "")
    assert of(second) == ("Waiting, 1 before it", None, "", False, True, "")
    # Only the lecture's last work can be tried again.
    assert of(failed) == ("Failed", None, "", False, False, "return code 1")
    assert of(again)[3:5] == (True, False)
    assert "stopped moving" in said[f"transcode-{failed.pk}"].reason


def test_editor_stops_and_tries_again_from_the_page(signed_in, editor):
    found = job(PersonFactory(), "第 <1> 讲")
    page = signed_in.get(url("jobs"), {"state": "queued", "nonsense": "%"}).content.decode()
    assert (page.count("第 &lt;1&gt; 讲</a>"), page.count(url("inspect", found.lecture_id))) == (1, 1)
    said = {"next": "jobs", "query": "state=queued&p=1"}
    answer = signed_in.post(url("cancel", found.lecture_id), said)
    assert answer["Location"] == f"{url('jobs')}?state=queued&p=1"
    assert TranscodeJob.objects.get().state == JobState.CANCELLED
    signed_in.post(url("retry", found.lecture_id), {"next": "jobs", "query": "//evil.example"})
    assert TranscodeJob.objects.get().state == JobState.QUEUED
    elsewhere = signed_in.post(url("cancel", found.lecture_id), {"next": "//evil.example"})
    assert elsewhere["Location"] == url("inspect", found.lecture_id)


def test_states_follow_the_work(signed_in, editor):
    found, taken = job(editor, state=JobState.RUNNING, stage=TranscodeStage.SOUND, progress=3), check(editor)
    keys = {"key": [f"transcode-{found.pk}", f"check-{taken.pk}", "x-1", "transcode-x", "transcode-999"]}
    told = signed_in.get(url("job_states"), keys).json()["jobs"]
    assert [(row["key"], row["percent"], row["is_over"]) for row in told] == [
        (f"check-{taken.pk}", None, False),
        (f"transcode-{found.pk}", 3, False),
    ]


def test_last_words_are_for_operators(client, editor):
    job(editor, state=JobState.FAILED, error_code="internal_error", last_words="Traceback at /srv")
    for person, count in ((editor, 0), (PersonFactory(is_staff=True, is_superuser=True), 1)):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        assert client.get(url("jobs")).content.decode().count("Traceback at /srv") == count


def test_page_without_work_says_what_to_do(signed_in):
    page = signed_in.get(url("jobs")).content.decode()
    assert (page.count("data-jobs="), page.count("data-empty")) == (0, 1)


def test_long_list_is_cut_into_pages(signed_in, editor):
    for _number in range(26):
        job(editor)
    counts = [signed_in.get(url("jobs"), {"p": p}).content.decode().count('class="job"') for p in ("1", "2", "x")]
    assert counts == [25, 1, 25]


def test_page_takes_a_constant_number_of_queries(signed_in, editor, django_assert_num_queries):
    signed_in.get(url("jobs"))
    for count in (1, 3):
        while TranscodeJob.objects.count() < count:
            job(PersonFactory())
            check(PersonFactory())
        with django_assert_num_queries(QUERIES):
            assert signed_in.get(url("jobs")).content.decode().count('class="job"') == 2 * count


@pytest.mark.parametrize("name", ["jobs", "job_states"])
def test_outsiders_see_no_work(client, db, name):
    assert client.get(url(name)).status_code == 302
    desk = PersonFactory(is_staff=True)
    group = Group.objects.create(name="desk")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    desk.groups.add(group)
    for person in (PersonFactory(), desk):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.get(url(name))
        assert answer.status_code == 302 and answer["Location"].startswith("/admin/")
