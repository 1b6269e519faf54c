"""A first, streaming pass over the parts of an .xlsx: is it sound and small enough, and where do formulas stand?"""

import posixpath
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from organisations.formats.problems import FileProblem
from organisations.formats.shapes import MOST_COLUMNS, Unreadable

# All XML of the file together; the sheets of 100,000 rows and 20 columns need about 150 MB.
MOST_BYTES = 400_000_000
MOST_SMALL_PART = 4_000_000
MOST_PARTS = 10_000
_BLOCK = 1 << 18
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass
class Marks:
    """Where formulas and error values stand in one sheet: {row: {column, …}}, both from 1."""

    formulas: dict[int, set[int]] = field(default_factory=dict)
    errors: dict[int, set[int]] = field(default_factory=dict)


def marks_of(path: Path) -> dict[str, Marks]:
    """The marks of every sheet by its name.

    Raises Unreadable: no workbook, encrypted, damaged (each part is unpacked and its checksum tried), too big inside.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _marks(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise Unreadable(FileProblem.DAMAGED) from error
    except (expat.ExpatError, ParseError, DefusedXmlException, RuntimeError, KeyError) as error:
        raise Unreadable(FileProblem.DAMAGED) from error


def _marks(archive: zipfile.ZipFile) -> dict[str, Marks]:
    parts = {part.filename: part for part in archive.infolist()}
    if len(parts) != len(archive.infolist()) or len(parts) > MOST_PARTS:
        raise Unreadable(FileProblem.DAMAGED)
    if any(part.flag_bits & 1 for part in parts.values()):
        raise Unreadable(FileProblem.ENCRYPTED)
    if "xl/workbook.xml" not in parts:
        other = "xl/workbook.bin" in parts or ("content.xml" in parts and "mimetype" in parts)
        raise Unreadable(FileProblem.OTHER_SPREADSHEET if other else FileProblem.NOT_A_TABLE)
    xml = [part for part in parts.values() if not part.filename.startswith(("xl/media/", "docProps/"))]
    if sum(part.file_size for part in xml) > MOST_BYTES:
        raise Unreadable(FileProblem.TOO_BIG_INSIDE)
    sheets = _sheets(archive)
    found = {name: Marks() for name in sheets}
    names = {part: name for name, part in sheets.items()}
    for part in xml:
        with archive.open(part) as stream:
            if part.filename in names:
                _scan(stream, found[names[part.filename]])
            else:
                while stream.read(_BLOCK):  # to the end: only there the checksum is compared
                    pass
    return found


def _small(archive: zipfile.ZipFile, name: str) -> Any:
    if archive.getinfo(name).file_size > MOST_SMALL_PART:
        raise Unreadable(FileProblem.TOO_BIG_INSIDE)
    return fromstring(archive.read(name), forbid_dtd=True)


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """{sheet name: its part in the archive}."""
    targets = {
        relation.get("Id"): str(relation.get("Target", ""))
        for relation in _small(archive, "xl/_rels/workbook.xml.rels")
    }
    found = {}
    for element in _small(archive, "xl/workbook.xml").iter():
        if element.tag.rpartition("}")[2] == "sheet":
            relation = element.get(_RELATION) or next(
                (value for name, value in element.items() if name.rpartition("}")[2] == "id"), ""
            )
            target = targets.get(relation, "")
            part = posixpath.normpath(target.lstrip("/") if target.startswith("/") else f"xl/{target}")
            found[str(element.get("name", ""))] = part
    return found


def _scan(stream: IO[bytes], marks: Marks) -> None:
    """Note formulas and error cells. Raises ExpatError, and ValueError for a document type (nobody needs one)."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = _noting(marks)
    parser.StartDoctypeDeclHandler = _refuse
    while block := stream.read(_BLOCK):
        parser.Parse(block, False)
    parser.Parse(b"", True)


def _refuse(*_declaration: Any) -> None:
    raise ValueError("document type declaration")


def _noting(marks: Marks) -> Callable[[str, dict[str, str]], None]:
    row = column = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column
        tag = name.rpartition(":")[2]
        if tag == "c":
            reference = attributes.get("r", "")
            letters = reference.rstrip("0123456789")
            column = _column(letters) if letters else column + 1
            if attributes.get("t") == "e" and column <= MOST_COLUMNS:
                marks.errors.setdefault(row, set()).add(column)
        elif tag == "row":
            row, column = int(attributes.get("r", row + 1)), 0
        elif tag == "f" and column <= MOST_COLUMNS:
            marks.formulas.setdefault(row, set()).add(column)

    return start


def _column(letters: str) -> int:
    value = 0
    for letter in letters[:4].upper():
        value = value * 26 + ord(letter) - 64
    return value
