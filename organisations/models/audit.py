from typing import ClassVar

from django.apps import apps
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organisations.deeds import Deed


class AuditEvent(models.Model):
    """Who did what to what, when, from where. Personal fields are masked before they come here.

    People stand here by their keys; `actor`, and `target` where it names a person, are empty in the table (lines of
    earlier releases hold a name) and filled in when the log is read: `selectors.labels.named`.
    """

    append_only = True
    # How long none may go: retention.json, "audit". `services.pruning` is the one that lets older ones go.
    deletable_after: ClassVar[tuple[str, int]] = ("at", 183)

    at = models.DateTimeField(_("time"), default=timezone.now, db_index=True)
    actor_id_copy = models.BigIntegerField(null=True, db_index=True, help_text="Person's key; null: the system")
    actor = models.CharField(_("actor"), max_length=80, blank=True)
    verb = models.CharField(_("deed"), max_length=60, db_index=True)
    target_kind = models.CharField(_("kind of target"), max_length=60)
    target_id = models.CharField(_("target's id"), max_length=64)
    target = models.CharField(_("target"), max_length=200, blank=True)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    address = models.GenericIPAddressField(_("network address"), null=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)

    # What stands before and after in words, once `selectors.log_words.worded` has looked at the event.
    told_before = ""
    told_after = ""

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes = [models.Index(name="audit_target", fields=["target_kind", "target_id"])]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M} {self.get_verb_display()}"

    def get_verb_display(self) -> str:
        """What was done, in words; the verb itself where an older release wrote one that is no longer known."""
        return str(Deed(self.verb).label) if self.verb in Deed else self.verb

    def get_target_kind_display(self) -> str:
        """What kind of thing it was done to, in words."""
        try:
            return str(apps.get_model(self.target_kind)._meta.verbose_name)
        except (LookupError, ValueError):  # a table that an older release had
            return self.target_kind
