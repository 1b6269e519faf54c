"""The file of a roster as a worker needs it: on this machine, its sheets and rows."""

import contextlib
import shutil
import tempfile
from collections.abc import Collection, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from cms.shared.storage import local_path, private_storage
from organisations.formats import columns, reading
from organisations.formats.cells import masked_digits, shown_text
from organisations.formats.problems import FileProblem
from organisations.formats.rows import ReadRow, RowReader
from organisations.formats.shapes import Line, SheetLines, Unreadable
from organisations.models import RosterImport

_MOST_SHEETS = 50
_SAMPLES = 3


@contextlib.contextmanager
def local_file(roster: RosterImport) -> Iterator[Path]:
    """The file's path on this machine; a copy where the storage is elsewhere. Raises Unreadable once it is erased."""
    if not roster.file.name:
        raise Unreadable(FileProblem.EMPTY_FILE)
    path = local_path(private_storage(), roster.file.name)
    if path is not None:
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="isocenter-roster-") as copy, roster.file.open("rb") as stored:
        shutil.copyfileobj(stored, copy)
        copy.flush()
        yield Path(copy.name)


def described_sheets(roster: RosterImport) -> list[dict[str, Any]]:
    """What `RosterImport.sheets` holds: every sheet with headings, samples and number of rows.

    Header rows that somebody chose (`is_header_chosen`) are kept. Raises Unreadable.
    """
    chosen = {sheet["name"]: sheet for sheet in roster.sheets if sheet.get("is_header_chosen")}
    earlier = {sheet["name"]: bool(sheet["is_taken"]) for sheet in roster.sheets}
    found = []
    with local_file(roster) as path, reading.opened(path, roster.file_name) as sheets:
        for sheet in islice(sheets, _MOST_SHEETS):
            row = chosen[sheet.name]["header_row"] if sheet.name in chosen else None
            described = _described(sheet, row)
            # Hidden sheets are named and left out unless somebody takes them.
            described["is_taken"] = earlier.get(
                sheet.name, bool(described["columns"] and described["rows"] and not sheet.is_hidden)
            )
            described["is_header_chosen"] = sheet.name in chosen
            found.append(described)
    if not any(sheet["rows"] or sheet["columns"] for sheet in found):
        raise Unreadable(FileProblem.EMPTY_SHEETS)
    if not any(sheet["columns"] for sheet in found):
        raise Unreadable(FileProblem.NO_HEADER)
    return found


def _described(sheet: SheetLines, header_row: int | None) -> dict[str, Any]:
    first: list[Line] = []
    rest = iter(sheet.lines)
    most = max(columns.HEADER_WITHIN, header_row or 0)
    for line in rest:
        first.append(line)
        if line.number >= most:
            break
    if header_row is None:
        header = columns.header_in(first)
    else:
        here = next((line for line in first if line.number == header_row), None)
        header = columns.Header(header_row, columns.texts_of(here)) if here else None
    samples: dict[str, list[str]] = {column: [] for column in header.columns} if header else {}
    rows = 0
    for line in chain(first, rest):
        if header is not None and line.number <= header.row:
            continue
        rows += 1
        if header is not None and rows <= 50:
            _take_samples(header.columns, line, samples)
    return {
        "name": sheet.name,
        "is_hidden": sheet.is_hidden,
        "header_row": header.row if header else (header_row or 0),
        "columns": header.columns if header else [],
        "rows": rows,
        "samples": samples,
    }


def _take_samples(headings: list[str], line: Line, samples: dict[str, list[str]]) -> None:
    for heading, cell in zip(headings, line.cells, strict=False):
        text = masked_digits(shown_text(cell))[:60]
        if text and len(samples[heading]) < _SAMPLES:
            samples[heading].append(text)


def taken_rows(roster: RosterImport, path: Path) -> Iterator[tuple[str, ReadRow, RowReader]]:
    """(sheet, row, its reader) of every row of the taken sheets that holds something. Raises Unreadable."""
    for sheet, line, reader in taken_lines(roster, path):
        row = reader.read(line)
        if row is not None:
            yield sheet, row, reader


def taken_lines(roster: RosterImport, path: Path) -> Iterator[tuple[str, Line, RowReader]]:
    """(sheet, line, its reader) below the headings of the taken sheets. Raises Unreadable."""
    described = {sheet["name"]: sheet for sheet in roster.sheets if sheet["is_taken"] and sheet["columns"]}
    today = roster.created_at.date()
    with reading.opened(path, roster.file_name, sheets=_names(described)) as sheets:
        for sheet in sheets:
            if sheet.name not in described:
                continue
            wanted = described[sheet.name]
            reader = RowReader(wanted["columns"], roster.mapping, today=today)
            for line in sheet.lines:
                if line.number > wanted["header_row"]:
                    yield sheet.name, line, reader


def _names(described: Collection[str]) -> Collection[str]:
    return list(described)
