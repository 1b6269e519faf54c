"""A sheet of projects as rows: its headings are known by their words, its values are read and never guessed."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from cms.shared.free_text import without_numbers
from credits import registry
from credits.models import Project
from credits.registry import Stated, TermKind
from organisations.formats import reading
from organisations.formats.cells import shown_text
from organisations.formats.columns import normalised
from organisations.formats.problems import FileProblem
from organisations.formats.shapes import Line, Unreadable

# Headings may stand below a title and a line of notes.
HEADER_WITHIN = 10
MOST_ROWS = 20_000
LONGEST_CELL = 400
DATES = "dates"
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "number": ("编号", "项目编号", "项目编码", "number", "projectnumber"),
    "year": ("年度", "年份", "year"),
    "title": ("名称", "项目名称", "title", "projecttitle"),
    "discipline": ("学科", "二级学科", "学科名称", "所属学科", "discipline"),
    "subdiscipline": ("三级学科", "subdiscipline"),
    "level": ("级别", "项目级别", "level"),
    "kind": ("举办类型", "项目类型", "类型", "类别", "kind"),
    "form": ("举办形式", "举办方式", "授课方式", "形式", "form"),
    DATES: ("起止时间", "起止日期", "举办期限", "举办时间", "举办日期", "dates"),
    "begins": ("开始日期", "开始时间", "起始日期", "起始时间", "firstday", "from"),
    "ends": ("结束日期", "结束时间", "截止日期", "截止时间", "lastday", "until"),
    "days": ("天数", "举办天数", "days"),
    "place": ("地点", "举办地点", "place"),
    "theory_hours": ("理论学时", "hoursoftheory"),
    "practice_hours": ("实践学时", "实习学时", "hoursofpractice"),
    "hours": ("总学时", "学时", "学时数", "hours", "hoursintotal"),
    "credits": ("学分", "授予学分", "拟授学分", "拟授予学分", "credits"),
    "quota": ("拟招人数", "拟招生人数", "招生人数", "人数", "places"),
    "organiser": ("举办单位", "申办单位", "主办单位", "承办单位", "单位名称", "organiser"),
    "person_in_charge": ("负责人", "项目负责人", "personincharge"),
    "remark": ("备注", "说明", "remark"),
}
FIELDS = tuple(HEADINGS)
_FIELD_OF = {word: name for name, words in HEADINGS.items() for word in words}
# What stands below these headings is not even read: the register keeps no such numbers.
_LEFT_OUT = ("电话", "手机", "联系方式", "身份证", "证件", "phone", "mobile", "idnumber")
_DAY = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})")
_AMOUNT = re.compile(r"(-?\d{1,9}(?:\.\d{1,6})?)(?:学时|小时|学分|分|人|名|天|日|年|h)?", re.I)
_WHOLE = ("year", "days", "quota")
_AMOUNTS = ("theory_hours", "practice_hours", "hours", "credits")


@dataclass(frozen=True)
class Sheets:
    """`headings` of all sheets in their order; `rows`: [sheet, number of the row, {heading: text}]."""

    headings: list[str]
    rows: list[list[Any]]


class TooManyRows(Exception):
    """More than MOST_ROWS."""


def read(path: Path, file_name: str) -> Sheets:
    """The rows of every sheet that names projects. Raises Unreadable, TooManyRows."""
    headings: dict[str, None] = {}
    rows: list[list[Any]] = []
    is_known = False
    with reading.opened(path, file_name) as sheets:
        for sheet in sheets:
            lines = iter(sheet.lines)
            columns = _header(lines)
            if columns is None:
                continue
            is_known = True
            headings |= dict.fromkeys(columns.values())
            for line in lines:
                cells = _cells(line, columns)
                if cells:
                    rows.append([sheet.name, line.number, cells])
                    if len(rows) > MOST_ROWS:
                        raise TooManyRows
    if not is_known:
        raise Unreadable(FileProblem.NO_HEADER)
    return Sheets(list(headings), rows)


def _header(lines: Iterable[Line]) -> dict[int, str] | None:
    """{place: heading} of a sheet that names projects by number or title, and something else of them."""
    for line in lines:
        if line.number > HEADER_WITHIN:
            return None
        texts = {place: shown_text(cell)[:60] for place, cell in enumerate(line.cells)}
        known = {field_of(text) for text in texts.values()} - {""}
        if {"number", "title"} & known and len(known) >= 3:
            found: dict[int, str] = {}
            for place, text in texts.items():
                is_left_out = any(word in normalised(text) or word in text for word in _LEFT_OUT)
                if text and text not in found.values() and (not is_left_out or field_of(text)):
                    found[place] = text
            return found
    return None


def field_of(heading: str) -> str:
    """What a heading says; "" for one that is not known."""
    return _FIELD_OF.get(normalised(heading), "")


def _cells(line: Line, columns: Mapping[int, str]) -> dict[str, str]:
    found = {}
    for place, heading in columns.items():
        text = shown_text(line.cells[place]) if place < len(line.cells) else ""
        if text:
            # Phones stand beside names; they are gone before anything is stored.
            found[heading] = without_numbers(text[:LONGEST_CELL])
    return found


def proposal(headings: Iterable[str]) -> dict[str, str]:
    """{heading: field}, each field once."""
    found: dict[str, str] = {}
    for heading in headings:
        name = field_of(heading)
        if name and name not in found.values():
            found[heading] = name
    return found


@dataclass(frozen=True)
class Reading:
    """What a row says by a mapping. `told` are the fields that it fills; `wrong`: (field, text that cannot be read)."""

    stated: Stated
    told: frozenset[str]
    wrong: tuple[tuple[str, str], ...]


def understood(cells: Mapping[str, str], mapping: Mapping[str, str], *, before: Project | None) -> Reading:
    """A row on top of what the register says: an empty cell changes nothing."""
    values: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for heading, name in mapping.items():
        text = cells.get(heading, "").strip()
        if text:
            _value(name, text, values, wrong)
    stated = before.stated if before is not None else Stated()
    has_parts = bool({"theory_hours", "practice_hours"} & values.keys())
    if has_parts and "hours" not in values:
        stated = replace(stated, hours=None)
    stated = replace(stated, **values)
    if "days" not in values and not _days_fit(stated):
        stated = replace(stated, days=None)
    return Reading(stated, frozenset(values), tuple(wrong))


def _days_fit(stated: Stated) -> bool:
    """Whether the days of teaching that the register has lie between the days that hold now."""
    if stated.days is None or stated.begins is None or stated.ends is None:
        return True
    return stated.days <= (stated.ends - stated.begins).days + 1


def _value(name: str, text: str, values: dict[str, Any], wrong: list[tuple[str, str]]) -> None:
    if name in (DATES, "begins", "ends"):
        days = _days_in(text)
        if not days or len(days) > 2 or (name != DATES and len(days) > 1):
            wrong.append((name, text))
        elif name == DATES:
            values.setdefault("begins", days[0])
            values.setdefault("ends", days[-1])
        else:
            values[name] = days[0]
    elif name in _WHOLE or name in _AMOUNTS:
        found = _AMOUNT.fullmatch(text.replace(" ", "").replace(",", ""))
        amount = Decimal(found.group(1)) if found else None
        if amount is None or (name in _WHOLE and amount != amount.to_integral_value()):
            wrong.append((name, text))
        else:
            values[name] = int(amount) if name in _WHOLE else amount
    elif name in set(TermKind):
        values[name] = registry.code_of(TermKind(name), text)
    elif name == "person_in_charge":
        values[name] = re.split(r"[\d*(（:：]", text)[0].strip(" ,，、;；") or text
    else:
        values[name] = text


def _days_in(text: str) -> list[date]:
    found = []
    for year, month, day in _DAY.findall(text):
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:
            return []
    return found
