"""Whether a learner was there while a lecture played."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from courses.models.learning import LessonProgress


class AttentionCheck(models.Model):
    """One question during a lecture whether somebody is there.

    `intervals` are [[from_s, to_s], …] of the lecture that were watched since the question before; they count once it
    is answered, in time or later. Number 0 is no question: what had been watched before the lesson was first opened.
    """

    # Whom its label names: see organisations.audit.
    names_person: ClassVar[str] = "progress__enrolment__person"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    progress = models.ForeignKey(LessonProgress, on_delete=models.CASCADE, related_name="attention_checks")
    number = models.PositiveSmallIntegerField()
    intervals = models.JSONField(default=list)
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="attention_check_once", fields=["progress", "number"])]

    def __str__(self) -> str:
        return f"{self.progress} · {self.number}"
