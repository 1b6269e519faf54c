import shutil
import uuid
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from cms.shared.storage import local_path, private_folder, private_storage
from media_pipeline import signing
from media_pipeline.models import Lecture, RenditionSet
from media_pipeline.services.files import RENDITIONS, store_captions

MOVIE = bytes(range(256)) * 4
PLAYLIST = b"#EXTM3U\n"


@pytest.fixture
def lecture(db):
    lecture = Lecture.objects.create(title="CT", source_sha256="a" * 64)
    set_id = uuid.uuid4()
    folder = private_folder(RENDITIONS, set_id)
    for path, content in {
        "lowest.mp4": MOVIE,
        "master.m3u8": PLAYLIST,
        "360/i.m3u8": PLAYLIST,
        "360/init.mp4": b"head",
        "sprite.vtt": b"WEBVTT",
        "sprite/s00000.jpg": b"sheet",
        "360/init_2.mp4": b"init",
        "360/s00000.m4s": b"segment",
        "poster.jpg": b"jpeg",
    }.items():
        private_storage().save(f"{folder}/{path}", ContentFile(content))
    made = RenditionSet.objects.create(
        public_id=set_id, lecture=lecture, source_sha256="a" * 64, profile="p", folder=folder, duration_s=8
    )
    lecture.renditions = made
    lecture.save()
    yield lecture
    shutil.rmtree(local_path(private_storage(), folder))


def address(lecture: Lecture, path: str, *, valid_for: timedelta = timedelta(hours=1)) -> str:
    set_id = lecture.renditions.public_id
    return f"/lectures/{signing.sign(set_id, timezone.now() + valid_for)}/{set_id}/{path}"


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.parametrize(
    ("path", "kind", "content"),
    [
        ("master.m3u8", "application/vnd.apple.mpegurl", PLAYLIST),
        ("360/i.m3u8", "application/vnd.apple.mpegurl", PLAYLIST),
        ("360/init_2.mp4", "video/mp4", b"init"),
        ("360/s00000.m4s", "video/mp4", b"segment"),
        ("lowest.mp4", "video/mp4", MOVIE),
        ("poster.jpg", "image/jpeg", b"jpeg"),
    ],
)
def test_signed_address_serves_each_file_without_cookie_or_query(
    client, lecture, path, kind, content, django_assert_num_queries
):
    url = address(lecture, path)
    with django_assert_num_queries(0):
        response = client.get(url)
    assert (response.status_code, response["Content-Type"], body(response)) == (200, kind, content)
    assert response["Content-Length"] == str(len(content))
    assert response["Cache-Control"].startswith("private, max-age=35") and response["Cache-Control"].endswith(
        "immutable"
    )
    assert response.cookies == {}
    head = client.head(url)
    assert (head.status_code, head["Content-Length"], body(head)) == (200, str(len(content)), b"")


@pytest.mark.parametrize(
    ("asked", "expected", "span"),
    [
        ("bytes=0-0", MOVIE[:1], "bytes 0-0/1024"),
        ("bytes=10-19", MOVIE[10:20], "bytes 10-19/1024"),
        ("bytes=1000-", MOVIE[1000:], "bytes 1000-1023/1024"),
        ("bytes=1000-9999", MOVIE[1000:], "bytes 1000-1023/1024"),
        ("bytes=-24", MOVIE[1000:], "bytes 1000-1023/1024"),
        ("bytes=-9999", MOVIE, "bytes 0-1023/1024"),
    ],
)
def test_range_serves_exactly_what_was_asked(client, lecture, asked, expected, span):
    response = client.get(address(lecture, "lowest.mp4"), headers={"Range": asked})
    assert (response.status_code, response["Content-Range"], body(response)) == (206, span, expected)
    assert response["Content-Length"] == str(len(expected))


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=-0"])
def test_range_outside_the_file_is_refused(client, lecture, asked):
    response = client.get(address(lecture, "lowest.mp4"), headers={"Range": asked})
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */1024")


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=-", "items=0-1", "bytes=0-1,4-5", "bytes=a-b"])
def test_range_that_means_nothing_gets_the_whole_file(client, lecture, asked):
    response = client.get(address(lecture, "lowest.mp4"), headers={"Range": asked})
    assert (response.status_code, body(response)) == (200, MOVIE)


