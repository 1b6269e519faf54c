"""What becomes of originals: kept, moved to the cold storage, deleted; and lectures prepared anew from them."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from cms.shared.jobs import JobState
from cms.shared.storage import cold_storage, private_storage
from media_pipeline.enums import OriginalPolicy, SourcePlace, TranscodeFailure
from media_pipeline.models import Lecture, RenditionSet
from media_pipeline.selectors.originals import coming, outdated
from media_pipeline.services import files
from media_pipeline.services.lectures import (
    OriginalGone,
    change_lecture,
    delete_lecture,
    prepare_again,
    prepare_all_again,
    receive_lecture,
    retry_transcode,
    run_next_transcode,
)
from media_pipeline.services.originals import NoSuchRule, set_rule, sweep_originals
from organisations.models import AuditEvent
from tests.factories.media_pipeline import LectureFactory
from tests.factories.organisations import PersonFactory

NAME = "wagtailsnippets_media_pipeline_lecture"
NEVER = timedelta(days=36_500)


@pytest.fixture
def cold(settings, tmp_path):
    def folder(name):
        options = {"location": str(tmp_path / name), "base_url": None}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}

    settings.STORAGES = {**settings.STORAGES, "private": folder("hot"), "cold": folder("cold")}
    settings.LECTURE_ORIGINALS, settings.LECTURE_ORIGINAL_DAYS = "cold", 30
    return cold_storage()


def lecture_with(content: bytes = b"recording", **fields) -> Lecture:
    key = private_storage().save(files.source_key("a.mp4"), ContentFile(content))
    return LectureFactory(source_key=key, source_bytes=len(content), **fields)


def content(storage, lecture: Lecture) -> bytes:
    with storage.open(lecture.source_key) as file:
        return file.read()


def test_original_is_moved_when_its_days_are_over(db, cold):
    lecture, now = lecture_with(), timezone.now()
    assert (sweep_originals(now=now + timedelta(days=29)), private_storage().exists(lecture.source_key)) == (0, True)
    assert sweep_originals(now=now + timedelta(days=31)) == 1
    lecture.refresh_from_db()
    assert lecture.source_place == SourcePlace.COLD
    assert not private_storage().exists(lecture.source_key)
    assert content(cold, lecture) == b"recording"
    assert sweep_originals(now=now + NEVER) == 0
    assert AuditEvent.objects.filter(verb="lecture.original_moved").count() == 1
    # The cold copy goes with the lecture, and no sweep takes it for a file that nothing names.
    assert files.unnamed_files(now=now + NEVER) == []
    delete_lecture(by=None, lecture=lecture)
    assert not cold.exists(lecture.source_key)


def test_move_that_was_interrupted_is_done_again(db, cold):
    lecture = lecture_with()
    cold.save(lecture.source_key, ContentFile(b"half"))
    assert sweep_originals(now=timezone.now() + NEVER) == 1
    assert content(cold, lecture) == b"recording"


def test_copy_that_is_not_whole_moves_nothing(db, cold):
    lecture = lecture_with()
    Lecture.objects.update(source_bytes=999)
    assert sweep_originals(now=timezone.now() + NEVER) == 0
    lecture.refresh_from_db()
    assert (lecture.source_place, private_storage().exists(lecture.source_key)) == (SourcePlace.HERE, True)


def test_only_originals_of_good_sets_go(db, cold):
    served, unmade, replaced, busy = lecture_with(), lecture_with(duration_s=None), lecture_with(), lecture_with()
    Lecture.objects.filter(pk=replaced.pk).update(source_sha256="f" * 64)
    busy.jobs.create()
    assert [lecture for _at, lecture in coming()] == [served]
    assert sweep_originals(now=timezone.now() + NEVER) == 1
    assert unmade.pk


def test_lecture_has_a_rule_of_its_own(db, cold, settings):
    lecture, kept = lecture_with(), lecture_with()
    set_rule(by=None, lecture=kept, policy=OriginalPolicy.KEEP, days=None)
    set_rule(by=None, lecture=lecture, policy=OriginalPolicy.DELETE, days=2)
    assert sweep_originals(now=timezone.now() + timedelta(days=3)) == 1
    for found, place in ((lecture, SourcePlace.GONE), (kept, SourcePlace.HERE)):
        found.refresh_from_db()
        assert (found.source_place, private_storage().exists(found.source_key)) == (place, place == SourcePlace.HERE)
    for policy, days in (("x", 1), ("keep", -1), ("keep", 36_501)):
        with pytest.raises(NoSuchRule):
            set_rule(by=None, lecture=kept, policy=policy, days=days)
    settings.STORAGES = {name: one for name, one in settings.STORAGES.items() if name != "cold"}
    with pytest.raises(NoSuchRule):
        set_rule(by=None, lecture=kept, policy="cold", days=1)


def test_what_has_no_original_is_refused_before_anything_is_tried(db, cold):
    lecture = lecture_with(originals="delete", original_days=0)
    sweep_originals(now=timezone.now() + timedelta(days=1))
    lecture.refresh_from_db()
    for deed in (prepare_again, retry_transcode):
        with pytest.raises(OriginalGone):
            deed(by=None, lecture=lecture)
    with pytest.raises(OriginalGone):
        change_lecture(by=None, lecture=lecture, title="CT", lecturer="", picture_kind="camera")
    assert lecture.jobs.count() == 0
    assert prepare_all_again(by=None) == (0, 1)
    lecture.jobs.create()
    run_next_transcode()
    assert lecture.jobs.get().error_code == TranscodeFailure.SOURCE_DELETED


def test_lecture_is_prepared_anew_from_the_cold_storage(editor, cold, upload):
    lecture = receive_lecture(by=editor, title="CT", upload=upload("small"))
    run_next_transcode()
    RenditionSet.objects.update(profile="h264-1:auto", public_id=uuid.uuid4(), folder="lectures/00/old")
    sweep_originals(now=timezone.now() + NEVER)
    lecture.refresh_from_db()
    old = lecture.renditions
    assert list(outdated("h264-4")) == [lecture]
    assert prepare_all_again(by=editor) == (1, 0)
    # A second press while it waits queues nothing more.
    assert prepare_all_again(by=editor) == (0, 0)
    run_next_transcode()
    lecture.refresh_from_db()
    assert (lecture.renditions.pk != old.pk, lecture.source_place) == (True, SourcePlace.COLD)
    assert list(RenditionSet.objects.all()) == [lecture.renditions]
    # Another recording lies here again; the cold one is gone.
    key = lecture.source_key
    change_lecture(by=editor, lecture=lecture, title="CT", lecturer="", upload=upload("other"))
    assert (lecture.source_place, cold.exists(key)) == (SourcePlace.HERE, False)


def test_pages_say_what_happens_and_do_it(client, db, cold, django_assert_num_queries):
    client.force_login(
        PersonFactory(is_superuser=True, is_staff=True), backend="django.contrib.auth.backends.ModelBackend"
    )
    lecture = lecture_with()
    at = (timezone.localtime(lecture.renditions.created_at) + timedelta(days=30)).strftime("%Y-%m-%d")
    page = reverse(f"{NAME}:originals")
    assert client.get(page).content.decode().count(at) == 2
    assert client.get(reverse(f"{NAME}:inspect", args=[lecture.pk])).content.decode().count(at) == 1
    rule = reverse(f"{NAME}:original_rule", args=[lecture.pk])
    client.post(rule, {"policy": "delete", "days": "5"})
    lecture.refresh_from_db()
    assert (lecture.originals, lecture.original_days) == ("delete", 5)
    client.post(rule, {"policy": "delete", "days": "-5"})
    client.post(rule, {"policy": "", "days": ""})
    lecture.refresh_from_db()
    assert (lecture.originals, lecture.original_days) == ("", None)
    client.post(reverse(f"{NAME}:prepare", args=[lecture.pk]))
    assert [job.state for job in lecture.jobs.all()] == [JobState.QUEUED]
    lecture.jobs.all().delete()
    client.post(reverse(f"{NAME}:prepare_all"))
    assert lecture.jobs.count() == 1
    for count in (1, 3):
        while Lecture.objects.count() < count:
            lecture_with()
        client.get(page)
        with django_assert_num_queries(10):
            client.get(page)


def test_outsiders_change_nothing(client, db):
    lecture = LectureFactory()
    posts = [("original_rule", [lecture.pk]), ("prepare", [lecture.pk]), ("prepare_all", [])]
    for person in (None, PersonFactory(), PersonFactory(is_staff=True)):
        if person:
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        for name, arguments in posts:
            assert client.post(reverse(f"{NAME}:{name}", args=arguments), {"policy": "keep"}).status_code in {302, 403}
        assert client.get(reverse(f"{NAME}:originals")).status_code == 302
    lecture.refresh_from_db()
    assert (lecture.originals, lecture.jobs.count()) == ("", 0)
