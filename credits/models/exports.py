import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared.free_text import FreeTextField
from cms.shared.jobs import Job, JobState
from credits.enums import Encoding, ExportFormat, Layout
from organisations import retention
from organisations.enums import RequestState
from organisations.models import Node

EXPORT_FORMATS = [
    (ExportFormat.XLSX, _("Excel (XLSX)")),
    (ExportFormat.CSV, _("CSV")),
    (ExportFormat.PDF, _("PDF, a statement for every person (at most 1,000 people)")),
]
ENCODINGS = [
    (Encoding.UTF_8, _("UTF-8 (opens in Excel and elsewhere)")),
    (Encoding.GB18030, _("GB18030 (for older Chinese software)")),
]
LAYOUTS = [(Layout.ONE_SHEET, _("One sheet for all")), (Layout.SHEET_PER_UNIT, _("A sheet for each unit"))]
DEFAULT_SET = "annual-list@2026.1"
_UNEXPECTED = _(
    "The file could not be made. Ask for it again; if it fails once more, tell the operator of this site the time "
    "shown above."
)
_FAILURES = {
    "disclosure_lapsed": _("Nobody agrees to full ID numbers any more. Ask again."),
    "export_empty": _("Nobody is in what you asked for, so there is no file. Choose another place or year."),
    "export_scope_lost": _("Your role no longer reaches this place. Ask whoever grants roles, then export again."),
    "export_disk_full": _("The disk is full; no half file was kept. Tell the operator of this site, then ask again."),
    "export_totals_differ": _(
        "The rows did not add up to the stored judgements, so no file was handed out. Tell the operator of this site "
        "to run verify_judgements and rebuild_judgements."
    ),
    "export_too_many_units": _("There are more than 250 units. Choose one sheet for all, or a smaller place."),
    "export_too_many_people": _(
        "At most 1,000 people are put on paper at once. Choose a smaller place, or Excel or CSV."
    ),
    "export_column_set_gone": _("The column set is not there any more. Choose another one."),
}


class ExportJob(Job):
    """A file of credit records. The scope is copied at the request and checked again at the download.

    `identity` says what the file is made of: column set, scope, period, format, positions of ledger and review, the day
    as of which open years are judged. The same identity gives the same bytes; `identity_sha256` finds it again.
    `totals` were reconciled with the judgements before the job was done. `sought`: number or title of the activity
    whose grantees are listed.
    """

    task_name: ClassVar[str] = "credits.run_export"

    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="credit_exports")
    scope_paths = models.JSONField(default=list)
    rule_set_id = models.CharField(max_length=40)
    period_begins = models.DateField()
    period_ends = models.DateField(help_text="Exclusive")
    file_format = models.CharField(max_length=4, choices=EXPORT_FORMATS)
    language = models.CharField(max_length=10, default="zh-hans")
    column_set = models.CharField(max_length=60, default=DEFAULT_SET)
    encoding = models.CharField(max_length=8, choices=ENCODINGS, default=Encoding.UTF_8)
    layout = models.CharField(max_length=6, choices=LAYOUTS, default=Layout.ONE_SHEET)
    sought = models.CharField(max_length=300, blank=True)
    reason = FreeTextField(_("reason"), max_length=200, blank=True)
    identity = models.JSONField(default=dict)
    identity_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    cut_off_at = models.DateTimeField(null=True)
    totals = models.JSONField(default=dict)
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
    def failure_text(self) -> str:
        """Why there is no file and what to do next."""
        return str(_FAILURES.get(self.error_code, _UNEXPECTED))

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
    column_set = models.CharField(max_length=60, default=DEFAULT_SET)
    encoding = models.CharField(max_length=8, choices=ENCODINGS, default=Encoding.UTF_8)
    layout = models.CharField(max_length=6, choices=LAYOUTS, default=Layout.ONE_SHEET)
    sought = models.CharField(max_length=300, blank=True)
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
