"""Rosters as LibreOffice writes them."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from organisations.formats.problems import FileProblem
from organisations.formats.reading import opened
from organisations.formats.shapes import Unreadable
from tests.libreoffice import LibreOffice
from tests.organisations.roster import files

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# 㛃 has four bytes in GB18030 and stands in neither GB2312 nor GBK.
ROWS = [
    ("科室", "姓名", "工号", "手机号", "入职日期"),
    ("影像科", "王伟", "0012", 13800000001, date(2019, 7, 1)),
    (None, "李㛃", "0013", "13800000002", date(2020, 1, 31)),
]
# Comma, quotation mark, character set, from the first line on.
CSV = "csv:Text - txt - csv (StarCalc):44,34,{},1"
UTF_8, GB18030 = 76, 85


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.xlsx"
    path.write_bytes(files.xlsx(("名单", ROWS), merge=["A2:A3"]))
    return path


def found(path: Path) -> list[tuple[str, list[tuple[int, list[Any]]]]]:
    with opened(path, path.name) as sheets:
        return [(sheet.name, [(line.number, list(line.cells)) for line in sheet.lines]) for sheet in sheets]


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_workbook_of_libreoffice_is_read(libreoffice: LibreOffice, source: Path, tmp_path: Path, kind: str) -> None:
    made = libreoffice.convert(source, kind, tmp_path / "made")
    assert found(made) == [
        ("名单", [(1, list(ROWS[0])), (2, list(ROWS[1])), (3, ["影像科", *ROWS[2][1:]])]),
    ]  # fmt: skip


@pytest.mark.parametrize(("characters", "encoding"), [(UTF_8, "utf-8"), (GB18030, "gb18030")])
def test_text_of_libreoffice_is_read(
    libreoffice: LibreOffice, source: Path, tmp_path: Path, characters: int, encoding: str
) -> None:
    made = libreoffice.convert(source, CSV.format(characters), tmp_path / "made")
    assert "李㛃".encode(encoding) in made.read_bytes()
    assert found(made) == [
        ("", [
            (1, list(ROWS[0])),
            (2, ["影像科", "王伟", "0012", "13800000001", "2019-07-01"]),
            (3, [None, "李㛃", "0013", "13800000002", "2020-01-31"]),
        ]),
    ]  # fmt: skip


def test_sheet_in_libreoffices_own_form_is_refused_with_the_way_out(
    libreoffice: LibreOffice, source: Path, tmp_path: Path
) -> None:
    made = libreoffice.convert(source, "ods", tmp_path / "made")
    with pytest.raises(Unreadable) as caught:
        found(made)
    assert caught.value.problem == FileProblem.OTHER_SPREADSHEET
