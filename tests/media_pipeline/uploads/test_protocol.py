"""tus 1.0 as a client sees it."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from cms.shared.storage import private_storage
from media_pipeline.enums import UploadState
from media_pipeline.models import Lecture, Upload, UploadCheck
from media_pipeline.services import receiving, uploads
from media_pipeline.services.quotas import set_quota
from organisations.models import AuditEvent
from tests.factories.media_pipeline import LectureFactory, Tus
from tests.factories.organisations import PersonFactory
from tests.media_pipeline.uploads.conftest import signed_in, uploader

BYTES = bytes(range(256)) * 40


def checksum(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def code_of(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def begun(tus, size=0, **said) -> str:
    answer = tus.begin(size or len(BYTES), **said)
    assert answer.status_code == 201, answer.content
    return answer["Location"]


def lying(upload: Upload) -> bytes:
    with private_storage().open(upload.file_key) as file:
        return file.read()


def test_server_says_what_it_can(tus, settings):
    answer = tus.client.options(tus.base)
    told = {name: answer[name] for name in ("Tus-Version", "Tus-Extension", "Tus-Checksum-Algorithm", "Tus-Max-Size")}
    assert (answer.status_code, told) == (
        204,
        {
            "Tus-Version": "1.0.0",
            "Tus-Extension": "creation,checksum,expiration,termination",
            "Tus-Checksum-Algorithm": "sha1,sha256",
            "Tus-Max-Size": str(10 * 1024**3),
        },
    )


def test_parts_arrive_and_wait_for_their_check(tus, editor, unit):
    path = begun(tus, lecturer="王老师", fingerprint="f1")
    upload = Upload.objects.get()
    said = (upload.title, upload.lecturer, upload.file_name, upload.fingerprint, upload.by, upload.unit)
    assert said == ("CT 检查", "王老师", "CT_检查.mp4", "f1", editor, unit)
    for begin, end, more in ((0, 4000, {}), (4000, 9000, {"Upload_Checksum": checksum(BYTES[4000:9000])})):
        answer = tus.part(path, begin, BYTES[begin:end], **more)
        assert (answer.status_code, answer["Upload-Offset"], "Upload-Expires" in answer) == (204, str(end), True)
        assert (tus.offset(path), UploadCheck.objects.count()) == (end, 0)
    assert tus.part(path, 9000, BYTES[9000:], Upload_Checksum=checksum(BYTES[9000:], "sha1")).status_code == 204
    upload.refresh_from_db()
    assert (upload.state, upload.offset, upload.lease, lying(upload)) == (UploadState.CHECKING, len(BYTES), None, BYTES)
    assert [job.state for job in UploadCheck.objects.all()] == ["queued"]
    # Whoever asks afterwards (the last answer was lost) hears that all is there.
    assert tus.offset(path) == len(BYTES)
    assert AuditEvent.objects.filter(verb="lecture.upload_begun").count() == 1


def test_post_speaks_for_other_methods(tus):
    """Some hospitals' proxies let nothing else pass."""
    path = begun(tus)
    answer = tus.send("POST", path, BYTES, Upload_Offset="0", X_HTTP_Method_Override="PATCH")
    assert (answer.status_code, answer["Upload-Offset"]) == (204, str(len(BYTES)))
    assert tus.send("POST", path, X_HTTP_Method_Override="DELETE").status_code == 204
    assert code_of(tus.send("POST", tus.base + "00000000-0000-4000-8000-000000000000/")) == (405, "method_unknown")


