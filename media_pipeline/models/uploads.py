"""Recordings on their way: what has arrived of them, the job that takes them over, how much a unit may keep."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.jobs import Job
from media_pipeline.enums import UploadState
from media_pipeline.models.lectures import Lecture
from organisations.models import Node


def kept_until() -> datetime:
    """Until when an upload is kept to which a byte comes now."""
    return timezone.now() + timedelta(days=settings.LECTURE_UPLOAD_DAYS)


class Upload(models.Model):
    """A file that arrives in parts, in one row. `offset` bytes of it lie in the storage for good.

    In a folder they are the beginning of the file `file_key`, which may be longer: what lies beyond `offset` was being
    written when a process died. In an object storage they are the `parts` (their tags, in order) of `multipart_id`.
    `lease` is the token of the request that writes at present, until `leased_until`; no other one may.
    `fingerprint` is what the browser knows the file again by. With `is_replacement`, `lecture` is whose recording it is
    to replace, else the lecture that was made of it. `same_as` has the same bytes.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lecture_uploads")
    unit = models.ForeignKey(Node, on_delete=models.SET_NULL, null=True, related_name="+")
    lecture = models.ForeignKey(Lecture, on_delete=models.SET_NULL, null=True, related_name="+")
    is_replacement = models.BooleanField(default=False)
    same_as = models.ForeignKey(Lecture, on_delete=models.SET_NULL, null=True, related_name="+")
    title = models.CharField(_("title"), max_length=200)
    lecturer = models.CharField(_("lecturer"), max_length=80, blank=True)
    file_name = models.CharField(_("file name"), max_length=200)
    fingerprint = models.CharField(max_length=100, blank=True)
    size = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    # Seconds, as the file says.
    length_s = models.FloatField(null=True)
    file_key = models.CharField(max_length=200)
    multipart_id = models.CharField(max_length=1024, blank=True)
    parts = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=UploadState, default=UploadState.RECEIVING)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    arrived_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("upload")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="upload_offset_within_size", condition=Q(offset__gte=0, offset__lte=F("size"), size__gt=0)
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def percent(self) -> int:
        return int(100 * self.offset // self.size)


class UploadCheck(Job):
    """Joins an upload that has arrived, takes its SHA-256, and makes it a lecture."""

    task_name: ClassVar[str] = "media_pipeline.check_upload"

    upload = models.OneToOneField(Upload, on_delete=models.CASCADE, related_name="check_job")

    class Meta:
        verbose_name = _("check of an upload")

    def __str__(self) -> str:
        return f"{self.upload} · {self.get_state_display()}"


class UnitQuota(models.Model):
    """How many bytes of recordings and renditions a unit may keep; without a row LECTURE_QUOTA_BYTES holds."""

    unit = models.OneToOneField(Node, on_delete=models.CASCADE, related_name="lecture_quota")
    most_bytes = models.BigIntegerField()

    class Meta:
        verbose_name = _("limit of a unit")
        constraints = [models.CheckConstraint(name="unit_quota_not_negative", condition=Q(most_bytes__gte=0))]

    def __str__(self) -> str:
        return str(self.unit)
