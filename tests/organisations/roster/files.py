"""Roster files as programs write them, for tests."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl
import xlwt
from django.core.files.uploadedfile import SimpleUploadedFile

HEADINGS = ("姓名", "工号", "手机号", "身份证号", "科室", "职称")


def xlsx(*sheets: tuple[str, Iterable[Sequence[Any]]], merge: Iterable[str] = (), hidden: Iterable[str] = ()) -> bytes:
    """A workbook by openpyxl; `merge` applies to the first sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        if name in hidden:
            sheet.sheet_state = "hidden"
    for cells in merge:
        book.worksheets[0].merge_cells(cells)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def xls(*sheets: tuple[str, Iterable[Sequence[Any]]]) -> bytes:
    """A workbook of Excel 97 by xlwt."""
    book = xlwt.Workbook()
    for name, rows in sheets:
        sheet = book.add_sheet(name)
        for line, row in enumerate(rows):
            for place, value in enumerate(row):
                if value is not None:
                    sheet.write(line, place, value)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def csv(rows: Iterable[Sequence[Any]], encoding: str = "utf-8") -> bytes:
    return "\r\n".join(",".join(str(value) for value in row) for row in rows).encode(encoding)


def upload(content: bytes, name: str = "名单.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def id_number(serial: int, *, born: str = "19900307") -> str:
    """A made-up resident ID number with a right check digit."""
    body = f"410105{born}{serial % 1000:03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]
