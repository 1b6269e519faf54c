"""The empty roster that a unit may fill in: our headings, numbers kept as text, and a second sheet that explains."""

import io
from datetime import datetime

import xlsxwriter
from django.utils.translation import gettext as _

from organisations.formats.columns import SYNONYMS, Field

_EXAMPLES: dict[Field, str] = {
    Field.NAME: "王某某",
    Field.STAFF_NUMBER: "00123",
    Field.PHONE: "13800000000",
    Field.ID_NUMBER: "",
    Field.EMAIL: "name@example.org",
    Field.DEPARTMENT: "CT室",
    Field.TITLE: "技师",
    Field.EMPLOYMENT_KIND: "在编",
    Field.BEGINS: "2024-07-01",
    Field.ENDS: "",
    Field.DEGREE: "本科",
}
_WIDE = frozenset({Field.ID_NUMBER, Field.EMAIL})
# Two runs give the same bytes.
_MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - a workbook knows no zones


def example_file() -> bytes:
    """An .xlsx with the headings that every roster is understood by; all of its cells are text."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": _MADE})
    head = book.add_format({"bold": True, "bg_color": "#E4EEF0", "border": 1, "num_format": "@"})
    text = book.add_format({"num_format": "@"})
    roster = book.add_worksheet(_("Roster"))
    roster.freeze_panes(1, 0)
    for place, field in enumerate(Field):
        roster.set_column(place, place, 22 if field in _WIDE else 14, text)
        roster.write_string(0, place, SYNONYMS[field][0], head)
    help_page = book.add_worksheet(_("How to fill it in"))
    help_page.set_column(0, 2, 24, text)
    rows = [(_("Column"), _("Needed?"), _("Example"))]
    rows += [(SYNONYMS[field][0], _need(field), _EXAMPLES[field]) for field in Field]
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            help_page.write_string(number, place, cell, head if number == 0 else text)
    book.close()
    return file.getvalue()


def _need(field: Field) -> str:
    if field == Field.NAME:
        return _("needed")
    if field in (Field.STAFF_NUMBER, Field.PHONE, Field.ID_NUMBER):
        return _("one of these three")
    return _("optional")
