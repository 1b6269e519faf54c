"""Question banks. A question is a line of revisions; a revision never changes."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import PreviewableMixin

from quizzes.enums import MultipleScoring, QuestionType, ReviewState

QUESTION_TYPES = [
    (QuestionType.A1, _("A1: single best answer")),
    (QuestionType.A2, _("A2: single best answer with a case")),
    (QuestionType.X, _("X: several right answers")),
]
REVIEW_STATES = [
    (ReviewState.DRAFT, _("Draft")),
    (ReviewState.TECHNOLOGIST_REVIEWED, _("Reviewed by a technologist")),
    (ReviewState.PHYSICIAN_REVIEWED, _("Reviewed by a physician")),
    (ReviewState.PUBLISHED, _("Published")),
]
MULTIPLE_SCORINGS = [
    (MultipleScoring.ALL_OR_NOTHING, _("All right answers and no wrong one, or nothing")),
    (
        MultipleScoring.PARTIAL_NO_WRONG,
        _("Half of each right answer's share while some are missing, nothing with a wrong one"),
    ),
    (MultipleScoring.RIGHT_MINUS_WRONG, _("Right minus wrong, never below nothing")),
]


class Bank(models.Model):
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=120)
    multiple_scoring = models.CharField(
        _("scoring of X questions"),
        max_length=20,
        choices=MULTIPLE_SCORINGS,
        default=MultipleScoring.ALL_OR_NOTHING,
    )
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("question bank")
        verbose_name_plural = _("question banks")

    def __str__(self) -> str:
        return self.title


class Question(PreviewableMixin, models.Model):  # type: ignore[django-manager-missing]
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, related_name="questions", verbose_name=_("question bank"))
    code = models.CharField(_("code"), max_length=40)
    subject = models.CharField(_("subject"), max_length=60, blank=True)
    current = models.ForeignKey(
        "QuestionRevision", on_delete=models.RESTRICT, null=True, related_name="+", editable=False
    )

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["code"]
        constraints = [models.UniqueConstraint(name="question_code_in_bank", fields=["bank", "code"])]

    def __str__(self) -> str:
        return f"{self.code} {self.subject}".strip()

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        return "quizzes/question_preview.html"


class QuestionRevision(models.Model):
    """One wording; it is never changed, a change makes the next one.

    `options` are texts in order (A, B, …); `answer` the right letters in order ("B", "ABD").
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    type = models.CharField(_("type"), max_length=4, choices=QUESTION_TYPES)
    stem = models.TextField(_("stem"))
    options = models.JSONField(_("options"), default=list)
    answer = models.CharField(_("right answer"), max_length=12)
    explanation = models.TextField(_("explanation"), blank=True)
    points = models.DecimalField(_("points"), max_digits=5, decimal_places=2, default=1)
    difficulty = models.PositiveSmallIntegerField(_("difficulty"), default=2)
    source = models.CharField(_("source"), max_length=200, blank=True)
    licence = models.CharField(_("licence"), max_length=60, blank=True)
    review_state = models.CharField(_("review"), max_length=30, choices=REVIEW_STATES, default=ReviewState.DRAFT)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(name="question_revision_number", fields=["question", "number"])]

    def __str__(self) -> str:
        return f"{self.question.code} r{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A revision never changes; services.bank.revise_question makes the next one.")
        super().save(*args, **kwargs)

    @property
    def is_reviewed(self) -> bool:
        return self.review_state == ReviewState.PUBLISHED
