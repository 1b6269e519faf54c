from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RuleSetVersion(models.Model):
    """One dated version of a rule set, exactly as its document says. `effective_to` is exclusive here."""

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
    loaded_at = models.DateTimeField(_("loaded at"), default=timezone.now)

    class Meta:
        verbose_name = _("rule set version")
        constraints = [models.UniqueConstraint(name="rule_set_version_unique", fields=["rule_set_id", "version"])]
        ordering = ["rule_set_id", "effective_from"]

    def __str__(self) -> str:
        return f"{self.rule_set_id}@{self.version}"
