import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from credits.enums import ProjectLevel

PROJECT_LEVELS = [
    (ProjectLevel.NATIONAL, _("National")),
    (ProjectLevel.PROVINCIAL, _("Provincial")),
    (ProjectLevel.CITY, _("City")),
    (ProjectLevel.UNIT, pgettext_lazy("project level", "Unit")),
]


class Project(models.Model):
    """An accredited project of continuing education, as published by the authority."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("project number"), max_length=60, unique=True)
    year = models.PositiveSmallIntegerField(_("year"))
    title = models.CharField(_("title"), max_length=200)
    level = models.CharField(_("level"), max_length=12, choices=PROJECT_LEVELS)
    kind = models.CharField(_("kind"), max_length=20, blank=True)
    discipline = models.CharField(_("discipline"), max_length=60, blank=True)
    hours = models.DecimalField(_("hours"), max_digits=6, decimal_places=2, default=0)
    organiser = models.CharField(_("organiser"), max_length=200)
    person_in_charge = models.CharField(_("person in charge"), max_length=60, blank=True)
    begins = models.DateField(_("from"))
    ends = models.DateField(_("until"))
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("accredited project")
        verbose_name_plural = _("accredited projects")

    def __str__(self) -> str:
        return f"{self.number} {self.title}"
