"""Rings of keys for tests."""

import base64
import hashlib
from typing import Any


def key(purpose: str, key_id: str) -> str:
    """A key as settings write it, the same for the same names."""
    raw = hashlib.sha256(f"{purpose} {key_id}".encode()).digest()
    return f"{key_id}:{base64.b64encode(raw).decode()}"


def rings(settings: Any, *key_ids: str, only: str = "") -> None:
    """Give every purpose (or `only` one) the keys of these ids, the first active."""
    for purpose in settings.ISOCENTER_KEYS:
        if only in ("", purpose):
            settings.ISOCENTER_KEYS = {
                **settings.ISOCENTER_KEYS,
                purpose: [key(purpose, key_id) for key_id in key_ids],
            }
