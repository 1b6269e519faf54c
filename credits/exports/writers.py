"""CSV and XLSX, written row by row: memory does not grow with the rows, two runs over one book give the same bytes."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from cms.shared.spreadsheets import defused
from credits.exports.columns import Column

Row = Mapping[str, str | Decimal | None]


@dataclass(frozen=True)
class Sheet:
    title: str
    columns: Sequence[Column]
    rows: Iterable[Row]


def text(value: str | Decimal | None) -> str:
    """A cell of a CSV file, formulas defused."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return defused(value)


def write_csv(path: Path, *, sheet: Sheet, language: str, banner: str = "") -> int:
    """UTF-8 with a byte-order mark, so that a Chinese Excel opens it as it is. Returns the number of rows."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        if banner:
            writer.writerow([banner])
        writer.writerow([column.heading(language) for column in sheet.columns])
        for row in sheet.rows:
            writer.writerow([text(row[column.key]) for column in sheet.columns])
            count += 1
    return count


def write_xlsx(path: Path, *, sheets: Sequence[Sheet], language: str, created: datetime, banner: str = "") -> list[int]:
    """One worksheet a sheet, frozen headings, filters. `created` stands in the file. Returns the rows of each."""
    counts: list[int] = []
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"title": banner, "created": created.replace(tzinfo=None), "author": "Isocenter"})
    heading = book.add_format({"bold": True, "bg_color": "#E3F1F1", "bottom": 1, "text_wrap": True, "valign": "top"})
    warning = book.add_format({"bold": True, "font_color": "#B8323C"})
    plain = book.add_format({"num_format": "@"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.title)
        for place, column in enumerate(sheet.columns):
            page.set_column(place, place, column.width)
        top = 0
        if banner:
            page.write_string(0, 0, banner, warning)
            top = 1
        for place, column in enumerate(sheet.columns):
            page.write_string(top, place, column.heading(language), heading)
        page.freeze_panes(top + 1, 2)
        count = 0
        for count, row in enumerate(sheet.rows, start=1):
            for place, column in enumerate(sheet.columns):
                value = row[column.key]
                if value is None or value == "":
                    continue
                if column.is_number and isinstance(value, Decimal):
                    page.write_number(top + count, place, float(value))
                else:
                    page.write_string(top + count, place, str(value), plain)
        page.autofilter(top, 0, top + max(count, 1), len(sheet.columns) - 1)
        counts.append(count)
    book.close()
    return counts
