import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from credits.enums import ImportState

IMPORT_STATES = [
    (ImportState.WAITING, _("Ready to look at")),
    (ImportState.APPLIED, pgettext_lazy("import", "Entered")),
    (ImportState.UNDONE, pgettext_lazy("import", "Undone")),
]


class ProjectImport(models.Model):
    """A sheet of projects that somebody sent. Until it is entered nothing of it is in the register: what each row would
    be is worked out anew whenever it is looked at.

    `rows`: [[sheet, row, {heading: text}], …], emptied when it is entered. `mapping`: {heading: field}. `written`:
    [[public id of a project, its `changes` afterwards, what it said before (None: it was added)], …].
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="project_imports")
    sent_at = models.DateTimeField(default=timezone.now)
    file_name = models.CharField(max_length=120)
    file_sha256 = models.CharField(max_length=64)
    headings = models.JSONField(default=list)
    rows = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=IMPORT_STATES, default=ImportState.WAITING)
    written = models.JSONField(default=list)
    left_out = models.PositiveIntegerField(default=0)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    applied_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("import of projects")
        ordering = ["-sent_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def added(self) -> int:
        return sum(1 for _key, _changes, before in self.written if before is None)

    @property
    def changed(self) -> int:
        return len(self.written) - self.added
