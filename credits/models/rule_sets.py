from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.free_text import FreeTextField
from cms.shared.jobs import Job
from credits.enums import ChangeKind
from organisations.enums import RequestState

CHANGE_KINDS = [
    (ChangeKind.NOW_MET, _("Met now")),
    (ChangeKind.NO_LONGER_MET, _("No longer met")),
    (ChangeKind.MORE, _("More credits")),
    (ChangeKind.LESS, _("Fewer credits")),
    (ChangeKind.OTHER, _("Other change")),
]


class RuleSetVersion(models.Model):
    """One dated version of a rule set, exactly as its document says. `effective_to` is exclusive here.

    Of two versions that cover a day the one that came into force later holds, of two from the same day the one that
    was loaded later. `not_in` are periods ([[begins, ends], …], half-open) that were reported to the authority before
    this version came: they stay with the version under which they were reported.
    """

    rule_set_id = models.CharField(_("rule set"), max_length=40)
    version = models.CharField(_("version"), max_length=20)
    title = models.CharField(_("title"), max_length=200)
    title_en = models.CharField(_("English title"), max_length=200, blank=True)
    jurisdiction = models.CharField(_("jurisdiction"), max_length=20)
    parent = models.CharField(_("inherits from"), max_length=60, blank=True)
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(_("in force until (that day excluded)"), null=True)
    mark = models.CharField(_("verification"), max_length=10)
    document = models.JSONField(_("document"))
    document_sha256 = models.CharField(_("SHA-256 of the document"), max_length=64)
    not_in = models.JSONField(_("does not hold in"), default=list, blank=True)
    loaded_at = models.DateTimeField(_("loaded at"), default=timezone.now)

    class Meta:
        verbose_name = _("rule set version")
        constraints = [models.UniqueConstraint(name="rule_set_version_unique", fields=["rule_set_id", "version"])]
        ordering = ["rule_set_id", "effective_from"]

    def __str__(self) -> str:
        return f"{self.rule_set_id}@{self.version}"


class RuleSetProposal(Job):
    """A version that somebody uploaded. As a job it is tried on the book; published, it judges the book anew.

    `document` was validated before the row was written. Results of the trial: `kept` are reported periods that stay
    as they are ([{rule_set_id, begins, ends, version, people}]), `counts` how many change in which way,
    `ledger_position` the last entry that it saw, `rules_stamp` the versions that were there.
    `version` is what it was published as.
    """

    task_name: ClassVar[str] = "credits.run_rule_set_proposal"

    document = models.JSONField()
    document_sha256 = models.CharField(max_length=64)
    rule_set_id = models.CharField(max_length=40)
    rule_set_version = models.CharField(max_length=20)
    warnings = models.JSONField(default=list)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = FreeTextField(_("reason"), max_length=200)
    ledger_position = models.PositiveBigIntegerField(null=True)
    rules_stamp = models.CharField(max_length=64, blank=True)
    tried_at = models.DateTimeField(null=True)
    kept = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    decision = models.CharField(max_length=10, choices=RequestState, default=RequestState.WAITING)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = FreeTextField(max_length=200, blank=True)
    version = models.OneToOneField(RuleSetVersion, on_delete=models.PROTECT, null=True, related_name="proposal")
    judged_to = models.BigIntegerField(default=0, help_text="Book up to which everything was judged anew")

    class Meta:
        verbose_name = _("proposed rule set version")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="rule_set_proposal_one_waiting",
                fields=["rule_set_id", "rule_set_version"],
                condition=Q(decision=RequestState.WAITING),
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_set_id}@{self.rule_set_version}"


class RuleSetChange(models.Model):
    """What a proposed version would change for one person in one period. `requirements`: [{id, before, after}]."""

    proposal = models.ForeignKey(RuleSetProposal, on_delete=models.CASCADE, related_name="changes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    rule_set_id = models.CharField(max_length=40)
    period_begins = models.DateField()
    period_ends = models.DateField(help_text="Exclusive")
    kind = models.CharField(max_length=14, choices=CHANGE_KINDS)
    credits_before = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    credits_after = models.DecimalField(max_digits=10, decimal_places=2)
    state_before = models.CharField(max_length=14, blank=True)
    state_after = models.CharField(max_length=14)
    requirements = models.JSONField(default=list)

    class Meta:
        verbose_name = _("change by a proposed version")
        constraints = [
            models.UniqueConstraint(
                name="rule_set_change_once", fields=["proposal", "person", "rule_set_id", "period_begins"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.proposal}: {self.kind}"
