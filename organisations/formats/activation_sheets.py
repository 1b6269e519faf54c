"""Activation sheets on paper and in Excel: one slip a person, by department."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from itertools import groupby

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cms.shared import documents

# Two columns of four.
SLIPS_A_PAGE = 8


@dataclass(frozen=True)
class Slip:
    """What one person gets: `code` as it is printed, `address` of the page that takes it, `link` with the code."""

    unit: str
    department: str
    name: str
    staff_number: str
    code: str
    address: str
    link: str

    @property
    def place(self) -> str:
        return f"{self.unit} · {self.department}" if self.department else self.unit

    @property
    def picture(self) -> str:
        """The QR code of the link as a data: address."""
        return documents.qr_code(self.link)


@dataclass(frozen=True)
class Page:
    """One sheet of paper: its heading (on the first page of a department) and at most eight slips."""

    place: str
    is_continued: bool
    slips: list[Slip]


def pages(slips: Iterable[Slip]) -> list[Page]:
    """The slips, which stand in the order of their places, page by page; every place begins a page."""
    made = []
    for place, group in groupby(slips, key=lambda slip: slip.place):
        of_place = list(group)
        for start in range(0, len(of_place), SLIPS_A_PAGE):
            made.append(Page(place, start > 0, of_place[start : start + SLIPS_A_PAGE]))
    return made


def pdf(slips: Iterable[Slip], *, unit: str, valid_until: date, language: str) -> bytes:
    """The sheet to print and cut: Chinese, with English below it where `language` is English."""
    with translation.override(language):
        title = _("Activation codes of %(unit)s") % {"unit": unit}
        context = {
            "unit": unit,
            "pages": pages(slips),
            "valid_until": valid_until,
            "languages": ["zh-hans"] if language.startswith("zh") else ["zh-hans", "en"],
        }
        return documents.pdf_of(
            "organisations/documents/activation_sheet.html", context, title=title, language=language,
            styles=("activation_sheet.css",),
        )  # fmt: skip


def xlsx(slips: Iterable[Slip], *, valid_until: date, language: str) -> bytes:
    """The same columns as a table. Every cell is text: nothing is a formula and no leading zero is lost."""
    made = BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    with translation.override(language):
        sheet = book.add_worksheet(_("Activation codes")[:31])
        head = [_("Place of work"), _("Department"), pgettext("person", "Name"), _("Staff number")]
        head += [_("Activation code"), _("Address to sign in"), _("Valid until")]
    bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    for column, (word, width) in enumerate(zip(head, (28, 16, 14, 14, 20, 52, 14), strict=True)):
        sheet.set_column(column, column, width, text)
        sheet.write_string(0, column, word, bold)
    sheet.freeze_panes(1, 0)
    for row, slip in enumerate(slips, start=1):
        cells = (
            slip.unit, slip.department, slip.name, slip.staff_number, slip.code, slip.address, valid_until.isoformat(),
        )  # fmt: skip
        for column, cell in enumerate(cells):
            sheet.write_string(row, column, cell, text)
    book.close()
    return made.getvalue()
