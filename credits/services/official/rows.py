"""The authority's list as rows: its headings are known by their words, its values are read and never guessed."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from credits.enums import ListKind, OfficialState
from organisations.formats import reading
from organisations.formats.cells import shown_text
from organisations.formats.problems import FileProblem
from organisations.formats.shapes import Line, Unreadable

# Headings may stand below a title and a line of notes.
HEADER_WITHIN = 10
HEADINGS = {
    "number": ("人员编号", "人员编码", "工号", "person number", "staff number"),
    "name": ("姓名", "name"),
    "id_number": ("身份证号", "身份证号码", "证件号码", "id number"),
    "project": ("项目编号", "project number"),
    "title": ("名称", "项目名称", "活动名称", "title"),
    "days": ("起止日期", "起止时间", "活动日期", "dates"),
    "begins": ("开始日期", "开始时间", "begins"),
    "ends": ("结束日期", "结束时间", "ends"),
    "hours": ("学时", "小时", "总学时", "总小时", "总学时|小时", "总学时/小时", "hours"),
    "credits": ("学分", "总学分", "credits"),
    "reported": ("上报状态", "reported"),
    "reviewed": ("审核状态", "review state"),
    "valid": ("有效/无效", "有效", "valid"),
    "reviewed_on": ("审核时间", "审核日期", "reviewed on"),
    "reference": ("审核意见", "批次号", "reference"),
}
_FIELD_OF = {heading: name for name, headings in HEADINGS.items() for heading in headings}
_DAY = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})")
_RETURNED = ("退回", "不通过", "未通过", "驳回", "无效", "return", "reject", "invalid")
_WAITING = ("待审", "未审", "审核中", "pending", "waiting")
_REGISTERED = ("通过", "已审", "登记", "有效", "已确认", "approved", "registered", "valid")
_REPORTED = ("已上报", "已提交", "reported", "submitted")


@dataclass(frozen=True)
class Row:
    """`state` "": the row does not say it. `numbers_wrong` are fields whose figure cannot be read."""

    number: int
    person_number: str = ""
    name: str = ""
    id_number: str = ""
    project: str = ""
    title: str = ""
    begins_on: date | None = None
    ends_on: date | None = None
    hours: Decimal | None = None
    credits: Decimal | None = None
    state: str = ""
    on: date | None = None
    reference: str = ""
    numbers_wrong: tuple[str, ...] = field(default=())


def read(path: Path, file_name: str) -> tuple[ListKind, list[Row]]:
    """The first sheet that names people and their credits. Raises Unreadable."""
    with reading.opened(path, file_name) as sheets:
        for sheet in sheets:
            found = _of_sheet(sheet.lines)
            if found is not None:
                return found
    raise Unreadable(FileProblem.NO_HEADER)


def _of_sheet(lines: Iterable[Line]) -> tuple[ListKind, list[Row]] | None:
    rest = iter(lines)
    for line in rest:
        if line.number > HEADER_WITHIN:
            return None
        places = _places(line)
        if {"number", "name"} & places.keys() and "credits" in places:
            kind = ListKind.ENTRIES if {"title", "project"} & places.keys() else ListKind.PEOPLE
            return kind, list(_rows(rest, places))
    return None


def _places(line: Line) -> dict[str, int]:
    """Field → place of its column; the first of several with one meaning."""
    found: dict[str, int] = {}
    for place, cell in enumerate(line.cells):
        name = _FIELD_OF.get(plain(shown_text(cell)))
        if name is not None:
            found.setdefault(name, place)
    return found


def plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold() if text.strip() else ""


def _rows(lines: Iterator[Line], places: dict[str, int]) -> Iterator[Row]:
    for line in lines:
        cells = {
            name: shown_text(line.cells[place]) if place < len(line.cells) else "" for name, place in places.items()
        }
        if not (cells.get("name") or cells.get("number")):
            continue
        yield _row(line.number, cells)


def _row(number: int, cells: dict[str, str]) -> Row:
    days = [*days_in(cells.get("days", "")), *days_in(cells.get("begins", "")), *days_in(cells.get("ends", ""))]
    reviewed_on = days_in(cells.get("reviewed_on", ""))
    figures: dict[str, Decimal | None] = {}
    wrong = []
    for name in ("hours", "credits"):
        try:
            figures[name] = figure(cells.get(name, ""))
        except InvalidOperation:
            figures[name] = None
            wrong.append(name)
    return Row(
        number=number,
        person_number=cells.get("number", ""),
        name=cells.get("name", ""),
        id_number=cells.get("id_number", "").upper(),
        project=cells.get("project", ""),
        title=cells.get("title", ""),
        begins_on=min(days, default=None),
        ends_on=max(days, default=None),
        hours=figures["hours"],
        credits=figures["credits"],
        state=state_of(cells),
        on=reviewed_on[0] if reviewed_on else None,
        reference=cells.get("reference", "")[:80],
        numbers_wrong=tuple(wrong),
    )


def figure(text: str) -> Decimal | None:
    """None for an empty cell. Raises InvalidOperation for what is no amount."""
    if not text:
        return None
    value = Decimal(text)
    if not value.is_finite() or value < 0 or value >= 1_000_000:
        raise InvalidOperation
    return value


def days_in(text: str) -> list[date]:
    """The days that a text names, in its order; what is no day of the calendar is none."""
    found = []
    for year, month, day in _DAY.findall(text):
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return found


def state_of(cells: dict[str, str]) -> str:
    """What the row says of itself: the review first, then whether it counts, then whether it was reported."""
    for name in ("reviewed", "valid"):
        text = plain(cells.get(name, ""))
        if any(word in text for word in _WAITING):
            return OfficialState.REPORTED.value
        if any(word in text for word in _RETURNED):
            return OfficialState.RETURNED.value
        if any(word in text for word in _REGISTERED):
            return OfficialState.REGISTERED.value
    reported = plain(cells.get("reported", ""))
    return OfficialState.REPORTED.value if any(word in reported for word in _REPORTED) else ""
