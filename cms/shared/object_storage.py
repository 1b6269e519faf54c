"""The private storage on an S3-compatible service."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from s3transfer.exceptions import RetriesExceededError
from storages.backends.s3 import S3File, S3Storage
from storages.utils import clean_name

from cms.shared.errors import StorageUnavailable
from cms.shared.storage import RemoteStorage

logger = structlog.get_logger(__name__)

# Larger files that are read lie on the disk meanwhile.
MEMORY_BYTES = 8 * 1024**2
DELETIONS_AT_ONCE = 8


@contextmanager
def _answered() -> Iterator[None]:
    """A lost connection, a missing bucket, a refused key: one error that people understand; the log has the cause."""
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error, RetriesExceededError) as error:
        logger.error("storage_unavailable", cause=str(error))
        raise StorageUnavailable from error


class _ObjectFile(S3File):
    """An object that is read when its first byte is asked for."""

    _file: Any

    def _get_file(self) -> Any:
        is_new = self._file is None
        try:
            with _answered():
                return super()._get_file()
        except BaseException:
            # Half of an object is none: the next read asks again.
            if is_new and self._file is not None:
                self._file.close()
                self._file = None
            raise

    file = property(_get_file, S3File._set_file)


class ObjectStorage(S3Storage, RemoteStorage):
    """A bucket, by the options of S3Storage; nothing in it is public."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client_config = Config(
            s3={"addressing_style": self.addressing_style},
            signature_version="s3v4",
            connect_timeout=5,
            read_timeout=30,
            retries={"total_max_attempts": 3, "mode": "standard"},
            # Newer checksums are Amazon's own; other services refuse them.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )

    def get_default_settings(self) -> dict[str, Any]:
        ours = {"file_overwrite": False, "querystring_auth": True, "max_memory_size": MEMORY_BYTES, "default_acl": None}
        return {**super().get_default_settings(), **ours}

    @contextmanager
    def _present(self, name: str) -> Iterator[None]:
        """What is not there is a FileNotFoundError, unless it is the bucket that is not there."""
        try:
            yield
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            self._client.head_bucket(Bucket=self.bucket_name)
            raise FileNotFoundError(name) from error

    @property
    def _client(self) -> Any:
        return self.connection.meta.client

    def _open(self, name: str, mode: str = "rb") -> "File[Any]":
        with _answered(), self._present(name):
            return _ObjectFile(self._normalize_name(clean_name(name)), mode, self)

    def _save(self, name: str, content: Any) -> str:
        with _answered():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with _answered():
            super().delete(name)

    def exists(self, name: str) -> bool:
        with _answered():
            return bool(super().exists(name))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with _answered():
            folders, names = super().listdir(path)
        return folders, names

    def size(self, name: str) -> int:
        with _answered():
            return int(super().size(name))

    def put(self, key: str, file: "File[Any]") -> None:
        self._save(key, file)

    def fetch(self, key: str, target: Path) -> None:
        with _answered(), self._present(key):
            self.bucket.Object(key).download_file(str(target))

    def signed_url(self, key: str, *, seconds: int, content_type: str) -> str:
        with _answered():
            shown = {"ResponseContentType": content_type}
            return str(S3Storage.url(self, key, parameters=shown, expire=max(1, seconds)))

    def files_below(self, folder: str) -> Iterator[tuple[str, datetime]]:
        with _answered():
            for found in self.bucket.objects.filter(Prefix=f"{folder}/"):
                yield found.key, found.last_modified

    def read(self, key: str) -> Iterator[bytes]:
        with _answered(), self._present(key):
            yield from self.bucket.Object(key).get()["Body"].iter_chunks(1024 * 1024)

    def begin_parts(self, key: str) -> str:
        with _answered():
            begun = self._client.create_multipart_upload(Bucket=self.bucket_name, Key=key)
            return str(begun["UploadId"])

    def put_part(self, key: str, multipart_id: str, number: int, data: bytes) -> str:
        with _answered(), self._present(key):
            sent = self._client.upload_part(
                Bucket=self.bucket_name, Key=key, UploadId=multipart_id, PartNumber=number, Body=data
            )
            return str(sent["ETag"])

    def join_parts(self, key: str, multipart_id: str, tags: list[str]) -> None:
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1)]
        with _answered():
            try:
                self._client.complete_multipart_upload(
                    Bucket=self.bucket_name, Key=key, UploadId=multipart_id, MultipartUpload={"Parts": parts}
                )
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "NoSuchUpload" and self.exists(key):
                    return
                if code in {"NoSuchUpload", "InvalidPart", "EntityTooSmall"}:
                    raise FileNotFoundError(key) from error
                raise

    def drop_parts(self, key: str, multipart_id: str) -> None:
        with _answered(), contextlib.suppress(FileNotFoundError), self._present(key):
            self._client.abort_multipart_upload(Bucket=self.bucket_name, Key=key, UploadId=multipart_id)

    def unfinished_parts(self, folder: str) -> Iterator[tuple[str, str, datetime]]:
        with _answered():
            for found in self.bucket.multipart_uploads.filter(Prefix=f"{folder}/"):
                yield found.object_key, found.id, found.initiated

    def delete_below(self, folder: str) -> None:
        # One by one: deletion in bulk wants checksums that differ from service to service.
        client, bucket = self._client, self.bucket_name
        keys = [key for key, _changed in self.files_below(folder)]
        with _answered(), ThreadPoolExecutor(DELETIONS_AT_ONCE) as pool:
            list(pool.map(lambda key: client.delete_object(Bucket=bucket, Key=key), keys))
