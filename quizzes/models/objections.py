"""What learners say is not right with a question, and what those who keep the questions answer."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cms.shared.free_text import FreeTextField
from quizzes.enums import ObjectionState
from quizzes.models.attempts import Attempt
from quizzes.models.bank import Question

OBJECTION_STATES = [
    (ObjectionState.OPEN, pgettext_lazy("objection", "To be answered")),
    (ObjectionState.ACCEPTED, pgettext_lazy("objection", "Accepted")),
    (ObjectionState.DECLINED, pgettext_lazy("objection", "Declined")),
]


class QuestionObjection(models.Model):
    """A learner says that something is not right with one item of their own closed attempt.

    The attempt's frozen paper holds the words and the key that it is about. `question` is the bank's (None: it was gone
    by then), `points` what the answer had earned at that time (None: not marked yet).
    """

    # Whom its label names: see organisations.audit.
    names_person: ClassVar[str] = "attempt__person"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="objections")
    item = models.CharField(max_length=64)
    question = models.ForeignKey(Question, on_delete=models.PROTECT, null=True, related_name="objections")
    points = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    text = FreeTextField(_("what is not right"), max_length=1000)
    made_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(_("state"), max_length=10, choices=OBJECTION_STATES, default=ObjectionState.OPEN)
    answer = FreeTextField(pgettext_lazy("to a person", "answer"), max_length=1000, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("objection to a question")
        verbose_name_plural = _("objections to questions")
        constraints = [
            models.UniqueConstraint(
                name="question_objection_one_open", fields=["attempt", "item"], condition=Q(state=ObjectionState.OPEN)
            ),
            models.CheckConstraint(
                name="question_objection_answered_whole",
                condition=Q(state=ObjectionState.OPEN, answered_at__isnull=True, answered_by__isnull=True)
                | ~Q(state=ObjectionState.OPEN) & Q(answered_at__isnull=False, answered_by__isnull=False),
            ),
        ]
        indexes = [models.Index(name="question_objection_open", fields=["made_at"], condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.public_id}"

    @property
    def is_open(self) -> bool:
        return self.state == ObjectionState.OPEN

    @property
    def is_accepted(self) -> bool:
        return self.state == ObjectionState.ACCEPTED