def test_damaged_part_does_not_count(tus):
    path = begun(tus)
    tus.part(path, 0, BYTES[:5000])
    answer = tus.part(path, 5000, b"x" * 1000, Upload_Checksum=checksum(BYTES[5000:6000]))
    assert (code_of(answer), tus.offset(path)) == ((460, "part_damaged"), 5000)
    assert lying(Upload.objects.get()) == BYTES[:5000]
    assert tus.part(path, 5000, BYTES[5000:], Upload_Checksum=checksum(BYTES[5000:])).status_code == 204


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Upload_Offset": "1"}, (409, "wrong_offset")),
        ({"Upload_Offset": "-1"}, (400, "invalid_input")),
        ({"Upload_Offset": ""}, (400, "invalid_input")),
        ({"Upload_Offset": "²"}, (400, "invalid_input")),
        ({"Upload_Offset": "0", "Upload_Checksum": "md5 AAAA"}, (400, "invalid_input")),
        ({"Upload_Offset": "0", "Upload_Checksum": "sha256"}, (460, "part_damaged")),
        ({"Upload_Offset": "0", "Upload_Checksum": "sha256 %%%"}, (400, "invalid_input")),
        ({"Upload_Offset": "0", "kind": "text/plain"}, (415, "other_type")),
        ({"Upload_Offset": "0", "Tus_Resumable": "0.9.9"}, (412, "other_version")),
        ({"Upload_Offset": "0", "Content_Length": ""}, (411, "length_missing")),
        ({"Upload_Offset": "0", "Content_Length": "-5"}, (400, "invalid_input")),
    ],
    ids=str,
)
def test_malformed_part_is_refused_and_nothing_counts(tus, headers, expected):
    path = begun(tus)
    said = dict(headers)
    length = said.pop("Content_Length", None)
    extra = {} if length is None else {"CONTENT_LENGTH": length}
    named = {name.replace("_", "-"): value for name, value in said.items() if name != "kind"}
    answer = tus.client.generic(
        "PATCH",
        path,
        b"abc",
        content_type=said.get("kind", "application/offset+octet-stream"),
        headers={"Tus-Resumable": "1.0.0", "Accept": "application/json", **named},
        **extra,
    )
    assert (code_of(answer), tus.offset(path), Upload.objects.get().lease) == (expected, 0, None)


def test_more_than_the_file_has_is_refused(tus):
    path = begun(tus, size=10)
    assert code_of(tus.part(path, 0, b"x" * 11)) == (413, "part_too_long")
    tus.part(path, 0, b"x" * 10)
    assert code_of(tus.part(path, 10, b"x")) == (413, "part_too_long")
    assert code_of(tus.part(path, 0, b"x")) == (409, "wrong_offset")


@pytest.mark.parametrize(
    ("size", "name", "expected"),
    [
        ("0", "a.mp4", (400, "empty_upload")),
        ("-1", "a.mp4", (400, "invalid_input")),
        ("", "a.mp4", (400, "invalid_input")),
        ("1e9", "a.mp4", (400, "invalid_input")),
        (str(10 * 1024**3 + 1), "a.mp4", (413, "upload_too_large")),
        (str(10**17), "a.mp4", (413, "upload_too_large")),
        ("9", "slides.pptx", (400, "not_a_recording")),
        ("9", "", (400, "not_a_recording")),
        ("9", "\0\r\n", (400, "not_a_recording")),
    ],
)
def test_upload_that_cannot_be_is_refused_before_its_first_byte(tus, size, name, expected):
    said = f"filename {base64.b64encode(name.encode()).decode()}"
    answer = tus.send("POST", tus.base, Upload_Length=size, Upload_Metadata=said)
    assert (code_of(answer), Upload.objects.count()) == (expected, 0)


@pytest.mark.parametrize("header", ["filename %%%", "filename /w==", "filename " + "A" * 5000])
def test_malformed_metadata_is_refused(tus, header):
    answer = tus.send("POST", tus.base, Upload_Length="9", Upload_Metadata=header)
    assert (code_of(answer), Upload.objects.count()) == ((400, "invalid_input"), 0)


def test_path_and_control_characters_of_a_name_are_not_kept(tus):
    begun(tus, name="C:\\录像\\..\\b\x07_1.MP4", title="  \x00标题 ")
    upload = Upload.objects.get()
    assert (upload.file_name, upload.title, upload.file_key.endswith(".mp4")) == ("b_1.MP4", "标题", True)


def test_unit_that_is_full_is_told_before_the_first_byte(tus, editor, unit):
    set_quota(by=None, unit=unit, most_bytes=20_000)
    begun(tus, size=12_000)
    answer = tus.begin(9_000)
    assert (code_of(answer), Upload.objects.count()) == ((413, "quota_exceeded"), 1)
    tus.send("DELETE", f"{tus.base}{Upload.objects.get().public_id}/")
    begun(tus, size=9_000)


def test_disk_that_is_full_is_told_before_the_first_byte(tus, monkeypatch):
    """What is promised to others counts as used."""
    begun(tus, size=6_000)
    room = uploads.files.SPARE_BYTES + 10_000
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": room})())
    assert code_of(tus.begin(4_001)) == (507, "no_room")
    begun(tus, size=4_000)


