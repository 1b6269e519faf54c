"""Regrades: closed attempts graded again, by a corrected key or other rules, when two people want it."""

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cms.shared.free_text import FreeTextField
from cms.shared.jobs import Job
from quizzes.enums import Consequence, LineState, RegradeCause, RegradeStage
from quizzes.models.attempts import Attempt, AttemptGrade
from quizzes.models.bank import Bank, Question, QuestionRevision, Scoring

REGRADE_CAUSES = [
    (RegradeCause.KEY, _("The key was corrected")),
    (RegradeCause.GIVEN, _("Everybody gets the points")),
    (RegradeCause.OMITTED, _("The question is left out")),
    (RegradeCause.SCORING, _("The bank scores in another way")),
]
REGRADE_STAGES = [
    (RegradeStage.COUNTING, pgettext_lazy("regrade", "Dry run")),
    (RegradeStage.WAITING, pgettext_lazy("regrade", "Waits for a second person")),
    (RegradeStage.APPLYING, pgettext_lazy("regrade", "Being applied")),
    (RegradeStage.APPLIED, pgettext_lazy("regrade", "Applied")),
    (RegradeStage.WITHDRAWN, pgettext_lazy("regrade", "Withdrawn")),
]
LINE_STATES = [
    (LineState.CHANGES, pgettext_lazy("regrade", "Changes")),
    (LineState.SAME, pgettext_lazy("regrade", "Stays the same")),
    (LineState.OPEN, pgettext_lazy("regrade", "Not handed in yet")),
    (LineState.UNMARKED, pgettext_lazy("regrade", "Not marked yet")),
]
CONSEQUENCES = [
    (Consequence.NONE, pgettext_lazy("regrade", "nothing")),
    (Consequence.OTHER_PASS, pgettext_lazy("regrade", "nothing: passed by another attempt")),
    (Consequence.COMPLETES, pgettext_lazy("regrade", "lesson completed")),
    (Consequence.GRANTS, pgettext_lazy("regrade", "course completed, credit recorded")),
    (Consequence.REOPENS, pgettext_lazy("regrade", "lesson open again")),
    (Consequence.TAKES, pgettext_lazy("regrade", "credit taken back")),
    (Consequence.APPROVAL, pgettext_lazy("regrade", "credit of a reported year: the province decides")),
    (Consequence.TOO_LATE, pgettext_lazy("regrade", "nothing: after the last day of the offer")),
]


class Regrade(Job):
    """One regrade: its dry run, the second person's word, its application. Each of COUNTING and APPLYING is one run.

    `revisions` are the public ids of the revisions to be judged anew, by the key of `target`; `items` those of the
    question that it is about, all if empty. `scorings` are the numbers of the versions that `scoring` replaces.
    `counts` is {state or name: how many}; `runs` counts the dry runs, so that a second person confirms what they saw.
    `verified_at`: since then the dry run was found to be true, and lines are written.
    """

    task_name: ClassVar[str] = "quizzes.run_regrade"
    # Every run goes on where the one before was killed.
    max_attempts: ClassVar[int] = 10

    regrade_stage = models.CharField(max_length=10, choices=REGRADE_STAGES, default=RegradeStage.COUNTING)
    cause = models.CharField(_("what is changed"), max_length=8, choices=REGRADE_CAUSES)
    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, related_name="regrades")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, null=True, related_name="regrades")
    target = models.ForeignKey(QuestionRevision, on_delete=models.PROTECT, null=True, related_name="+")
    revisions = models.JSONField(default=list)
    items = models.JSONField(default=list)
    scoring = models.ForeignKey(Scoring, on_delete=models.PROTECT, null=True, related_name="+")
    scorings = models.JSONField(default=list)
    reason = FreeTextField(_("reason"), max_length=500)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    counts = models.JSONField(default=dict)
    counted_at = models.DateTimeField(null=True)
    runs = models.PositiveSmallIntegerField(default=0)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    # When a confirmed application found the dry run outdated, and made it anew.
    moved_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("regrade")
        verbose_name_plural = _("regrades")
        constraints = [
            models.CheckConstraint(
                name="regrade_has_its_ground",
                condition=Q(cause=RegradeCause.SCORING, scoring__isnull=False, question__isnull=True)
                | Q(cause=RegradeCause.KEY, target__isnull=False, question__isnull=False)
                | Q(cause__in=[RegradeCause.GIVEN, RegradeCause.OMITTED], question__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.question or self.bank)


class RegradeLine(models.Model):
    """What a regrade does with one attempt: by the dry run, and once `applied_at` in truth.

    `seen` is the print of the attempt that the line was counted from. `consequence` and `facts` are what the owner of
    the attempt's context says. `is_later`: it came, or changed, after the dry run that was confirmed.
    """

    names_person: ClassVar[str] = "attempt__person"

    regrade = models.ForeignKey(Regrade, on_delete=models.CASCADE, related_name="lines")
    # An open attempt goes with its learner's account; a closed one stays for ever.
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="regrade_lines")
    state = models.CharField(max_length=10, choices=LINE_STATES)
    seen = models.CharField(max_length=64)
    old_points = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    old_possible = models.DecimalField(max_digits=8, decimal_places=2)
    old_passed = models.BooleanField(null=True)
    new_points = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    new_possible = models.DecimalField(max_digits=8, decimal_places=2)
    new_passed = models.BooleanField(null=True)
    consequence = models.CharField(max_length=12, choices=CONSEQUENCES, default=Consequence.NONE)
    facts = models.JSONField(default=dict)
    is_later = models.BooleanField(default=False)
    applied_at = models.DateTimeField(null=True)
    grade = models.OneToOneField(AttemptGrade, on_delete=models.PROTECT, null=True, related_name="regrade_line")

    class Meta:
        constraints = [models.UniqueConstraint(name="regrade_line_once", fields=["regrade", "attempt"])]
        indexes = [models.Index(name="regrade_line_state", fields=["regrade", "state"])]

    def __str__(self) -> str:
        return f"{self.regrade_id} {self.attempt_id}"

    @property
    def difference(self) -> Decimal | None:
        return None if self.old_points is None or self.new_points is None else self.new_points - self.old_points
