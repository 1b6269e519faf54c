"""The empty roster that a unit may fill in: our headings, one line that shows how, numbers kept as text."""

import io
from datetime import UTC, datetime

import xlsxwriter
from django.utils.translation import gettext as _

from organisations.formats.columns import SYNONYMS, Field

# Nobody: a name that says so, a number that no mobile has, no ID number.
_EXAMPLE: dict[Field, str] = {
    Field.STAFF_NUMBER: "00123",
    Field.PHONE: "",
    Field.ID_NUMBER: "",
    Field.EMAIL: "",
    Field.DEPARTMENT: "CT室",
    Field.TITLE: "技师",
    Field.EMPLOYMENT_KIND: "在编",
    Field.BEGINS: "2024-07-01",
    Field.ENDS: "",
    Field.DEGREE: "本科",
}
_LINES = 1000


def example_file() -> bytes:
    """An .xlsx with the headings that every roster is understood by; all of its cells are text."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
    page = book.add_worksheet(_("Roster"))
    head = book.add_format({"bold": True, "bg_color": "#E4EEF0", "border": 1, "num_format": "@"})
    text = book.add_format({"num_format": "@"})
    hint = book.add_format({"num_format": "@", "italic": True, "font_color": "#6B6B6B"})
    for place, field in enumerate(Field):
        page.set_column(place, place, 22 if field in (Field.ID_NUMBER, Field.EMAIL) else 14, text)
        page.write_string(0, place, SYNONYMS[field][0], head)
        page.write_string(
            1, place, _EXAMPLE.get(field, "") or (_("Example (delete)") if field == Field.NAME else ""), hint
        )
    page.freeze_panes(1, 0)
    page.data_validation(1, list(Field).index(Field.TITLE), _LINES, list(Field).index(Field.TITLE), {
        "validate": "list", "source": ["技士", "技师", "主管技师", "副主任技师", "主任技师"], "error_type": "warning",
    })  # fmt: skip
    book.close()
    return file.getvalue()
