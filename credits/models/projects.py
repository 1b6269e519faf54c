import uuid
from datetime import date, timedelta
from decimal import Decimal

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cms.shared.free_text import FreeTextField
from credits import registry
from credits.registry import Stated, TermKind


def term(kind: TermKind, code: str) -> str:
    """What a value of a closed list is called in the language of the page."""
    return registry.label(kind, code, get_language() or "")


class Project(models.Model):
    """An accredited project of continuing education, as published by the authority.

    `begins` and `ends` are both included; `closed_on` is the first day on which it does not hold any more, however far
    `ends` lies. Level, kind and form are codes of the register's closed lists; older rows may hold their own words.
    A missing quota is no limit, missing parts of the hours are not told. The phone of the person in charge is not kept.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("project number"), max_length=60, unique=True)
    year = models.PositiveSmallIntegerField(_("year"))
    title = models.CharField(_("title"), max_length=200)
    level = models.CharField(_("level"), max_length=20)
    kind = models.CharField(_("kind"), max_length=20, blank=True)
    form = models.CharField(_("form"), max_length=20, blank=True)
    discipline = models.CharField(_("discipline"), max_length=60, blank=True)
    subdiscipline = models.CharField(_("subdiscipline"), max_length=60, blank=True)
    begins = models.DateField(_("first day"))
    ends = models.DateField(_("last day"))
    days = models.PositiveSmallIntegerField(_("days of teaching"), null=True, blank=True)
    place = FreeTextField(_("place"), max_length=120, blank=True)
    theory_hours = models.DecimalField(_("hours of theory"), max_digits=6, decimal_places=2, null=True, blank=True)
    practice_hours = models.DecimalField(_("hours of practice"), max_digits=6, decimal_places=2, null=True, blank=True)
    hours = models.DecimalField(_("hours"), max_digits=6, decimal_places=2, default=Decimal(0))
    credits = models.DecimalField(_("credits"), max_digits=5, decimal_places=2, null=True, blank=True)
    quota = models.PositiveIntegerField(_("places"), null=True, blank=True)
    organiser = models.CharField(_("organiser"), max_length=200)
    person_in_charge = FreeTextField(_("person in charge"), max_length=60, blank=True)
    remark = FreeTextField(_("remark"), max_length=300, blank=True)
    closed_on = models.DateField(null=True, blank=True, editable=False)
    closed_because = FreeTextField(max_length=200, blank=True, editable=False)
    changes = models.PositiveIntegerField(default=0, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("accredited project")
        verbose_name_plural = _("accredited projects")

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def level_label(self) -> str:
        return term(TermKind.LEVEL, self.level)

    @property
    def kind_label(self) -> str:
        return term(TermKind.KIND, self.kind)

    @property
    def form_label(self) -> str:
        return term(TermKind.FORM, self.form)

    @property
    def days_held(self) -> int:
        """The days of teaching; where they are not told, all from the first to the last."""
        return self.days if self.days is not None else (self.ends - self.begins).days + 1

    @property
    def last_day(self) -> date:
        """The last day that may be granted; before `begins` where it was closed before it began."""
        return self.ends if self.closed_on is None else min(self.ends, self.closed_on - timedelta(days=1))

    @property
    def stated(self) -> Stated:
        return Stated(**{name: getattr(self, name) for name in registry.FIELDS})
