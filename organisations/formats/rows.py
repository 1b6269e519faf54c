"""A whole row, read by the unit's mapping: the values that hold, what is wrong, and what of it may be shown."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from organisations.formats import cells
from organisations.formats.columns import Field, field_of
from organisations.formats.problems import PASSED_OVER, STOPPING, problem
from organisations.formats.problems import RowProblem as P
from organisations.formats.shapes import Cell, Line

# The words with which a line below or between the people begins.
_NOBODY = re.compile(
    r"(合计|总计|小计|共计|备注|说明|填表人|填报人|制表|审核人|示例|例如|注[:：]|total\b|example\b|sum\b)", re.I
)
_IDENTITY = frozenset({Field.NAME, Field.STAFF_NUMBER, Field.PHONE, Field.ID_NUMBER, Field.EMAIL})
_KNOWN_BY = (Field.STAFF_NUMBER, Field.PHONE, Field.ID_NUMBER)


@dataclass(slots=True)
class ReadRow:
    """`values`: {field: text}, only what holds. `tails`: last four of masked numbers, for finding the person."""

    number: int
    values: dict[str, str] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    tails: dict[str, str] = field(default_factory=dict)

    @property
    def is_stopped(self) -> bool:
        return any(found["code"] in STOPPING for found in self.problems)

    @property
    def is_nobody(self) -> bool:
        return any(found["code"] in PASSED_OVER for found in self.problems)


@dataclass(frozen=True)
class _Column:
    place: int
    heading: str
    field: str
    read: Callable[[Cell], cells.Found]


class RowReader:
    """Reads the rows of one sheet. `columns`: its headings in order; `mapping`: {heading: field}."""

    def __init__(self, columns: Sequence[str], mapping: Mapping[str, str], *, today: date) -> None:
        self._width = len(columns)
        self._columns = [
            _Column(place, heading, mapping[heading], _reader(mapping[heading], today))
            for place, heading in enumerate(columns, start=1)
            if mapping.get(heading)
        ]
        self._headings = {column.field: column.heading for column in self._columns}

    def heading(self, name: str) -> str:
        """The heading above a field's column, "" if it has none."""
        return self._headings.get(name, "")

    def read(self, line: Line) -> ReadRow | None:
        """The row; None if none of the mapped cells holds anything of its own."""
        row = ReadRow(line.number)
        if not any(self._own(line, column) for column in self._columns):
            return None
        if nobody := self._nobody(line):
            row.problems.append(problem(nobody))
            row.values = {Field.NAME: cells.shown_text(self._cell(line, Field.NAME))[:60]}
            return row
        for column in self._columns:
            self._read_cell(line, column, row)
        if len(line.cells) > self._width and any(cell is not None for cell in line.cells[self._width :]):
            row.problems.append(problem(P.BEYOND_HEADER))
        self._whole(row)
        return row

    def _own(self, line: Line, column: _Column) -> bool:
        """Whether the row itself holds something there; what a merge or an empty text gives does not count."""
        if column.place > len(line.cells) or column.place in line.merged:
            return False
        cell = line.cells[column.place - 1]
        return column.place in line.formulas or (cell is not None and cell != "" and shown(cell) != "")

    def _cell(self, line: Line, name: str) -> Cell:
        place = next((column.place for column in self._columns if column.field == name), 0)
        return line.cells[place - 1] if 0 < place <= len(line.cells) else None

    def _nobody(self, line: Line) -> P | None:
        name = cells.shown_text(self._cell(line, Field.NAME))
        if field_of(name) == (Field.NAME, True):
            return P.REPEATED_HEADER
        first = next((text for cell in line.cells[:3] if (text := cells.shown_text(cell))), "")
        known = any(cells.shown_text(self._cell(line, one)) for one in _KNOWN_BY)
        # Text of a total is compared without its spaces: "合  计".
        says_total = any(_NOBODY.match(text.replace(" ", "")) for text in (name, first) if text)
        return P.TOTAL_ROW if says_total and (not known or _NOBODY.match(name.replace(" ", ""))) else None

    def _read_cell(self, line: Line, column: _Column, row: ReadRow) -> None:
        cell = line.cells[column.place - 1] if column.place <= len(line.cells) else None
        general = cells.general_problem(
            cell, has_formula=column.place in line.formulas, has_error=column.place in line.errors
        )
        if general is None and column.place in line.merged and column.field in _IDENTITY:
            general = P.MERGED_IDENTITY
        if general is not None:
            row.problems.append(problem(general, column.heading))
            return
        found = column.read(cell)
        if found.problem is not None:
            row.problems.append(problem(found.problem, column.heading, **found.params))
        if found.tail:
            row.tails[column.field] = found.tail
        if found.value:
            row.values[column.field] = found.value

    def _whole(self, row: ReadRow) -> None:
        """What only the row as a whole tells."""
        values = row.values
        blamed = {found["column"] for found in row.problems}
        # Where one of them is there but wrong, that is said already.
        told = any(self._headings.get(one, "?") in blamed for one in _KNOWN_BY)
        if not told and not any(values.get(one) or row.tails.get(one) for one in _KNOWN_BY):
            row.problems.append(problem(P.NO_IDENTITY))
        begins, ends = values.get(Field.BEGINS), values.get(Field.ENDS)
        if begins and ends and ends <= begins:
            row.problems.append(problem(P.ENDS_BEFORE_BEGINS, self.heading(Field.ENDS)))


def _reader(name: str, today: date) -> Callable[[Cell], cells.Found]:
    if name in cells.DAYS:
        return lambda cell: cells.day(cell, today=today)
    return cells.READERS[name]


shown = cells.shown_text


def masked(name: str, value: str) -> str:
    """A value as it may be shown and kept in clear: phone, ID number and e-mail address without their middle."""
    if not value:
        return ""
    if name == Field.PHONE:
        bare = value.removeprefix("+86")
        return f"{bare[:3]}****{bare[-4:]}"
    if name == Field.ID_NUMBER:
        return f"{value[:4]}{'*' * max(0, len(value) - 8)}{value[-4:]}"
    if name == Field.EMAIL:
        local, _at, host = value.partition("@")
        return f"{local[:1]}***@{host}"
    return value if name == Field.STAFF_NUMBER else cells.masked_digits(value)
