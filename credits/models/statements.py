from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cms.shared import sealing
from cms.shared.jobs import Job


class Statement(Job):
    """One person's year on one page of paper, with a code by which anybody can ask whether it is genuine.

    `content` is all that stands on the page; `content_sha256` names it: the same content has the same code and the
    same bytes. `book_sha256` says which state of the book it was made of. Of the code only the keyed hash is stored.
    """

    task_name: ClassVar[str] = "credits.make_statement"
    keyed: ClassVar[tuple[sealing.Keyed, ...]] = (
        sealing.Hashed(
            "code_index",
            "credits.statement",
            live=lambda now: models.Q(code_index__isnull=False, withdrawn_at__isnull=True),
            since="created_at",
        ),
    )

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="credit_statements")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    rule_set_id = models.CharField(max_length=40)
    year = models.PositiveSmallIntegerField()
    as_of = models.DateField()
    language = models.CharField(max_length=10, default="zh-hans")
    content = models.JSONField(default=dict)
    content_sha256 = models.CharField(max_length=64, unique=True)
    book_sha256 = models.CharField(max_length=64)
    code_index = models.CharField(max_length=64, unique=True, null=True)
    file_key = models.CharField(max_length=200, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("credit statement")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.person} {self.year}"
