"""An S3-compatible storage for tests: moto's server in this process, a bucket of its own for every test."""

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

from cms.shared.object_storage import ObjectStorage

STORAGE = "cms.shared.object_storage.ObjectStorage"


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Yields the address of an empty service on a free port."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    try:
        host, port = moto.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        moto.stop()
        # What it keeps lies in temporary files, which are closed only when it forgets everything.
        for backends in s3_backends.values():
            for backend in backends.values():
                backend.reset()


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
