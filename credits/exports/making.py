"""The cells of many rows as a column set orders them, column by column. What many rows have in common is made once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any, TypeVar

from credits.columns import ColumnSet, declared
from credits.exports.cells import Cell, Row, Value, cell_of

T = TypeVar("T")
# So many rows are made at a time, and so many different cells of a sort are kept.
AT_ONCE, KEPT = 250, 1 << 12


class Kept(dict[Any, T]):
    """Cells by what they are made of; each is made when it is first asked for."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, key: Any) -> T:
        if len(self) >= KEPT:
            self.clear()
        found = self[key] = self.make(key)
        return found


def made(
    column_set: ColumnSet,
    rows: Iterable[Row],
    show: Callable[[Value], T],
    beside: Callable[[list[T]], T] | None = None,
) -> Iterator[tuple[Row, Sequence[T]]]:
    """Every row with its cells as `show` has them, in the order of the columns.

    `beside` makes one of cells that stand beside each other, where they are kept and depend on the same.
    """
    columns, kept = [], dict[Any, Kept[T]]()
    for (index, of, _place), group in groupby(_cells(column_set), key=_depends if beside else _depends_alone):
        columns.append((index, of, _maker([cell for _place, cell, _index in group], show, beside, kept)))
    every = iter(rows)
    while chunk := list(islice(every, AT_ONCE)):
        parts: dict[int | None, Sequence[Any]] = {None: chunk, **dict(enumerate(zip(*chunk, strict=True)))}
        taken: dict[Any, Sequence[Any]] = {(index, None): part for index, part in parts.items()}
        cells = []
        for index, of, make in columns:
            if (index, of) not in taken:
                taken[index, of] = list(map(of, parts[index]))
            cells.append(list(map(make, taken[index, of])))
        yield from zip(chunk, zip(*cells, strict=True), strict=True)


Placed = tuple[int, Cell, int | None]


def _cells(column_set: ColumnSet) -> Iterator[Placed]:
    """Every column's place, its cell, and of what of a row it is made."""
    for place, column in enumerate(column_set.columns):
        cell, index = cell_of(declared(column_set.kind, column.key).part, column.key)
        yield place, cell, index


def _depends(one: Placed) -> tuple[int | None, Any, int]:
    """The same for cells that may be made as one."""
    place, cell, index = one
    return index, cell.of, -1 if cell.is_kept else place


def _depends_alone(one: Placed) -> tuple[int | None, Any, int]:
    place, cell, index = one
    return index, cell.of, place


def _maker(
    cells: list[Cell],
    show: Callable[[Value], T],
    beside: Callable[[list[T]], T] | None,
    kept: dict[Any, Kept[T]],
) -> Callable[[Any], T]:
    """From what a cell depends on to the cell. Columns that read alike keep their cells together."""
    reads = [cell.read for cell in cells]
    (first, *others) = [show if read is None else _shown(read, show) for read in reads]
    if others and beside is not None:
        return Kept(lambda part: beside([make(part) for make in (first, *others)])).__getitem__
    return kept.setdefault(reads[0], Kept(first)).__getitem__ if cells[0].is_kept else first


def _shown(read: Callable[[Any], Value], show: Callable[[Value], T]) -> Callable[[Any], T]:
    return lambda part: show(read(part))
