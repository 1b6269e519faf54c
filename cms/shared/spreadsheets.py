"""Text for spreadsheets: what a person typed must never be a formula to whoever opens the file."""

import csv
import itertools
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

# A cell that begins so is a formula to a spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def defused(text: str) -> str:
    """The text of a cell; a leading apostrophe keeps it from being a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_lines(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """A CSV file line by line: UTF-8 with a byte-order mark (a Chinese Excel needs it), every cell defused."""
    buffer = StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    for row in itertools.chain([heading], rows):
        writer.writerow([defused(cell) for cell in row])
        yield _taken(buffer).encode()


def _taken(buffer: StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
