from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cms.shared.jobs import Job
from cms.shared.storage import private_storage
from credits.enums import Finding, ListKind, OfficialState
from credits.models.ledger import OFFICIAL_STATES, Book, Entry
from organisations.models import Node

LIST_KINDS = [(ListKind.PEOPLE, _("One row a person")), (ListKind.ENTRIES, _("One row an activity"))]
FINDINGS = [
    (Finding.SAME, _("In both, the same")),
    (Finding.DIFFERENT, _("In both, but different")),
    (Finding.ONLY_THEIRS, _("Only in their list")),
    (Finding.ONLY_OURS, _("Only in our book")),
    (Finding.UNCLEAR, _("Not clear which")),
]


class OfficialList(Job):
    """A list that the authority gave out, compared with the book of one place and year. The comparison is a dry run:
    nothing is written until somebody applies lines of it. `error_code` may be one of `FileProblem`."""

    task_name: ClassVar[str] = "credits.run_official_list"

    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="official_lists")
    place = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+")
    rule_set_id = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    # What holds for rows that do not say it themselves.
    default_state = models.CharField(max_length=12, choices=OFFICIAL_STATES, default=OfficialState.REGISTERED)
    on = models.DateField()
    kind = models.CharField(max_length=10, choices=LIST_KINDS, blank=True)
    file = models.FileField(storage=private_storage, max_length=200, blank=True)
    file_name = models.CharField(max_length=120)
    file_sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("official list")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name


class OfficialLine(models.Model):
    """One finding: a row of theirs, one of our entries, or both. `theirs` and `ours` hold what is compared, as text;
    of somebody whom the book does not know, `who` has the first letter of the name only.

    Where the list has one row a person, `book` alone is named and the whole year is compared.
    """

    official_list = models.ForeignKey(OfficialList, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField(null=True, help_text="Row of the file; null: not in it")
    finding = models.CharField(max_length=10, choices=FINDINGS)
    differences = models.JSONField(default=list)
    who = models.CharField(max_length=60, blank=True)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, null=True, related_name="+")
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, null=True, related_name="+")
    theirs = models.JSONField(default=dict)
    ours = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=OFFICIAL_STATES, blank=True)
    on = models.DateField(null=True)
    # [[status that this line wrote, state before it], …]
    written = models.JSONField(default=list)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(name="official_line_finding", fields=["official_list", "finding"])]

    def __str__(self) -> str:
        return f"{self.official_list} {self.number}"

    @property
    def can_be_applied(self) -> bool:
        is_pair = self.finding in (Finding.SAME, Finding.DIFFERENT)
        return is_pair and self.book_id is not None and bool(self.state) and not self.written
