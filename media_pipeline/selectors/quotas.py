"""How much of the disk recordings take, by unit."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from media_pipeline.enums import SourcePlace, UploadState
from media_pipeline.models import Lecture, RenditionSet, UnitQuota, Upload
from organisations.enums import NodeKind
from organisations.models import Node, Person
from organisations.scopes import Scope
from organisations.selectors import employment_on
from organisations.selectors.departments import hospital_of

# Uploads whose bytes lie, or will lie, on the disk beside those of lectures.
ON_THE_WAY = (UploadState.RECEIVING, UploadState.CHECKING, UploadState.KNOWN)

MOST_UNITS = 200


@dataclass(frozen=True)
class Share:
    """What a unit keeps of recordings and renditions, with what is on its way. `most_bytes` None: no limit."""

    unit: Node
    used_bytes: int
    most_bytes: int | None
    is_own_limit: bool

    @property
    def percent(self) -> int | None:
        """Of the limit, at most 100; None without one."""
        return None if self.most_bytes is None else min(100, 100 * self.used_bytes // max(1, self.most_bytes))

    @property
    def most_gb(self) -> int | None:
        return None if self.most_bytes is None else self.most_bytes // 1024**3


def unit_of(person: Person | None) -> Node | None:
    """The unit in which `person` works today; None for nobody and for those who work in none."""
    employment = employment_on(person, timezone.localdate()) if person else None
    return hospital_of(employment.unit) if employment else None


def share_of(unit: Node) -> Share:
    return shares([unit])[0]


def shares(units: Iterable[Node]) -> list[Share]:
    """The shares of `units`, in their order. Four queries."""
    listed = list(units)
    used = dict.fromkeys((unit.pk for unit in listed), 0)
    for rows, field, column in (
        (Lecture.objects.filter(source_place=SourcePlace.HERE), "unit", "source_bytes"),
        (RenditionSet.objects.all(), "lecture__unit", "total_bytes"),
        (Upload.objects.filter(state__in=ON_THE_WAY, is_replacement=False), "unit", "size"),
    ):
        sums = rows.filter(**{f"{field}__in": list(used)}).order_by().values_list(field).annotate(total=Sum(column))
        for pk, total in sums:
            used[pk] += total
    own = dict(UnitQuota.objects.filter(unit__in=list(used)).values_list("unit", "most_bytes"))
    return [
        Share(unit, used[unit.pk], own.get(unit.pk, settings.LECTURE_QUOTA_BYTES), unit.pk in own) for unit in listed
    ]


def units_with_shares(scope: Scope | None, *, search: str = "") -> list[Node]:
    """The units of `scope` (None: all) that keep recordings or have a limit, as they lie in the tree.

    With `search`, those called so, whatever they keep; at most MOST_UNITS.
    """
    kept = Node.objects.exclude(kind=NodeKind.DEPARTMENT)
    if scope is not None:
        kept = kept.filter(scope.q(""))
    if search:
        return list(kept.filter(name__icontains=search).order_by("path")[:MOST_UNITS])
    pks = {
        *Lecture.objects.exclude(unit=None).order_by().values_list("unit", flat=True).distinct(),
        *Upload.objects.exclude(unit=None).order_by().values_list("unit", flat=True).distinct(),
        *UnitQuota.objects.values_list("unit", flat=True),
    }
    return list(kept.filter(pk__in=pks).order_by("path")[:MOST_UNITS])
