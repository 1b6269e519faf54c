"""The cells of many rows as a column set orders them, column by column. What many rows have in common is made once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
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


def made(column_set: ColumnSet, rows: Iterable[Row], show: Callable[[Value], T]) -> Iterator[tuple[Row, Sequence[T]]]:
    """Every row with its cells as `show` has them, in the order of the columns."""
    columns, kept = [], dict[Any, Kept[T]]()
    for column in column_set.columns:
        cell, index = cell_of(declared(column_set.kind, column.key).part, column.key)
        columns.append((index, cell.of, _maker(cell, show, kept)))
    every = iter(rows)
    while chunk := list(islice(every, AT_ONCE)):
        parts: dict[int | None, Sequence[Any]] = {None: chunk, **dict(enumerate(zip(*chunk, strict=True)))}
        taken: dict[Any, Sequence[Any]] = {(index, None): part for index, part in parts.items()}
        cells = []
        for index, of, make in columns:
            if (index, of) not in taken:
                taken[index, of] = list(map(of, parts[index]))  # type: ignore[arg-type]  # None is there
            cells.append(list(map(make, taken[index, of])))
        yield from zip(chunk, zip(*cells, strict=True), strict=True)


def _maker(cell: Cell, show: Callable[[Value], T], kept: dict[Any, Kept[T]]) -> Callable[[Any], T]:
    """From what a cell depends on to the cell. Columns that read alike keep their cells together."""
    read = cell.read
    make: Callable[[Any], T] = show if read is None else lambda part: show(read(part))
    return kept.setdefault(read, Kept(make)).__getitem__ if cell.is_kept else make
