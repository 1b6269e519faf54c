from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AuditEvent(models.Model):
    """Who did what to what, when, from where. Personal fields are masked before they come here."""

    append_only = True

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

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes = [models.Index(name="audit_target", fields=["target_kind", "target_id"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb}"
