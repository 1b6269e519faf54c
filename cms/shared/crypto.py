"""Encryption of personal fields, their search index, and keyed signatures.

Keys come from `settings.ISOCENTER_KEYS[purpose]`, a list of "id:base64 of 32 bytes"; the first one is active, the
others still read what they wrote. What is sealed, indexed or signed is declared for rotation, see `cms.shared.sealing`.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Iterable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# An id stands before a dot in sealed values and in the addresses of lectures.
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")


def keys(purpose: str) -> dict[str, bytes]:
    """Key id → key of `purpose`, the active one first. Raises ImproperlyConfigured if there is none."""
    return _ring(purpose, tuple(settings.ISOCENTER_KEYS.get(purpose, [])))


@lru_cache(maxsize=64)
def _ring(purpose: str, items: tuple[str, ...]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for item in items:
        key_id, _, encoded = item.partition(":")
        if key_id in found:
            raise ImproperlyConfigured(f"ISOCENTER_KEYS[{purpose!r}]: two keys are called {key_id!r}.")
        found[key_id] = base64.b64decode(encoded)
        if len(found[key_id]) != 32 or not KEY_ID.fullmatch(key_id):
            raise ImproperlyConfigured(f"ISOCENTER_KEYS[{purpose!r}]: key {key_id!r} is not id:base64 of 32 bytes.")
    if not found:
        raise ImproperlyConfigured(f"ISOCENTER_KEYS[{purpose!r}] holds no key.")
    return found


def active(purpose: str) -> str:
    """The id of the key that seals, indexes or signs from now on."""
    return next(iter(keys(purpose)))


def encrypt(clear: str, *, row: str) -> str:
    """AES-256-GCM of `clear` as "key id.base64(nonce ‖ ciphertext)".

    `row` names table, column and row ("person.phone:<public id>"); the value decrypts nowhere else.
    """
    key_id, key = next(iter(keys("field_encryption").items()))
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, clear.encode(), row.encode())
    return f"{key_id}.{base64.b64encode(nonce + sealed).decode()}"


@lru_cache(maxsize=16)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def decrypt(sealed: str, *, row: str) -> str:
    """The clear text. Raises cryptography.exceptions.InvalidTag if the value was moved or altered."""
    (clear,) = decrypt_each([(sealed, row)])
    return clear


def decrypt_each(values: Iterable[tuple[str, str]]) -> list[str]:
    """As `decrypt` of each (sealed, row); the keys are looked up once."""
    opens = {key_id: _cipher(key).decrypt for key_id, key in keys("field_encryption").items()}
    decoded, found = binascii.a2b_base64, list[str]()
    for sealed, row in values:
        key_id, _, encoded = sealed.partition(".")
        raw = decoded(encoded)
        found.append(opens[key_id](raw[:12], raw[12:], row.encode()).decode())
    return found


# What `decrypt` raises: no such key, a value that is none, a moved or an altered value.
UNREADABLE = (KeyError, ValueError, InvalidTag)


def key_of(sealed: str) -> str:
    """The id of the key under which a value was sealed."""
    return sealed.partition(".")[0]


def index(clear: str, *, field: str) -> str:
    """Keyed hash (hex, 64 characters) under which an encrypted value is found and kept unique."""
    return _hash(next(iter(keys("field_index").values())), clear, field)


def indexes(clear: str, *, field: str) -> list[str]:
    """The hash under every key of the ring, the active one first: look up by all, while a rotation lasts both stand."""
    return list(indexes_by_key(clear, field=field).values())


def indexes_by_key(clear: str, *, field: str) -> dict[str, str]:
    """Key id → the hash under that key."""
    return {key_id: _hash(key, clear, field) for key_id, key in keys("field_index").items()}


def _hash(key: bytes, clear: str, field: str) -> str:
    return hmac.new(key, f"{field}\0{clear}".encode(), hashlib.sha256).hexdigest()


def mac(purpose: str, message: bytes, *, key_id: str | None = None) -> tuple[str, str]:
    """(key id, HMAC-SHA256 in hex) of `message`, under the active key or the one named."""
    ring = keys(purpose)
    key_id = key_id or next(iter(ring))
    return key_id, hmac.new(ring[key_id], message, hashlib.sha256).hexdigest()


def fingerprint(purpose: str, key_id: str) -> str:
    """Tells whether two places hold the same key without showing it (16 hex characters)."""
    return hmac.new(keys(purpose)[key_id], f"fingerprint of {purpose}".encode(), hashlib.sha256).hexdigest()[:16]
