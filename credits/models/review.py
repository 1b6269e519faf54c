"""What people say is not right about their book, and what the reviewers answer."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cms.shared.free_text import FreeTextField
from credits.enums import Mark, ObjectionOutcome
from credits.models.ledger import Entry
from credits.rules.working_days import holidays
from organisations.models import Node

OBJECTION_OUTCOMES = [
    (ObjectionOutcome.UPHELD, pgettext_lazy("objection", "Upheld")),
    (ObjectionOutcome.REJECTED, pgettext_lazy("objection", "Rejected")),
]


class EntryObjection(models.Model):
    """A person says that a line of their book is not right, or that one is missing (no `entry`).

    `unit` is where the person works; `desk` is the place whose reviewers were told, which moves up when `due_on`, the
    last day to answer, has passed. `correction` is the entry that mends it. `answer_position` counts the answers in
    their order, so that an export can say which of them it knows.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="entry_objections"
    )
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, null=True, related_name="objections")
    rule_set_id = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField(_("year"))
    unit = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+")
    desk = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+")
    text = FreeTextField(_("what is not right"), max_length=500)
    created_at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField(_("answer due by"))
    escalated_at = models.DateTimeField(null=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=OBJECTION_OUTCOMES, blank=True)
    answer = FreeTextField(pgettext_lazy("to a person", "answer"), max_length=500, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer_position = models.PositiveIntegerField(unique=True, null=True)
    correction = models.ForeignKey(Entry, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("objection to a credit entry")
        verbose_name_plural = _("objections to credit entries")
        constraints = [
            models.UniqueConstraint(
                name="entry_objection_one_open",
                fields=["entry"],
                condition=Q(answered_at__isnull=True, entry__isnull=False),
            ),
            models.CheckConstraint(
                name="entry_objection_answered_whole",
                condition=Q(answered_at__isnull=True, answer_position__isnull=True, outcome="")
                | Q(answered_at__isnull=False, answer_position__isnull=False, outcome=ObjectionOutcome.REJECTED)
                | Q(
                    answered_at__isnull=False,
                    answer_position__isnull=False,
                    outcome=ObjectionOutcome.UPHELD,
                    correction__isnull=False,
                ),
            ),
        ]
        indexes = [models.Index(name="entry_objection_due", fields=["due_on"], condition=Q(answered_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.rule_set_id} {self.year}: {self.created_at:%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.answered_at is None

    @property
    def due_mark(self) -> Mark:
        """How well the holidays are known that the last day to answer hangs on."""
        return holidays(settings.HOLIDAYS).mark(timezone.localdate(self.created_at), self.due_on)

    @property
    def is_overdue(self) -> bool:
        return self.is_open and timezone.localdate() > self.due_on
