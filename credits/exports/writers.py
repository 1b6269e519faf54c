"""CSV and XLSX, written row by row: memory does not grow with the rows, two runs over one book give the same bytes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from cms.shared.spreadsheets import FORMULA_STARTS, defused
from credits.columns import ColumnSet
from credits.enums import Encoding
from credits.exports.cells import Row, Value
from credits.exports.making import made, written

CODECS = {Encoding.UTF_8: "utf-8-sig", Encoding.GB18030: "gb18030"}
# Every sheet holds a file open while it is written; a name has at most 31 characters.
MOST_SHEETS, LONGEST_SHEET_NAME = 250, 31


class TooManyUnits(Exception):
    """A workbook with a sheet for each unit has its limit."""


@dataclass(frozen=True)
class Content:
    """What is written: `rows` as `cells` describes them, `banner` above the headings, `title` on the sheet."""

    column_set: ColumnSet
    rows: Iterable[Row]
    language: str
    title: str
    banner: str = ""

    @property
    def headings(self) -> list[str]:
        return [column.heading(self.language) for column in self.column_set.columns]


def cell(value: Value) -> str:
    """A cell of a CSV file (RFC 4180): text is kept from being a formula, numbers and dates are as they are."""
    if isinstance(value, str):
        if value.isalnum() or not value:
            return value  # most texts: letters and digits need nothing
        if value.startswith(FORMULA_STARTS):
            value = defused(value)
        if '"' in value or "," in value or "\n" in value or "\r" in value:
            return '"' + value.replace('"', '""') + '"'
        return value
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat()


# What may stand where one text ends and the next begins only if it is no formula.
_FORMULAS_BELOW = tuple(f"\n{start}" for start in FORMULA_STARTS)


def cells(texts: list[str]) -> list[str]:
    """As `cell` of each text. Most need nothing, which is found out for all of them at once."""
    every = "\n" + "\n".join(texts)
    if '"' in every or "," in every or "\r" in every or every.count("\n") != len(texts):
        return list(map(cell, texts))
    return list(map(cell, texts)) if any(start in every for start in _FORMULAS_BELOW) else texts


def write_csv(path: Path, content: Content, *, encoding: str) -> int:
    """UTF-8 with a byte-order mark, so that a Chinese Excel opens it, or GB18030. Returns the number of rows."""
    count = 0
    with path.open("w", encoding=CODECS[Encoding(encoding)], newline="") as file:
        if content.banner:
            file.write(cell(content.banner) + "\r\n")
        file.write(",".join(map(cell, content.headings)) + "\r\n")
        for lines in written(content.column_set, content.rows, cell, cells, ","):
            file.write("\r\n".join([*lines, ""]))
            count += len(lines)
    return count


def _as_it_is(value: Value) -> Value:
    return value


class Workbook:
    """An XLSX file in the making: numbers as numbers, dates as dates, everything else as text."""

    def __init__(self, path: Path, content: Content, created: datetime) -> None:
        self.content = content
        self.book = xlsxwriter.Workbook(
            str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self.book.set_properties(
            {"title": content.banner, "created": created.replace(tzinfo=None), "author": "Isocenter"}
        )
        self.heading = self.book.add_format(
            {"bold": True, "bg_color": "#E3F1F1", "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        self.warning = self.book.add_format({"bold": True, "font_color": "#B8323C"})
        self.text = self.book.add_format({"num_format": "@"})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd"})
        self.kinds = [column.kind for column in content.column_set.columns]
        self.sheets: dict[Any, tuple[Any, int]] = {}
        self.names: set[str] = set()

    def write(self, *, by_unit: bool) -> int:
        """The data, on one sheet or on one for each unit (without a row: one, empty). Returns the number of rows."""
        count = 0
        for row, values in made(self.content.column_set, self.content.rows, _as_it_is):
            unit = (row[1].unit_id, row[1].unit_name) if by_unit and row[1] is not None else None
            if unit not in self.sheets:
                self.sheets[unit] = self._sheet(self.content.title if unit is None else unit[1] or self.content.title)
            page, last = self.sheets[unit]
            self._row(page, last + 1, values)
            self.sheets[unit] = (page, last + 1)
            count += 1
        if not self.sheets:
            self.sheets[None] = self._sheet(self.content.title)
        top = 1 if self.content.banner else 0
        for page, last in self.sheets.values():
            page.autofilter(top, 0, max(last, top + 1), len(self.kinds) - 1)
        return count

    def _sheet(self, name: str) -> tuple[Any, int]:
        if len(self.sheets) >= MOST_SHEETS:
            raise TooManyUnits
        page = self.book.add_worksheet(self._name(name))
        for place, column in enumerate(self.content.column_set.columns):
            page.set_column(place, place, column.width)
        top = 0
        if self.content.banner:
            page.write_string(0, 0, self.content.banner, self.warning)
            top = 1
        for place, heading in enumerate(self.content.headings):
            page.write_string(top, place, heading, self.heading)
        page.freeze_panes(top + 1, min(2, len(self.kinds)))
        return page, top

    def _row(self, page: Any, number: int, cells: Sequence[Value]) -> None:
        text, day = self.text, self.day
        for place, value in enumerate(cells):
            if value is None or value == "":
                continue
            if isinstance(value, str):
                page.write_string(number, place, value, text)
            elif isinstance(value, Decimal):
                page.write_number(number, place, value)
            else:
                page.write_datetime(number, place, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001

    def _name(self, wanted: str) -> str:
        """What a spreadsheet allows as the name of a sheet, each once."""
        clean = re.sub(r"[\[\]:*?/\\]", " ", wanted).strip(" '")[:LONGEST_SHEET_NAME] or "-"
        name, number = clean, 2
        while name.casefold() in self.names:
            tail = f" {number}"
            name, number = clean[: LONGEST_SHEET_NAME - len(tail)] + tail, number + 1
        self.names.add(name.casefold())
        return name

    def cover(self, title: str, lines: Sequence[tuple[str, str]]) -> None:
        """A last sheet that says what this file is."""
        page = self.book.add_worksheet(self._name(title))
        page.set_column(0, 0, 30)
        page.set_column(1, 1, 80)
        top = 0
        if self.content.banner:
            page.write_string(0, 0, self.content.banner, self.warning)
            top = 1
        for number, (label, text) in enumerate(lines, start=top):
            page.write_string(number, 0, label, self.heading)
            page.write_string(number, 1, text, self.text)

    def close(self) -> None:
        self.book.close()
