import json
import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from credits import columns
from credits.columns import ColumnSet, SetKind
from organisations.models import Node

SET_KINDS = [
    (SetKind.ANNUAL, _("A row for each person's year")),
    (SetKind.GRANTEES, _("A row for each grant of one activity")),
    (SetKind.STATEMENT, _("A row for each entry of a person")),
    (SetKind.PROJECTS, _("A row for each accredited project")),
]


class ColumnDraft(models.Model):
    """A place's own column set while somebody rearranges it; `columns` as documents hold them.

    Its versions are published from it and stay as they are. Who administers `place` may change it; it can be chosen
    for `place` and everything below.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    place = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=SET_KINDS)
    title_zh = models.CharField(_("Chinese title"), max_length=columns.LONGEST_HEADING)
    title_en = models.CharField(_("English title"), max_length=columns.LONGEST_HEADING)
    copied_from = models.CharField(max_length=60)
    columns = models.JSONField(default=list)
    changes = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("column set in the making")

    def __str__(self) -> str:
        return self.title_zh

    @property
    def set_id(self) -> str:
        """The id of its published versions."""
        return f"own-{self.public_id.hex[:12]}"


class ColumnSetVersion(models.Model):
    """A published version of a place's own column set. It never changes; a change is the next version."""

    append_only = True

    draft = models.ForeignKey(ColumnDraft, on_delete=models.PROTECT, related_name="versions")
    set_id = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    document = models.TextField()
    document_sha256 = models.CharField(max_length=64)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("column set")
        constraints = [models.UniqueConstraint(name="column_set_version_unique", fields=["set_id", "number"])]

    def __str__(self) -> str:
        return f"{self.set_id}@{self.number}"

    @property
    def column_set(self) -> ColumnSet:
        return columns.built(self.document_sha256, self.document)

    @staticmethod
    def text_of(document: dict[str, object]) -> str:
        """One spelling of a document."""
        return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
