"""Old recordings by the hundred: a folder and a list of titles become lectures, each file once, whatever was there."""

import csv
import hashlib
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import structlog
from django.core.files import File
from django.db import DatabaseError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import DomainError
from media_pipeline.models import Lecture
from media_pipeline.services import files
from media_pipeline.services.lectures import receive_lecture
from media_pipeline.services.uploads import title_from
from organisations.models import Person

logger = structlog.get_logger(__name__)

PIECE_BYTES = 1024 * 1024
# Headings of the list, as people write them.
HEADINGS = {
    "file": {"file", "filename", "file name", "文件", "文件名"},
    "title": {"title", "标题", "题目", "名称"},
    "lecturer": {"lecturer", "speaker", "讲师", "讲者", "主讲", "主讲人"},
}


class ListUnreadable(DomainError):
    code = "list_unreadable"
    message = _(
        "The list of titles cannot be read. Save it as CSV (UTF-8 or GB18030) with a first line “file,title,lecturer”."
    )


class Fate(StrEnum):
    """What happened to a file."""

    IMPORTED = "imported"
    WOULD_IMPORT = "would import"
    PRESENT = "already here"
    FAILED = "failed"
    MISSING = "not in the folder"


@dataclass(frozen=True)
class Titled:
    title: str
    lecturer: str


@dataclass(frozen=True)
class Told:
    """One line of the report: `file` relative to the folder; `why` of a failure, or which lecture it is."""

    file: str
    fate: Fate
    title: str = ""
    why: str | Promise = ""


def read_titles(content: bytes) -> dict[str, Titled]:
    """{file: title and lecturer} of a CSV with the columns file, title, lecturer. Raises ListUnreadable."""
    text = _text(content)
    delimiter = max(",\t;", key=text[:2000].count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise ListUnreadable from error
    heading = [cell.strip().lower() for cell in rows[0]] if rows else []
    places = {
        name: next((place for place, cell in enumerate(heading) if cell in words), None)
        for name, words in HEADINGS.items()
    }
    if places["file"] is None or places["title"] is None:
        raise ListUnreadable

    def cell(row: list[str], name: str) -> str:
        place = places[name]
        return row[place].strip() if place is not None and place < len(row) else ""

    return {_key(cell(row, "file")): Titled(cell(row, "title"), cell(row, "lecturer")) for row in rows[1:]}


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ListUnreadable


def _key(name: str) -> str:
    """Disks of Macs write é in two characters, lists in one; Windows writes \\ between folders."""
    return unicodedata.normalize("NFC", name.strip().replace("\\", "/")).removeprefix("./")


def recordings_in(folder: Path) -> list[Path]:
    """Every recording in `folder` and below, in the order of their names; hidden files are left out."""
    found = [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and files.ending_of(path.name) in files.ENDINGS
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def import_lectures(
    *, by: Person | None, folder: Path, titles: dict[str, Titled], is_rehearsal: bool = False
) -> Iterator[Told]:
    """Make a lecture of every recording in `folder` that is not here yet, and tell of each file what happened.

    Known by SHA-256: run again after a break, it goes on where it stopped. No file stops the others. Files that
    `titles` names and the folder has not are told at the end. With `is_rehearsal` nothing is changed.
    """
    taken: dict[str, str] = {}
    missing = dict(titles)
    for path in recordings_in(folder):
        relative = path.relative_to(folder).as_posix()
        name = next((key for key in (_key(relative), _key(path.name)) if key in titles), "")
        missing.pop(name, None)
        said = titles.get(name) or Titled("", "")
        said = Titled(said.title[:200] or title_from(path.name), said.lecturer[:80])
        try:
            yield _one(by, path, relative, said, taken, is_rehearsal=is_rehearsal)
        except (DomainError, OSError, DatabaseError) as error:
            logger.warning("import_failed", file=path.name, error=type(error).__name__)
            yield Told(relative, Fate.FAILED, said.title, str(error))
    for name in missing:
        if name:
            yield Told(name, Fate.MISSING, missing[name].title)


def _one(
    by: Person | None, path: Path, relative: str, said: Titled, taken: dict[str, str], *, is_rehearsal: bool
) -> Told:
    size = path.stat().st_size
    files.require_size(size)
    digest = _digest(path)
    known = Lecture.objects.filter(source_sha256=digest).order_by("pk").values_list("title", flat=True).first()
    known = known if known is not None else taken.get(digest)
    if known is not None:
        return Told(relative, Fate.PRESENT, said.title, known)
    files.require_room(size)
    if is_rehearsal:
        taken[digest] = said.title
        return Told(relative, Fate.WOULD_IMPORT, said.title)
    length_s = files.length_of(path)
    with path.open("rb") as file:
        upload = File(file, name=path.name)
        lecture = receive_lecture(by=by, title=said.title, lecturer=said.lecturer, upload=upload, length_s=length_s)
    if lecture.source_sha256 != digest:
        logger.warning("import_changed_while_read", file=path.name)
    return Told(relative, Fate.IMPORTED, lecture.title)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()
