"""The private storage as an S3-compatible service, spoken to over HTTP."""

import io
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.base import ContentFile, File
from django.test import Client

from cms.shared.errors import StorageUnavailable
from cms.shared.storage import delete_folder, files_below, private_storage, publish_folder, remote_storage
from tests import services
from tests.object_storage import Bucket, storages


def fetched(address: str) -> tuple[bytes, str]:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return answer.read(), answer.headers["Content-Type"]


def test_file_is_kept_read_and_deleted(bucket: Bucket) -> None:
    name = private_storage().save("exports/a/1.csv", ContentFile(b"credits"))
    assert (name, bucket.names()) == ("exports/a/1.csv", ["exports/a/1.csv"])
    with private_storage().open(name) as file:
        assert (file.size, file.read()) == (7, b"credits")
    assert (private_storage().exists(name), private_storage().size(name)) == (True, 7)
    assert private_storage().listdir("exports") == (["a"], [])
    private_storage().delete(name)
    assert (private_storage().exists(name), bucket.names()) == (False, [])
    private_storage().delete(name)


def test_second_file_of_a_name_gets_another_one_but_put_writes_over(bucket: Bucket) -> None:
    first = private_storage().save("images/orbit.webp", ContentFile(b"one"))
    second = private_storage().save("images/orbit.webp", ContentFile(b"two"))
    assert first != second and len(bucket.names()) == 2
    remote_storage().put(first, File(io.BytesIO(b"three")))
    with private_storage().open(first) as file:
        assert file.read() == b"three"
    assert len(bucket.names()) == 2


def test_signed_address_opens_one_file_with_its_type(bucket: Bucket) -> None:
    private_storage().save("lectures/00/a/s00000.m4s", ContentFile(b"segment"))
    address = remote_storage().signed_url("lectures/00/a/s00000.m4s", seconds=60, content_type="video/mp4")
    assert "X-Amz-Expires=60&" in address and "X-Amz-Signature=" in address
    assert fetched(address) == (b"segment", "video/mp4")


def test_folder_is_published_whole_and_replaced(bucket: Bucket, tmp_path: Path) -> None:
    """What an earlier try left is gone; the file that makes the others known comes last."""
    (tmp_path / "360").mkdir()
    for name in ("master.m3u8", "360/i.m3u8", "360/s00000.m4s", "poster.jpg"):
        (tmp_path / name).write_bytes(name.encode())
    private_storage().save("lectures/00/a/360/s00009.m4s", ContentFile(b"old"))
    private_storage().save("lectures/00/ab/poster.jpg", ContentFile(b"of another set"))
    seen: list[list[str]] = []
    publish_folder(tmp_path, "lectures/00/a", last="master.m3u8", tick=lambda: seen.append(bucket.names()))
    mine = [f"lectures/00/a/{name}" for name in ("360/i.m3u8", "360/s00000.m4s", "poster.jpg")]
    assert seen == [[*mine[:n], "lectures/00/ab/poster.jpg"] for n in range(4)]
    assert bucket.names() == [*mine[:2], "lectures/00/a/master.m3u8", mine[2], "lectures/00/ab/poster.jpg"]
    delete_folder("lectures/00/a")
    assert bucket.names() == ["lectures/00/ab/poster.jpg"]
    delete_folder("lectures/00/a")


@pytest.mark.slow
def test_more_files_than_one_answer_lists_are_found_and_deleted(bucket: Bucket) -> None:
    for number in range(1003):
        remote_storage().put(f"lectures/00/a/{number:05}", File(io.BytesIO(b"x")))
    assert [key for key, _at in files_below("lectures/00")] == [f"lectures/00/a/{number:05}" for number in range(1003)]
    delete_folder("lectures/00/a")
    assert bucket.names() == []


def test_absent_file_is_absent(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        private_storage().open("none")
    with pytest.raises(FileNotFoundError):
        remote_storage().fetch("none", tmp_path / "none")
    assert list(files_below("none")) == []


def _steps(tmp_path: Path) -> dict[str, Callable[[], object]]:
    storage = private_storage()
    return {
        "save": lambda: storage.save("a", ContentFile(b"x")),
        "open": lambda: storage.open("a"),
        "fetch": lambda: remote_storage().fetch("a", tmp_path / "a"),
        "put": lambda: remote_storage().put("a", File(io.BytesIO(b"x"))),
        "list": lambda: list(files_below("a")),
        "delete below": lambda: delete_folder("a"),
    }


STEPS = ["save", "open", "fetch", "put", "list", "delete below"]


@pytest.mark.parametrize("step", STEPS)
def test_missing_bucket_is_said_clearly(object_service: str, settings: object, tmp_path: Path, step: str) -> None:
    settings.STORAGES = storages(object_service, "no-such-bucket")  # type: ignore[attr-defined]
    with pytest.raises(StorageUnavailable):
        _steps(tmp_path)[step]()


@pytest.mark.parametrize("step", [*STEPS, "exists", "size", "delete", "listdir"])
def test_lost_connection_is_said_clearly(settings: object, tmp_path: Path, step: str) -> None:
    settings.STORAGES = storages(f"http://127.0.0.1:{services.free_port()}", "private")  # type: ignore[attr-defined]
    storage = private_storage()
    more = {
        "exists": lambda: storage.exists("a"),
        "size": lambda: storage.size("a"),
        "delete": lambda: storage.delete("a"),
        "listdir": lambda: storage.listdir("a"),
    }
    with pytest.raises(StorageUnavailable):
        {**_steps(tmp_path), **more}[step]()


def test_connection_lost_while_a_file_is_read_is_said_clearly(settings: object) -> None:
    from tests import object_storage

    with object_storage.server() as address:
        settings.STORAGES = object_storage.Bucket(address).storages  # type: ignore[attr-defined]
        private_storage().save("a", ContentFile(b"x"))
        file = private_storage().open("a")
    for _try in range(2):
        with pytest.raises(StorageUnavailable):
            file.read()


def test_readyz_names_the_storage(client: Client, db: None, settings: object, bucket: Bucket) -> None:
    assert client.get("/readyz").json()["parts"]["storage"] == "ok"
    assert bucket.names() == []
    settings.STORAGES = storages(f"http://127.0.0.1:{services.free_port()}", "private")  # type: ignore[attr-defined]
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["parts"]["storage"]) == (503, "failed")
