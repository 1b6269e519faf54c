"""Composable filters."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import models
from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, Value, When

from organisations.scopes import Scope
from quizzes.enums import MarkingState

if TYPE_CHECKING:
    from organisations.models import Person
    from quizzes.models import MarkingItem  # noqa: F401 - named in strings below


class MarkingItemQuerySet(models.QuerySet["MarkingItem"]):
    def in_scope(self, scope: Scope, *, everybody: bool) -> Self:
        """Work of people of `scope`; with `everybody` also of those who worked nowhere."""
        nowhere = Q(unit__isnull=True) if everybody else Q(pk__in=[])
        return self.filter(scope.q("unit") | nowhere)

    def not_done(self) -> Self:
        return self.exclude(state=MarkingState.DONE)

    def not_of(self, person: "Person") -> Self:
        """Without the person's own work, also what they did with an account that was merged into this one."""
        return self.exclude(Q(attempt__person=person) | Q(attempt__person__merged_into=person))

    def with_free_seat(self, *, at: datetime) -> Self:
        """What another marker could begin with at that time."""
        taken = Q(markings__handed_in_at__isnull=False) | Q(markings__held_until__gt=at)
        third = When(state=MarkingState.THIRD_NEEDED, then=Value(3))
        return (
            self.not_done()
            .annotate(
                seats_taken=Count("markings", filter=taken),
                seats=Case(third, default=F("markers_needed"), output_field=IntegerField()),
            )
            .filter(seats_taken__lt=F("seats"))
        )

    def untouched_by(self, person: "Person") -> Self:
        """Without what the person marks or has marked, under this account or one that was merged into it."""
        seats = apps.get_model("quizzes", "Marking").objects.filter(item=OuterRef("pk"))
        return self.exclude(Exists(seats.filter(Q(marker=person) | Q(marker__merged_into=person))))

    def open_to(self, person: "Person", *, at: datetime) -> Self:
        """What `person` may begin to mark, the oldest first."""
        return self.with_free_seat(at=at).not_of(person).untouched_by(person).order_by("opened_at", "pk")
