import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organisations.models.people import Person


class Notification(models.Model):
    """One message to one person; `key` makes it be sent once. The text is made from kind and params when shown."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    key = models.CharField(max_length=120)
    link = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("notification")
        constraints = [models.UniqueConstraint(name="notification_once", fields=["person", "key"])]
        indexes = [models.Index(name="notification_newest", fields=["person", "-created_at"])]

    def __str__(self) -> str:
        return self.kind