def test_range_of_another_version_gets_the_whole_file(client, lecture):
    headers = {"Range": "bytes=0-1", "If-Range": '"another"'}
    response = client.get(address(lecture, "lowest.mp4"), headers=headers)
    assert (response.status_code, body(response)) == (200, MOVIE)


def test_known_version_is_not_sent_again(client, lecture):
    url = address(lecture, "lowest.mp4")
    first = client.get(url)
    assert body(first) == MOVIE
    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_expired_address_says_what_to_do(client, lecture):
    response = client.get(
        address(lecture, "lowest.mp4", valid_for=timedelta(seconds=-1)), headers={"Accept": "application/json"}
    )
    assert (response.status_code, response.json()["code"]) == (403, "address_expired")


def test_address_of_another_set_is_refused(client, lecture):
    url = address(lecture, "lowest.mp4").replace(str(lecture.renditions.public_id), str(uuid.uuid4()))
    response = client.get(url, headers={"Accept": "application/json"})
    assert (response.status_code, response.json()["code"]) == (403, "address_refused")


@pytest.mark.parametrize(
    "path",
    [
        "../../../secrets.json",
        "%2e%2e/%2e%2e/secrets.json",
        "360/../../x.mp4",
        "360/s00001.m4s",
        "source.mp4",
        "progress.txt",
        "captions.vtt",
        "720\n/i.m3u8",
        "/etc/passwd",
    ],
)
def test_nothing_but_the_files_of_the_set_is_served(client, lecture, path):
    response = client.get(address(lecture, path), headers={"Accept": "application/json"})
    assert (response.status_code, response.json()["code"]) == (404, "lecture_file_not_found")


def test_captions_are_those_of_today(client, lecture):
    lecture.captions_key = store_captions(ContentFile("1\n00:00:01,000 --> 00:00:02,000\n螺距\n".encode()))
    lecture.save()
    response = client.get(address(lecture, "captions.vtt"))
    assert (response["Content-Type"], response["Cache-Control"]) == ("text/vtt; charset=utf-8", "private, no-cache")
    assert body(response).decode() == "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n螺距\n"


def test_nginx_is_told_the_private_file(client, lecture, settings):
    settings.LECTURE_DELIVERY = "accel"
    response = client.get(address(lecture, "360/s00000.m4s"))
    assert response["X-Accel-Redirect"] == f"/private/{lecture.renditions.folder}/360/s00000.m4s"
    assert body(response) == b""


def test_only_reading_is_allowed(client, lecture):
    assert client.post(address(lecture, "lowest.mp4")).status_code == 405


MASTER = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="sound",URI="audio/i.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=100,AUDIO="sound"
360/i.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=200,AUDIO="sound"
720/i.m3u8
"""


def test_master_of_one_height_keeps_that_height_and_the_sound(client, lecture):
    storage, key = private_storage(), f"{lecture.renditions.folder}/master.m3u8"
    storage.delete(key)
    storage.save(key, ContentFile(MASTER.encode()))
    response = client.get(address(lecture, "master-720.m3u8"))
    lines = MASTER.splitlines(keepends=True)
    assert (response["Content-Type"], body(response).decode()) == (
        "application/vnd.apple.mpegurl",
        "".join([*lines[:2], *lines[4:]]),
    )
    assert client.get(address(lecture, "master-480.m3u8")).status_code == 404
    assert client.get(address(lecture, "master-720.m3u8", valid_for=timedelta(seconds=-1))).status_code == 403
