"""Rosters as they come: .xlsx, .xls and .csv, told apart by what is in them. All that can go wrong is Unreadable."""

import contextlib
import csv
import io
import json
import subprocess
import sys
from collections.abc import Collection, Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from organisations.formats import workbook_parts
from organisations.formats.problems import FileProblem
from organisations.formats.shapes import MOST_COLUMNS, MOST_ROWS, Cell, Line, SheetLines, Unreadable

_CHILD = Path(__file__).with_name("spreadsheet_child.py")
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_SAID = {
    "encrypted": FileProblem.ENCRYPTED,
    "rows": FileProblem.TOO_MANY_ROWS,
    "columns": FileProblem.TOO_MANY_COLUMNS,
}
# A merge over more rows than this is a frame around the whole page, not a value for each row.
_LONGEST_MERGE = 2_000
_MOST_MERGES = 20_000


class FileKind(StrEnum):
    XLSX = "xlsx"
    XLS = "xls"
    CSV = "csv"


def kind_of(head: bytes, file_name: str) -> FileKind:
    """By the first bytes (64 KB are enough). Raises Unreadable for what can be none of the three."""
    if not head:
        raise Unreadable(FileProblem.EMPTY_FILE)
    if head.startswith(b"PK\x03\x04"):
        return FileKind.XLSX
    if head.startswith(_OLE):
        return FileKind.XLS
    bare = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if bare.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<head")):
        raise Unreadable(FileProblem.HTML_NAMED_EXCEL)
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(FileProblem.NOT_A_TABLE)
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf")):
        raise Unreadable(FileProblem.NOT_A_TABLE)
    if file_name.lower().endswith((".xlsx", ".xls", ".xlsm", ".et")):
        raise Unreadable(FileProblem.TEXT_NAMED_EXCEL)
    return FileKind.CSV


@contextlib.contextmanager
def opened(path: Path, file_name: str, *, sheets: Collection[str] | None = None) -> Iterator[Iterator[SheetLines]]:
    """The sheets of a file with their rows, or only those named. Raises Unreadable, also while rows are taken."""
    with path.open("rb") as file:
        kind = kind_of(file.read(1 << 16), file_name)
    if kind == FileKind.CSV:
        yield iter([SheetLines("", False, _csv_lines(path))])
        return
    if kind == FileKind.XLS and b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0" in path.read_bytes():
        raise Unreadable(FileProblem.ENCRYPTED)
    marks = workbook_parts.marks_of(path) if kind == FileKind.XLSX else {}
    wanted = "" if sheets is None else json.dumps(sorted(sheets))
    command = [sys.executable, "-I", str(_CHILD), str(path), wanted, str(MOST_ROWS), str(MOST_COLUMNS)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    ) as child:
        try:
            yield _sheets(child, marks)
        finally:
            child.kill()


def _said(child: "subprocess.Popen[bytes]") -> Any:
    """The child's next line. Raises Unreadable where it has stopped or cannot go on."""
    assert child.stdout is not None  # noqa: S101 - Popen was asked for a pipe
    line = child.stdout.readline()
    if not line.endswith(b"\n"):
        raise Unreadable(FileProblem.DAMAGED)
    said = json.loads(line)
    if isinstance(said, dict) and "error" in said:
        raise Unreadable(_SAID[said["error"]])
    return said


def _sheets(child: "subprocess.Popen[bytes]", marks: dict[str, workbook_parts.Marks]) -> Iterator[SheetLines]:
    described = _said(child)["sheets"]
    ahead = _said(child)
    while "done" not in ahead:
        sheet = described[ahead["sheet"]]
        merges = _Merges(ahead["merged"])
        noted = marks.get(sheet["name"]) or workbook_parts.Marks()
        after: list[Any] = []
        lines = _lines(child, merges, noted, after)
        yield SheetLines(sheet["name"], sheet["hidden"], lines)
        for _passed in lines:  # whatever was not taken
            pass
        ahead = after[0]


def _lines(
    child: "subprocess.Popen[bytes]", merges: "_Merges", marks: workbook_parts.Marks, after: list[Any]
) -> Iterator[Line]:
    nothing: frozenset[int] = frozenset()
    while isinstance(said := _said(child), list):
        number, values = said
        cells: list[Cell] = [date.fromisoformat(value["d"]) if isinstance(value, dict) else value for value in values]
        merged = merges.fill(number, cells)
        formulas, errors = marks.formulas.get(number, nothing), marks.errors.get(number, nothing)
        # A formula without a stored value has none here: there must be a cell to say it of.
        while len(cells) < max((*formulas, *errors), default=0):
            cells.append(None)
        yield Line(number, cells, formulas, errors, merged)
    after.append(said)


class _Merges:
    """Lets a vertically merged cell count for each of its rows. Rows come in order."""

    def __init__(self, ranges: list[list[int]]) -> None:
        self._by_top: dict[int, list[tuple[int, int]]] = {}
        for top, left, bottom, _right in ranges[:_MOST_MERGES]:
            if top < bottom <= top + _LONGEST_MERGE:
                self._by_top.setdefault(top, []).append((left, bottom))
        self._tops = sorted(self._by_top)
        self._next = 0
        self._open: list[tuple[int, int, Cell]] = []

    def fill(self, number: int, cells: list[Cell]) -> set[int] | frozenset[int]:
        """Put the values into `cells` of row `number`; which columns got one from above."""
        filled: set[int] = set()
        for left, bottom, value in self._open:
            if bottom >= number and (left > len(cells) or cells[left - 1] is None):
                cells.extend([None] * (left - len(cells)))
                cells[left - 1] = value
                filled.add(left)
        while self._next < len(self._tops) and self._tops[self._next] <= number:
            top = self._tops[self._next]
            self._next += 1
            if top == number:
                self._open = [one for one in self._open if one[1] > number]
                self._open += [
                    (left, bottom, cells[left - 1])
                    for left, bottom in self._by_top[top]
                    if left <= len(cells) and cells[left - 1] is not None
                ]
        return filled or frozenset()


def _csv_text(content: bytes) -> str:
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if is_utf_16 else ["utf-8-sig", "gb18030"]:
        with contextlib.suppress(UnicodeError):
            return content.decode(encoding)
    raise Unreadable(FileProblem.UNKNOWN_ENCODING)


def _csv_lines(path: Path) -> Iterator[Line]:
    text = _csv_text(path.read_bytes())
    if "\0" in text:
        raise Unreadable(FileProblem.NOT_A_TABLE)
    beginning = text[:2_000]
    delimiter = max(",\t;", key=beginning.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    taken = 0
    try:
        for number, row in enumerate(rows, start=1):
            cells: list[Cell] = [_unquoted(value) if value.strip() else None for value in row]
            while cells and cells[-1] is None:
                cells.pop()
            if not cells:
                continue
            taken += 1
            if taken > MOST_ROWS:
                raise Unreadable(FileProblem.TOO_MANY_ROWS)
            if len(cells) > MOST_COLUMNS:
                raise Unreadable(FileProblem.TOO_MANY_COLUMNS)
            formulas = {place for place, value in enumerate(cells, start=1) if str(value or "").startswith("=")}
            yield Line(number, cells, formulas)
    except csv.Error as error:
        raise Unreadable(FileProblem.DAMAGED) from error


def _unquoted(value: str) -> str:
    """Programs write ="00123" so that Excel keeps the zeros: that is text, not a formula."""
    return value[2:-1] if value.startswith('="') and value.endswith('"') and value.count('"') == 2 else value
