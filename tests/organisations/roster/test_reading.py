"""Files as hospitals have them come back as the same rows; what cannot be read says why."""

import io
import zipfile
from datetime import date
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from organisations.formats.problems import FileProblem
from organisations.formats.reading import opened
from organisations.formats.shapes import Line, Unreadable
from tests.organisations.roster import files

ROWS = [("姓名", "工号", "手机号"), ("王伟", "0012", "13800000001"), ("李娜", "0013", "13800000002")]


def read(folder: Path, content: bytes, name: str = "a.xlsx") -> dict[str, list[Line]]:
    path = folder / "uploaded"
    path.write_bytes(content)
    with opened(path, name) as sheets:
        return {sheet.name: list(sheet.lines) for sheet in sheets}


def values(lines: list[Line]) -> list[tuple[int, list[object]]]:
    return [(line.number, list(line.cells)) for line in lines]


def problem(folder: Path, content: bytes, name: str = "a.xlsx") -> FileProblem:
    with pytest.raises(Unreadable) as caught:
        read(folder, content, name)
    return caught.value.problem


EXPECTED = [(number, list(row)) for number, row in enumerate(ROWS, start=1)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", files.xlsx(("名单", ROWS))),
        ("a.xls", files.xls(("名单", ROWS))),
        ("a.csv", files.csv(ROWS)),
        ("a.csv", files.csv(ROWS, "utf-8-sig")),
        ("a.csv", files.csv(ROWS, "gb18030")),
        ("a.csv", files.csv(ROWS, "utf-16")),
        ("a.txt", files.csv(ROWS).replace(b",", b"\t")),
        ("a.csv", files.csv(ROWS).replace(b",", b";")),
    ],
)
def test_same_rows_from_every_format(tmp_path: Path, name: str, content: bytes) -> None:
    (lines,) = read(tmp_path, content, name).values()
    assert values(lines) == EXPECTED


