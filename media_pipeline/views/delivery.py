"""Serves the files of rendition sets to whoever holds a signed address. No session, no cookie."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cms.shared.errors import NotFound
from cms.shared.storage import private_folder, private_storage, remote_storage
from media_pipeline import signing
from media_pipeline.enums import RenditionFile
from media_pipeline.selectors.lectures import captions_key
from media_pipeline.services.files import RENDITIONS

CHUNK = 256 * 1024
_FILE = re.compile(
    r"master(?:-\d{1,4})?\.m3u8|lowest\.mp4|poster\.jpg|sprite\.vtt|sprite/s\d{5}\.jpg"
    r"|(?:\d{1,4}|audio)/(?:i\.m3u8|init(?:_\d)?\.mp4|s\d{5}\.m4s)"
)
# A master playlist of one height: what Apple's own player is given when somebody chooses by hand.
_ONE_HEIGHT = re.compile(r"master-(\d{1,4})\.m3u8")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
TYPES = {
    "m3u8": "application/vnd.apple.mpegurl",
    "m4s": "video/mp4",
    "mp4": "video/mp4",
    "jpg": "image/jpeg",
    "vtt": "text/vtt; charset=utf-8",
}


class FileGone(NotFound):
    code = "lecture_file_not_found"
    message = _("This part of the video is no longer here. Open the lesson again to get the present one.")


@require_safe
def lecture_file(request: HttpRequest, token: str, set_id: uuid.UUID, path: str) -> HttpResponseBase:
    """One file of the set `set_id`, whole or the range asked for."""
    now = timezone.now()
    expires = signing.verify(token, set_id, now=now)
    key = _key(set_id, path)
    etag = quote_etag(key.rpartition("/")[2] if path == RenditionFile.CAPTIONS else f"{set_id}/{path}")
    seconds = int((expires - now).total_seconds())
    unchanged = get_conditional_response(request, etag=etag)
    one = _ONE_HEIGHT.fullmatch(path)
    response: HttpResponseBase
    if unchanged is not None:
        response = unchanged
    elif one is not None:
        response = HttpResponse(_only(set_id, one[1]), content_type=TYPES["m3u8"])
    else:
        response = _deliver(request, key, etag, seconds)
    response["ETag"] = etag
    response["Cache-Control"] = _cache(path, seconds)
    return response


def _cache(path: str, seconds: int) -> str:
    """Nobody but this browser may keep a file, and not longer than the address holds."""
    if path == RenditionFile.CAPTIONS:  # the one file that an editor may replace
        return "private, no-cache"
    return f"private, max-age={seconds}, immutable"


def _key(set_id: uuid.UUID, path: str) -> str:
    if path == RenditionFile.CAPTIONS:
        key = captions_key(set_id)
        if not key:
            raise FileGone
        return key
    if not _FILE.fullmatch(path):
        raise FileGone
    return f"{private_folder(RENDITIONS, set_id)}/{path}"


def _only(set_id: uuid.UUID, height: str) -> str:
    """The master playlist of the set with nothing but that height. Raises FileGone."""
    try:
        with private_storage().open(_key(set_id, RenditionFile.MASTER)) as file:
            lines = file.read().decode().splitlines()
    except FileNotFoundError as error:
        raise FileGone from error
    kept: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("#EXT-X-STREAM-INF:"):
            line = line if following == f"{height}/i.m3u8" else ""
        elif line and not line.startswith("#") and line != f"{height}/i.m3u8":
            line = ""
        kept += [line] if line else []
    if f"{height}/i.m3u8" not in kept:
        raise FileGone
    return "\n".join([*kept, ""])


def _deliver(request: HttpRequest, key: str, etag: str, seconds: int) -> HttpResponseBase:
    ending = key.rpartition(".")[2]
    kind = TYPES[ending]
    if settings.LECTURE_DELIVERY == "accel":
        response = HttpResponse(content_type=kind)
        response["X-Accel-Redirect"] = settings.LECTURE_ACCEL_PREFIX + key
        return response
    # Playlists hold relative addresses, and browsers take captions from the page's own host only: these two come from
    # here even when the storage serves the rest.
    if settings.LECTURE_DELIVERY == "redirect" and ending not in {"m3u8", "vtt"}:
        return HttpResponseRedirect(remote_storage().signed_url(key, seconds=seconds, content_type=kind))
    try:
        file = private_storage().open(key)
        size = file.size
    except FileNotFoundError as error:
        raise FileGone from error
    asked = request.headers.get("Range", "")
    if asked and request.headers.get("If-Range", etag) == etag:
        span = _span(asked, size)
        if span is not None:
            return _part(file, span, size, kind)
    whole: HttpResponseBase = FileResponse(file, content_type=kind)
    whole["Accept-Ranges"] = "bytes"
    whole["Content-Length"] = str(size)
    return whole


def _span(asked: str, size: int) -> tuple[int, int] | None:
    """First and last byte of the range asked for; (size, -1) if it lies outside; None if it is to be ignored."""
    match = _RANGE.fullmatch(asked.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        length = min(int(match[2]), size)
        return (size - length, size - 1) if length else (size, -1)
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < first:
        return None
    return (first, last) if first < size else (size, -1)


def _part(file: "File[Any]", span: tuple[int, int], size: int, kind: str) -> HttpResponseBase:
    first, last = span
    if last < first:
        file.close()
        response: HttpResponseBase = HttpResponse(status=416, content_type=kind)
        response["Content-Range"] = f"bytes */{size}"
        return response
    file.seek(first)
    response = StreamingHttpResponse(_Pieces(file, last - first + 1), status=206, content_type=kind)
    response["Content-Range"] = f"bytes {first}-{last}/{size}"
    response["Content-Length"] = str(last - first + 1)
    response["Accept-Ranges"] = "bytes"
    return response


class _Pieces:
    """The next `length` bytes of an open file, in pieces; closes it when the response is closed."""

    def __init__(self, file: "File[Any]", length: int) -> None:
        self.file, self.length = file, length

    def __iter__(self) -> Iterator[bytes]:
        left = self.length
        while left > 0:
            piece = self.file.read(min(CHUNK, left))
            if not piece:
                return
            left -= len(piece)
            yield piece

    def close(self) -> None:
        self.file.close()
