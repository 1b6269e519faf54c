"""Which column holds what: headings as hospitals write them, the row in which they stand, a proposal for each."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from organisations.formats.cells import masked_digits, shown_text
from organisations.formats.shapes import Line

HEADER_WITHIN = 5


class Field(models.TextChoices):
    """What a column may be read as. Everything else in a file is left alone."""

    NAME = "name", pgettext_lazy("person", "Name")
    STAFF_NUMBER = "staff_number", _("Staff number")
    PHONE = "phone", _("Mobile phone")
    ID_NUMBER = "id_number", _("ID number")
    EMAIL = "email", _("E-mail")
    DEPARTMENT = "department", _("Department")
    TITLE = "title", _("Professional title")
    EMPLOYMENT_KIND = "employment_kind", _("Kind of employment")
    BEGINS = "begins", _("First day")
    ENDS = "ends", _("Day of leaving")
    DEGREE = "degree", _("Degree")


SYNONYMS: dict[Field, tuple[str, ...]] = {
    Field.NAME: (
        "姓名", "名字", "员工姓名", "人员姓名", "职工姓名", "真实姓名", "中文姓名", "人员名称",
        "name", "fullname", "staffname", "employeename",
    ),
    Field.STAFF_NUMBER: (
        "工号", "人员编号", "员工编号", "职工编号", "职工号", "员工号", "职工工号", "员工工号", "人员编码", "胸牌号",
        "工作证号", "编号", "his工号", "personno", "staffnumber", "staffno", "staffid", "employeeid", "employeenumber",
        "employeeno",
    ),
    Field.PHONE: (
        "手机", "手机号", "手机号码", "联系电话", "移动电话", "联系方式", "电话", "电话号码", "本人电话", "联系手机",
        "手机电话", "phone", "phonenumber", "mobile", "mobilephone", "mobilenumber", "cellphone", "telephone", "tel",
    ),
    Field.ID_NUMBER: (
        "身份证", "身份证号", "身份证号码", "证件号", "证件号码", "居民身份证", "居民身份证号", "居民身份证号码",
        "公民身份号码", "身份号码", "certid", "idnumber", "idcard", "idno", "idcardnumber", "identitynumber",
        "nationalid",
    ),
    Field.EMAIL: (
        "邮箱", "电子邮箱", "电子邮件", "邮箱地址", "邮件", "e-mail", "email", "emailaddress", "mail",
    ),
    Field.DEPARTMENT: (
        "科室", "部门", "所在科室", "科室名称", "部门名称", "所属科室", "工作科室", "所在部门", "所属部门", "科别",
        "department", "dept", "section",
    ),
    Field.TITLE: (
        "职称", "技术职称", "专业技术职称", "专业技术资格", "现职称", "专业技术职务", "职称名称", "任职资格",
        "聘任职称",
        "title", "professionaltitle", "jobtitle", "rank",
    ),
    Field.EMPLOYMENT_KIND: (
        "岗位性质", "用工形式", "用工性质", "人员类别", "人员性质", "编制", "编制性质", "人员类型", "是否在编",
        "聘用形式", "聘用方式", "employmentkind", "employmenttype", "contracttype", "kind", "kindofemployment",
    ),
    Field.BEGINS: (
        "入职日期", "到院时间", "入职时间", "到院日期", "来院时间", "来院日期", "进院时间", "入院工作时间", "到岗日期",
        "到岗时间", "参加本单位工作时间",
        "firstday", "startdate", "begins", "from", "hiredate", "dateofjoining", "joined",
    ),
    Field.ENDS: (
        "离职日期", "离职时间", "离院日期", "离院时间", "调离日期", "退休日期",
        "dayofleaving", "enddate", "ends", "until",
        "leavingdate", "left",
    ),
    Field.DEGREE: (
        "学历", "最高学历", "学历学位", "学位", "文化程度", "现学历", "degree", "education", "highestdegree",
    ),
}  # fmt: skip
# Headings with one of these are of something else, however they go on.
OTHERS = (
    "紧急", "家庭", "办公", "座机", "传真", "配偶", "父", "母", "性别", "出生", "年龄", "民族", "籍贯", "地址", "推荐",
    "取得时间", "评定时间", "聘任时间", "毕业", "发证", "有效期", "银行", "账号", "原单位", "原工号", "备注", "序号",
    "单位", "机构", "项目", "证书", "曾用", "拼音",
    "emergency", "home", "office", "fax", "gender", "birth", "address", "remark",
)  # fmt: skip

_EXACT = {synonym: field for field, synonyms in SYNONYMS.items() for synonym in synonyms}
_LONGEST_FIRST = sorted((word for word in _EXACT if len(word) >= (2 if word[0] > "z" else 5)), key=len, reverse=True)


def normalised(heading: str) -> str:
    """A heading without width, case, space, marks of duty and what stands in brackets."""
    text = unicodedata.normalize("NFKC", heading).lower()
    text = re.sub(r"[(\[【〔].*?[)\]】〕]", "", text)
    return re.sub(r"[\s*:：、,，.。_/\\\-]|必填|选填|请填写", "", text)


def field_of(heading: str) -> tuple[Field | None, bool]:
    """(what a heading seems to say, whether it says exactly that)."""
    text = normalised(heading)
    if text in _EXACT:
        return _EXACT[text], True
    if not text or len(text) > 30 or any(word in text for word in OTHERS):
        return None, False
    return next((_EXACT[word] for word in _LONGEST_FIRST if word in text), None), False


def proposal(columns: Sequence[str], remembered: Mapping[str, str] | None = None) -> dict[str, str]:
    """{column: field} for a sheet's columns: what the unit chose before, else the headings' own words, each once.

    A column that the unit left out before ("" in `remembered`) is left out again.
    """
    found: dict[str, str] = {}
    known = {
        column: field
        for column, field in (remembered or {}).items()
        if column in columns and (field in Field or not field)
    }
    for column, chosen in known.items():
        if chosen and chosen not in found.values():
            found[column] = chosen
    guessed = [(column, *field_of(column)) for column in columns if column not in known]
    for wanted_exact in (True, False):
        for column, field, is_exact in guessed:
            if field and is_exact == wanted_exact and column not in found and field.value not in found.values():
                found[column] = field.value
    return {column: found[column] for column in columns if column in found}


@dataclass(frozen=True)
class Header:
    row: int
    columns: list[str]

    @property
    def is_convincing(self) -> bool:
        fields = set(proposal(self.columns).values())
        return Field.NAME.value in fields and len(fields) >= 2


def texts_of(line: Line) -> list[str]:
    """A row as headings: each once, empty and repeated ones by their place; long numbers masked, it may be data."""
    found: list[str] = []
    for place, cell in enumerate(line.cells, start=1):
        text = masked_digits(re.sub(r"\s+", " ", shown_text(cell)))[:80] or f"#{place}"
        found.append(text if text not in found else f"{text} ({place})")
    return found


def header_in(lines: Iterable[Line]) -> Header | None:
    """The headings among the first rows of a sheet: the row that names most fields, the name among them.

    Of two equal rows the first counts, but the second where headings were merged downwards into it.
    """
    best: tuple[int, Header] | None = None
    for line in lines:
        if line.number > HEADER_WITHIN:
            break
        header = Header(line.number, texts_of(line))
        if not header.is_convincing:
            continue
        score = sum(field_of(column)[0] is not None for column in set(header.columns))
        if best is None or score > best[0] or (score == best[0] and line.merged):
            best = score, header
    return best[1] if best else None
