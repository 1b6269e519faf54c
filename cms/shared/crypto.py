"""Encryption of personal fields, their search index, and keyed signatures.

Keys come from `settings.ISOCENTER_KEYS[purpose]`, a list of "id:base64 of 32 bytes"; the first one is active.
"""

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def keys(purpose: str) -> dict[str, bytes]:
    """Key id → key of `purpose`, the active one first. Raises ImproperlyConfigured if there is none."""
    found: dict[str, bytes] = {}
    for item in settings.ISOCENTER_KEYS.get(purpose, []):
        key_id, _, encoded = item.partition(":")
        found[key_id] = base64.b64decode(encoded)
        if len(found[key_id]) != 32 or not key_id:
            raise ImproperlyConfigured(f"ISOCENTER_KEYS[{purpose!r}]: key {key_id!r} is not 32 bytes of base64.")
    if not found:
        raise ImproperlyConfigured(f"ISOCENTER_KEYS[{purpose!r}] holds no key.")
    return found


def encrypt(clear: str, *, row: str) -> str:
    """AES-256-GCM of `clear` as "key id.base64(nonce ‖ ciphertext)".

    `row` names table, column and row ("person.phone:<public id>"); the value decrypts nowhere else.
    """
    key_id, key = next(iter(keys("field_encryption").items()))
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, clear.encode(), row.encode())
    return f"{key_id}.{base64.b64encode(nonce + sealed).decode()}"


def decrypt(sealed: str, *, row: str) -> str:
    """The clear text. Raises cryptography.exceptions.InvalidTag if the value was moved or altered."""
    key_id, _, encoded = sealed.partition(".")
    raw = base64.b64decode(encoded)
    return AESGCM(keys("field_encryption")[key_id]).decrypt(raw[:12], raw[12:], row.encode()).decode()


def index(clear: str, *, field: str) -> str:
    """Keyed hash (hex, 64 characters) under which an encrypted value is found and kept unique."""
    key = next(iter(keys("field_index").values()))
    return hmac.new(key, f"{field}\0{clear}".encode(), hashlib.sha256).hexdigest()


def mac(purpose: str, message: bytes, *, key_id: str | None = None) -> tuple[str, str]:
    """(key id, HMAC-SHA256 in hex) of `message`, under the active key or the one named."""
    ring = keys(purpose)
    key_id = key_id or next(iter(ring))
    return key_id, hmac.new(ring[key_id], message, hashlib.sha256).hexdigest()
