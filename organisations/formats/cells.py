"""One cell: cleaned of what keyboards and Excel leave in it, and read as a field. Nothing is repaired by guessing."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from cms.shared.numbers import hide_numbers
from organisations import rules
from organisations.enums import Degree, EmploymentKind, ProfessionalTitle
from organisations.formats.problems import RowProblem as P
from organisations.formats.shapes import Cell

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: " ",
    0xA0: " ",
    0x2007: " ",
    0x202F: " ",
}
_INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x202A, 0x202C, 0x2060, 0xFEFF, 0xAD], None)
_TABLE = _FULL_WIDTH | _INVISIBLE
_LONGEST = 400


@dataclass(slots=True)
class Found:
    """What one cell says: a value in its one written form, or what is wrong. `tail`: last four of a masked number."""

    value: str = ""
    problem: P | None = None
    params: dict[str, Any] = field(default_factory=dict)
    tail: str = ""


def clean(text: str) -> str:
    """Full-width letters and digits made narrow, any space one space, invisible marks and Excel's apostrophe gone."""
    if text.isascii() and text.isalnum():
        return text
    return re.sub(r"\s+", " ", text.translate(_TABLE)).strip().lstrip("'‘’`").strip()


def shown_text(cell: Cell) -> str:
    """A cell as its reader sees it: whole numbers without decimals, dates as ISO."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return clean(cell)
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() and abs(cell) < 1e18 else repr(cell)
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def masked_digits(text: str) -> str:
    """`text` with the middle of every number of nine digits or more hidden, however grouped, and of addresses."""
    text = re.sub(r"(?<![\w.])([\w.+-])[\w.+-]*@", r"\1***@", text)
    return re.sub(r"\d(?:[ \-.]?\d){8,}[xX]?", lambda found: _masked(found.group()), text)


def _masked(number: str) -> str:
    bare = re.sub(r"[^0-9xX]", "", number)
    return f"{bare[:3]}{'*' * (len(bare) - 7)}{bare[-4:]}" if len(bare) > 9 else f"{bare[:2]}***{bare[-3:]}"


def general_problem(cell: Cell, *, has_formula: bool, has_error: bool) -> P | None:
    """What is wrong with a cell whatever it should hold."""
    if has_formula:
        return P.FORMULA
    if has_error:
        return P.CELL_ERROR
    if isinstance(cell, bool):
        return P.CELL_BOOLEAN
    if isinstance(cell, str):
        if len(cell) > _LONGEST:
            return P.CELL_TOO_LONG
        if "\ufffd" in cell or "锟斤拷" in cell or re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]", cell):
            return P.CELL_GARBLED
        if re.fullmatch(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)", cell.strip()):
            return P.CELL_ERROR
    return None


# ----- name, staff number, department


def name(cell: Cell) -> Found:
    text = shown_text(cell)
    if not text:
        return Found(problem=P.NAME_MISSING)
    # "王  伟" is written so to align columns; between Latin words the space belongs to the name.
    text = re.sub(r"(?<=[\u2e80-\u9fff\uf900-\ufaff]) (?=[\u2e80-\u9fff\uf900-\ufaff])", "", text)
    if len(text) > 60:
        return Found(problem=P.NAME_TOO_LONG)
    if not re.fullmatch(r"[^\W\d_](?:[^\d_]*[^\W\d_.]|[^\d_]*[.)])?", text) or re.search(r"[@#=<>{}\[\]|\\/;:]", text):
        return Found(problem=P.NAME_NOT_A_NAME)
    return Found(text)


def staff_number(cell: Cell) -> Found:
    if isinstance(cell, float) and not cell.is_integer():
        return Found(problem=P.STAFF_NUMBER_DECIMAL)
    text = shown_text(cell).replace(" ", "")
    if _scientific(text) or (isinstance(cell, int | float) and abs(cell) >= 1e15):
        return Found(problem=P.STAFF_NUMBER_LOST_DIGITS)
    text = re.sub(r"^(\d+)\.0$", r"\1", text)
    if re.fullmatch(r"\d+\.\d+", text):
        return Found(problem=P.STAFF_NUMBER_DECIMAL)
    if len(text) > 30:
        return Found(problem=P.STAFF_NUMBER_TOO_LONG)
    if text and not re.fullmatch(r"[\w./-]+", text):
        return Found(problem=P.STAFF_NUMBER_CHARACTERS)
    # Staff numbers are shown and kept in clear.
    if hide_numbers(text) != text:
        return Found(problem=P.STAFF_NUMBER_PERSONAL)
    return Found(text)


def department(cell: Cell) -> Found:
    text = hide_numbers(shown_text(cell))
    return Found(text) if len(text) <= 60 else Found(problem=P.DEPARTMENT_TOO_LONG)


# ----- numbers of people


def _scientific(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d(?:\.\d+)?[eE]\+?\d+", text) is not None


def phone(cell: Cell) -> Found:
    if isinstance(cell, date):
        return Found(problem=P.PHONE_CHARACTERS)
    text = shown_text(cell)
    if not text:
        return Found()
    if _scientific(text):
        return Found(problem=P.PHONE_LOST_DIGITS)
    text = re.sub(r"\.0$", "", text)
    if re.search(r"\d[\s\-.()]*[*xX＊]{2,}", text):
        tail = re.search(r"(\d{4})$", text)
        return Found(problem=P.PHONE_MASKED, tail=tail.group(1) if tail else "")
    bare = re.sub(r"[\s().\-—–－_·]", "", text)
    try:
        return Found(rules.phone(bare))
    except ValueError:
        return _phone_problem(bare)


def _phone_problem(bare: str) -> Found:
    parts = [part for part in re.split(r"[/、,，;；|和或]", bare) if part]
    if len(parts) > 1 and all(re.fullmatch(r"\+?\d{7,}", part) for part in parts):
        return Found(problem=P.PHONE_TWO)
    digits = bare.removeprefix("+")
    if not digits.isdigit():
        return Found(problem=P.PHONE_CHARACTERS)
    if len(digits) == 22 and digits[0] == digits[11] == "1":
        return Found(problem=P.PHONE_TWO)
    if re.fullmatch(r"0[1-9]\d{8,10}|[2-8]\d{6,7}", digits):
        return Found(problem=P.PHONE_LANDLINE)
    national = digits.removeprefix("0086") if digits.startswith("0086") else digits
    national = (
        national[2:] if bare.startswith("+86") or (len(national) == 13 and national.startswith("86")) else national
    )
    if len(national) != 11:
        return Found(problem=P.PHONE_LENGTH, params={"digits": len(national)})
    return Found(problem=P.PHONE_PREFIX)


def id_number(cell: Cell) -> Found:
    if isinstance(cell, date):
        return Found(problem=P.ID_CHARACTERS)
    if isinstance(cell, int | float):
        # Excel keeps 15 digits of a number. An old ID number of 15 digits is whole.
        whole = float(cell).is_integer() and len(f"{cell:.0f}") == 15
        return Found(problem=P.ID_FIFTEEN if whole else P.ID_LOST_DIGITS)
    text = shown_text(cell).replace(" ", "").replace("-", "").upper()
    if not text:
        return Found()
    if _scientific(text) or re.fullmatch(r"[1-9]\d{14,17}\.0", text):
        return Found(problem=P.ID_LOST_DIGITS)
    if re.search(r"\d[*＊]{2,}", text) or re.fullmatch(r"\d{1,6}X{2,}[\dX]*", text):
        tail = re.search(r"(\d{3}[\dX])$", text)
        return Found(problem=P.ID_MASKED, tail=tail.group(1) if tail else "")
    if not re.fullmatch(r"[0-9]+X?", text):
        return Found(problem=P.ID_CHARACTERS)
    if len(text) == 15 and text.isdigit():
        return Found(problem=P.ID_FIFTEEN)
    if len(text) != 18:
        return Found(problem=P.ID_LENGTH, params={"digits": len(text)})
    return _whole_id_number(text)


def _whole_id_number(text: str) -> Found:
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
        is_day = born.year >= 1900
    except ValueError:
        is_day = False
    if text.endswith("000") and not rules.is_chinese_id_number(text):
        return Found(problem=P.ID_LOST_DIGITS)  # once stored as a number, then as the text of it
    if not is_day:
        return Found(problem=P.ID_BIRTH_DATE)
    if not rules.is_chinese_id_number(text):
        return Found(problem=P.ID_CHECK_DIGIT)
    return Found(text)


def email(cell: Cell) -> Found:
    text = shown_text(cell).replace(" ", "").lower()
    if not text:
        return Found()
    if text.count("@") > 1:
        return Found(problem=P.EMAIL_TWO)
    try:
        validate_email(text)
    except ValidationError:
        return Found(problem=P.EMAIL_UNREADABLE)
    return Found(text) if len(text) <= 254 else Found(problem=P.EMAIL_UNREADABLE)


# ----- words for which there is a list: levels without a ladder (中级, 副高) are not in it, they may be a physician's

T, K, D = ProfessionalTitle, EmploymentKind, Degree

TITLES: dict[str, ProfessionalTitle] = {
    "无": T.NONE, "未评": T.NONE, "暂无": T.NONE, "无职称": T.NONE, "none": T.NONE, "-": T.NONE, "/": T.NONE,
    "技士": T.ASSISTANT_TECHNICIAN, "士": T.ASSISTANT_TECHNICIAN, "士级": T.ASSISTANT_TECHNICIAN,
    "放射医学技士": T.ASSISTANT_TECHNICIAN, "影像技士": T.ASSISTANT_TECHNICIAN, "初级士": T.ASSISTANT_TECHNICIAN,
    "assistant technologist": T.ASSISTANT_TECHNICIAN,
    "技师": T.TECHNICIAN, "师": T.TECHNICIAN, "师级": T.TECHNICIAN, "初级师": T.TECHNICIAN, "放射技师": T.TECHNICIAN,
    "影像技师": T.TECHNICIAN, "放射医学技师": T.TECHNICIAN, "technologist": T.TECHNICIAN,
    "主管技师": T.SUPERVISING, "主管": T.SUPERVISING, "影像主管技师": T.SUPERVISING,
    "放射医学主管技师": T.SUPERVISING, "senior technologist": T.SUPERVISING,
    "副主任技师": T.ASSOCIATE_CHIEF, "副主任影像技师": T.ASSOCIATE_CHIEF,
    "associate chief technologist": T.ASSOCIATE_CHIEF,
    "主任技师": T.CHIEF, "主任影像技师": T.CHIEF, "chief technologist": T.CHIEF,
}  # fmt: skip
KINDS: dict[str, EmploymentKind] = {
    "在编": K.STAFF, "正式": K.STAFF, "编制": K.STAFF, "事业编": K.STAFF, "事业编制": K.STAFF, "正式在编": K.STAFF,
    "在编人员": K.STAFF, "正式职工": K.STAFF, "是": K.STAFF, "备案制": K.STAFF, "permanent": K.STAFF, "staff": K.STAFF,
    "permanent staff": K.STAFF, "在职": K.STAFF,
    "合同": K.CONTRACT, "合同制": K.CONTRACT, "聘用": K.CONTRACT, "聘用制": K.CONTRACT, "编外": K.CONTRACT,
    "劳务派遣": K.CONTRACT, "派遣": K.CONTRACT, "人事代理": K.CONTRACT, "临聘": K.CONTRACT, "临时": K.CONTRACT,
    "合同工": K.CONTRACT, "否": K.CONTRACT, "非在编": K.CONTRACT, "contract": K.CONTRACT, "contract staff": K.CONTRACT,
    "返聘": K.REHIRED, "退休返聘": K.REHIRED, "rehired": K.REHIRED, "retired and rehired": K.REHIRED,
    "规培": K.TRAINEE, "规培生": K.TRAINEE, "规培学员": K.TRAINEE, "住培": K.TRAINEE, "进修": K.TRAINEE,
    "trainee": K.TRAINEE,
    "实习": K.STUDENT, "实习生": K.STUDENT, "学生": K.STUDENT, "student": K.STUDENT, "intern": K.STUDENT,
}  # fmt: skip
DEGREES: dict[str, Degree] = {
    "中专": D.VOCATIONAL, "中等专科": D.VOCATIONAL, "高中": D.VOCATIONAL, "中技": D.VOCATIONAL,
    "secondary vocational school": D.VOCATIONAL,
    "大专": D.COLLEGE, "专科": D.COLLEGE, "高职": D.COLLEGE, "大学专科": D.COLLEGE, "junior college": D.COLLEGE,
    "本科": D.BACHELOR, "大学本科": D.BACHELOR, "大学": D.BACHELOR, "学士": D.BACHELOR, "bachelor": D.BACHELOR,
    "研究生": D.MASTER, "硕士": D.MASTER, "硕士研究生": D.MASTER, "master": D.MASTER,
    "博士": D.DOCTOR, "博士研究生": D.DOCTOR, "doctor": D.DOCTOR, "phd": D.DOCTOR,
}  # fmt: skip
# Not of the technologists' ladder: physicians, nurses, pharmacists, laboratory, teachers, engineers, research.
_OTHER_LADDERS = re.compile(r"医师|医士|护师|护士|药师|药士|检验|教授|讲师|助教|工程师|研究员|会计|政工|经济师")
_OF_LABELS = {str(title.value): title for title in T} | {"no title yet": T.NONE}


def _word(text: str) -> str:
    """Without brackets round a level ("技师(初级)", "【中级】主管技师") and without spaces between Chinese words."""
    return re.sub(r"[(\[【（].*?[)\]】）]", "", text).strip().lower()


def title(cell: Cell) -> Found:
    text = shown_text(cell)
    if not text:
        return Found()
    bare = _word(text) or text.strip("()[]【】（）")
    known = _OF_LABELS.get(bare) or TITLES.get(bare) or TITLES.get(bare.replace(" ", ""))
    if known is not None:
        return Found(known.value)
    return Found(problem=P.TITLE_OTHER_LADDER if _OTHER_LADDERS.search(text) else P.TITLE_UNKNOWN)


def employment_kind(cell: Cell) -> Found:
    text = shown_text(cell)
    known = KINDS.get(text.lower()) or KINDS.get(_word(text).replace(" ", ""))
    if not text or known:
        return Found(known.value if known else "")
    return Found(problem=P.KIND_UNKNOWN)


def degree(cell: Cell) -> Found:
    text = shown_text(cell)
    known = (
        DEGREES.get(text.lower())
        or DEGREES.get(_word(text).replace(" ", ""))
        or DEGREES.get(re.sub(r"(学历|学位|毕业|全日制|在职|成人)", "", text).strip())
    )
    if not text or known:
        return Found(known.value if known else "")
    return Found(problem=P.DEGREE_UNKNOWN)


# ----- days

_DAY = re.compile(
    r"(\d{4})(?:[年./\-]|\s)(\d{1,2})(?:(?:[月./\-]|\s)(\d{1,2}))?[日号.月]*(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?"
)
_EXCEL_DAY_0 = date(1899, 12, 30)


def day(cell: Cell, *, today: date) -> Found:
    """An ISO day. Of "2019.7" the first of the month, said in the problem `month_only`."""
    if isinstance(cell, date):
        return _sensible(cell, today)
    text = shown_text(cell)
    if not text:
        return Found()
    if isinstance(cell, int | float) and not re.fullmatch(r"(19|20)\d{2}(\d{2}){0,2}", text):
        return _from_number(float(cell), text, today)
    if re.fullmatch(r"(19|20)\d{2}年?", text):
        return Found(problem=P.DATE_YEAR_ONLY)
    if re.fullmatch(r"\d{2}[年./\-]\d{1,2}([月./\-]\d{1,2}日?)?月?", text):
        return Found(problem=P.DATE_SHORT_YEAR)
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return _from_number(float(text), text, today)
    if digits := re.fullmatch(r"((?:19|20)\d{2})(\d{2})(\d{2})?", text):
        parts = digits.groups()
    elif written := _DAY.fullmatch(text):
        parts = written.groups()
    else:
        return Found(problem=P.DATE_UNREADABLE)
    try:
        read = date(int(parts[0]), int(parts[1]), int(parts[2] or 1))
    except ValueError:
        return Found(problem=P.DATE_IMPOSSIBLE)
    found = _sensible(read, today)
    if not parts[2] and found.problem is None:
        found.problem = P.MONTH_ONLY
    return found


def _from_number(number: float, text: str, today: date) -> Found:
    """Excel counts days; "2019.7" typed as a number is a month."""
    if month := re.fullmatch(r"((?:19|20)\d{2})\.(\d{1,2})", text):
        # 2019.1 may have been 2019.10: Excel drops the zero.
        if month.group(2) == "1":
            return Found(problem=P.DATE_UNREADABLE)
        return day(text, today=today)
    if not 10_000 <= number <= 80_000:
        return Found(problem=P.DATE_UNREADABLE)
    return _sensible(_EXCEL_DAY_0 + timedelta(days=int(number)), today)


def _sensible(read: date, today: date) -> Found:
    if read.year < 1940:
        return Found(problem=P.DATE_TOO_EARLY)
    if read > today + timedelta(days=366):
        return Found(problem=P.DATE_TOO_LATE)
    return Found(read.isoformat())


READERS: dict[str, Callable[[Cell], Found]] = {
    "name": name,
    "staff_number": staff_number,
    "phone": phone,
    "id_number": id_number,
    "email": email,
    "department": department,
    "title": title,
    "employment_kind": employment_kind,
    "degree": degree,
}
DAYS = frozenset({"begins", "ends"})
