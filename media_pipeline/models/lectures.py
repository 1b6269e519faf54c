"""Recorded lectures: the uploaded source, the job that transcodes it, the renditions people watch."""

import uuid
from collections import Counter
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.jobs import Job, JobState
from media_pipeline.enums import Condition, OriginalPolicy, PictureKind, SourcePlace
from organisations.models import Node


class Lecture(models.Model):
    """One recorded lecture. `renditions` is the set being served; it is replaced as a whole."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    lecturer = models.CharField(_("lecturer"), max_length=80, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    # Whose share of the disk it takes: where the uploader worked then.
    unit = models.ForeignKey(Node, on_delete=models.SET_NULL, null=True, related_name="+", editable=False)
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)
    source_key = models.CharField(max_length=200, editable=False)
    source_name = models.CharField(_("file name"), max_length=200, editable=False)
    source_sha256 = models.CharField(max_length=64, editable=False, db_index=True)
    source_bytes = models.BigIntegerField(default=0, editable=False)
    # Seconds, as the file says; None until a worker has looked into it.
    source_s = models.FloatField(null=True, editable=False)
    source_place = models.CharField(max_length=4, choices=SourcePlace, default=SourcePlace.HERE, editable=False)
    # What becomes of the original, and after how many days; "" and None: as the installation says.
    originals = models.CharField(max_length=6, choices=OriginalPolicy, blank=True, default="", editable=False)
    original_days = models.PositiveIntegerField(null=True, editable=False)
    picture_kind = models.CharField(
        _("picture"),
        max_length=10,
        choices=PictureKind,
        default=PictureKind.AUTOMATIC,
        help_text=_("Decides how many bits it gets. A console whose stacks are scrolled needs the most."),
    )
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
    """What one transcode made: a folder in private storage with HLS of every height, an MP4, a poster and a sprite.

    Unique by lecture, source and profile (version and wished picture): a job that runs twice makes one set. `heights`
    are in pixels, greatest first; `qualities` tells of each its width, lines, peak and average bit rate and bytes.
    What is not whole is served only once an editor has accepted it: `announced_s` is what the source promised,
    `damage` counts the errors that the decoder stepped over, near the seconds `damage_at`.
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
    picture_kind = models.CharField(max_length=10, choices=PictureKind, default=PictureKind.SLIDES)
    qualities = models.JSONField(default=list)
    loudness_lufs = models.FloatField(null=True)
    gain_db = models.FloatField(default=0)
    condition = models.CharField(max_length=10, choices=Condition, default=Condition.WHOLE)
    is_accepted = models.BooleanField(default=False)
    announced_s = models.FloatField(null=True)
    damage = models.PositiveIntegerField(default=0)
    damage_at = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="rendition_set_once", fields=["lecture", "source_sha256", "profile"])
        ]

    def __str__(self) -> str:
        return f"{self.lecture} · {self.profile}"

    @property
    def may_be_served(self) -> bool:
        return self.condition == Condition.WHOLE or self.is_accepted


class TranscodeJob(Job):
    """Turns a lecture's source into a rendition set.

    `media_left_s`: seconds of the recording that are still to be prepared, as far as is known. `expected_at`: when that
    will be done at the pace of this attempt.
    """

    task_name: ClassVar[str] = "media_pipeline.run_transcode"
    # A killed worker costs the piece in hand, so that more of them are borne than faults of the work itself.
    max_attempts: ClassVar[int] = 6

    lecture = models.ForeignKey(Lecture, on_delete=models.CASCADE, related_name="jobs")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    media_left_s = models.PositiveIntegerField(default=0, editable=False)
    expected_at = models.DateTimeField(null=True, editable=False)

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

    @classmethod
    def in_turn(cls) -> list[int]:
        """Whoever has fewest running comes first; of theirs the one with least left; of those the oldest.

        So an editor who sends fifty recordings keeps nobody waiting who sends one.
        """
        running = Counter(cls.objects.filter(state=JobState.RUNNING).values_list("requested_by", flat=True))
        fields = ("requested_by", "media_left_s", "created_at", "pk")
        waiting = cls.objects.filter(state=JobState.QUEUED).order_by().values_list(*fields)

        def rank(row: tuple[int | None, int, datetime, int]) -> tuple[int, int, datetime, int]:
            editor, left_s, since, pk = row
            return running[editor], left_s, since, pk

        return [row[-1] for row in sorted(waiting, key=rank)]
