"""Workbooks as LibreOffice writes them."""

import subprocess
from pathlib import Path

import pytest

from organisations.formats.reading import opened
from tests.organisations.roster import files

ROWS = [
    ("科室", "姓名", "工号", "手机号"),
    ("影像科", "王伟", "0012", 13800000001),
    (None, "李娜", "0013", "13800000002"),
]


@pytest.mark.very_slow
@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_workbook_of_libreoffice_is_read(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "source.xlsx"
    source.write_bytes(files.xlsx(("名单", ROWS), merge=["A2:A3"]))
    made = tmp_path / "made" / f"source.{kind}"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(made.parent), str(source)]
    subprocess.run(command, check=True, timeout=240, stdout=subprocess.DEVNULL)
    with opened(made, made.name) as sheets:
        found = [(sheet.name, [(line.number, list(line.cells)) for line in sheet.lines]) for sheet in sheets]
    assert found == [
        ("名单", [(1, list(ROWS[0])), (2, list(ROWS[1])), (3, ["影像科", *ROWS[2][1:]])]),
    ]  # fmt: skip
