"""Watched time, as the server counted it."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from cms.shared.outcomes import Outcome
from media_pipeline.models.lectures import Lecture


class WatchClock(models.Model):
    """Which of a person's seconds were already spent on watching, over all lectures: each can be spent once.

    `spent_ms` are united half-open intervals of milliseconds since the epoch; what is older than twelve hours is
    forgotten, and no longer accepted. The row is the lock of every batch of its person: raise `revision` first.
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watch_clock")
    revision = models.PositiveBigIntegerField(default=0)
    spent_ms = models.JSONField(default=list)

    def __str__(self) -> str:
        return str(self.person)


class PlaySession(models.Model):
    """One opening of one player. The watching rule is frozen here at opening; the lecture's length too."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="play_sessions")
    lecture = models.ForeignKey(Lecture, on_delete=models.CASCADE, related_name="play_sessions")
    opened_at = models.DateTimeField(default=timezone.now)
    threshold = models.DecimalField(max_digits=4, decimal_places=3)
    max_speed = models.DecimalField(max_digits=3, decimal_places=2)
    background_play = models.BooleanField()
    duration_s = models.FloatField()

    def __str__(self) -> str:
        return f"{self.person} · {self.lecture}"


class WatchedTime(models.Model):
    """What a person has watched of a lecture: united half-open intervals [[from_s, to_s], …] in order."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watched_times")
    lecture = models.ForeignKey(Lecture, on_delete=models.PROTECT, related_name="watched_times")
    intervals = models.JSONField(default=list)
    covered_s = models.FloatField(default=0)
    position_s = models.FloatField(default=0)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="watched_time_unique", fields=["person", "lecture"])]

    def __str__(self) -> str:
        return f"{self.person} · {self.lecture}"


class WatchBatch(models.Model):
    """Log of the batches that players sent (kept 180 days); unique by client and sequence, so a repeat earns once.

    `refused` are [index of the piece, reason, milliseconds not credited]; `reason` is the one that weighs most.
    """

    session = models.ForeignKey(PlaySession, on_delete=models.CASCADE, related_name="batches")
    client_id = models.CharField(max_length=36)
    sequence = models.PositiveIntegerField()
    received_at = models.DateTimeField(default=timezone.now, db_index=True)
    claimed = models.JSONField(default=list)
    refused = models.JSONField(default=list)
    claimed_s = models.FloatField(default=0)
    credited_s = models.FloatField(default=0)
    reason = models.CharField(max_length=30, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="watch_batch_once", fields=["session", "client_id", "sequence"])]

    def __str__(self) -> str:
        return f"{self.session} #{self.sequence}"


class WatchingOutcome(Outcome):
    """A person has watched the required share of a lecture; `revision` is that share in thousandths."""

    subject = models.ForeignKey(WatchedTime, on_delete=models.CASCADE, related_name="outcomes")

    class Meta:
        constraints = [models.UniqueConstraint(name="watching_outcome_once", fields=["subject", "kind", "revision"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
