"""What the way to a title asks and the account does not hold: passed exam papers, representative works."""

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from credits.enums import WorkKind
from organisations.enums import QualificationState

WORK_KINDS = [
    (WorkKind.PAPER, _("Paper")),
    (WorkKind.CASE, _("Technical case")),
    (WorkKind.PROTOCOL, _("Examination protocol")),
    (WorkKind.PATENT, _("Patent")),
    (WorkKind.STANDARD, _("Standard or consensus")),
    (WorkKind.TEACHING, _("Teaching")),
    (WorkKind.POPULAR_SCIENCE, _("Popular science")),
]


class Reported(models.Model):
    """What a person says of themselves (自报) until the unit has seen the proof (已核)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=QualificationState, default=QualificationState.CLAIMED)
    entered_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        abstract = True


class ExamPass(Reported):
    """One paper of a title's exam, passed in an exam year. `exam` and `paper` are codes of the title pathway."""

    exam = models.CharField(_("exam"), max_length=10)
    paper = models.CharField(_("paper of an exam"), max_length=20)
    year = models.PositiveSmallIntegerField(
        _("exam year"), validators=[MinValueValidator(1990), MaxValueValidator(2100)]
    )

    class Meta:
        verbose_name = _("passed exam paper")
        constraints = [
            models.UniqueConstraint(
                name="exam_pass_once",
                fields=["person", "exam", "paper", "year"],
                condition=~Q(state=QualificationState.REFUSED),
            )
        ]

    def __str__(self) -> str:
        return f"{self.exam}/{self.paper} {self.year}"


class RepresentativeWork(Reported):
    """What is shown in a title's review (代表作)."""

    kind = models.CharField(_("kind of work"), max_length=20, choices=WORK_KINDS)
    title = models.CharField(_("title"), max_length=200)
    where = models.CharField(_("published or used in"), max_length=200, blank=True)
    part = models.CharField(_("own part"), max_length=80, blank=True)
    on = models.DateField(_("day"))

    class Meta:
        verbose_name = _("representative work")

    def __str__(self) -> str:
        return self.title
