"""What recordings take on the disk: by lecture, by unit, by course."""

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce

from cms.shared.storage import local_path, private_storage
from media_pipeline.enums import SourcePlace, UploadState
from media_pipeline.models import Lecture, RenditionSet, Upload
from media_pipeline.selectors.quotas import ON_THE_WAY
from organisations.scopes import Scope

# (name, what it is called on top of its list, {primary keys of lectures}) of everything that shows lectures.
Shown = tuple[str, frozenset[int]]
_showing: list[Callable[[], Iterable[Shown]]] = []


@dataclass(frozen=True)
class Use:
    """Bytes of originals, of what was made of them, of uploads as far as they lie here; `pk` is of the lecture or unit.

    `count`: how many lectures these are.
    """

    name: str
    pk: int | None
    count: int
    originals: int
    renditions: int
    uploads: int = 0

    @property
    def total(self) -> int:
        return self.originals + self.renditions + self.uploads


def register(courses: Callable[[], Iterable[Shown]]) -> None:
    """`courses` says which courses there are and which lectures they show; whoever has courses says it at start."""
    _showing.append(courses)


def free_bytes() -> int | None:
    """How much room is left where the files lie; None if that is another machine's matter."""
    root = local_path(private_storage(), "")
    if root is None:
        return None
    root.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(root).free


def whole(scope: Scope | None) -> Use:
    """Everything within `scope` (None: everywhere, with what belongs to no unit). Three queries."""
    lectures, sets, uploads = _rows(scope)
    return Use(
        name="",
        pk=None,
        count=lectures.count(),
        originals=lectures.aggregate(total=Sum(_original()))["total"] or 0,
        renditions=sets.aggregate(total=Sum("total_bytes"))["total"] or 0,
        uploads=uploads.aggregate(total=Sum(_lying()))["total"] or 0,
    )


def lectures_by_size(scope: Scope | None) -> QuerySet[Lecture]:
    """Lectures with `made_bytes` and `all_bytes`, the greatest first."""
    made = RenditionSet.objects.filter(lecture=OuterRef("pk")).order_by().values("lecture")
    sums = Subquery(made.annotate(total=Sum("total_bytes")).values("total"))
    rows = _rows(scope)[0].annotate(made_bytes=Coalesce(sums, 0), original_bytes=_original())
    return rows.annotate(all_bytes=F("made_bytes") + F("original_bytes")).order_by("-all_bytes", "pk")


def of_lectures(rows: Sequence[Lecture]) -> list[Use]:
    """The lines of rows of `lectures_by_size`."""
    return [Use(row.title, row.pk, 1, row.original_bytes, row.made_bytes) for row in rows]  # type: ignore[attr-defined]


def by_unit(scope: Scope | None) -> list[Use]:
    """Every unit that keeps something, the greatest first; name "" is for what belongs to none. Three queries."""
    lectures, sets, uploads = _rows(scope)
    counts: dict[int | None, int] = defaultdict(int)
    sums: dict[str, dict[int | None, int]] = {kind: defaultdict(int) for kind in ("originals", "renditions", "uploads")}
    names: dict[int | None, str] = {None: ""}
    for pk, name, size in lectures.values_list("unit", "unit__name", _original()):
        counts[pk] += 1
        sums["originals"][pk] += size
        names[pk] = name or ""
    made = sets.values_list("lecture__unit", "lecture__unit__name").annotate(total=Sum("total_bytes"))
    coming = uploads.values_list("unit", "unit__name").annotate(total=Sum(_lying()))
    for kind, grouped in (("renditions", made), ("uploads", coming)):
        for pk, name, total in grouped:
            sums[kind][pk] += total or 0
            names[pk] = name or ""
    pks = {pk for found in sums.values() for pk, size in found.items() if size} | set(counts)
    return _greatest_first(
        Use(names[pk], pk, counts[pk], **{kind: found[pk] for kind, found in sums.items()}) for pk in pks
    )


def by_course(scope: Scope | None) -> list[Use]:
    """Every course that shows lectures, the greatest first; name "" is for those that no course shows.

    A lecture of two courses counts in both.
    """
    lectures, sets, _uploads = _rows(scope)
    originals = dict(lectures.values_list("pk", _original()))
    renditions: dict[int, int] = defaultdict(int)
    for pk, size in sets.values_list("lecture", "total_bytes"):
        renditions[pk] += size
    shown: set[int] = set()
    found: list[Shown] = []
    for courses in _showing:
        for name, pks in courses():
            found.append((name, pks & originals.keys()))
            shown |= pks
    found.append(("", frozenset(originals.keys() - shown)))
    return _greatest_first(
        Use(name, None, len(pks), sum(originals[pk] for pk in pks), sum(renditions[pk] for pk in pks))
        for name, pks in found
        if pks
    )


def _greatest_first(uses: Iterable[Use]) -> list[Use]:
    return sorted(uses, key=lambda use: (-use.total, use.name, use.pk or 0))


def _rows(scope: Scope | None) -> tuple[QuerySet[Lecture], QuerySet[RenditionSet], QuerySet[Upload]]:
    lectures, sets = Lecture.objects.order_by(), RenditionSet.objects.order_by()
    uploads = Upload.objects.filter(state__in=ON_THE_WAY).order_by()
    if scope is None:
        return lectures, sets, uploads
    return (
        lectures.filter(scope.q("unit")),
        sets.filter(scope.q("lecture__unit")),
        uploads.filter(scope.q("unit")),
    )


def _original() -> Case:
    """Bytes of an original that lies here."""
    return Case(When(source_place=SourcePlace.HERE, then=F("source_bytes")), default=0)


def _lying() -> Case:
    """Bytes of an upload that lie on the disk."""
    return Case(When(state=UploadState.RECEIVING, then=F("offset")), default=F("size"))
