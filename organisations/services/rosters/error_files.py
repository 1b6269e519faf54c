"""The sheet back to its sender: the same columns in the same order, only rows to correct, and why, in front."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cms.shared import errors
from organisations import audit
from organisations.deeds import Deed
from organisations.enums import RosterStage, RowOutcome
from organisations.formats import problems, reading
from organisations.formats.cells import shown_text
from organisations.formats.columns import Field
from organisations.formats.shapes import Cell, Line
from organisations.models import Person, RosterImport, RosterRow
from organisations.services.rosters import files, intake
from organisations.services.rosters.intake import RosterBusy

COMPARED = [RosterStage.CHECKED, RosterStage.APPLYING, RosterStage.APPLIED, RosterStage.UNDOING, RosterStage.UNDONE]
_TO_CORRECT = [RowOutcome.WRONG, RowOutcome.UNCLEAR]
_TEXT = frozenset({Field.STAFF_NUMBER, Field.PHONE, Field.ID_NUMBER, Field.NAME, Field.EMAIL})
_EXCEL_NAME = str.maketrans("", "", "[]:*?/\\'")


class NotYourFile(errors.OutOfScope):
    code = "roster_of_another"
    message = gettext_lazy(
        "The file holds numbers as they were typed, so only who sent it can take it back. Ask that person, or send the"
        " roster yourself."
    )


def error_file(*, by: Person, roster: RosterImport, all_rows: bool = False) -> bytes:
    """An .xlsx of the roster's rows to correct (or of all), reasons first, in the language now active; a sheet without
    any is left out.

    It is made of the file that was sent, with its numbers in full: nothing in it is new to its sender, and nobody else
    gets it. The audit log says when. Raises NotFound, NotYourFile, RosterBusy before the comparison, FileGone 30 days
    after.
    """
    intake.reach(by, roster)
    if roster.uploaded_by_id != by.pk:
        raise NotYourFile
    if roster.roster_stage not in COMPARED:
        raise RosterBusy
    if not roster.file.name:
        raise intake.FileGone
    with tempfile.TemporaryDirectory(prefix="isocenter-roster-") as folder:
        path = Path(folder) / "rows.xlsx"
        count = _write(roster, path, _reasons(roster, all_rows=all_rows), all_rows=all_rows)
        made = path.read_bytes()
    audit.record(by=by, verb=Deed.ROSTER_DOWNLOAD, target=roster, after={"rows": count})
    return made


def _reasons(roster: RosterImport, *, all_rows: bool) -> dict[str, dict[int, str]]:
    """{sheet: {row: what is wrong}}; unless `all_rows`, only where there is something to correct or to decide."""
    found: dict[str, dict[int, str]] = defaultdict(dict)
    rows = RosterRow.objects.filter(roster=roster, row_number__gt=0).exclude(problems=[]).order_by("pk")
    columns = rows.values_list("sheet", "row_number", "outcome", "problems")
    for sheet, number, outcome, noted in columns.iterator(chunk_size=1000):
        if all_rows or outcome in _TO_CORRECT or any(one["code"] in problems.WORTH_CORRECTING for one in noted):
            found[sheet][number] = " ".join(_told(one) for one in noted)
    return found


def _told(one: dict[str, Any]) -> str:
    text = problems.text(one)
    return _("%(column)s: %(problem)s") % {"column": one["column"], "problem": text} if one["column"] else text


def _write(roster: RosterImport, path: Path, reasons: dict[str, dict[int, str]], *, all_rows: bool) -> int:
    """How many rows were written. Strings are never read as formulas or addresses."""
    taken = {sheet["name"]: sheet for sheet in roster.sheets if sheet["is_taken"] and sheet["columns"]}
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "font_color": "#B8323C", "num_format": "@"})
    text = book.add_format({"num_format": "@", "valign": "top"})
    day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
    count = 0
    with files.local_file(roster) as sent, reading.opened(sent, roster.file_name, sheets=list(taken)) as sheets:
        for sheet in sheets:
            if sheet.name not in taken:
                continue
            described, why, page = taken[sheet.name], reasons.get(sheet.name[:100], {}), None
            fields = [roster.mapping.get(heading, "") for heading in described["columns"]]
            wanted = _wanted(sheet.lines, described["header_row"], why, all_rows=all_rows)
            for at, line in enumerate(wanted, start=1):
                if page is None:
                    page = book.add_worksheet(sheet.name.translate(_EXCEL_NAME)[:31] or None)
                    _head(page, described["columns"], bold=bold, text=text)
                page.write_string(at, 0, why.get(line.number, ""), wrapped)
                for place, cell in enumerate(line.cells, start=1):
                    name = fields[place - 1] if place <= len(fields) else ""
                    _put(page, at, place, cell, as_text=name in _TEXT, text=text, day=day)
                count += 1
    if not count:  # Excel opens no workbook without a sheet
        _head(book.add_worksheet(), next(iter(taken.values()))["columns"] if taken else [], bold=bold, text=text)
    book.close()
    return count


def _head(page: Any, columns: list[str], *, bold: Any, text: Any) -> None:
    page.set_column(0, 0, 60)
    page.set_column(1, max(1, len(columns)), 18, text)
    page.write_string(0, 0, _("What to correct"), bold)
    for place, heading in enumerate(columns, start=1):
        page.write_string(0, place, heading, bold)
    page.freeze_panes(1, 1)


def _wanted(lines: Iterator[Line], header_row: int, why: dict[int, str], *, all_rows: bool) -> Iterator[Line]:
    return (line for line in lines if line.number > header_row and (all_rows or line.number in why))


def _put(page: Any, row: int, place: int, cell: Cell, *, as_text: bool, text: Any, day: Any) -> None:
    """Numbers of people stay text, so that Excel cannot round them again; other numbers and days stay what they are."""
    if cell is None:
        return
    if isinstance(cell, date) and not as_text:
        page.write_datetime(row, place, cell, day)
    elif isinstance(cell, int | float) and not isinstance(cell, bool) and not as_text and abs(cell) < 1e9:
        page.write_number(row, place, cell)
    else:
        page.write_string(row, place, cell[:32_000] if isinstance(cell, str) else shown_text(cell), text)
