"""Which columns an export may have, and sets of them: dated data, read and checked here. No framework, no clock.

A column names one of the declared keys; `credits.exports.cells` holds the one function of each. Headings, widths and
order are the set's own.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any


class SetKind(StrEnum):
    """What a row is: a person's year, a grant of one activity, an entry of a person, an accredited project."""

    ANNUAL = "annual"
    GRANTEES = "grantees"
    STATEMENT = "statement"
    PROJECTS = "projects"


class CellKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"


class Part(StrEnum):
    """What a cell is read from."""

    PERSON = "person"
    PLACE = "place"
    YEAR = "year"
    LINE = "line"
    PROJECT = "project"
    ROW = "row"


class BadColumnSet(ValueError):
    """`place` names the column or field that is wrong, `code` what is wrong with it."""

    def __init__(self, place: str, code: str) -> None:
        self.place, self.code = place, code
        super().__init__(f"{place}: {code}")


@dataclass(frozen=True)
class Declared:
    """A key that a column may name. `judged`: its figure rests on rules, so their mark has to travel with it."""

    key: str
    part: Part
    kind: CellKind
    heading_zh: str
    heading_en: str
    width: int
    judged: bool = False

    def heading(self, language: str) -> str:
        return self.heading_en if language.startswith("en") else self.heading_zh


@dataclass(frozen=True)
class Column:
    """`mark`: how well it is known that the authority asks for this column (A official … M unverified)."""

    key: str
    heading_zh: str
    heading_en: str
    width: int
    kind: CellKind
    mark: str

    def heading(self, language: str) -> str:
        return self.heading_en if language.startswith("en") else self.heading_zh

    @property
    def argument(self) -> str:
        """What follows the colon: the category of `credits_in:I`."""
        return self.key.partition(":")[2]


@dataclass(frozen=True)
class ColumnSet:
    id: str
    version: str
    kind: SetKind
    title_zh: str
    title_en: str
    source: str
    mark: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> str:
        return f"{self.id}@{self.version}"

    def title(self, language: str) -> str:
        return (self.title_en if language.startswith("en") else self.title_zh) or self.title_zh

    @property
    def categories(self) -> frozenset[str]:
        """The categories that have a column of their own."""
        return frozenset(c.argument for c in self.columns if c.key.startswith("credits_in:"))


