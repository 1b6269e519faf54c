"""Files that a killed upload left without a row are removed after a day, in a folder and in an object storage."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone

from cms.shared.storage import files_below, private_folder, private_storage
from media_pipeline.models import Lecture
from media_pipeline.services import files
from media_pipeline.services.lectures import receive_lecture
from media_pipeline.tasks import sweep_uploads
from tests import databases, live

UPLOAD = """
import json, sys
import django
django.setup()
from django.core.files.base import ContentFile
from django.test import override_settings
from media_pipeline.services.lectures import receive_lecture
with override_settings(**json.loads(sys.argv[1])):
    receive_lecture(by=None, title="CT", upload=ContentFile(b"recording " * 1000, name="CT.mp4"))
"""
OLD = timedelta(days=1, minutes=1)


@pytest.fixture(params=["folder", "object storage"])
def stored(request: pytest.FixtureRequest, settings, tmp_path: Path) -> Iterator[Callable[[], list[str]]]:
    """Names of all private files of the test."""
    if request.param == "object storage":
        yield request.getfixturevalue("bucket").names
        return
    options = {"location": str(tmp_path), "base_url": None}
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**django_settings.STORAGES, "private": private}
    yield lambda: sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())


def keep(name: str) -> str:
    return private_storage().save(name, ContentFile(b"x"))


def test_only_old_files_without_a_row_are_removed(db, stored):
    lecture = receive_lecture(
        by=None,
        title="CT",
        upload=ContentFile(b"recording", name="CT.mp4"),
        captions=ContentFile("1\n00:00:01,000 --> 00:00:02,000\n螺距\n".encode(), name="a.srt"),
    )
    others = [
        keep(f"{private_folder('lectures', lecture.public_id)}/poster.jpg"),
        keep("exports/00/a/1.xlsx"),
        keep("original_images/orbit.png"),
        keep("lecture-sources-of-others/a.mp4"),
    ]
    orphans = [keep(f"{files.SOURCES}/00/a/b.mp4"), keep(f"{files.CAPTIONS}/00/a/b.vtt")]
    mine = [lecture.source_key, lecture.captions_key]
    assert stored() == sorted([*mine, *others, *orphans])
    assert files.sweep_uploads(now=timezone.now() + OLD - timedelta(minutes=5)) == 0
    assert stored() == sorted([*mine, *others, *orphans])
    assert files.sweep_uploads(now=timezone.now() + OLD) == 2
    assert stored() == sorted([*mine, *others])
    assert files.sweep_uploads(now=timezone.now() + OLD) == 0


def test_task_leaves_what_is_being_uploaded(db, stored):
    name = keep(f"{files.SOURCES}/00/a/b.mp4")
    assert (sweep_uploads(), stored()) == (0, [name])


def test_sweep_without_files_asks_for_no_rows(db, stored, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert files.sweep_uploads(now=timezone.now() + OLD) == 0


def _hold_rows_back() -> None:
    """Inside a transaction: nobody else can write a lecture until it ends."""
    if not databases.is_sqlite():  # on SQLite the transaction itself is the lock
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE media_pipeline_lecture IN EXCLUSIVE MODE")


@pytest.mark.slow
def test_upload_killed_before_its_row_is_swept(committed_db, stored, settings):
    with transaction.atomic():
        _hold_rows_back()
        upload = subprocess.Popen(
            [sys.executable, "-c", UPLOAD, json.dumps({"STORAGES": settings.STORAGES}, default=str)],
            cwd=databases.ROOT,
            env=live._environment(committed_db),
            stderr=subprocess.PIPE,
        )
        try:
            deadline = time.monotonic() + 120
            while not any(private_storage().size(key) == 10_000 for key, _at in files_below(files.SOURCES)):
                assert upload.poll() is None and time.monotonic() < deadline, upload.stderr.read().decode()[-2000:]
                time.sleep(0.1)
        finally:
            upload.kill()
            upload.communicate()
    assert (upload.returncode, Lecture.objects.count(), len(stored())) == (-9, 0, 1)
    assert files.sweep_uploads(now=timezone.now()) == 0
    assert files.sweep_uploads(now=timezone.now() + OLD) == 1
    assert stored() == []
