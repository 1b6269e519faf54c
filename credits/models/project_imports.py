from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cms.shared.jobs import Job
from cms.shared.storage import private_storage
from credits.enums import ImportStage, RowAction

IMPORT_STAGES = [
    (ImportStage.READING, _("Being read")),
    (ImportStage.CHECKING, _("Being compared with the register")),
    (ImportStage.WAITING, _("Ready to look at")),
    (ImportStage.APPLYING, pgettext_lazy("import", "Being entered")),
    (ImportStage.APPLIED, pgettext_lazy("import", "Entered")),
    (ImportStage.UNDOING, pgettext_lazy("import", "Being undone")),
    (ImportStage.UNDONE, pgettext_lazy("import", "Undone")),
    (ImportStage.UNREADABLE, pgettext_lazy("import", "Cannot be read")),
]
ROW_ACTIONS = [
    (RowAction.WRONG, _("Wrong")),
    (RowAction.NEW, _("To be added")),
    (RowAction.CHANGE, _("To be changed")),
    (RowAction.SAME, _("There already, the same")),
]


class ProjectImport(Job):
    """A sheet of projects that somebody sent. Until it is entered nothing of it is in the register.

    READING, CHECKING, APPLYING and UNDOING are each one run of the job. `mapping`: {heading: field}. `counts`:
    {action: rows} and `fingerprint`: of what the rows would be, as they were compared. `written`: [[public id of a
    project, its `changes` afterwards, what it said before (None: it was added)], …]. Where a run could not do what it
    should, `error_code` says why and `told` what the words need. The file goes as soon as it is read.
    """

    task_name: ClassVar[str] = "credits.run_project_import"

    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="project_imports")
    import_stage = models.CharField(max_length=10, choices=IMPORT_STAGES, default=ImportStage.READING)
    file = models.FileField(storage=private_storage, max_length=200, blank=True)
    file_name = models.CharField(max_length=120)
    file_sha256 = models.CharField(max_length=64)
    headings = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64, blank=True)
    told = models.JSONField(default=dict)
    written = models.JSONField(default=list)
    leaves_out = models.BooleanField(default=False)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    applied_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("import of projects")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def added(self) -> int:
        return sum(1 for _key, _changes, before in self.written if before is None)

    @property
    def changed(self) -> int:
        return len(self.written) - self.added

    @property
    def wrong(self) -> int:
        return int(self.counts.get(RowAction.WRONG.value, 0))

    @property
    def enterable(self) -> int:
        return sum(int(self.counts.get(action.value, 0)) for action in (RowAction.NEW, RowAction.CHANGE))


class ProjectImportRow(models.Model):
    """A row of a sheet, and what it would be in the register when it was last compared with it.

    `cells`: {heading: text}. `stated`: what would be stored, by field. `troubles`: [[field, code, params], …];
    `differences`: [[field, before, after], …]. Rows go when the sheet is entered.
    """

    project_import = models.ForeignKey(ProjectImport, on_delete=models.CASCADE, related_name="rows")
    sheet = models.CharField(max_length=100, blank=True)
    row_number = models.PositiveIntegerField()
    cells = models.JSONField(default=dict)
    action = models.CharField(max_length=10, choices=ROW_ACTIONS, blank=True)
    stated = models.JSONField(default=dict)
    troubles = models.JSONField(default=list)
    differences = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(name="project_row_action", fields=["project_import", "action", "id"])]

    def __str__(self) -> str:
        return f"{self.sheet} {self.row_number}".strip()
