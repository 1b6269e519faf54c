import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.outcomes import Outcome
from quizzes.enums import AttemptState, GradeCause
from quizzes.models.quizzes import Quiz

ATTEMPT_STATES = [
    (AttemptState.OPEN, _("Open")),
    (AttemptState.SUBMITTED, _("Submitted")),
    (AttemptState.EXPIRED, _("Closed by the clock")),
]
GRADE_CAUSES = [
    (GradeCause.CLOSING, _("Attempt closed")),
    (GradeCause.MARKING, _("Marked by people")),
    (GradeCause.REGRADE, _("Graded again")),
]


class Attempt(models.Model):
    """One person's run through a quiz.

    `paper` is frozen at opening: {version: 2, sections: [{title, locks}], groups: [{question, revision, type, section,
    stem, options, images, locks, is_reviewed, scoring, items: [{id, stem, reveal, options, settings, key, explanation,
    points, scoring}]}]}; options are [{key, text, origin}] with the letter as shown and the one in the revision.
    `shape` is what a save must know of it (see protocol.Shape). `answers` is {item: {value, client, counter, at}}; the
    greatest (counter, client) wins. `opened` is {section, groups: {index: items opened}}, `locked` {item: when};
    `refused` keeps the events that came too late. `marks` is {item: {points, is_right}}.
    `version` counts the writes of the row: every change is a compare-and-set on it. `context_kind`/`context_id` say on
    whose behalf it was opened, `return_url` where the learner goes back to.
    A closed attempt without `graded_at` waits for people who mark.
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
    # What the learner can name to prove that the attempt was handed in: 12 characters with a check, made at closing.
    receipt = models.CharField(max_length=12, unique=True, null=True)
    version = models.PositiveIntegerField(default=1)
    pass_share = models.DecimalField(max_digits=4, decimal_places=3)
    paper = models.JSONField(default=dict)
    shape = models.JSONField(default=dict)
    answers = models.JSONField(default=dict)
    opened = models.JSONField(default=dict)
    locked = models.JSONField(default=dict)
    refused = models.JSONField(default=list)
    # What regrades say over the paper, which stays as it was: {item: {key, scoring, verdict}}, each only where it does.
    rulings = models.JSONField(default=dict)
    marks = models.JSONField(default=dict)
    points = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    points_possible = models.DecimalField(max_digits=8, decimal_places=2)
    is_passed = models.BooleanField(null=True)
    graded_at = models.DateTimeField(null=True)
    # Said by the service that just closed the first of its context: there are no others to look for.
    is_only = False

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
    def waits_for_marks(self) -> bool:
        """Closed, and people have not marked all of it yet."""
        return not self.is_open and self.graded_at is None

    @property
    def share(self) -> Decimal | None:
        """Points over possible points, None while ungraded."""
        return None if self.points is None else self.points / self.points_possible

    @property
    def percent(self) -> Decimal | None:
        """The share reached in percent, cut to one place, so that 59.96 never reads as a passed 60."""
        return None if self.share is None else Decimal(int(self.share * 1000)) / 10

    @property
    def pass_percent(self) -> Decimal:
        return (self.pass_share * 100).normalize()

    @property
    def points_missing(self) -> Decimal | None:
        """What a graded attempt lacks to the pass mark; None if it is passed or not graded."""
        if self.points is None or self.is_passed is not False:
            return None
        return self.pass_share * self.points_possible - self.points


class AttemptGrade(models.Model):
    """One grading of an attempt; rows are only added, the attempt's own row holds the current one."""

    append_only = True

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="grades")
    revision = models.PositiveSmallIntegerField(default=1)
    marks = models.JSONField(default=dict)
    points = models.DecimalField(max_digits=8, decimal_places=2)
    # None: before regrades could leave questions out; then the paper's.
    points_possible = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    is_passed = models.BooleanField()
    cause = models.CharField(max_length=12, choices=GRADE_CAUSES, default=GradeCause.CLOSING)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("grade of an attempt")
        constraints = [models.UniqueConstraint(name="attempt_grade_revision", fields=["attempt", "revision"])]

    def __str__(self) -> str:
        return f"{self.attempt} r{self.revision}"


class AttemptOutcome(Outcome):
    """An attempt was closed and graded."""

    subject = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="outcomes")

    class Meta:
        constraints = [models.UniqueConstraint(name="attempt_outcome_once", fields=["subject", "kind", "revision"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
