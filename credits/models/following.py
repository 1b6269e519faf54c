"""The rule sets that a person follows beside those of the place, and what their rules ask for beside the book."""

import uuid
from datetime import date

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from credits.models.ledger import Entry
from credits.models.titles import Reported
from organisations.enums import QualificationState


class Following(models.Model):
    """A person follows a rule set from `begins` until `ends` (half-open). The rest is what its periods hang on.

    `credential` answers conditions of the rules on what somebody holds; "": not said.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="followings")
    rule_set_id = models.CharField(_("rule set"), max_length=40)
    begins = models.DateField(_("from"))
    ends = models.DateField(_("until"), null=True, blank=True)
    birth_month = models.PositiveSmallIntegerField(
        _("month of birth"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    biennium_start_year = models.PositiveSmallIntegerField(
        _("year in which a period began"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1950), MaxValueValidator(2100)],
    )
    credential_earned_on = models.DateField(_("credential earned on"), null=True, blank=True)
    credential = models.CharField(_("credential held"), max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("followed rule set")
        constraints = [
            models.UniqueConstraint(
                name="following_one_open", fields=["person", "rule_set_id"], condition=Q(ends__isnull=True)
            ),
            models.CheckConstraint(
                name="following_begins_before_ends", condition=Q(ends__isnull=True) | Q(ends__gte=F("begins"))
            ),
        ]

    def __str__(self) -> str:
        return self.rule_set_id

    def holds_on(self, day: date) -> bool:
        return self.begins <= day and (self.ends is None or day < self.ends)


class Reflection(models.Model):
    """What a person wrote about an entry of their own: part of the evidence where rules count no hours.

    `category` is the kind of activity where the rules leave it to the person.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="reflection")
    category = models.CharField(_("kind of activity"), max_length=40, blank=True)
    learned = models.TextField(_("what was learned"), max_length=4000, blank=True)
    practice = models.TextField(_("effect on practice"), max_length=4000, blank=True)
    service_user = models.TextField(_("effect on patients and other service users"), max_length=4000, blank=True)
    outcome = models.CharField(_("professional outcome"), max_length=200, blank=True)
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("reflection")

    def __str__(self) -> str:
        return str(self.public_id)


class Declaration(Reported):
    """A step that was taken (1) or a figure kept elsewhere, for one period of a rule set; named by the rules.

    Until somebody confirms it, it decides nothing.
    """

    rule_set_id = models.CharField(max_length=40)
    period_begins = models.DateField()
    name = models.CharField(max_length=60)
    value = models.DecimalField(max_digits=10, decimal_places=2)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("declaration")
        constraints = [
            models.UniqueConstraint(
                name="declaration_once",
                fields=["person", "rule_set_id", "period_begins", "name"],
                condition=~Q(state=QualificationState.REFUSED),
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_set_id}: {self.name}"