def test_sheet_that_begins_further_down_and_right_keeps_its_places(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["C4"], book.active["D6"] = "姓名", "王伟"
    made = io.BytesIO()
    book.save(made)
    (lines,) = read(tmp_path, made.getvalue()).values()
    assert values(lines) == [(4, [None, None, "姓名"]), (6, [None, None, None, "王伟"])]


def test_numbers_dates_and_truth_keep_their_kind(tmp_path: Path) -> None:
    content = files.xlsx(("名单", [(13800000001, 4.5, date(2019, 7, 1), True, None, "x")]))
    (lines,) = read(tmp_path, content).values()
    assert values(lines) == [(1, [13800000001, 4.5, date(2019, 7, 1), True, None, "x"])]


def test_formulas_and_error_values_are_noted_by_place(tmp_path: Path) -> None:
    content = files.xlsx(("a", [("姓名", "x")]), ("b", [("姓名", "工号"), ("王伟", "=1+1"), ("李娜", "#N/A")]))
    sheets = read(tmp_path, content)
    assert [(line.formulas, line.errors) for line in sheets["b"]] == [(set(), set()), ({2}, set()), (set(), {2})]
    assert [(line.formulas, line.errors) for line in sheets["a"]] == [(set(), set())]


def test_vertical_merge_counts_for_each_of_its_rows(tmp_path: Path) -> None:
    rows = [("科室", "姓名"), ("影像科", "王伟"), (None, "李娜"), (None, "张敏"), ("超声科", "赵磊")]
    (lines,) = read(tmp_path, files.xlsx(("a", rows), merge=["A2:A4"])).values()
    assert [(line.cells[0], set(line.merged)) for line in lines[1:]] == [
        ("影像科", set()), ("影像科", {1}), ("影像科", {1}), ("超声科", set()),
    ]  # fmt: skip


def test_hidden_sheets_are_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "uploaded"
    path.write_bytes(files.xlsx(("名单", ROWS), ("旧", ROWS), hidden=["旧"]))
    with opened(path, "a.xlsx") as sheets:
        assert [(sheet.name, sheet.is_hidden) for sheet in sheets] == [("名单", False), ("旧", True)]


def test_only_the_wanted_sheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "uploaded"
    path.write_bytes(files.xlsx(("a", ROWS), ("b", ROWS[:2])))
    with opened(path, "a.xlsx", sheets=["b"]) as sheets:
        assert [(sheet.name, values(list(sheet.lines))) for sheet in sheets] == [("b", EXPECTED[:2])]


def test_csv_text_written_as_a_formula_of_text_is_text(tmp_path: Path) -> None:
    (lines,) = read(tmp_path, '姓名,工号\r\n王伟,"=""0012"""\r\n李娜,=A1'.encode(), "a.csv").values()
    assert [(line.cells[1], set(line.formulas)) for line in lines] == [("工号", set()), ("0012", set()), ("=A1", {2})]


def _with_part(name: str, text: bytes, *, instead: bool = True) -> bytes:
    """A sound workbook with one part replaced."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(files.xlsx(("a", ROWS)))) as sound, zipfile.ZipFile(made, "w", 8) as out:
        for part in sound.infolist():
            if part.filename != name:
                out.writestr(part.filename, sound.read(part))
        out.writestr(name, text)
    return made.getvalue()


def _zip(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as out:
        for name, content in parts.items():
            out.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return made.getvalue()


_SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
_BROKEN = bytearray(files.xlsx(("a", ROWS)))
_BROKEN[len(_BROKEN) // 2] ^= 0xFF
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")


@pytest.mark.parametrize(
    ("expected", "name", "content"),
    [
        (FileProblem.EMPTY_FILE, "a.csv", b""),
        (FileProblem.NOT_A_TABLE, "a.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 50),
        (FileProblem.NOT_A_TABLE, "a.pdf", b"%PDF-1.7 text"),
        (FileProblem.NOT_A_TABLE, "a.docx", _zip(word__document_dot_xml=b"<w/>")),
        (FileProblem.OTHER_SPREADSHEET, "a.ods", _zip(mimetype=b"x", content_dot_xml=b"<o/>")),
        (FileProblem.OTHER_SPREADSHEET, "a.xlsb", _zip(xl__workbook_dot_bin=b"x")),
        (FileProblem.TEXT_NAMED_EXCEL, "a.xlsx", files.csv(ROWS)),
        (FileProblem.TEXT_NAMED_EXCEL, "a.XLS", files.csv(ROWS, "gb18030")),
        (FileProblem.HTML_NAMED_EXCEL, "a.xls", b"\xef\xbb\xbf <HTML><table><tr><td>x"),
        (FileProblem.ENCRYPTED, "a.xlsx", _OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600),
        (FileProblem.DAMAGED, "a.xlsx", bytes(_BROKEN)),
        (FileProblem.DAMAGED, "a.xlsx", files.xlsx(("a", ROWS))[:900]),
        (FileProblem.DAMAGED, "a.xls", _OLE + b"\0" * 4000),
        (FileProblem.DAMAGED, "a.xlsx", _with_part("xl/worksheets/sheet1.xml", b"<worksheet><not closed")),
        (
            FileProblem.DAMAGED,
            "a.xlsx",
            _with_part("xl/worksheets/sheet1.xml", b'<!DOCTYPE w [<!ENTITY a "aaaa">]>' + _SHEET % b""),
        ),
        (FileProblem.TOO_BIG_INSIDE, "a.xlsx", _with_part("xl/worksheets/sheet9.xml", b" " * 400_000_001)),
        (FileProblem.UNKNOWN_ENCODING, "a.csv", b"\xff\xff\xfe,\x81\xff"),
        (FileProblem.TOO_MANY_COLUMNS, "a.csv", b",".join([b"x"] * 101)),
        (FileProblem.TOO_MANY_COLUMNS, "a.xlsx", files.xlsx(("a", [["x"] * 101]))),
        (FileProblem.TOO_MANY_ROWS, "a.csv", b"x\n" * 100_001),
    ],
)
def test_unreadable_file_says_why(tmp_path: Path, expected: FileProblem, name: str, content: bytes) -> None:
    assert problem(tmp_path, content, name) == expected


def test_far_away_cell_costs_a_refusal_and_no_memory(tmp_path: Path) -> None:
    cells = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    content = _with_part("xl/worksheets/sheet1.xml", _SHEET % cells)
    assert problem(tmp_path, content) in {FileProblem.DAMAGED, FileProblem.TOO_MANY_COLUMNS}


def test_empty_formatted_rows_do_not_count(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files.xlsx(("a", ROWS))))
    for number in (5_000, 200_000, 1_000_000):
        book.active.cell(number, 3).number_format = "@"
    made = io.BytesIO()
    book.save(made)
    (lines,) = read(tmp_path, made.getvalue()).values()
    assert values(lines) == EXPECTED


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), name=st.sampled_from(["a.csv", "a.xlsx", "a.xls"]))
def test_no_bytes_raise_anything_but_unreadable(tmp_path: Path, content: bytes, name: str) -> None:
    try:
        read(tmp_path, content, name)
    except Unreadable as error:
        assert error.problem in FileProblem


@cache
def sound_workbooks() -> list[tuple[str, bytes]]:
    """Made once: a workbook holds the time of its making, and so has not always the same length."""
    return [("a.xlsx", files.xlsx(("a", ROWS))), ("a.xls", files.xls(("a", ROWS)))]


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damaged_workbook_raises_anything_but_unreadable(tmp_path: Path, data: st.DataObject) -> None:
    name, sound = data.draw(st.sampled_from(sound_workbooks()))
    content = bytearray(sound)
    for _change in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(tmp_path, bytes(content), name)
    except Unreadable as error:
        assert error.problem in FileProblem
