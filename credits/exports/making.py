"""The cells of many rows as a column set orders them. What many rows have in common is made once."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Generic, TypeVar

from credits.columns import Column, ColumnSet, Part, declared
from credits.exports.cells import PARTS, PERSON_FIELDS, PersonPart, Read, Row, Value

T = TypeVar("T")
# Places and years stand in many rows and keep the cells that were made of them.
KEEPING = frozenset({Part.PLACE, Part.YEAR})
Key = Callable[[Any], Hashable]
# Key of a cell → what it depends on alone: years with the same one have the same cell.
KEYS: Mapping[Part, Mapping[str, Key]] = {
    Part.YEAR: {
        **dict.fromkeys(
            (
                "year", "rule_set", "mark", "result", "report_state", "report_time", "review_state", "review_unit",
                "review_time", "review_opinion",
            ),
            lambda year: (year.context, year.state, year.judged, year.brief.mark_key, year.official_key),
        ),
        "hours": lambda year: year.brief.raw[1],
        "credits": lambda year: year.brief.raw[0],
        "credits_registered": lambda year: year.brief.raw[2],
        **dict.fromkeys(
            ("credits_in", "credits_other"), lambda year: (year.context.categories, year.brief.category_key)
        ),
    },
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Columns that are read by the same key (None: for every row anew). `places`: where they stand in a row."""

    key: Key | None
    cells: tuple[tuple[Read, Column], ...]
    places: tuple[int, ...]


def plan(column_set: ColumnSet) -> dict[Part, list[Group]]:
    """How rows of a set become cells."""
    found: dict[Part, dict[Key | None, list[tuple[Read, Column, int]]]] = {}
    for place, column in enumerate(column_set.columns):
        part, key = declared(column_set.kind, column.key).part, column.key.partition(":")[0]
        read, by = PARTS[part][0][key], KEYS.get(part, {}).get(key)
        found.setdefault(part, {}).setdefault(by, []).append((read, column, place))
    return {
        part: [
            Group(key, tuple((read, column) for read, column, _ in own), tuple(place for *_, place in own))
            for key, own in by_key.items()
        ]
        for part, by_key in found.items()
    }


# So many different keys are kept; what comes later is made anew.
KEPT = 1 << 12


class Maker(Generic[T]):
    """Makes cells of one part as `show` has them: once for those that have the same key."""

    def __init__(self, groups: Iterable[Group], show: Callable[[Value], T]) -> None:
        self.groups = [(one.key, one.cells, dict[Hashable, list[T]]()) for one in groups]
        self.places = [place for one in groups for place in one.places]
        self.show = show

    def __call__(self, part: Any) -> list[T]:
        show, cells = self.show, list[T]()
        for key_of, columns, kept in self.groups:
            if key_of is None:
                cells += [show(read(part, column)) for read, column in columns]
                continue
            key = key_of(part)
            found = kept.get(key)
            if found is None:
                if len(kept) >= KEPT:
                    kept.clear()
                found = kept[key] = [show(read(part, column)) for read, column in columns]
            cells += found
        return cells


class Persons(Generic[T]):
    """Makes the cells about a person: they are fields of the part as they stand."""

    def __init__(self, groups: Iterable[Group], show: Callable[[Value], T]) -> None:
        columns = [column for one in groups for _read, column in one.cells]
        self.places = [place for one in groups for place in one.places]
        self.pick = picker([PersonPart._fields.index(PERSON_FIELDS[column.key]) for column in columns])
        self.show = show

    def __call__(self, part: PersonPart) -> list[T]:
        return list(map(self.show, self.pick(part)))


def picker(places: list[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Those at `places` of a row, in this order."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda row: [row[place] for place in places]


def made(column_set: ColumnSet, rows: Iterable[Row], show: Callable[[Value], T]) -> Iterator[tuple[Row, Sequence[T]]]:
    """Every row with its cells as `show` has them, in the order of the columns."""
    steps: list[tuple[int | None, Any, bool]] = []
    places: list[int] = []
    for part, groups in plan(column_set).items():
        maker: Any = (Persons if part == Part.PERSON else Maker)(groups, show)
        steps.append((PARTS[part][1], maker, part in KEEPING))
        places += maker.places
    pick = picker([places.index(place) for place in range(len(places))])
    for row in rows:
        cells: list[T] = []
        for index, maker, keeps in steps:
            one: Any = row if index is None else row[index]
            if not keeps:
                cells += maker(one)
            elif (kept := one.kept) is not None and kept[0] is maker:
                cells += kept[1]
            else:
                found = maker(one)
                one.kept = (maker, found)
                cells += found
        yield row, pick(cells)
