"""By which day a unit, a city or the province wants a year's credits."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.free_text import FreeTextField
from organisations.models import Node


class YearClosing(models.Model):
    """The last day on which a place takes entries into its report of a year; it holds for everything below that has
    none of its own. `note` says where that stands, or what to do afterwards."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="year_closings", verbose_name=_("place"))
    rule_set_id = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField(_("year"))
    closes_on = models.DateField(_("last day"))
    note = FreeTextField(_("source or note"), max_length=200)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("closing day of a year")
        verbose_name_plural = _("closing days of years")
        constraints = [models.UniqueConstraint(name="year_closing_once", fields=["node", "rule_set_id", "year"])]

    def __str__(self) -> str:
        return f"{self.node} {self.year}: {self.closes_on}"