def test_nobody_keeps_endless_unfinished_uploads(tus, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_UNFINISHED", 2)
    begun(tus), begun(tus)
    assert code_of(tus.begin(9)) == (429, "too_many_uploads")


def test_upload_of_somebody_else_is_not_there(tus, as_another):
    path, other = begun(tus), as_another()
    for answer in (other.part(path, 0, BYTES), other.send("DELETE", path)):
        assert code_of(answer) == (404, "not_found")
    assert other.send("HEAD", path).status_code == 404
    deed = path.replace("/tus/", "/")
    for do in ("describe", "discard", "another", "existing", "retry"):
        answer = other.client.post(deed, {"do": do}, headers={"Accept": "application/json"})
        assert (do, *code_of(answer)) == (do, 404, "not_found")
    assert other.client.get(tus.base.replace("tus/", "")).json() == {"uploads": []}
    assert Upload.objects.get().offset == 0


def test_who_may_upload(db):
    """By permission on lectures; everybody else is refused, whoever is not signed in is sent to the door."""
    lecture = LectureFactory()
    people = {
        "adds": uploader("add_lecture"),
        "changes": uploader("change_lecture"),
        "views": uploader("view_lecture"),
        "learner": PersonFactory(),
    }
    found = {}
    for name, person in people.items():
        tus = Tus(signed_in(person))
        tus.client.defaults["HTTP_X_REQUESTED_WITH"] = "XMLHttpRequest"
        answers = [tus.begin(9), tus.begin(9, lecture=str(lecture.pk)), tus.send("OPTIONS", tus.base)]
        found[name] = [answer.status_code for answer in answers]
    assert found == {
        "adds": [201, 403, 204],
        "changes": [403, 201, 204],
        "views": [403, 403, 403],
        "learner": [403, 403, 403],
    }
    assert Tus(Client()).begin(9).status_code == 302
    assert Tus(Client(HTTP_X_REQUESTED_WITH="XMLHttpRequest")).begin(9).status_code == 403


def test_uploads_need_their_token(editor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    tus = Tus(client)
    assert tus.begin(9).status_code == 403
    client.cookies["csrftoken"] = "a" * 32
    client.defaults["HTTP_X_CSRFTOKEN"] = "a" * 32
    path = begun(tus)
    assert tus.part(path, 0, BYTES).status_code == 204
    del client.defaults["HTTP_X_CSRFTOKEN"]
    assert tus.part(path, 0, BYTES).status_code == 403


def test_lecture_that_is_not_there_cannot_be_replaced(tus):
    assert code_of(tus.begin(9, lecture="99999")) == (404, "not_found")
    assert code_of(tus.begin(9, lecture="x")) == (400, "invalid_input")


def test_ended_upload_is_gone(tus, editor):
    path = begun(tus)
    tus.part(path, 0, BYTES[:100])
    upload = Upload.objects.get()
    assert uploads.forget_uploads(now=upload.expires_at - timedelta(seconds=1)) == 0
    assert uploads.forget_uploads(now=upload.expires_at + timedelta(seconds=1)) == 1
    upload.refresh_from_db()
    assert (upload.state, private_storage().exists(upload.file_key)) == (UploadState.EXPIRED, False)
    assert tus.send("HEAD", path).status_code == 410
    assert code_of(tus.part(path, 100, BYTES[100:])) == (410, "upload_gone")
    uploads.forget_uploads(now=timezone.now() + timedelta(days=60))
    assert Upload.objects.count() == 0


def test_termination_leaves_nothing(tus):
    path = begun(tus)
    tus.part(path, 0, BYTES[:100])
    key = Upload.objects.get().file_key
    assert tus.send("DELETE", path).status_code == 204
    assert (Upload.objects.count(), private_storage().exists(key), Lecture.objects.count()) == (0, False, 0)
    assert tus.send("DELETE", path).status_code == 404
    assert AuditEvent.objects.filter(verb="lecture.upload_discarded").count() == 1


def test_second_sender_is_told_to_wait(tus, editor):
    """Whoever sends holds the upload; the other one is refused and writes nothing."""
    path = begun(tus)
    answers = []

    class Line:
        def __init__(self) -> None:
            self.left = [BYTES[:3000], BYTES[3000:6000]]

        def read(self, _size: int) -> bytes:
            if len(self.left) == 1:
                answers.append(tus.part(path, 0, b"y" * 100))
            return self.left.pop(0)

    upload = Upload.objects.get()
    receiving.receive_part(by=editor, public_id=upload.public_id, offset=0, length=6000, body=Line())
    assert [code_of(answer) for answer in answers] == [(423, "upload_locked")]
    assert (tus.offset(path), lying(upload)) == (6000, BYTES[:6000])


def test_sender_that_lost_its_lease_writes_no_more(tus, editor, settings):
    """A server that stood still so long that another one went on: what it still holds does not count."""
    settings.LECTURE_UPLOAD_LEASE_S = 0.0
    path = begun(tus)

    class Line:
        def __init__(self) -> None:
            self.left = [BYTES[:3000], b"z" * 3000]

        def read(self, _size: int) -> bytes:
            if len(self.left) == 1:
                assert tus.part(path, 0, BYTES[:8000]).status_code == 204
            return self.left.pop(0)

    upload = Upload.objects.get()
    with pytest.raises(receiving.UploadLocked):
        receiving.receive_part(by=editor, public_id=upload.public_id, offset=0, length=6000, body=Line())
    assert (tus.offset(path), lying(upload)) == (8000, BYTES[:8000])


def test_sender_that_lost_its_lease_cuts_nothing_off(tus, editor, settings):
    """Its own part broke off, and another request has counted bytes behind it."""
    settings.LECTURE_UPLOAD_LEASE_S = 0.0
    path = begun(tus)

    class Line:
        def read(self, _size: int) -> bytes:
            assert tus.part(path, 0, BYTES[:8000]).status_code == 204
            return b""

    upload, said = Upload.objects.get(), receiving.Checksum("sha256", b"")
    with pytest.raises(receiving.UploadLocked):
        receiving.receive_part(by=editor, public_id=upload.public_id, offset=0, length=6000, body=Line(), checksum=said)
    assert (tus.offset(path), lying(upload)) == (8000, BYTES[:8000])


@pytest.mark.parametrize("with_checksum", [False, True])
def test_broken_line_keeps_what_can_be_trusted(tus, editor, with_checksum):
    path = begun(tus)

    class Line:
        def __init__(self) -> None:
            self.left = [BYTES[:3000]]

        def read(self, _size: int) -> bytes:
            if not self.left:
                raise OSError("reset by peer")
            return self.left.pop(0)

    said = receiving.Checksum("sha256", b"") if with_checksum else None
    call = {"by": editor, "public_id": Upload.objects.get().public_id, "offset": 0, "length": 6000, "body": Line()}
    if with_checksum:
        with pytest.raises(receiving.PartInterrupted):
            receiving.receive_part(**call, checksum=said)
    else:
        receiving.receive_part(**call)
    kept = 0 if with_checksum else 3000
    assert (tus.offset(path), lying(Upload.objects.get())) == (kept, BYTES[:kept])


def test_killed_server_leaves_a_longer_file_which_is_cut(tus):
    path = begun(tus)
    tus.part(path, 0, BYTES[:5000])
    upload = Upload.objects.get()
    with Path(private_storage().path(upload.file_key)).open("ab") as file:
        file.write(b"half a part")
    Upload.objects.update(lease=upload.public_id, leased_until=timezone.now() + timedelta(seconds=60))
    assert code_of(tus.part(path, 5000, BYTES[5000:])) == (423, "upload_locked")
    Upload.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert tus.part(path, 5000, BYTES[5000:]).status_code == 204
    assert lying(upload) == BYTES


def test_storage_that_was_set_back_is_gone_on_from(tus):
    path = begun(tus)
    tus.part(path, 0, BYTES[:5000])
    with Path(private_storage().path(Upload.objects.get().file_key)).open("r+b") as file:
        file.truncate(2000)
    assert code_of(tus.part(path, 5000, BYTES[5000:])) == (409, "wrong_offset")
    assert tus.offset(path) == 2000
    assert tus.part(path, 2000, BYTES[2000:]).status_code == 204
    assert lying(Upload.objects.get()) == BYTES


def test_long_part_counts_as_it_comes(tus, settings, editor):
    """One request for the whole file: a kill loses at most a part of it."""
    settings.LECTURE_UPLOAD_PART_BYTES = 2000
    path, seen = begun(tus), []

    class Line:
        at = 0

        def read(self, size: int) -> bytes:
            seen.append(Upload.objects.get().offset)
            self.at += 1000
            return BYTES[self.at - 1000 : self.at]

    public_id = Upload.objects.get().public_id
    receiving.receive_part(by=editor, public_id=public_id, offset=0, length=5000, body=Line())
    assert (seen, tus.offset(path)) == ([0, 0, 2000, 2000, 4000], 5000)
