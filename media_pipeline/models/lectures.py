"""Recorded lectures: the uploaded source, the job that transcodes it, the renditions people watch."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.jobs import Job


class Lecture(models.Model):
    """One recorded lecture. `renditions` is the set being served; it is replaced as a whole."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    lecturer = models.CharField(_("lecturer"), max_length=80, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)
    source_key = models.CharField(max_length=200, editable=False)
    source_name = models.CharField(_("file name"), max_length=200, editable=False)
    source_sha256 = models.CharField(max_length=64, editable=False)
    source_bytes = models.BigIntegerField(default=0, editable=False)
    captions_key = models.CharField(max_length=200, blank=True, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)
    renditions = models.ForeignKey(
        "RenditionSet", on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("lecture")
        verbose_name_plural = _("lectures")
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.title

    @property
    def is_playable(self) -> bool:
        return self.renditions_id is not None

    @property
    def duration_s(self) -> float:
        return self.renditions.duration_s if self.renditions else 0.0


class RenditionSet(models.Model):
    """What one transcode made: a folder in private storage with HLS of every height, an MP4 and a poster.

    Unique by lecture, source and profile: a job that runs twice makes one set. `heights` are in pixels, greatest
    first; `damage` counts the errors that the decoder stepped over.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lecture = models.ForeignKey(Lecture, on_delete=models.CASCADE, related_name="rendition_sets")
    source_sha256 = models.CharField(max_length=64)
    profile = models.CharField(max_length=20)
    folder = models.CharField(max_length=120, unique=True)
    duration_s = models.FloatField()
    heights = models.JSONField(default=list)
    has_audio = models.BooleanField(default=True)
    total_bytes = models.BigIntegerField(default=0)
    damage = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="rendition_set_once", fields=["lecture", "source_sha256", "profile"])
        ]

    def __str__(self) -> str:
        return f"{self.lecture} · {self.profile}"


class TranscodeJob(Job):
    """Turns a lecture's source into a rendition set."""

    task_name: ClassVar[str] = "media_pipeline.run_transcode"

    lecture = models.ForeignKey(Lecture, on_delete=models.CASCADE, related_name="jobs")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("transcoding job")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                name="transcode_one_unfinished_per_lecture",
                fields=["lecture"],
                condition=models.Q(state__in=["queued", "running"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.lecture} · {self.get_state_display()}"
