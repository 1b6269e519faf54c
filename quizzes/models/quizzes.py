import uuid
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.models import Orderable

from quizzes.enums import ReviewPolicy
from quizzes.models.bank import Question

REVIEW_POLICIES = [
    (ReviewPolicy.AFTER_EACH, _("After each attempt")),
    (ReviewPolicy.WHEN_OVER, _("Once passed, or when no attempt is left")),
]


class Quiz(ClusterableModel):
    """A fixed list of questions with its rules. A lesson shows it; whoever shows it decides who may open it."""

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
    review_policy = models.CharField(
        _("right answers are shown"), max_length=12, choices=REVIEW_POLICIES, default=ReviewPolicy.AFTER_EACH
    )
    shuffle_options = models.BooleanField(_("shuffle options"), default=False)
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("quiz")
        verbose_name_plural = _("quizzes")

    def __str__(self) -> str:
        return self.title


class QuizQuestion(Orderable):
    quiz = ParentalKey(Quiz, on_delete=models.CASCADE, related_name="quiz_questions")
    question = models.ForeignKey(
        Question, on_delete=models.PROTECT, related_name="quiz_questions", verbose_name=_("question")
    )

    class Meta(Orderable.Meta):
        verbose_name = _("question of a quiz")
        verbose_name_plural = _("questions of a quiz")
        constraints = [models.UniqueConstraint(name="quiz_question_once", fields=["quiz", "question"])]

    def __str__(self) -> str:
        return str(self.question)