_TEXT, _NUMBER, _DATE = CellKind.TEXT, CellKind.NUMBER, CellKind.DATE
_PERSON = (
    Declared("person_number", Part.PERSON, _TEXT, "人员编号", "Person number", 14),
    Declared("name", Part.PERSON, _TEXT, "姓名", "Name", 16),
    Declared("id_number", Part.PERSON, _TEXT, "身份证号", "ID number", 22),
    Declared("person_state", Part.PERSON, _TEXT, "人员状态", "Person state", 16),
    Declared("title", Part.PERSON, _TEXT, "职称", "Title", 14),
    Declared("unit_code", Part.PLACE, _TEXT, "单位编号", "Unit code", 14),
    Declared("unit_name", Part.PLACE, _TEXT, "单位名称", "Unit", 28),
    Declared("department", Part.PLACE, _TEXT, "科室", "Department", 14),
)
_YEAR = (
    Declared("year", Part.YEAR, _TEXT, "年度", "Year", 8),
    Declared("result", Part.YEAR, _TEXT, "达标结果", "Result", 12, judged=True),
    Declared("reason", Part.YEAR, _TEXT, "原因", "Reason", 50, judged=True),
    Declared("hours", Part.YEAR, _NUMBER, "小时", "Hours", 10, judged=True),
    Declared("credits", Part.YEAR, _NUMBER, "总学分", "Credits", 10, judged=True),
    Declared("credits_in", Part.YEAR, _NUMBER, "类别学分", "Credits in category", 10, judged=True),
    Declared("credits_other", Part.YEAR, _NUMBER, "其它学分", "Other credits", 10, judged=True),
    Declared("credits_registered", Part.YEAR, _NUMBER, "已登记学分", "Registered by the authority", 12, judged=True),
    Declared("report_state", Part.YEAR, _TEXT, "上报状态", "Reporting", 16),
    Declared("report_unit", Part.ROW, _TEXT, "上报单位", "Reporting unit", 28),
    Declared("report_time", Part.YEAR, _DATE, "上报时间", "Reported on", 12),
    Declared("review_state", Part.YEAR, _TEXT, "审核状态", "Review", 16),
    Declared("review_unit", Part.YEAR, _TEXT, "审核单位", "Reviewing unit", 24),
    Declared("review_time", Part.YEAR, _DATE, "审核时间", "Reviewed on", 12),
    Declared("review_opinion", Part.YEAR, _TEXT, "审核意见", "Review note", 24),
    Declared("rule_set", Part.YEAR, _TEXT, "判定规则", "Judged by", 24),
    Declared("mark", Part.YEAR, _TEXT, "核对状态", "Verification", 12),
)
_LINE = (
    Declared("year", Part.LINE, _TEXT, "年度", "Year", 8),
    Declared("category", Part.LINE, _TEXT, "活动类别", "Category", 20),
    Declared("activity_type", Part.LINE, _TEXT, "活动种类", "Kind of activity", 24),
    Declared("project_type", Part.LINE, _TEXT, "项目类型", "Kind of project", 12),
    Declared("project_number", Part.LINE, _TEXT, "项目编号", "Project number", 24),
    Declared("entry_title", Part.LINE, _TEXT, "名称", "Title", 36),
    Declared("level", Part.LINE, _TEXT, "级别", "Level", 10),
    Declared("begins_on", Part.LINE, _DATE, "开始日期", "From", 12),
    Declared("ends_on", Part.LINE, _DATE, "结束日期", "Until", 12),
    Declared("hours", Part.LINE, _NUMBER, "学时", "Hours", 10, judged=True),
    Declared("credits", Part.LINE, _NUMBER, "学分", "Credits counted", 10, judged=True),
    Declared("organiser", Part.LINE, _TEXT, "授分单位", "Organiser", 28),
    Declared("granted_how", Part.LINE, _TEXT, "授分方式", "Granted by", 14),
    Declared("grant_way", Part.LINE, _TEXT, "授分方式", "Way of granting", 14),
    Declared("role", Part.LINE, _TEXT, "身份", "Role", 10),
    Declared("official_state", Part.LINE, _TEXT, "审核状态", "Official state", 16),
    Declared("official_on", Part.LINE, _DATE, "登记日期", "Official state since", 12),
    Declared("counted", Part.LINE, _TEXT, "有效/无效", "Counted", 14, judged=True),
    Declared("line_reason", Part.LINE, _TEXT, "说明", "Explanation", 50, judged=True),
    Declared("attendance", Part.LINE, _TEXT, "考勤信息", "Attendance", 24),
    Declared("evidence", Part.LINE, _TEXT, "佐证", "Evidence", 16),
    Declared("rule_set", Part.LINE, _TEXT, "判定规则", "Judged by", 24),
    Declared("mark", Part.LINE, _TEXT, "核对状态", "Verification", 12),
)
_PROJECT = (
    Declared("year", Part.PROJECT, _TEXT, "年度", "Year", 8),
    Declared("project_number", Part.PROJECT, _TEXT, "编号", "Number", 24),
    Declared("project_title", Part.PROJECT, _TEXT, "名称", "Title", 36),
    Declared("discipline", Part.PROJECT, _TEXT, "学科", "Discipline", 18),
    Declared("subdiscipline", Part.PROJECT, _TEXT, "三级学科", "Subdiscipline", 18),
    Declared("level", Part.PROJECT, _TEXT, "级别", "Level", 10),
    Declared("project_kind", Part.PROJECT, _TEXT, "举办类型", "Kind", 14),
    Declared("project_form", Part.PROJECT, _TEXT, "举办形式", "Form", 14),
    Declared("begins_on", Part.PROJECT, _DATE, "开始日期", "From", 12),
    Declared("ends_on", Part.PROJECT, _DATE, "结束日期", "Until", 12),
    Declared("days", Part.PROJECT, _NUMBER, "天数", "Days", 8),
    Declared("place", Part.PROJECT, _TEXT, "地点", "Place", 20),
    Declared("theory_hours", Part.PROJECT, _NUMBER, "理论学时", "Hours of theory", 10),
    Declared("practice_hours", Part.PROJECT, _NUMBER, "实践学时", "Hours of practice", 10),
    Declared("project_hours", Part.PROJECT, _NUMBER, "总学时", "Hours", 10),
    Declared("project_credits", Part.PROJECT, _NUMBER, "学分", "Credits", 10),
    Declared("quota", Part.PROJECT, _NUMBER, "拟招人数", "Places", 10),
    Declared("person_in_charge", Part.PROJECT, _TEXT, "负责人", "Person in charge", 14),
    Declared("phone", Part.PROJECT, _TEXT, "电话", "Phone", 14),
    Declared("organiser", Part.PROJECT, _TEXT, "举办单位", "Organiser", 28),
    Declared("closed_on", Part.PROJECT, _DATE, "关闭日期", "Closed from", 12),
    Declared("remark", Part.PROJECT, _TEXT, "备注", "Remark", 28),
)
DECLARED: Mapping[SetKind, Mapping[str, Declared]] = {
    SetKind.ANNUAL: {one.key: one for one in (*_PERSON, *_YEAR)},
    SetKind.GRANTEES: {one.key: one for one in (*_PERSON, *_LINE)},
    SetKind.STATEMENT: {one.key: one for one in (*_PERSON, *_LINE)},
    SetKind.PROJECTS: {one.key: one for one in _PROJECT},
}
NEEDS_ARGUMENT = frozenset({"credits_in"})
MARKS = ("A", "A-partial", "B", "M")
MOST_COLUMNS, LONGEST_HEADING, WIDEST = 60, 40, 80
_ID = re.compile(r"[a-z][a-z0-9-]{1,39}")
_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,2}")
_ARGUMENT = re.compile(r"[A-Za-z0-9_-]{1,40}")


