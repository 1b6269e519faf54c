"""Every kind of bad row is named by sheet, row and column; every way of writing a good one is read."""

from datetime import date
from typing import Any

import pytest
from django.utils import translation

from organisations.enums import RosterStage
from organisations.formats import cells, problems
from organisations.formats.columns import Field, field_of, header_in, proposal
from organisations.formats.problems import ASKING, PASSED_OVER, STOPPING, FileProblem, RowProblem
from organisations.formats.shapes import Line
from organisations.models import Person
from tests.organisations.roster import files
from tests.organisations.roster.conftest import Compare, codes, rows_of

ID = files.id_number(1)
TODAY = date(2026, 11, 22)
HEADINGS = ("姓名", "工号", "手机号", "身份证号", "邮箱", "科室", "职称", "用工形式", "入职日期", "离职日期", "学历")
WRONG_ID = ID[:-1] + ("1" if ID[-1] != "1" else "2")

# (column, what stands in it, code, outcome of the row)
BAD: list[tuple[str, Any, str, str]] = [
    ("姓名", None, "name_missing", "wrong"),
    ("姓名", "13800000001", "name_not_a_name", "wrong"),
    ("姓名", "王伟2", "name_not_a_name", "wrong"),
    ("姓名", "王" * 61, "name_too_long", "wrong"),
    ("姓名", "锟斤拷", "cell_garbled", "wrong"),
    ("姓名", "王\ufffd", "cell_garbled", "wrong"),
    ("姓名", "王" * 500, "cell_too_long", "wrong"),
    ("姓名", True, "cell_boolean", "wrong"),
    ("工号", "1" * 31, "staff_number_too_long", "wrong"),
    ("工号", "1.23457E+15", "staff_number_lost_digits", "wrong"),
    ("工号", 1234567890123456789, "staff_number_lost_digits", "wrong"),
    ("工号", 12.5, "staff_number_decimal", "wrong"),
    ("工号", "A;12", "staff_number_characters", "wrong"),
    ("工号", "13900000001", "staff_number_personal", "wrong"),
    ("工号", files.id_number(7), "staff_number_personal", "wrong"),
    ("工号", "=A1", "formula", "wrong"),
    ("工号", "#N/A", "cell_error", "wrong"),
    ("手机号", "0371-65580000", "phone_landline", "wrong"),
    ("手机号", "1380000000", "phone_length", "wrong"),
    ("手机号", "12000000001", "phone_prefix", "wrong"),
    ("手机号", "没有", "phone_characters", "wrong"),
    ("手机号", date(2026, 1, 1), "phone_characters", "wrong"),
    ("手机号", "13800000001/13900000002", "phone_two", "wrong"),
    ("手机号", "1380000000113900000002", "phone_two", "wrong"),
    ("手机号", "1.38E+10", "phone_lost_digits", "wrong"),
    ("手机号", "138****0001", "phone_masked", "create"),
    ("身份证号", 410105199003070014, "id_lost_digits", "wrong"),
    ("身份证号", 4.10105199003071e17, "id_lost_digits", "wrong"),
    ("身份证号", "4.10105E+17", "id_lost_digits", "wrong"),
    ("身份证号", "410105199003070000", "id_lost_digits", "wrong"),
    ("身份证号", WRONG_ID, "id_check_digit", "wrong"),
    ("身份证号", "410105900307001", "id_fifteen", "wrong"),
    ("身份证号", 410105900307001, "id_fifteen", "wrong"),
    ("身份证号", ID[:-1], "id_length", "wrong"),
    ("身份证号", "E12345678", "id_characters", "wrong"),
    ("身份证号", date(1990, 3, 7), "id_characters", "wrong"),
    ("身份证号", files.id_number(1, born="19901345"), "id_birth_date", "wrong"),
    ("身份证号", "4101**********0014", "id_masked", "create"),
    ("邮箱", "wang.example.org", "email_unreadable", "create"),
    ("邮箱", "a@example.org,b@example.org", "email_two", "create"),
    ("科室", "科" * 61, "department_too_long", "wrong"),
    ("职称", "高级专家", "title_unknown", "create"),
    ("职称", "主治医师", "title_other_ladder", "create"),
    ("用工形式", "其他", "kind_unknown", "create"),
    ("学历", "进士", "degree_unknown", "create"),
    ("入职日期", "很久以前", "date_unreadable", "wrong"),
    ("入职日期", 2019.1, "date_unreadable", "wrong"),
    ("入职日期", "2019-02-30", "date_impossible", "wrong"),
    ("入职日期", "2019年", "date_year_only", "wrong"),
    ("入职日期", "19.7.1", "date_short_year", "wrong"),
    ("入职日期", "1899-07-01", "date_too_early", "wrong"),
    ("入职日期", date(1930, 7, 1), "date_too_early", "wrong"),
    ("入职日期", date(2099, 7, 1), "date_too_late", "wrong"),
    ("入职日期", "2019.7", "month_only", "create"),
]


