import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.outcomes import Outcome
from quizzes.enums import AttemptState
from quizzes.models.quizzes import Quiz

ATTEMPT_STATES = [
    (AttemptState.OPEN, _("Open")),
    (AttemptState.SUBMITTED, _("Submitted")),
    (AttemptState.EXPIRED, _("Closed by the clock")),
]


class Attempt(models.Model):
    """One person's run through a quiz.

    `paper` is frozen at opening: [{question, revision, type, stem, options: [{key, text, origin}], answer,
    explanation, points, scoring, is_reviewed}], with the option keys as shown and the letter each option has in its
    revision as `origin`. `answers` is {question public id: {value, client, counter, at}}; the greatest (counter,
    client) wins. `marks` is {question public id: {points, is_right}}. `version` counts the writes of the row: every
    change is a compare-and-set on it. `context_kind`/`context_id` say on whose behalf it was opened, `return_url`
    where the learner goes back to.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="attempts")
    quiz = models.ForeignKey(Quiz, on_delete=models.PROTECT, related_name="attempts")
    context_kind = models.CharField(max_length=30)
    context_id = models.CharField(max_length=64)
    return_url = models.CharField(max_length=500, blank=True)
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=ATTEMPT_STATES, default=AttemptState.OPEN)
    opened_at = models.DateTimeField(default=timezone.now)
    deadline_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(default=timezone.now)
    # When the server last took an answer that changed something.
    answered_at = models.DateTimeField(null=True)
    # Seconds granted beyond the deadline because the line was silent before it; see services.attempts.
    grace_s = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    pass_share = models.DecimalField(max_digits=4, decimal_places=3)
    paper = models.JSONField(default=list)
    answers = models.JSONField(default=dict)
    marks = models.JSONField(default=dict)
    points = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    points_possible = models.DecimalField(max_digits=8, decimal_places=2)
    is_passed = models.BooleanField(null=True)

    class Meta:
        verbose_name = _("attempt")
        constraints = [
            models.UniqueConstraint(
                name="attempt_number", fields=["person", "quiz", "context_kind", "context_id", "number"]
            ),
            models.UniqueConstraint(
                name="attempt_one_open",
                fields=["person", "quiz", "context_kind", "context_id"],
                condition=Q(state="open"),
            ),
        ]
        indexes = [
            models.Index(name="attempt_context", fields=["context_kind", "context_id"]),
            models.Index(name="attempt_due", fields=["deadline_at"], condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.quiz} #{self.number}"

    @property
    def is_open(self) -> bool:
        return self.state == AttemptState.OPEN

    @property
    def share(self) -> Decimal | None:
        """Points over possible points, None while ungraded."""
        return None if self.points is None else self.points / self.points_possible


class AttemptOutcome(Outcome):
    """An attempt was closed and graded."""

    subject = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="outcomes")

    class Meta:
        constraints = [models.UniqueConstraint(name="attempt_outcome_once", fields=["subject", "kind", "revision"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
