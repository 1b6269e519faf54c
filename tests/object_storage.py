"""An S3-compatible storage for tests: moto's server, a bucket of its own for every test."""

import contextlib
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx

from cms.shared.object_storage import ObjectStorage
from tests.services import free_port

STORAGE = "cms.shared.object_storage.ObjectStorage"


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Yields the address of an empty service on a free port."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(process, f"{address}/moto-api/data.json")
            yield address
        finally:
            process.terminate()


def _wait(process: "subprocess.Popen[bytes]", address: str) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(address, timeout=20)
            return
        time.sleep(0.1)
    raise RuntimeError("the object storage of the tests did not start")


def storages(address: str, bucket: str) -> dict[str, dict[str, Any]]:
    """The setting STORAGES for `bucket`."""
    account = {"access_key": "key", "secret_key": "secret", "region_name": "us-east-1"}
    return {
        "default": {"BACKEND": "cms.shared.storage.SiteStorage"},
        "private": {
            "BACKEND": STORAGE,
            "OPTIONS": {**account, "bucket_name": bucket, "endpoint_url": address, "addressing_style": "path"},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


class Bucket:
    """What a test sees of its bucket, past our own code."""

    def __init__(self, address: str) -> None:
        self.name = f"test-{uuid.uuid4()}"
        self.storages = storages(address, self.name)
        self._bucket = ObjectStorage(**self.storages["private"]["OPTIONS"]).bucket
        self._bucket.create()

    def names(self) -> list[str]:
        return sorted(found.key for found in self._bucket.objects.all())

    def drop(self) -> None:
        self._bucket.objects.all().delete()
        self._bucket.delete()
