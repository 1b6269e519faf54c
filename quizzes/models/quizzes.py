import uuid
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.models import Orderable, PreviewableMixin

from quizzes.enums import Navigation, ReviewPolicy
from quizzes.models.bank import QUESTION_TYPES, Bank, Question

REVIEW_POLICIES = [
    (ReviewPolicy.AFTER_EACH, _("After each attempt")),
    (ReviewPolicy.WHEN_OVER, _("Once passed, or when no attempt is left")),
    (ReviewPolicy.AFTER_WINDOW, _("Once the quiz has closed for everybody")),
    (ReviewPolicy.NEVER, _("Never")),
]
NAVIGATIONS = [
    (Navigation.FREE, _("Free: learners may go back and forth")),
    (Navigation.SECTIONS, _("Section by section: who leaves a section cannot return to it")),
]
MAX_SECTIONS = 20


class Quiz(PreviewableMixin, ClusterableModel):
    """Questions that stand fast, or are drawn by rule at opening, with its rules. Whoever shows it decides who may."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    pass_share = models.DecimalField(
        _("pass mark (share of the points)"),
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.6"),
        validators=[MinValueValidator(Decimal("0")), MaxValueValidator(Decimal("1"))],
    )
    attempts_allowed = models.PositiveSmallIntegerField(
        _("attempts allowed"), default=3, help_text=_("0 means as many as a learner likes.")
    )
    cool_down_minutes = models.PositiveIntegerField(
        _("cool-down in minutes"),
        default=0,
        validators=[MaxValueValidator(60 * 24 * 30)],
        help_text=_("Time to learn after a failed attempt. Right answers are not shown before it is over."),
    )
    time_limit_minutes = models.PositiveIntegerField(
        _("time limit in minutes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(60 * 24)],
        help_text=_("Empty means without a limit. The server's clock decides."),
    )
    opens_at = models.DateTimeField(_("opens at"), null=True, blank=True)
    closes_at = models.DateTimeField(
        _("closes at"), null=True, blank=True, help_text=_("What is open then is handed in as it stands.")
    )
    navigation = models.CharField(_("navigation"), max_length=8, choices=NAVIGATIONS, default=Navigation.FREE)
    review_policy = models.CharField(
        _("right answers are shown"), max_length=12, choices=REVIEW_POLICIES, default=ReviewPolicy.AFTER_EACH
    )
    shuffle_questions = models.BooleanField(
        _("shuffle questions"),
        default=False,
        help_text=_("Inside their section; the parts of one case stay together and in order."),
    )
    shuffle_options = models.BooleanField(
        _("shuffle options"),
        default=False,
        help_text=_("Never those that several questions share, nor true and false."),
    )
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("quiz")
        verbose_name_plural = _("quizzes")

    def __str__(self) -> str:
        return self.title

    @property
    def preview_modes(self) -> list[tuple[str, str]]:
        return [("", gettext("A sample paper as the learner sees it"))]

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        return "quizzes/quiz_preview.html"

    def get_preview_context(self, request: HttpRequest, mode_name: str) -> dict[str, Any]:
        """The view of the preview has put the sample into the request."""
        return {**super().get_preview_context(request, mode_name), "sample": request.sample}  # type: ignore[attr-defined]

    def clean(self) -> None:
        if self.opens_at and self.closes_at and self.opens_at >= self.closes_at:
            raise ValidationError({"closes_at": _("The quiz must close after it opens.")})
        if self.review_policy == ReviewPolicy.AFTER_WINDOW and not self.closes_at:
            raise ValidationError({"closes_at": _("Say when the quiz closes, or show the right answers earlier.")})


class QuizSection(models.Model):
    """A part of a quiz with a title. Questions and draws name its number; a quiz may do without."""

    quiz = ParentalKey(Quiz, on_delete=models.CASCADE, related_name="sections")
    number = models.PositiveSmallIntegerField(
        _("number"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_SECTIONS)]
    )
    title = models.CharField(_("title"), max_length=120)

    class Meta:
        verbose_name = _("section of a quiz")
        verbose_name_plural = _("sections of a quiz")
        ordering = ["number", "pk"]
        constraints = [models.UniqueConstraint(name="quiz_section_number", fields=["quiz", "number"])]

    def __str__(self) -> str:
        return self.title


class QuizQuestion(Orderable):
    quiz = ParentalKey(Quiz, on_delete=models.CASCADE, related_name="quiz_questions")
    question = models.ForeignKey(
        Question, on_delete=models.PROTECT, related_name="quiz_questions", verbose_name=_("question")
    )
    section = models.PositiveSmallIntegerField(
        _("section"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_SECTIONS)]
    )

    class Meta(Orderable.Meta):
        verbose_name = _("question of a quiz")
        verbose_name_plural = _("questions of a quiz")
        constraints = [models.UniqueConstraint(name="quiz_question_once", fields=["quiz", "question"])]

    def __str__(self) -> str:
        return str(self.question)


class QuizDraw(Orderable):
    """So many questions of a bank, drawn anew for every attempt; what is empty does not matter."""

    quiz = ParentalKey(Quiz, on_delete=models.CASCADE, related_name="draws")
    section = models.PositiveSmallIntegerField(
        _("section"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_SECTIONS)]
    )
    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, related_name="draws", verbose_name=_("question bank"))
    count = models.PositiveSmallIntegerField(
        _("number of questions"), validators=[MinValueValidator(1), MaxValueValidator(200)]
    )
    subject = models.CharField(_("subject"), max_length=60, blank=True)
    difficulty = models.PositiveSmallIntegerField(
        _("difficulty"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    type = models.CharField(_("type"), max_length=16, choices=QUESTION_TYPES, blank=True)
    syllabus_code = models.CharField(_("syllabus"), max_length=12, blank=True)

    class Meta(Orderable.Meta):
        verbose_name = _("draw of a quiz")
        verbose_name_plural = _("draws of a quiz")

    def __str__(self) -> str:
        return " · ".join(
            str(part)
            for part in (self.bank, self.subject, self.type, self.difficulty, self.syllabus_code)
            if part not in ("", None)
        )
