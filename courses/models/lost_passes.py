"""Passes that a regrade took away after they had completed a course."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cms.shared.free_text import FreeTextField
from courses.enums import LostPassState
from courses.models.learning import LessonProgress
from organisations.models import Node
from quizzes.models import Attempt

LOST_PASS_STATES = [
    (LostPassState.WAITING, pgettext_lazy("lost pass", "Waits for the province")),
    (LostPassState.TAKEN_BACK, pgettext_lazy("lost pass", "Credit taken back")),
    (LostPassState.KEPT, pgettext_lazy("lost pass", "Credit stays")),
    (LostPassState.PASSED_AGAIN, pgettext_lazy("lost pass", "Passed again")),
]


class LostPass(models.Model):
    """A lesson's quiz is not passed any more, and its course had been completed by it.

    `grade_revision` is the grade by which the pass went. `entries` are the public ids of the entries concerned. While
    they are not reported to the authority they are taken back at once; otherwise the province decides. `unit` is where
    the learner worked when that came up.
    """

    # Whom its label names: see organisations.audit.
    names_person: ClassVar[str] = "progress__enrolment__person"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    progress = models.ForeignKey(LessonProgress, on_delete=models.PROTECT, related_name="lost_passes")
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="+")
    grade_revision = models.PositiveIntegerField()
    unit = models.ForeignKey(Node, on_delete=models.PROTECT, null=True, related_name="+")
    entries = models.JSONField(default=list)
    state = models.CharField(_("state"), max_length=12, choices=LOST_PASS_STATES, default=LostPassState.WAITING)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = FreeTextField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("pass taken away by a regrade")
        verbose_name_plural = _("passes taken away by regrades")
        constraints = [
            models.UniqueConstraint(name="lost_pass_once", fields=["attempt", "grade_revision"]),
            models.CheckConstraint(
                name="lost_pass_decided_whole",
                condition=Q(state=LostPassState.WAITING, decided_at__isnull=True)
                | ~Q(state=LostPassState.WAITING) & Q(decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id}"

    @property
    def waits(self) -> bool:
        return self.state == LostPassState.WAITING