def declared(kind: SetKind, key: str) -> Declared:
    """What a column of that key is. Raises BadColumnSet for a key that nothing declares."""
    base, colon, argument = key.partition(":")
    found = DECLARED[kind].get(base)
    if found is None or bool(colon) != (base in NEEDS_ARGUMENT) or (colon and not _ARGUMENT.fullmatch(argument)):
        raise BadColumnSet(key[:60], "unknown_key")
    return found


def new_column(kind: SetKind, key: str, *, mark: str = "M") -> dict[str, Any]:
    """A column as a document holds it, with the heading that comes with the key."""
    one = declared(kind, key)
    argument = key.partition(":")[2]
    extra = f" {argument}" if argument else ""
    return {
        "key": key,
        "zh": one.heading_zh + extra,
        "en": one.heading_en + extra,
        "width": one.width,
        "kind": one.kind.value,
        "mark": mark,
    }


def build(document: Mapping[str, Any]) -> ColumnSet:
    """A set from its document. Raises BadColumnSet, naming the place that is wrong."""
    for name, pattern in (("id", _ID), ("version", _VERSION)):
        if not pattern.fullmatch(_text(document, name)):
            raise BadColumnSet(name, "malformed")
    try:
        kind = SetKind(_text(document, "kind"))
    except ValueError as error:
        raise BadColumnSet("kind", "unknown_kind") from error
    if _text(document, "mark") not in MARKS:
        raise BadColumnSet("mark", "unknown_mark")
    rows = document.get("columns")
    if not isinstance(rows, list):
        raise BadColumnSet("columns", "malformed")
    return ColumnSet(
        id=document["id"],
        version=document["version"],
        kind=kind,
        title_zh=_heading(document, "title_zh", "title_zh"),
        title_en=_heading(document, "title_en", "title_en"),
        source=_text(document, "source"),
        mark=document["mark"],
        columns=checked(kind, rows),
    )


def checked(kind: SetKind, rows: Iterable[Any]) -> tuple[Column, ...]:
    """The columns of a set, each key once, and the mark wherever a figure rests on rules. Raises BadColumnSet."""
    found: list[Column] = []
    judged = False
    for number, row in enumerate(rows, start=1):
        place = f"columns[{number}]"
        if not isinstance(row, Mapping):
            raise BadColumnSet(place, "malformed")
        key = _text(row, "key", place)
        one = declared(kind, key)
        if any(column.key == key for column in found):
            raise BadColumnSet(key, "twice")
        width = row.get("width")
        if isinstance(width, bool) or not isinstance(width, int) or not 4 <= width <= WIDEST:
            raise BadColumnSet(f"{place}.width", "malformed")
        if row.get("kind", one.kind.value) != one.kind.value:
            raise BadColumnSet(f"{place}.kind", "other_kind")
        if row.get("mark") not in MARKS:
            raise BadColumnSet(f"{place}.mark", "unknown_mark")
        zh, en = _heading(row, "zh", f"{place}.zh"), _heading(row, "en", f"{place}.en")
        found.append(Column(key, zh, en, width, one.kind, row["mark"]))
        judged = judged or one.judged
    if not found:
        raise BadColumnSet("columns", "empty")
    if len(found) > MOST_COLUMNS:
        raise BadColumnSet("columns", "too_many")
    if judged and not any(column.key == "mark" for column in found):
        raise BadColumnSet("mark", "mark_missing")
    return tuple(found)


def _text(row: Mapping[str, Any], name: str, place: str = "") -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise BadColumnSet(f"{place}.{name}" if place else name, "malformed")
    return value


def _heading(row: Mapping[str, Any], name: str, place: str) -> str:
    text = _text(row, name).strip()
    if not text or len(text) > LONGEST_HEADING or not text.isprintable():
        raise BadColumnSet(place, "malformed")
    return text


@lru_cache(maxsize=64)
def built(sha256: str, text: str) -> ColumnSet:
    """As `build`, of a stored text that never changes."""
    import json

    return build(json.loads(text))