@pytest.mark.django_db
def test_every_bad_cell_is_named_by_sheet_row_and_column(compare: Compare) -> None:
    rows = []
    for serial, (column, cell, _code, _outcome) in enumerate(BAD):
        row = {"姓名": "王伟", "工号": f"W{serial:04}", "手机号": f"138000001{serial:02}"} | {column: cell}
        rows.append([row.get(heading) for heading in HEADINGS])
    found = rows_of(compare(*rows, headings=HEADINGS))
    assert [(row.sheet, row.row_number, codes(row), row.outcome) for row in found] == [
        ("名单", number, [(column, code)], outcome)
        for number, (column, _cell, code, outcome) in enumerate(BAD, start=2)
    ]
    assert Person.objects.filter(name="王伟").count() == 0


def test_at_least_forty_kinds_of_bad_rows_are_tried() -> None:
    assert len({code for _column, _cell, code, _outcome in BAD}) >= 40


@pytest.mark.django_db
def test_what_only_the_row_or_the_file_tells_is_named_too(compare: Compare) -> None:
    rows = [
        ("王伟", "", "", "", "", "", "", "", "", ""),
        ("李娜", "1", "13800000001", ID, "a@example.org", "", "", "", "2026-01-02", "2026-01-01"),
        ("张敏", "1", "13800000001", ID, "a@example.org", "", "", "", "", ""),
        ("姓名", "工号", "手机号", "身份证号", "邮箱", "科室", "职称", "用工形式", "入职日期", "离职日期"),
        ("合  计", "3", "", "", "", "", "", "", "", ""),
        (None, None, None, None, None, None, None, None, None, None),
        ("赵磊", "2", "", "", "", "", "", "", "", "", "", "多出来的"),
        ("备注：以上人员均在岗", "", "", "", "", "", "", "", "", ""),
    ]
    found = rows_of(compare(*rows, headings=HEADINGS))
    assert [(row.row_number, row.outcome, codes(row)) for row in found] == [
        (2, "wrong", [("", "no_identity")]),
        (3, "wrong", [("离职日期", "ends_before_begins"), ("工号", "duplicate_staff_number"),
                      ("手机号", "duplicate_phone"), ("身份证号", "duplicate_id"), ("邮箱", "duplicate_email")]),
        (4, "wrong", [("工号", "duplicate_staff_number"), ("手机号", "duplicate_phone"),
                      ("身份证号", "duplicate_id"), ("邮箱", "duplicate_email")]),
        (5, "skipped", [("", "repeated_header")]),
        (6, "skipped", [("", "total_row")]),
        (8, "create", [("", "beyond_header")]),
        (9, "skipped", [("", "total_row")]),
    ]  # fmt: skip
    assert [one["params"] for one in found[1].problems[1:4]] == [{"rows": [4]}] * 3


