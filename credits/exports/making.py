"""The cells of many rows as a column set orders them, column by column. What many rows have in common is made once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, TypeVar

from credits.columns import ColumnSet, declared
from credits.exports.cells import FIGURE, Cell, Form, Kind, Row, Value, Year, cell_of, kind_of

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
) -> Iterator[tuple[Row, Sequence[T]]]:
    """Every row with its cells as `show` has them, in the order of the columns."""
    kept = dict[Any, Kept[T]]()
    columns = [(index, cell.of, _maker(cell, show, kept)) for _place, cell, index in _cells(column_set)]
    for chunk, parts in _chunks(rows):
        taken: dict[Any, Sequence[Any]] = {(index, None): part for index, part in parts.items()}
        cells = []
        for index, of, make in columns:
            if (index, of) not in taken:
                taken[index, of] = list(map(of or _itself, parts[index]))
            cells.append(list(map(make, taken[index, of])))
        yield from zip(chunk, zip(*cells, strict=True), strict=True)


def written(
    column_set: ColumnSet,
    rows: Iterable[Row],
    show: Callable[[Value], str],
    show_texts: Callable[[list[str]], list[str]],
    separator: str,
) -> Iterator[list[str]]:
    """The rows as lines, some at a time: the cells of `made`, with `separator` between them.

    Cells that stand beside each other and depend on the same are made as one text. `show_texts` shows many texts as
    `show` does each; figures are written as they stand in the brief.
    """
    columns = []
    for key, group in groupby(_cells(column_set), key=_depends):
        cells = [cell for _place, cell, _index in group]
        columns.append((key[0], _column(cells, show, show_texts, separator)))
    for _chunk, parts in _chunks(rows):
        yield list(map(separator.join, zip(*[make(parts[index]) for index, make in columns], strict=True)))


def _chunks(rows: Iterable[Row]) -> Iterator[tuple[list[Row], dict[int | None, Sequence[Any]]]]:
    """Some rows at a time, with each of their parts by where it stands in a row; None: the rows themselves."""
    every = iter(rows)
    while chunk := list(islice(every, AT_ONCE)):
        yield chunk, {None: chunk, **dict(enumerate(zip(*chunk, strict=True)))}


Placed = tuple[int, Cell, int | None]
Column = Callable[[Sequence[Any]], list[str]]


def _cells(column_set: ColumnSet) -> Iterator[Placed]:
    """Every column's place, its cell, and of what of a row it is made."""
    for place, column in enumerate(column_set.columns):
        cell, index = cell_of(declared(column_set.kind, column.key).part, column.key)
        yield place, cell, index


def _maker(cell: Cell, show: Callable[[Value], T], kept: dict[Any, Kept[T]]) -> Callable[[Any], T]:
    """From what a cell depends on to the cell. Columns that read alike keep their cells together."""
    make = _shown(cell, show)
    return kept.setdefault(cell.read, Kept(make)).__getitem__ if cell.is_kept else make


def _shown(cell: Cell, show: Callable[[Value], T]) -> Callable[[Any], T]:
    read = cell.read
    return show if read is None else lambda part: show(read(part))


def _itself(part: T) -> T:
    return part


def _is_of_a_kind(cell: Cell) -> bool:
    return cell.form is not None or cell.of is kind_of


def _depends(one: Placed) -> tuple[int | None, Any]:
    """The same for cells that may be made as one: of a kind of years, or kept by the same."""
    place, cell, index = one
    return index, kind_of if _is_of_a_kind(cell) else (cell.of, -1 if cell.is_kept else place)


def _column(
    cells: list[Cell], show: Callable[[Value], str], show_texts: Callable[[list[str]], list[str]], separator: str
) -> Column:
    """From the parts of some rows to the cells that are made as one."""
    first = cells[0]
    if _is_of_a_kind(first):
        return _column_of_years(cells, show, separator)
    of = first.of
    if first.is_kept:
        makers = [_shown(cell, show) for cell in cells]
        kept = Kept(lambda part: separator.join([make(part) for make in makers])).__getitem__
        return lambda parts: list(map(kept, parts if of is None else map(of, parts)))
    if first.read is None and of is not None:
        return lambda parts: show_texts(list(map(of, parts)))
    make = _shown(first, show)
    return lambda parts: list(map(make, parts if of is None else map(of, parts)))


def _column_of_years(cells: list[Cell], show: Callable[[Value], str], separator: str) -> Column:
    """Each kind's text is put together once; a year fills in its figures."""

    def form(kind: Kind) -> tuple[str, Callable[[list[str]], Any]]:
        forms = [_form(cell, kind, show) for cell in cells]
        if any(one.text.startswith("%s") and cell.read is not FIGURE for cell, one in zip(cells, forms, strict=True)):
            # How a text is shown hangs on how it begins, here on a figure.
            return "%s", lambda figures: separator.join([make(Year(kind, figures)) for make in alone])
        places = [place for one in forms for place in one.places]
        return separator.join([one.text for one in forms]), itemgetter(*places) if places else _nothing

    forms, alone = Kept(form), [_of_a_year(cell, show) for cell in cells]

    def column(years: Sequence[Year]) -> list[str]:
        found = []
        for kind, figures in years:
            text, take = forms[kind]
            found.append(text % take(figures))
        return found

    return column


def _nothing(_figures: list[str]) -> tuple[()]:
    return ()


def _form(cell: Cell, kind: Kind, show: Callable[[Value], str]) -> Form:
    """A cell of a kind of years as it is shown."""
    if cell.form is None:
        return Form(_shown(cell, show)(kind).replace("%", "%%"), ())
    form = cell.form(kind)
    return form if cell.read is FIGURE else form._replace(text=show(form.text))


def _of_a_year(cell: Cell, show: Callable[[Value], str]) -> Callable[[Year], str]:
    """From a year to a cell of it."""
    make, of = _shown(cell, show), cell.of
    return make if of is None else lambda year: make(of(year))
