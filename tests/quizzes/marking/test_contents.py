"""What a sent file is, told by its content; hostile ones are refused."""

import zipfile
from io import BytesIO

import pytest
from PIL import Image

from organisations.services import proofs
from quizzes.services import answer_contents
from quizzes.services.answer_contents import EmptyFile, FileTooLarge, WrongFile

ALL = answer_contents.DEFAULT_TYPES
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
TYPES_XML = (
    b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Override PartName="/word/document.xml" ContentType="'
    b'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
DOCUMENT = {"[Content_Types].xml": TYPES_XML, "word/document.xml": b"<w:document/>"}


def archive(parts: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def picture(kind: str, size: tuple[int, int] = (40, 30), **saved: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "navy").save(out, kind, **saved)
    return out.getvalue()


def read(content: bytes, types: tuple[str, ...] = ALL, max_bytes: int = 1_000_000) -> answer_contents.Content:
    return answer_contents.read(BytesIO(content), types=types, max_bytes=max_bytes)


@pytest.mark.parametrize(
    ("content", "kind"), [(PDF, "pdf"), (archive(DOCUMENT), "docx"), (picture("JPEG"), "jpg"), (picture("PNG"), "png")]
)
def test_content_says_what_a_file_is(content, kind):
    assert read(content).extension == kind


def test_document_and_pdf_are_kept_byte_by_byte():
    whole = archive(DOCUMENT)
    assert (read(whole).content, read(PDF).content) == (whole, PDF)


def test_picture_loses_what_the_camera_noted_and_what_hangs_behind_it():
    exif = Image.Exif()
    exif[0x010E] = "学员甲 手机拍摄"
    kept = read(picture("JPEG", exif=exif.tobytes()) + b"<script>alert(1)</script>").content
    assert (b"script" in kept, dict(Image.open(BytesIO(kept)).getexif())) == (False, {})


SOMETHING_ELSE = [
    b"MZ\x90\x00 a program",
    b"<html><script>alert(1)</script></html>",
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    b"GIF89a" + b"\x00" * 60,
    b"%PDF-1.7 that never ends",
    b"<script/>%PDF-1.7\n%%EOF",
    b"\xff\xd8\xff\xe0 no picture",
    b"\x89PNG\r\n\x1a\n no picture",
    archive({"a.txt": b"x"}),
    archive({**DOCUMENT, "word/vbaProject.bin": b"macro"}),
    archive({**DOCUMENT, "word/embeddings/oleObject1.bin": b"object"}),
    archive({**DOCUMENT, "word/run.EXE": b"MZ"}),
    archive({**DOCUMENT, "../../etc/passwd": b"x"}),
    archive({**DOCUMENT, "/etc/passwd": b"x"}),
    archive({**DOCUMENT, "word\\..\\..\\x.xml": b"x"}),
    archive({**DOCUMENT, "C:/x.xml": b"x"}),
    archive({**DOCUMENT, "[Content_Types].xml": TYPES_XML.replace(b"document.main", b"document.macroEnabled.main")}),
    archive({"[Content_Types].xml": TYPES_XML}),
    archive(DOCUMENT)[:-30],
]


# Numbered: archives bear the time of their making, and every worker must find the same names.
@pytest.mark.parametrize("content", SOMETHING_ELSE, ids=range(len(SOMETHING_ELSE)))
def test_file_that_is_something_else_is_refused(content):
    with pytest.raises(WrongFile) as refused:
        read(content)
    assert refused.value.params == {"types": "PDF, DOCX, JPG, PNG"}


def test_printer_settings_make_no_macro():
    assert read(archive({**DOCUMENT, "word/printerSettings/printerSettings1.bin": b"x"})).extension == "docx"


def test_archive_bombs_are_refused(monkeypatch):
    monkeypatch.setattr(answer_contents, "MOST_UNPACKED", 300_000)
    with pytest.raises(WrongFile):
        read(archive({**DOCUMENT, "word/big.xml": b"0" * 300_001}))
    many = archive({**DOCUMENT, **{f"word/{n}.xml": b"" for n in range(answer_contents.MOST_PARTS)}})
    with pytest.raises(WrongFile):
        read(many)


def test_archive_that_lies_about_its_size_is_refused():
    whole = archive({**DOCUMENT, "word/big.xml": b"0" * 70_000})
    size = (70_000).to_bytes(4, "little")
    assert whole.count(size) == 2
    with pytest.raises(WrongFile):
        read(whole.replace(size, (10).to_bytes(4, "little")))


def test_picture_bomb_is_refused(monkeypatch):
    monkeypatch.setattr(proofs, "MAX_PIXELS", 40 * 30 - 1)
    with pytest.raises(WrongFile):
        read(picture("PNG"))


def test_type_that_the_item_does_not_allow_is_refused():
    with pytest.raises(WrongFile) as refused:
        read(PDF, types=("docx",))
    assert refused.value.params == {"types": "DOCX"}


def test_size_and_emptiness_are_said():
    with pytest.raises(FileTooLarge) as refused:
        read(PDF + b" " * 1_000_000)
    assert (refused.value.http_status, refused.value.params) == (413, {"megabytes": "0.954"})
    with pytest.raises(EmptyFile):
        read(b"")


def test_item_says_types_and_size_within_bounds():
    assert answer_contents.allowed_types({"types": ["png", "exe", "pdf"]}) == ("pdf", "png")
    assert answer_contents.allowed_types({}) == ALL
    assert [answer_contents.allowed_bytes(settings) for settings in ({}, {"max_bytes": 5}, {"max_bytes": 10**9})] == [
        answer_contents.DEFAULT_BYTES,
        5,
        answer_contents.MOST_BYTES,
    ]