@pytest.mark.django_db
def test_duplicate_in_another_sheet_is_named_with_its_sheet(compare: Compare) -> None:
    head = ("姓名", "手机号")
    content = files.xlsx(("甲", [head, ("王伟", "13800000001")]), ("乙", [head, ("王伟", "13800000001")]))
    found = rows_of(compare(content=content))
    assert [(row.sheet, codes(row), row.problems[0]["params"]) for row in found] == [
        ("甲", [("手机号", "duplicate_phone")], {"rows": [["乙", 2]]}),
        ("乙", [("手机号", "duplicate_phone")], {"rows": [["甲", 2]]}),
    ]


@pytest.mark.django_db
def test_rows_of_the_same_number_are_told_with_their_sheets() -> None:
    with translation.override("en"):
        told = [
            problems.text(problems.problem(RowProblem.DUPLICATE_PHONE, rows=rows))
            for rows in ([3, ["乙", 2], "…"], "3, 5")
        ]
    assert told == [
        "The same phone stands in row 3, row 2 of sheet 乙, … too. Keep one.",
        "The same phone stands in row 3, 5 too. Keep one.",  # as an earlier release kept it
    ]


def test_duplicate_in_the_same_of_several_sheets_is_named_by_its_row_alone(compare: Compare) -> None:
    head = ("姓名", "工号")
    content = files.xlsx(("甲", [head, ("王伟", "1"), ("李娜", "1")]), ("乙", [head, ("张敏", "1")]))
    found = rows_of(compare(content=content))
    assert [row.problems[0]["params"] for row in found] == [
        {"rows": [3, ["乙", 2]]}, {"rows": [2, ["乙", 2]]}, {"rows": [["甲", 2], ["甲", 3]]},
    ]  # fmt: skip


@pytest.mark.django_db
def test_merged_department_holds_for_all_and_merged_phone_for_nobody(compare: Compare) -> None:
    rows = [
        ("科室", "姓名", "手机号"),
        ("影像科", "王伟", "13800000001"),
        (None, "李娜", None),
        (None, "张敏", "13800000003"),
    ]
    found = rows_of(compare(content=files.xlsx(("a", rows), merge=["A2:A4", "C2:C3"])))
    assert [(row.outcome, row.shown.get("department"), codes(row)) for row in found] == [
        ("create", "影像科", []),
        ("wrong", "影像科", [("手机号", "merged_identity")]),
        ("create", "影像科", []),
    ]


@pytest.mark.django_db
def test_headings_merged_over_two_rows_are_read_from_the_lower(compare: Compare) -> None:
    rows = [
        ("2026年花名册",),
        ("姓名", "联系方式", None),
        (None, "手机", "邮箱"),
        ("王伟", "13800000001", "w@example.org"),
    ]
    roster = compare(content=files.xlsx(("a", rows), merge=["A1:C1", "A2:A3", "B2:C2"]))
    assert (roster.roster_stage, roster.sheets[0]["header_row"], [row.shown for row in rows_of(roster)]) == (
        RosterStage.CHECKED, 3, [{"name": "王伟", "phone": "138****0001", "email": "w***@example.org"}],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reader", "written", "expected"),
    [
        (cells.name, "王  伟", "王伟"),
        (cells.name, " 阿卜杜拉·买买提 ", "阿卜杜拉·买买提"),
        (cells.name, "John  A. Smith", "John A. Smith"),
        (cells.name, "O'Brien", "O'Brien"),
        (cells.staff_number, 12.0, "12"),
        (cells.staff_number, "Ａ０１２", "A012"),
        (cells.staff_number, "'0012", "0012"),
        (cells.phone, 13800000001.0, "+8613800000001"),
        (cells.phone, "１３８００００　０００１", "+8613800000001"),
        (cells.phone, "138-0000-0001", "+8613800000001"),
        (cells.phone, "\u00a0138 0000\u00a00001 ", "+8613800000001"),
        (cells.phone, "+86 138 0000 0001", "+8613800000001"),
        (cells.phone, "8613800000001", "+8613800000001"),
        (cells.phone, "13800000001.0", "+8613800000001"),
        (cells.phone, "+44 7700 900123", "+447700900123"),
        (cells.id_number, f"'{ID[:6]} {ID[6:14]} {ID[14:]}", ID),
        (cells.id_number, files.id_number(22).lower(), files.id_number(22)),
        (cells.email, " Wang＠Example.ORG ", "wang@example.org"),
        (cells.title, "主管", "主管技师"),
        (cells.title, "技师（初级）", "技师"),
        (cells.title, "【中级】主管技师", "主管技师"),
        (cells.title, "副 主任技师", "副主任技师"),
        (cells.title, "无", "none"),
        (cells.employment_kind, "退休返聘", "rehired"),
        (cells.employment_kind, "规培生", "trainee"),
        (cells.employment_kind, "在编", "staff"),
        (cells.degree, "全日制本科", "bachelor"),
        (cells.degree, "硕士研究生", "master"),
    ],
)  # fmt: skip
def test_good_values_have_one_written_form(reader: Any, written: Any, expected: str) -> None:
    assert (reader(written).value, reader(written).problem) == (expected, None)


