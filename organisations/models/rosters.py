"""Rosters: the sheets in which units keep their people, read, compared, entered, undone."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from cms.shared import sealing
from cms.shared.free_text import FreeTextField
from cms.shared.jobs import Job
from cms.shared.storage import private_storage
from organisations.enums import RosterStage, RowOutcome
from organisations.models.people import Person
from organisations.models.places import Node


class RosterImport(Job):
    """One file of one unit. It is a batch: what it did can be undone until somebody has used it.

    `sheets`: [{name, header_row, columns: [text], rows, is_hidden, is_taken}, …]; `mapping`: {column text: field};
    `counts`: {outcome: rows}. `new_departments`: names that the unit has no department of; `made_departments`: the keys
    of those that were added. `is_complete`: whoever of the unit is not in the file has left.
    """

    task_name: ClassVar[str] = "organisations.run_roster"

    unit = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="rosters")
    roster_stage = models.CharField(max_length=10, choices=RosterStage, default=RosterStage.READING)
    file = models.FileField(storage=private_storage, max_length=200, blank=True)
    file_name = FreeTextField(_("file"), max_length=200)
    file_sha256 = models.CharField(max_length=64)
    file_erased_at = models.DateTimeField(null=True)
    sheets = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    is_complete = models.BooleanField(_("the file lists everybody of the unit"), default=False)
    effective_on = models.DateField(_("holds from"), null=True)
    counts = models.JSONField(default=dict)
    new_departments = models.JSONField(default=list)
    made_departments = models.JSONField(default=list)
    uploaded_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    applied_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    applied_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("roster")
        verbose_name_plural = _("rosters")

    def __str__(self) -> str:
        return self.file_name


class RosterRow(models.Model):
    """One row as it was read and what becomes of it.

    `sealed` is the row's fields (JSON, encrypted: it holds phones and ID numbers); `shown` is the same, masked.
    `problems`: [{column, code, params}, …]; `changes`: {field: [before, after]} masked; `candidates`: people's keys;
    `undo`: what has to be put back, encrypted. `row_number` is the line in the sheet, from 1; 0: nobody's line (left).
    """

    keyed: ClassVar[tuple[sealing.Keyed, ...]] = (
        sealing.Sealed("sealed", "roster_row", lambda row: row.sealed_as, related=("roster",)),
        sealing.Sealed("undo", "roster_row", lambda row: row.sealed_as, related=("roster",)),
    )

    roster = models.ForeignKey(RosterImport, on_delete=models.CASCADE, related_name="rows")
    sheet = models.CharField(max_length=100, blank=True)
    row_number = models.PositiveIntegerField()
    sealed = models.TextField(blank=True)
    shown = models.JSONField(default=dict)
    outcome = models.CharField(max_length=10, choices=RowOutcome)
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="roster_rows")
    candidates = models.JSONField(default=list)
    problems = models.JSONField(default=list)
    changes = models.JSONField(default=dict)
    undo = models.TextField(blank=True)
    is_applied = models.BooleanField(default=False)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(name="roster_row_outcome", fields=["roster", "outcome", "id"])]

    def __str__(self) -> str:
        return f"{self.sheet} {self.row_number}"

    @property
    def sealed_as(self) -> str:
        """The name under which `sealed` and `undo` are encrypted."""
        return f"roster_row:{self.roster.public_id}:{self.sheet}:{self.row_number}"


class RosterMapping(models.Model):
    """How a unit's columns are to be read, remembered from the last time. `columns`: {column text: field}."""

    unit = models.OneToOneField(Node, on_delete=models.CASCADE, related_name="roster_mapping")
    columns = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.unit)
