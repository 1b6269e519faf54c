"""Outcomes go up by row, not by call: an engine writes one in the transaction that ends its subject,
the floor that owns the context settles it inline or in its sweep, once, by compare-and-set."""

from typing import Self

from django.db import models, transaction
from django.utils import timezone

from cms.shared import jobs

# The task that settles what waits. Its name is the contract; the floor that owns the contexts registers it.
SETTLE_TASK = "courses.settle_outcomes"


class Outcome(models.Model):
    """What an engine found. Subclasses add a foreign key `subject`; unique (subject, kind, revision)."""

    kind = models.CharField(max_length=30)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        abstract = True

    @classmethod
    def unsettled(cls) -> models.QuerySet[Self]:
        return cls._default_manager.filter(settled_at__isnull=True).order_by("pk")

    def settle(self) -> bool:
        """Mark settled inside the settling transaction; False if somebody else did."""
        return (
            type(self)._default_manager.filter(pk=self.pk, settled_at__isnull=True).update(settled_at=timezone.now())
            == 1
        )

    @staticmethod
    def announce() -> None:
        """Once committed, ask the owners' sweep to look now rather than at its next turn."""
        transaction.on_commit(lambda: jobs.send(SETTLE_TASK))
