"""Outcomes go up by row, not by call: an engine writes one in the transaction that ends its subject,
the floor that owns the context settles it inline or in its sweep, once, by compare-and-set."""

from typing import Self

from django.db import models
from django.utils import timezone


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
