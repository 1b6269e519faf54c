"""A recording arrives byte for byte over a line that breaks every 50 MB and a server that is killed twice."""

import base64
import contextlib
import hashlib
import http.client
import shutil
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from cms.shared.storage import private_storage
from media_pipeline.enums import UploadState
from media_pipeline.models import Lecture, Upload, UploadCheck
from media_pipeline.services.arrivals import run_check
from tests import live
from tests.media_pipeline.uploads.conftest import uploader

MB = 1024**2
PART, BLOCK = 8 * MB, MB
CUT_EVERY = 50 * MB
NOISE = hashlib.shake_256(b"a lecture").digest(BLOCK)


def block(number: int) -> bytes:
    return struct.pack(">Q", number) + NOISE[8:]


class BadLine:
    """A proxy that cuts both ends after every CUT_EVERY bytes of the sender."""

    def __init__(self, port: int) -> None:
        self.target, self.cuts, self._passed = port, 0, 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = self._listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self.target), timeout=60)
                except OSError:
                    near.close()
                    continue
                threading.Thread(target=self._pump, args=(near, far, True), daemon=True).start()
                threading.Thread(target=self._pump, args=(far, near, False), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, counts: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(MB):
                if counts and self._is_cut(len(data)):
                    # A reset, in the middle of a part, with bytes still in the pipes.
                    for end in (source, sink):
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _is_cut(self, length: int) -> bool:
        with self._lock:
            before, self._passed = self._passed, self._passed + length
            is_cut = before // CUT_EVERY != self._passed // CUT_EVERY
            self.cuts += is_cut
        return is_cut

    def close(self) -> None:
        self._listener.close()


class Sender:
    """A tus client that never gives up before its time is over."""

    def __init__(self, port: int, session: str) -> None:
        self.port, self.session = port, session
        self.line: http.client.HTTPConnection | None = None

    def _ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
        if self.line is None:
            self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        said = {
            "Cookie": f"sessionid={self.session}; csrftoken={'a' * 32}",
            "X-CSRFToken": "a" * 32,
            "Accept": "application/json",
            "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        self.line.request(method, path, body=body, headers=said)
        answer = self.line.getresponse()
        answer.read()
        return answer

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse | None:
        """None when the line broke."""
        try:
            return self._ask(method, path, body, **headers)
        except (OSError, http.client.HTTPException):
            self.close()
            return None

    def close(self) -> None:
        if self.line is not None:
            self.line.close()
        self.line = None

    def offset(self, path: str) -> int:
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            answer = self.ask("HEAD", path)
            if answer is not None and answer.status == 200:
                return int(answer.getheader("Upload-Offset", ""))
            time.sleep(0.1)
        raise AssertionError("the server did not come back")


def parts(size: int, offset: int) -> bytes:
    """The bytes of the file from `offset` on, one part of them."""
    end = min(size, offset + PART)
    blocks = b"".join(block(number) for number in range(offset // BLOCK, -(-end // BLOCK)))
    begin = offset - offset // BLOCK * BLOCK
    return blocks[begin : begin + end - offset]


@pytest.fixture
def line(live_site: live.Site) -> Iterator[BadLine]:
    made = BadLine(live_site.port)
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "megabytes",
    [pytest.param(300, id="300 MB"), pytest.param(3 * 1024, id="3 GB", marks=pytest.mark.very_slow)],
)
def test_upload_survives_a_bad_line_and_a_killed_server(
    committed_db: str, live_site: live.Site, line: BadLine, megabytes: int
) -> None:
    size = megabytes * MB + 12_345
    if shutil.disk_usage(settings.VAR_DIR).free < size + 2 * 1024 * MB:
        pytest.fail("there is no room on this disk for the test's file")
    client = Client()
    client.force_login(uploader(), backend="django.contrib.auth.backends.ModelBackend")
    sender = Sender(line.port, client.cookies["sessionid"].value)
    name = base64.b64encode("大讲座.mp4".encode()).decode()
    path = "/admin/snippets/media_pipeline/lecture/uploads/tus/"
    begun = sender.ask("POST", path, Upload_Length=str(size), Upload_Metadata=f"filename {name}")
    assert begun is not None and begun.status == 201
    path = begun.getheader("Location", "")

    kills = [size // 3, 2 * size // 3]
    at = 0
    while at < size:
        if kills and at >= kills[0]:
            kills.pop(0)
            _killed_in_the_middle(live_site, sender, path, at, parts(size, at))
            at = sender.offset(path)
            continue
        part = parts(size, at)
        checksum = base64.b64encode(hashlib.sha256(part).digest()).decode()
        answer = sender.ask("PATCH", path, part, Upload_Offset=str(at), Upload_Checksum=f"sha256 {checksum}")
        if answer is not None and answer.status == 204:
            at = int(answer.getheader("Upload-Offset", ""))
        else:
            # 423: what the killed server held is let go after a while; 400: the line broke within a part.
            assert answer is None or answer.status in {400, 423}
            time.sleep(0.2)
            at = sender.offset(path)

    sender.close()
    upload = Upload.objects.get()
    assert (upload.state, upload.offset, kills) == (UploadState.CHECKING, size, [])
    assert line.cuts >= size // CUT_EVERY
    run_check(UploadCheck.objects.get().pk)
    lecture = Lecture.objects.get()
    expected = hashlib.sha256()
    for number in range(size // BLOCK):
        expected.update(block(number))
    expected.update(block(size // BLOCK)[: size % BLOCK])
    assert (lecture.source_sha256, lecture.source_bytes) == (expected.hexdigest(), size)
    stored = Path(private_storage().path(lecture.source_key))
    assert stored.stat().st_size == size
    stored.unlink()


def _killed_in_the_middle(site: live.Site, sender: Sender, path: str, at: int, part: bytes) -> None:
    """SIGKILL while a part without checksum is under way: some of it lies in the file and counts for nothing."""
    sending = threading.Thread(target=sender.ask, args=("PATCH", path, part), kwargs={"Upload_Offset": str(at)})
    sending.start()
    while not Upload.objects.filter(lease__isnull=False).exists():
        assert sending.is_alive(), "the part had arrived before the server could be killed"
        time.sleep(0.002)
    site.kill()
    sending.join(timeout=130)
    site.start()
