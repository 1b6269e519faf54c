"""Offers, enrolments, progress and completions. They are keyed by translation keys, so that a course studied in two
languages is one course, and they copy what they name, so that later edits never undo them."""

import uuid
from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.enums import AttentionEvery, Basis, EnrolmentState, LessonKind
from courses.models.pages import CoursePage
from courses.querysets import EnrolmentQuerySet, LessonProgressQuerySet, OfferQuerySet
from credits.models import Project
from organisations.models import Node


class Offer(models.Model):
    """A course on offer: on what basis it grants credit, when, and by which watching rule.

    `time_scale` > 1 is for demonstrations only: one minute stands for so many. Production refuses it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    course = models.ForeignKey(CoursePage, on_delete=models.PROTECT, related_name="offers", verbose_name=_("course"))
    basis = models.CharField(_("basis"), max_length=8, choices=Basis, default=Basis.NONE)
    project = models.ForeignKey(
        Project,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="offers",
        verbose_name=_("accredited project"),
    )
    in_house_unit = models.ForeignKey(
        Node,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("unit"),
    )
    rule_set_id = models.CharField(_("rule set"), max_length=40, default="cn-henan-cme")
    activity_type = models.CharField(_("activity type in the rule set"), max_length=40, blank=True)
    begins = models.DateField(_("from"))
    ends = models.DateField(_("until"), help_text=_("Last day, inclusive"))
    watch_threshold = models.DecimalField(
        _("share of a lecture to watch"),
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.9"),
        validators=[MinValueValidator(Decimal("0.1")), MaxValueValidator(Decimal("1"))],
    )
    max_speed = models.DecimalField(
        _("greatest speed that counts"),
        max_digits=3,
        decimal_places=2,
        default=Decimal("2"),
        validators=[MinValueValidator(Decimal("1")), MaxValueValidator(Decimal("2"))],
    )
    background_play = models.BooleanField(_("counts while the page is hidden"), default=True)
    attention_minutes = models.PositiveSmallIntegerField(
        _("asks whether one is there"),
        choices=AttentionEvery,
        default=AttentionEvery.NEVER,
        help_text=_("Minutes that were not confirmed count once they are, also later."),
    )
    time_scale = models.PositiveSmallIntegerField(_("demo time scale"), default=1, editable=False)
    is_demo = models.BooleanField(_("demonstration"), default=False, editable=False)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["-begins", "-pk"]
        constraints = [
            models.CheckConstraint(name="offer_begins_before_ends", condition=Q(ends__gte=models.F("begins"))),
            models.CheckConstraint(
                name="offer_basis_has_its_ground",
                condition=Q(basis="project", project__isnull=False, in_house_unit__isnull=True)
                | Q(basis="in_house", project__isnull=True, in_house_unit__isnull=False)
                | Q(basis="none", project__isnull=True, in_house_unit__isnull=True),
            ),
            models.CheckConstraint(
                name="offer_attention_at_most_every_quarter",
                condition=Q(attention_minutes=0) | Q(attention_minutes__gte=15),
            ),
            models.CheckConstraint(
                name="offer_time_scale_is_demo", condition=Q(time_scale=1) | Q(is_demo=True, time_scale__gt=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course.title} · {self.get_basis_display()}"

    @property
    def grants_credit(self) -> bool:
        return self.basis != Basis.NONE

    def is_open(self, *, on: date) -> bool:
        return self.begins <= on <= self.ends


class Recognition(models.Model):
    """Further rules under which an offer counts, for whoever follows them; with the approval that they ask for.

    A row for the offer's own rule set only adds the approval.
    """

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="recognitions", verbose_name=_("offer"))
    rule_set_id = models.CharField(_("rule set"), max_length=40)
    activity_type = models.CharField(_("activity type in the rule set"), max_length=40)
    approval_scheme = models.CharField(
        _("scheme of approval"), max_length=40, blank=True, help_text=_("For example: RCEEM")
    )
    approval_reference = models.CharField(_("reference of the approval"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("further recognition")
        verbose_name_plural = _("further recognitions")
        ordering = ["offer", "rule_set_id"]
        constraints = [models.UniqueConstraint(name="recognition_once", fields=["offer", "rule_set_id"])]

    def __str__(self) -> str:
        return f"{self.offer} · {self.rule_set_id}"


class PublishedVersion(models.Model):
    """Published content as it was, for ever: one row per page and content hash."""

    append_only = True

    page_id_copy = models.BigIntegerField(db_index=True)
    content_key = models.UUIDField()
    title = models.CharField(max_length=255)
    revision_id_copy = models.BigIntegerField(null=True)
    content_sha256 = models.CharField(max_length=64)
    content = models.JSONField()
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="published_version_once", fields=["page_id_copy", "content_sha256"])
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.content_sha256[:8]}"


class Enrolment(models.Model):
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="enrolments")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="enrolments")
    course_key = models.UUIDField(db_index=True)
    state = models.CharField(max_length=10, choices=EnrolmentState, default=EnrolmentState.ACTIVE)
    enrolled_at = models.DateTimeField(default=timezone.now)
    progressed_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrolment")
        indexes = [models.Index(name="enrolment_newest", fields=["person", "-progressed_at"])]
        constraints = [models.UniqueConstraint(name="enrolment_once", fields=["person", "offer"])]

    def __str__(self) -> str:
        return f"{self.person} · {self.offer}"


class LessonProgress(models.Model):
    """Where a person stands in one lesson. `minutes` is what was really studied, at most what was planned.

    `public_id` is the context under which a quiz's attempts are opened. `lecture_id_copy` names the lecture whose
    minutes were counted here, so that they count once only.
    """

    # Whom its label names: see organisations.audit.
    names_person: ClassVar[str] = "enrolment__person"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="lessons")
    lesson_key = models.UUIDField()
    kind = models.CharField(max_length=8, choices=LessonKind)
    opened_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True)
    minutes = models.DecimalField(max_digits=8, decimal_places=3, default=0)
    page_id_copy = models.BigIntegerField(null=True)
    title = models.CharField(max_length=255, blank=True)
    revision_id_copy = models.BigIntegerField(null=True)
    content_sha256 = models.CharField(max_length=64, blank=True)
    lecture_id_copy = models.BigIntegerField(null=True)
    evidence = models.JSONField(default=list, help_text="[{kind, sha256}, …]")
    signed_off_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    objects = LessonProgressQuerySet.as_manager()

    class Meta:
        verbose_name = _("lesson progress")
        constraints = [models.UniqueConstraint(name="lesson_progress_once", fields=["enrolment", "lesson_key"])]

    def __str__(self) -> str:
        return f"{self.enrolment} · {self.title}"


class CourseCompletion(models.Model):
    """That a person completed a course: what it was, which content, what was granted."""

    append_only = True

    enrolment = models.OneToOneField(Enrolment, on_delete=models.PROTECT, related_name="completion")
    completed_at = models.DateTimeField()
    page_id_copy = models.BigIntegerField()
    title = models.CharField(max_length=255)
    revision_id_copy = models.BigIntegerField(null=True)
    content_sha256 = models.CharField(max_length=64)
    lessons = models.JSONField(default=list, help_text="[{key, title, kind, minutes, sha256}]")
    minutes = models.DecimalField(max_digits=8, decimal_places=3)
    entry_public_id = models.UUIDField(null=True)

    def __str__(self) -> str:
        return self.title
