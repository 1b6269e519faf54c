import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.free_text import FreeTextField
from cms.shared.jobs import Job, JobState
from credits.enums import ExportFormat
from organisations import retention
from organisations.enums import RequestState
from organisations.models import Node

EXPORT_FORMATS = [(ExportFormat.XLSX, _("Excel (XLSX)")), (ExportFormat.CSV, _("CSV for Excel (UTF-8)"))]


class ExportJob(Job):
    """A file of credit records. The scope is copied at the request and checked again at the download."""

    task_name: ClassVar[str] = "credits.run_export"

    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="credit_exports")
    scope_paths = models.JSONField(default=list)
    rule_set_id = models.CharField(max_length=40)
    period_begins = models.DateField()
    period_ends = models.DateField(help_text="Exclusive")
    file_format = models.CharField(max_length=4, choices=EXPORT_FORMATS)
    language = models.CharField(max_length=10, default="zh-hans")
    file_key = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=120, blank=True)
    row_count = models.PositiveIntegerField(null=True)
    file_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("credit export")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.file_name or str(self.public_id)

    @property
    def file_expires_at(self) -> datetime | None:
        """When the file goes: a disclosure names its moment, else the policy of the day it was made. None: no file."""
        disclosure = getattr(self, "disclosure", None)
        if disclosure is not None:
            expires_at: datetime | None = disclosure.expires_at
            return expires_at
        if self.finished_at is None or self.state != JobState.DONE:
            return None
        rule = retention.policy("credit_export", on=timezone.localdate(self.finished_at))
        return self.finished_at + timedelta(days=rule.amount)

    @property
    def can_be_fetched(self) -> bool:
        """Whether there is a file and its time is not over, although the sweep may come later."""
        expires_at = self.file_expires_at
        return bool(self.file_key) and expires_at is not None and expires_at > timezone.now()


class Disclosure(models.Model):
    """That one export may hold full ID numbers: asked for with a reason, agreed by a second person, for seven days.

    Its job is made when it was agreed to. `expires_at` is when the file goes; a request that nobody decides lapses.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="disclosures")
    place = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+")
    rule_set_id = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    file_format = models.CharField(max_length=4, choices=EXPORT_FORMATS)
    language = models.CharField(max_length=10, default="zh-hans")
    reason = FreeTextField(_("reason"), max_length=200)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.WAITING)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = FreeTextField(max_length=200, blank=True)
    expires_at = models.DateTimeField(null=True)
    job = models.OneToOneField(ExportJob, on_delete=models.PROTECT, null=True, related_name="disclosure")
    file_erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("export with full ID numbers")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.place} {self.year}"
