"""Marking by people: what waits to be marked, who marks it, and files that learners hand in."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cms.shared.free_text import FreeTextField
from cms.shared.storage import private_storage
from organisations.models import Node
from quizzes.enums import MarkedKind, MarkingState
from quizzes.grading.marking import Basis, Tie
from quizzes.models.attempts import Attempt
from quizzes.models.bank import QUESTION_TYPES
from quizzes.querysets import MarkingItemQuerySet

MARKED_KINDS = [(MarkedKind.ATTEMPT, _("Answer in an attempt"))]
MARKING_STATES = [
    (MarkingState.WAITING, pgettext_lazy("marking", "Waiting")),
    (MarkingState.IN_PROGRESS, pgettext_lazy("marking", "In progress")),
    (MarkingState.THIRD_NEEDED, _("Third marker needed")),
    (MarkingState.DONE, pgettext_lazy("marking", "Done")),
]
BASES = [
    (Basis.ONE, _("points of one marker")),
    (Basis.MEAN, _("mean of two markers")),
    (Basis.NEAREST, _("mean of the two nearest of three markers")),
    (Basis.TIE, _("three markers at equal distance")),
]
TIES = [(Tie.HIGHER, _("the two higher")), (Tie.ALL, _("all three"))]


class MarkingItem(models.Model):
    """One piece of work that people mark: of an attempt, the answer to its item `item`.

    `title` is the beginning of what was asked. `unit` is where the learner worked when it was handed in (None:
    nowhere): markers reach it by their scope. `gap` is in points. The rules of marking are copied here with their
    source, so that later rules change nothing. `version` counts the writes of the row: every change of what is settled
    is a compare-and-set on it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subject_kind = models.CharField(max_length=20, choices=MARKED_KINDS, default=MarkedKind.ATTEMPT)
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, null=True, related_name="marking_items")
    item = models.CharField(max_length=64)
    type = models.CharField(max_length=20, choices=QUESTION_TYPES)
    title = models.CharField(max_length=120, blank=True)
    unit = models.ForeignKey(Node, on_delete=models.PROTECT, null=True, related_name="+")
    points_possible = models.DecimalField(max_digits=8, decimal_places=2)
    markers_needed = models.PositiveSmallIntegerField()
    is_blind = models.BooleanField()
    gap = models.DecimalField(max_digits=8, decimal_places=2)
    tie = models.CharField(max_length=10, choices=TIES)
    rules_source = models.CharField(max_length=300)
    rules_mark = models.CharField(max_length=1)
    state = models.CharField(max_length=15, choices=MARKING_STATES, default=MarkingState.WAITING)
    points = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    basis = models.CharField(max_length=10, choices=BASES, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = MarkingItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("work to be marked")
        constraints = [
            models.UniqueConstraint(name="marking_item_once", fields=["attempt", "item"]),
            models.CheckConstraint(
                name="marking_item_of_an_attempt", condition=Q(subject_kind=MarkedKind.ATTEMPT, attempt__isnull=False)
            ),
            models.CheckConstraint(
                name="marking_item_one_or_two", condition=Q(markers_needed__gte=1, markers_needed__lte=2)
            ),
            models.CheckConstraint(
                name="marking_item_done_whole",
                condition=Q(state=MarkingState.DONE, points__isnull=False, done_at__isnull=False)
                | ~Q(state=MarkingState.DONE) & Q(points__isnull=True, done_at__isnull=True, basis=""),
            ),
            models.CheckConstraint(
                name="marking_item_points", condition=Q(points__gte=0, points__lte=F("points_possible"))
            ),
        ]
        indexes = [
            models.Index(name="marking_item_queue", fields=["opened_at", "id"], condition=~Q(state=MarkingState.DONE))
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.public_id}"

    @property
    def rounds(self) -> int:
        """How many marks it takes as things stand."""
        return 3 if self.state == MarkingState.THIRD_NEEDED else self.markers_needed

    @property
    def is_done(self) -> bool:
        return self.state == MarkingState.DONE


class Marking(models.Model):
    """A seat: one marker's work on one piece, in one round. A draft until it is handed in, then it stays as it is.

    While `held_until` lies ahead nobody else takes the seat. `comment` is for the learner, `note` for nobody else.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.ForeignKey(MarkingItem, on_delete=models.CASCADE, related_name="markings")
    marker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="markings")
    round = models.PositiveSmallIntegerField()
    points = models.DecimalField(_("points"), max_digits=8, decimal_places=2, null=True)
    comment = FreeTextField(_("comment to the learner"), max_length=4000, blank=True)
    note = FreeTextField(_("private note"), max_length=1000, blank=True)
    claimed_at = models.DateTimeField(default=timezone.now)
    held_until = models.DateTimeField()
    saved_at = models.DateTimeField(null=True)
    handed_in_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("marking")
        constraints = [
            models.UniqueConstraint(name="marking_one_seat_a_round", fields=["item", "round"]),
            models.UniqueConstraint(name="marking_one_seat_a_marker", fields=["item", "marker"]),
            models.CheckConstraint(name="marking_three_rounds", condition=Q(round__gte=1, round__lte=3)),
            models.CheckConstraint(
                name="marking_handed_in_with_points", condition=Q(handed_in_at__isnull=True) | Q(points__isnull=False)
            ),
            models.CheckConstraint(name="marking_points_from_nothing", condition=Q(points__gte=Decimal(0))),
        ]

    def __str__(self) -> str:
        return f"{self.public_id}"

    @property
    def is_handed_in(self) -> bool:
        return self.handed_in_at is not None


class AnswerFile(models.Model):
    """A file that a learner sent as the answer to one item of one attempt; the answer's value is its public id.

    `name` is the learner's own, for themselves alone; markers get one without a person in it. After an erasure `file`
    and `name` are empty, the rest stays as evidence.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="files")
    item = models.CharField(max_length=64)
    file = models.FileField(storage=private_storage, max_length=200, blank=True)
    name = FreeTextField(max_length=120, blank=True)
    extension = models.CharField(max_length=8)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("file of an answer")
        indexes = [models.Index(name="answer_file_of_item", fields=["attempt", "item"])]

    def __str__(self) -> str:
        return f"{self.public_id}.{self.extension}"

    @classmethod
    def belongs(cls, attempt: Attempt, item: str, value: str) -> bool:
        """Whether `value` is the id of a file that was sent for this item of this attempt and is still there."""
        return cls.objects.filter(attempt=attempt, item=item, public_id=value).exclude(file="").exists()
