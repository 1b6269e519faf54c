"""The empty sheet that a register keeper may fill in: headings that are understood, what to write, allowed values."""

import io
from collections.abc import Mapping
from datetime import datetime

import xlsxwriter
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _
from xlsxwriter.worksheet import Worksheet

from credits import registry
from credits.registry import TermKind
from credits.services.project_imports.rows import MOST_ROWS

# {field: (heading in Chinese, in English, example)}; each heading is one that a sheet is understood by.
COLUMNS: Mapping[str, tuple[str, str, str]] = {
    "year": ("年度", "Year", "2026"),
    "number": ("项目编号", "Project number", "2026-09-01-001 (国)"),
    "title": ("项目名称", "Title", "CT 低剂量扫描"),
    "discipline": ("学科", "Discipline", "影像医学"),
    "subdiscipline": ("三级学科", "Subdiscipline", "放射诊断学"),
    "level": ("级别", "Level", ""),
    "kind": ("项目类型", "Kind", ""),
    "form": ("举办形式", "Form", ""),
    "begins": ("开始日期", "First day", "2026-05-10"),
    "ends": ("结束日期", "Last day", "2026-05-20"),
    "days": ("举办天数", "Days", "3"),
    "place": ("举办地点", "Place", "郑州市"),
    "theory_hours": ("理论学时", "Hours of theory", "12"),
    "practice_hours": ("实践学时", "Hours of practice", "6"),
    "hours": ("总学时", "Hours in total", "18"),
    "credits": ("学分", "Credits", "6"),
    "quota": ("拟招人数", "Places", "60"),
    "organiser": ("举办单位", "Organiser", "省影像技术学会"),
    "person_in_charge": ("项目负责人", "Person in charge", "王某某"),
    "remark": ("备注", "Remark", ""),
}
_AS_IN_NOTICE = gettext_lazy("As the authority's notice has it.")
_ALLOWED = gettext_lazy("One of the values on the sheet “Allowed values”; the cell offers them.")
_A_DAY = gettext_lazy("A day, written as 2026-05-10.")
_AMOUNT = gettext_lazy("A plain number with at most two decimals.")
_WHAT: Mapping[str, str | Promise] = {
    "year": gettext_lazy("The year of the notice in four digits."),
    "number": gettext_lazy(
        "As the authority's notice has it, brackets too. Rows are known by it: a number that is in the register "
        "changes that project, an empty cell changes nothing."
    ),
    "level": _ALLOWED, "kind": _ALLOWED, "form": _ALLOWED,
    "begins": _A_DAY, "ends": _A_DAY,
    "days": gettext_lazy("How many days are taught, where there are fewer than from the first to the last day."),
    "theory_hours": _AMOUNT, "practice_hours": _AMOUNT, "credits": _AMOUNT,
    "hours": gettext_lazy("Theory and practice together. Left empty, it is added up."),
    "quota": gettext_lazy("How many learners may take part. Left empty, nobody counts them."),
    "person_in_charge": gettext_lazy("The name alone; the register keeps no phone numbers."),
    "remark": gettext_lazy("Whatever else the notice says."),
}  # fmt: skip
_WIDE = frozenset({"title", "organiser", "number", "remark"})
# Two runs give the same bytes.
_MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - a workbook knows no zones


def blank_sheet() -> bytes:
    """An .xlsx in the language in use; all of its cells are text."""
    language, file = get_language() or "", io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": _MADE})
    head = book.add_format({"bold": True, "bg_color": "#E4EEF0", "border": 1, "num_format": "@"})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    projects, how, allowed = (
        book.add_worksheet(name)
        for name in (pgettext("sheet", "Projects"), _("How to fill it in"), _("Allowed values"))
    )
    projects.freeze_panes(1, 0)
    for place, name in enumerate(COLUMNS):
        projects.set_column(place, place, 26 if name in _WIDE else 13, book.add_format({"num_format": "@"}))
        projects.write_string(0, place, heading(name, language), head)
    _offer(projects, allowed.get_name(), language)
    rows = [(_("Column"), _("Needed?"), _("What to write"), _("Example"))]
    rows += [
        (
            heading(name, language),
            _("needed") if name in registry.NEEDED else _("optional"),
            str(_WHAT.get(name, _AS_IN_NOTICE)),
            _example(name, language),
        )
        for name in COLUMNS
    ]
    how.set_column(0, 1, 18)
    how.set_column(2, 3, 60)
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            how.write_string(number, place, cell, head if number == 0 else text)
    allowed.set_column(0, len(TermKind) - 1, 30)
    for place, kind in enumerate(TermKind):
        cells = [heading(kind.value, language), *(term.label(language) for term in registry.terms(kind))]
        for number, cell in enumerate(cells):
            allowed.write_string(number, place, cell, text if number else head)
    book.close()
    return file.getvalue()


def heading(name: str, language: str) -> str:
    in_chinese, in_english, _shown = COLUMNS[name]
    return in_chinese if language.startswith("zh") else in_english


def _example(name: str, language: str) -> str:
    if name in set(TermKind):
        return registry.terms(TermKind(name))[0].label(language)
    return COLUMNS[name][2]


def _offer(sheet: Worksheet, allowed: str, language: str) -> None:
    """The cells of a closed list offer its values."""
    for place, kind in enumerate(TermKind):
        letter, last = "ABC"[place], len(registry.terms(kind)) + 1
        column = list(COLUMNS).index(kind.value)
        source = f"='{allowed}'!${letter}$2:${letter}${last}"
        told = {"validate": "list", "source": source, "error_type": "warning"}
        sheet.data_validation(1, column, MOST_ROWS, column, told)
