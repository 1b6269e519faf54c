"""A list of credits as LibreOffice opens it."""

import csv
from pathlib import Path

import pytest

from credits.enums import Encoding
from credits.selectors import column_sets
from tests.credits.test_export_files import SETS, World, content
from tests.libreoffice import LibreOffice

pytestmark = [
    pytest.mark.django_db, pytest.mark.usefixtures("rule_sets"), pytest.mark.slow, pytest.mark.timeout(600),
]  # fmt: skip
# Comma, quotation mark, UTF-8, from the first line on, every cell as it is shown.
FILTER = "Text - txt - csv (StarCalc)"
CSV = f"csv:{FILTER}:44,34,76,1,,0,false,true,false"
# LibreOffice's own numbers of the encodings that its dialogue for text files offers.
ENCODINGS = {Encoding.UTF_8: 76, Encoding.GB18030: 85}


def test_workbook_opens_with_the_right_chinese_and_numbers_as_text(tmp_path: Path, libreoffice: LibreOffice) -> None:
    world = World()
    world.learner(world.units[0], "00012", name="𠮷野㐀·Ünal")
    path = tmp_path / "list.xlsx"
    path.write_bytes(content(world.made(file_format="xlsx")))
    with libreoffice.convert(path, CSV, tmp_path).open(encoding="utf-8", newline="") as file:
        rows = [dict(zip(head, line, strict=True)) for head, line in _lines(file)]
    assert [row["姓名"] for row in rows if row["人员编号"] == "00012"] == ["𠮷野㐀·Ünal"]


@pytest.mark.parametrize("encoding", list(Encoding))
def test_csv_opens_in_its_encoding_keeps_zeros_and_runs_no_formula(
    encoding: Encoding, tmp_path: Path, libreoffice: LibreOffice
) -> None:
    world = World()
    world.units[0].name = "=1+2"
    world.units[0].save()
    world.learner(world.units[0], "00012", name="𠮷野㐀·Ünal, “王”")
    path = tmp_path / "list.csv"
    path.write_bytes(content(world.made(encoding=encoding)))
    # As its reader opens it: numbers of people and units are declared text, all else is what it looks like.
    codes = "/".join(
        f"{place}/{2 if column.key in ('person_number', 'unit_code') else 1}"
        for place, column in enumerate(column_sets.find(SETS["annual"]).columns, start=1)
    )
    (folder := tmp_path / "opened").mkdir()
    opened = libreoffice.convert(path, CSV, folder, reads=f"{FILTER}:44,34,{ENCODINGS[encoding]},1,{codes}")
    with opened.open(encoding="utf-8", newline="") as file:
        (head, *lines) = csv.reader(file)
    assert head == [column.heading_zh for column in column_sets.find(SETS["annual"]).columns]
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    assert [(row["人员编号"], row["姓名"], row["单位编号"], row["单位名称"]) for row in rows] == [
        ("000", "学员000", "H1", "'=1+2"),
        ("00012", "𠮷野㐀·Ünal, “王”", "H1", "'=1+2"),
        ("001", "学员001", "H2", "第2医院"),
    ]  # fmt: skip


def _lines(file: object) -> list[tuple[list[str], list[str]]]:
    every = list(csv.reader(file))  # type: ignore[call-overload]
    (head,) = [line for line in every if "人员编号" in line]
    return [(head, line) for line in every[every.index(head) + 1 :]]
