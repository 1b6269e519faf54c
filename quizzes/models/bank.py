"""Question banks. A question is a line of revisions; the wording of a revision never changes."""

import uuid
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.images import get_image_model_string
from wagtail.models import PreviewableMixin

from quizzes.enums import FAMILIES, GROUPS, Bloom, MultipleScoring, QuestionType, ReviewState

QUESTION_TYPES = [
    (QuestionType.A1, _("A1: single best answer")),
    (QuestionType.A2, _("A2: single best answer with a case")),
    (QuestionType.A3, _("A3: several questions about one case")),
    (QuestionType.A4, _("A4: several questions about a case that unfolds")),
    (QuestionType.B1, _("B1: several questions with shared options")),
    (QuestionType.X, _("X: several right answers")),
    (QuestionType.CASE, _("Case analysis: right adds, wrong subtracts")),
    (QuestionType.TRUE_FALSE, _("True or false")),
    (QuestionType.NUMERIC, _("Number with a unit")),
    (QuestionType.SHORT_TEXT, _("Short text")),
    (QuestionType.ORDERING, _("Put in order")),
    (QuestionType.MATCHING, _("Match")),
    (QuestionType.HOTSPOT, _("Point on an image")),
    (QuestionType.IMAGE_GRADING, _("Grade an image")),
    (QuestionType.ESSAY, _("Essay, marked by people")),
    (QuestionType.FILE, _("File, marked by people")),
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
BLOOM_LEVELS = [
    (Bloom.REMEMBER, _("Remember")),
    (Bloom.UNDERSTAND, _("Understand")),
    (Bloom.APPLY, _("Apply")),
    (Bloom.ANALYSE, _("Analyse")),
    (Bloom.EVALUATE, _("Evaluate")),
    (Bloom.CREATE, _("Create")),
]


class Bank(models.Model):  # type: ignore[django-manager-missing]
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=120)
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("question bank")
        verbose_name_plural = _("question banks")

    def __str__(self) -> str:
        return self.title


class Scoring(models.Model):
    """How a bank's questions are scored: data that never changes; the one with the greatest number counts.

    `rules` is {question type: its rules}, numbers as text; `mark` says how far `source` was verified (A, B, M). A bank
    without a row follows the default that comes with us.
    """

    bank = models.ForeignKey(Bank, on_delete=models.CASCADE, related_name="scorings")
    number = models.PositiveIntegerField()
    rules = models.JSONField()
    source = models.CharField(max_length=300, blank=True)
    mark = models.CharField(max_length=1, default="M")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("scoring")
        constraints = [models.UniqueConstraint(name="scoring_number", fields=["bank", "number"])]

    def __str__(self) -> str:
        return f"{self.bank} #{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A scoring never changes; services.scorings makes the next one.")
        super().save(*args, **kwargs)


class Question(PreviewableMixin, models.Model):  # type: ignore[django-manager-missing]
    """`syllabus_codes` are codes of `syllabus.json`. What classifies a question may change, its wording may not."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, related_name="questions", verbose_name=_("question bank"))
    code = models.CharField(_("code"), max_length=40)
    subject = models.CharField(_("subject"), max_length=60, blank=True)
    syllabus_codes = models.JSONField(_("syllabus"), default=list, blank=True)
    modality = models.CharField(_("modality"), max_length=20, blank=True)
    body_part = models.CharField(_("body part"), max_length=60, blank=True)
    bloom = models.CharField(_("level of thinking"), max_length=12, choices=BLOOM_LEVELS, blank=True)
    # The words of the current revision and its items, to search in.
    words = models.TextField(default="", editable=False)
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

    @property
    def preview_modes(self) -> list[tuple[str, str]]:
        return [("", gettext("As the learner sees it")), ("reviewed", gettext("As reviewed, with what is right"))]

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        return "quizzes/question_reviewed.html" if mode_name == "reviewed" else "quizzes/question_preview.html"


class QuestionRevision(models.Model):
    """One wording; it is never changed, a change makes the next one.

    `items` are [{id, stem, reveal, options: [text], settings, key, explanation, points}] in order: one without a stem
    for a single question, several about `stem` for a group. `options` are the shared ones of B1 only. `reveal` is what
    is told before the item opens. An item keeps its id over the revisions; points are text.
    `review_state` is no wording: services.reviews moves it on.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    type = models.CharField(_("type"), max_length=16, choices=QUESTION_TYPES)
    stem = models.TextField(_("stem"), blank=True)
    options = models.JSONField(_("options"), default=list)
    items = models.JSONField(default=list)
    difficulty = models.PositiveSmallIntegerField(
        _("difficulty"), default=2, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
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

    @property
    def is_group(self) -> bool:
        return self.type in GROUPS

    @property
    def family(self) -> str:
        return FAMILIES[QuestionType(self.type)]

    @property
    def points(self) -> Decimal:
        """Of all items together."""
        return sum((Decimal(item["points"]) for item in self.items), Decimal(0))

    @property
    def heading(self) -> str:
        """The words by which a list shows the question: its stem, or the first item's."""
        return self.stem or next((item["stem"] for item in self.items if item["stem"]), "")


class QuestionReview(models.Model):
    """That somebody passed a revision into a review state; rows are only added."""

    append_only = True

    revision = models.ForeignKey(QuestionRevision, on_delete=models.PROTECT, related_name="reviews")
    state = models.CharField(max_length=30, choices=REVIEW_STATES)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = _("review of a question")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.revision} {self.state}"


class QuestionImage(models.Model):
    """A picture of a revision: of its case, or of the item with the id `item`."""

    revision = models.ForeignKey(QuestionRevision, on_delete=models.CASCADE, related_name="images")
    image = models.ForeignKey(get_image_model_string(), on_delete=models.PROTECT, related_name="+")
    item = models.UUIDField(null=True, blank=True)
    alt = models.CharField(_("description for those who do not see it"), max_length=300)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("image of a question")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.alt
