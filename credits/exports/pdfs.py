"""Statements on paper: a page for every person, with every entry of the year and why it counts."""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.utils.formats import date_format

from cms.shared import documents
from credits.columns import ColumnSet, Part, declared
from credits.exports.cells import Line, Row, Value, YearContext
from credits.exports.lines import PlaceOf, lines_of
from credits.exports.making import made
from credits.exports.people import Crowd, Found
from credits.exports.writers import Content
from credits.selectors import Standing
from credits.selectors.texts import plain

# A page costs the worker megabytes while it is laid out; so many are made at a time.
MOST_PEOPLE, AT_A_TIME = 1000, 50
# Every archive bears the same moment: its bytes depend on the rows alone.
ARCHIVE_DATE = (1980, 1, 1, 0, 0, 0)


class TooManyPeople(Exception):
    """At most MOST_PEOPLE people are put on paper at once; a larger place is exported in parts or as a table."""


def shown(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    return date_format(value, "Y-m-d") if isinstance(value, date) else value


def on_paper(column_set: ColumnSet) -> ColumnSet:
    """Without what stands at the head of every page anyway."""
    kept = [c for c in column_set.columns if declared(column_set.kind, c.key).part != Part.PERSON]
    return replace(column_set, columns=tuple(kept))


def write(
    path: Path,
    content: Content,
    people: Iterator[tuple[Found, Standing, PlaceOf]],
    *,
    context: YearContext,
    crowd: Crowd,
) -> int:
    """One PDF, or an archive of several for more people than AT_A_TIME. Returns how many people there are."""
    content = replace(content, column_set=on_paper(content.column_set))

    def statement(person: Found, standing: Standing, place_of: PlaceOf) -> dict[str, Any]:
        (part,) = crowd.parts([person])
        own = replace(context, rules=standing.version)
        lines: list[Row] = [(part, place_of(line), Line(line, own)) for line in lines_of(standing)]
        shown_rows = [texts for _row, texts in made(content.column_set, lines, shown)]
        return {"person": part, "place": place_of.own, "standing": standing, "rows": shown_rows}

    pieces = batched((statement(*one) for one in people), AT_A_TIME)
    first = next(pieces, [])
    second = next(pieces, None)
    if second is None:
        path.write_bytes(pdf(content, first))
        return len(first)
    count = 0
    with zipfile.ZipFile(path, "w") as archive:
        for piece in chain([first, second], pieces):
            name = f"{count + 1:04}-{count + len(piece):04}.pdf"
            archive.writestr(zipfile.ZipInfo(name, ARCHIVE_DATE), pdf(content, piece))
            count += len(piece)
    return count


def batched(rows: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    while piece := list(islice(rows, size)):
        yield piece


def extension(people: int) -> str:
    return "pdf" if people <= AT_A_TIME else "zip"


def pdf(content: Content, statements: list[dict[str, Any]]) -> bytes:
    return documents.pdf_of(
        "credits/documents/statements.html",
        {"statements": statements, "headings": content.headings, "banner": content.banner, "title": content.title},
        title=content.title,
        language=content.language,
        styles=("statements.css",),
    )
