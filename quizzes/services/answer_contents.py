"""What a file that a learner sends really is, told by its content: its name and the browser's word count for nothing.

Nothing is unpacked onto a disk, nothing is ever shown inside the site. Pictures are written anew from their points. A
PDF must begin and end as one. A Word document is opened as the archive that it is and refused where its names lead out
of it, where it unpacks to more than a document can be, and where it carries macros.
"""

import hashlib
import zipfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations.services import proofs

DEFAULT_TYPES = ("pdf", "docx", "jpg", "png")
DEFAULT_BYTES = 10 * 1024 * 1024
# Whatever an item says: more than this is no answer but a burden.
MOST_BYTES = 20 * 1024 * 1024
MOST_PARTS = 2000
MOST_UNPACKED = 100 * 1024 * 1024
_CHUNK = 64 * 1024
_DOCUMENT = "word/document.xml"
_CONTENT_TYPES = "[Content_Types].xml"
_DOCX = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError)


class FileTooLarge(errors.TooLarge):
    code = "answer_file_too_large"
    message = _("The file is larger than %(megabytes)s MB. Make it smaller and send it again.")


class WrongFile(errors.InvalidInput):
    code = "answer_file_of_another_kind"
    message = _("This file cannot be read as one of these: %(types)s. Save it as one of them and send it again.")


class EmptyFile(errors.InvalidInput):
    code = "answer_file_empty"
    message = _("Choose a file first, then send it.")


@dataclass(frozen=True)
class Content:
    """What may be stored."""

    content: bytes
    extension: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def allowed_types(settings: dict[str, Any]) -> tuple[str, ...]:
    """The types of an item that we can tell apart, in our order; all of them if it names none."""
    named = settings.get("types") or DEFAULT_TYPES
    return tuple(kind for kind in DEFAULT_TYPES if kind in named)


def allowed_bytes(settings: dict[str, Any]) -> int:
    named = settings.get("max_bytes")
    return min(int(named) if named else DEFAULT_BYTES, MOST_BYTES)


def read(upload: "IO[bytes] | Any", *, types: Collection[str], max_bytes: int) -> Content:
    """The content of an upload. Raises EmptyFile, FileTooLarge, WrongFile."""
    content: bytes = upload.read(max_bytes + 1)
    if not content:
        raise EmptyFile
    if len(content) > max_bytes:
        raise FileTooLarge(megabytes=f"{max_bytes / 1024 / 1024:.3g}")
    kind = _kind(content)
    if kind not in types:
        raise WrongFile(types=", ".join(kind.upper() for kind in types))
    if kind in ("jpg", "png"):
        return _picture(content, types)
    return Content(content, kind)


def _kind(content: bytes) -> str:
    if content.startswith(b"%PDF-"):
        return "pdf" if b"%%EOF" in content[-2048:] else ""
    if content.startswith(b"PK\x03\x04"):
        return "docx" if _is_document(content) else ""
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    return "png" if content.startswith(b"\x89PNG\r\n\x1a\n") else ""


def _picture(content: bytes, types: Collection[str]) -> Content:
    try:
        clean = proofs.picture(content)
    except proofs.UnreadableProof as error:
        raise WrongFile(types=", ".join(kind.upper() for kind in types)) from error
    return Content(clean.content, clean.extension)


def _is_document(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            names = [part.filename for part in parts]
            if (
                len(parts) > MOST_PARTS
                or len(set(names)) != len(names)
                or not {_CONTENT_TYPES, _DOCUMENT} <= set(names)
                or any(_leads_out(name) or _runs(name) for name in names)
                or sum(part.file_size for part in parts) > MOST_UNPACKED
                or any(part.flag_bits & 0x1 for part in parts)
            ):
                return False
            return _DOCX in _part(archive, _CONTENT_TYPES) and _unpacks(archive, parts)
    except _BROKEN:
        return False


def _leads_out(name: str) -> bool:
    steps = name.replace("\\", "/").split("/")
    return "\\" in name or "\x00" in name or name.startswith("/") or ".." in steps or ":" in steps[0]


def _runs(name: str) -> bool:
    """Macros, embedded programs and objects; what a printer was set to is nothing of the kind."""
    end = name.lower().rpartition("/")[2]
    return end.endswith((".exe", ".js", ".vbs")) or (end.endswith(".bin") and not end.startswith("printersettings"))


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return part.read(_CHUNK * 4)


def _unpacks(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> bool:
    """Every part unpacks to what it says, and all of them to no more than a document can be."""
    total = 0
    for info in parts:
        with archive.open(info) as part:
            while chunk := part.read(_CHUNK):
                total += len(chunk)
                if total > MOST_UNPACKED:
                    return False
    return True
