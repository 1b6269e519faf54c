"""What people search for by name or number, in an address: sealed for its reader, so that no log, proxy, history or
Referer learns it, and paging, files, the back button and bookmarks still work, without JavaScript.

A sealed text begins with "~". It opens for the same reader for thirty days; one that does not open finds nobody.
"""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

MARK = "~"
VALID_FOR = timedelta(days=30)
_reader: ContextVar[str] = ContextVar("reader_of_search_words")


@contextmanager
def read_by(reader: str) -> Iterator[None]:
    """Inside, texts are sealed and opened for `reader`, an id that no two people share."""
    token = _reader.set(reader)
    try:
        yield
    finally:
        _reader.reset(token)


def sealed(text: str) -> str:
    """`text` as it may stand in an address; "" stays "", what is sealed already stays as it is."""
    text = text.strip()
    if not text or _clear(text) is not None:
        return text
    return MARK + _box().encrypt(text.encode()).decode().rstrip("=")


def opened(text: str) -> str:
    """The words themselves. What does not open is returned as it is: it is in no name, so that it finds nobody."""
    clear = _clear(text.strip())
    return text.strip() if clear is None else clear


def shown(text: str) -> str:
    """The words for the field that they were typed into; "" for what does not open."""
    found = opened(text)
    return "" if found.startswith(MARK) else found


def _clear(text: str) -> str | None:
    """What was sealed; None if this is nothing that opens."""
    if not text.startswith(MARK):
        return None
    body = text.removeprefix(MARK)
    padding = "=" * (-len(body) % 4)
    try:
        return _box().decrypt((body + padding).encode(), ttl=int(VALID_FOR.total_seconds())).decode()
    except (InvalidToken, UnicodeError):
        return None


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(f"search words\0{_reader.get()}\0{key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