@pytest.mark.parametrize(
    "written",
    [
        date(2019, 7, 1), "2019-07-01", "2019/7/1", "2019.7.1", "2019年7月1日", "20190701", 20190701, 43647, 43647.0,
        "43647", "２０１９－０７－０１", "2019-07-01 00:00:00",
    ],
)  # fmt: skip
def test_days_are_read_however_they_are_written(written: Any) -> None:
    found = cells.day(written, today=TODAY)
    assert (found.value, found.problem) == ("2019-07-01", None)


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("姓名", Field.NAME), ("* 姓 名（必填）", Field.NAME), ("人员编号", Field.STAFF_NUMBER),
        ("本人手机号码", Field.PHONE), ("居民身份证号码", Field.ID_NUMBER), ("所在科室", Field.DEPARTMENT),
        ("现任专业技术职务", Field.TITLE), ("用工性质", Field.EMPLOYMENT_KIND), ("到院时间", Field.BEGINS),
        ("离院日期", Field.ENDS), ("最高学历", Field.DEGREE), ("E-mail", Field.EMAIL),
        ("Staff No.", Field.STAFF_NUMBER),
        ("紧急联系人电话", None), ("职称取得时间", None), ("单位名称", None), ("性别", None), ("出生日期", None),
        ("序号", None), ("办公电话", None), ("备注", None), ("", None),
    ],
)  # fmt: skip
def test_headings_are_known_by_their_words(heading: str, expected: Field | None) -> None:
    assert field_of(heading)[0] == expected


def test_each_field_is_proposed_once_and_the_exact_heading_wins() -> None:
    assert proposal(["家庭电话", "本人电话号码", "手机", "姓名", "姓名拼音"]) == {"手机": "phone", "姓名": "name"}


def test_headings_are_not_found_below_the_fifth_row() -> None:
    lines = [Line(number, [f"第{number}行"]) for number in range(1, 6)] + [Line(6, ["姓名", "工号"])]
    assert header_in(lines) is None


def test_every_problem_has_its_own_words_in_one_language_or_the_other() -> None:
    with translation.override("en"):
        words = [str(label) for label in (*RowProblem.labels, *FileProblem.labels)]
    assert (len(set(words)), all(text.endswith((".", ")")) for text in words)) == (len(words), True)


def test_problems_stop_or_ask_or_only_tell() -> None:
    groups = [STOPPING, ASKING, PASSED_OVER]
    assert sum(map(len, groups)) == len(frozenset().union(*groups))


def test_problem_of_an_older_release_is_shown_as_its_code() -> None:
    assert problems.text({"code": "elder", "params": {}}) == "elder"
    with translation.override("en"):
        told = problems.text({"code": "phone_length", "params": {"digits": 10}})
    assert told == "A mobile number has 11 digits; this one has 10. Correct it."
