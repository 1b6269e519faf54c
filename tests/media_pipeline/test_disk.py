"""What recordings take on the disk: sums that are the files', and what nothing names."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from cms.shared.jobs import JobState
from cms.shared.storage import local_path, private_storage
from courses.selectors.showing import lectures_by_course
from media_pipeline.enums import Condition, UploadState
from media_pipeline.models import Lecture, RenditionSet, Upload
from media_pipeline.selectors import disk
from media_pipeline.services import files, sweeping
from media_pipeline.services.lectures import receive_lecture, run_transcode
from organisations.scopes import Scope
from tests.factories.courses import CoursePageFactory, LessonPageFactory
from tests.factories.media_pipeline import LectureFactory, RenditionSetFactory
from tests.factories.organisations import NodeFactory, PersonFactory

DISK = "wagtailsnippets_media_pipeline_lecture:disk"
LATER = timedelta(days=1, minutes=5)


@pytest.fixture
def root(settings, tmp_path):
    options = {"location": str(tmp_path), "base_url": None}
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    return tmp_path


def bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def upload_of(person, unit, *, size: int, offset: int) -> Upload:
    key = files.source_key("a.mp4")
    private_storage().save(key, ContentFile(b"x" * offset))
    return Upload.objects.create(
        by=person, unit=unit, title="CT", file_name="a.mp4", size=size, offset=offset, file_key=key,
        expires_at=timezone.now(), state=UploadState.RECEIVING,
    )  # fmt: skip


def test_sums_are_those_of_the_files(root, editor, upload):
    unit, other = NodeFactory(name="甲院"), NodeFactory(name="乙院")
    for place in (unit, other, None):
        lecture = receive_lecture(by=editor, title=f"CT {place}", upload=upload("small"), unit=place)
        run_transcode(lecture.jobs.get().pk)
    upload_of(editor, unit, size=9000, offset=4000)
    upload_of(editor, None, size=300, offset=300)
    whole = disk.whole(None)
    assert whole.total == bytes_below(root)
    assert whole.originals + whole.uploads == bytes_below(root / files.SOURCES)
    assert whole.renditions == bytes_below(root / files.RENDITIONS)
    units = disk.by_unit(None)
    assert sum(use.total for use in units) == whole.total
    assert {use.name: (use.count, use.uploads) for use in units} == {"甲院": (1, 4000), "乙院": (1, 0), "": (1, 300)}
    listed = disk.of_lectures(list(disk.lectures_by_size(None)))
    assert sum(use.total for use in listed) == whole.originals + whole.renditions
    within = disk.whole(Scope(frozenset({unit.path})))
    assert (within.total, within.count) == (next(use for use in units if use.name == "甲院").total, 1)
    assert disk.free_bytes() > 0


def test_courses_share_what_they_show(db):
    one, two = CoursePageFactory(title="一"), CoursePageFactory(title="二")
    both, single, none = (LectureFactory(source_bytes=size) for size in (100, 10, 1))
    RenditionSet.objects.update(total_bytes=5)
    for course, lecture in ((one, both), (two, both), (two, single)):
        LessonPageFactory(course=course, lecture=lecture)
    assert dict(lectures_by_course()) == {"一": {both.pk}, "二": {both.pk, single.pk}}
    found = [(use.name, use.count, use.originals, use.renditions) for use in disk.by_course(None)]
    assert found == [("二", 2, 110, 10), ("一", 1, 100, 5), ("", 1, 1, 5)]
    assert none.pk


@pytest.mark.parametrize("by", ["lecture", "course", "unit"])
def test_page_takes_a_constant_number_of_queries(client, db, by, django_assert_max_num_queries):
    chief = PersonFactory(is_superuser=True, is_staff=True)
    client.force_login(chief, backend="django.contrib.auth.backends.ModelBackend")
    client.get(reverse(DISK))
    counts = []
    for _round in (1, 2):
        for _number in range(2 * len(counts) + 1):
            LectureFactory(unit=NodeFactory(), source_bytes=5)
        with django_assert_max_num_queries(30) as asked:
            page = client.get(reverse(DISK), {"by": by}).content.decode()
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert page.count("job--use") == (1 if by == "course" else 4)


def test_page_is_for_those_who_keep_units(client, db):
    assert client.get(reverse(DISK)).status_code == 302
    client.force_login(PersonFactory(is_staff=True), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse(DISK)).status_code == 302


def test_sweep_finds_and_removes_only_what_nothing_names(root, editor, upload):
    lecture = receive_lecture(by=editor, title="CT", upload=upload("small"))
    run_transcode(lecture.jobs.get().pk)
    lecture.refresh_from_db()
    waiting = receive_lecture(by=editor, title="MR", upload=upload("other"))
    coming = f"{files.RENDITIONS}/{sweeping.set_id(waiting).hex[:2]}/{sweeping.set_id(waiting)}"
    lost = f"{files.RENDITIONS}/ab/abcd"
    for folder in (coming, lost):
        private_storage().save(f"{folder}/720/s00000.m4s", ContentFile(b"x" * 700))
    unserved = RenditionSetFactory(lecture=lecture, folder=f"{files.RENDITIONS}/cd/cdef", total_bytes=50)
    private_storage().save(f"{unserved.folder}/master.m3u8", ContentFile(b"x" * 50))
    held = RenditionSetFactory(
        lecture=lecture, folder=f"{files.RENDITIONS}/ef/efgh", condition=Condition.DAMAGED, profile="test-2"
    )
    stray = private_storage().save(files.source_key("a.mp4"), ContentFile(b"x" * 9))
    assert sweeping.orphans(now=timezone.now()) == []

    now = timezone.now() + LATER
    expected = [
        sweeping.Orphan(sweeping.OrphanKind.FILE, stray, 9),
        sweeping.Orphan(sweeping.OrphanKind.FOLDER, lost, 700),
        sweeping.Orphan(sweeping.OrphanKind.SET, unserved.folder, 50),
    ]
    assert sweeping.orphans(now=now) == expected
    assert sweeping.sweep(now=now) == 3
    assert sweeping.orphans(now=now) == []
    assert sorted(RenditionSet.objects.values_list("pk", flat=True)) == sorted([lecture.renditions_id, held.pk])
    assert local_path(private_storage(), lecture.renditions.folder).is_dir()
    assert local_path(private_storage(), coming).is_dir()
    assert [path.exists() for path in (root / lost, root / unserved.folder, root / stray)] == [False] * 3
    assert Lecture.objects.count() == 2 and waiting.jobs.get().state == JobState.QUEUED


def test_command_removes_nothing_unless_told(root, db, monkeypatch):
    monkeypatch.setattr(files, "ORPHAN_AGE", timedelta(0))
    stray = private_storage().save(files.source_key("a.mp4"), ContentFile(b"x" * 2048))
    said = []
    with override("en"):
        for arguments in ([], ["--delete"], []):
            out = StringIO()
            call_command("sweep_media", *arguments, stdout=out)
            said.append(out.getvalue().replace("\xa0", " ").splitlines())
    assert said == [
        [f"file\t2.0 KB\t{stray}", "1 found, 2.0 KB. Nothing was removed: add --delete."],
        [f"file\t2.0 KB\t{stray}", "1 removed, 2.0 KB."],
        ["0 found, 0 bytes. Nothing was removed: add --delete."],
    ]
    assert not (root / stray).exists()
