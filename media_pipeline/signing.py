"""Signed, expiring addresses of a rendition set: who holds one may fetch the set's files until it expires.

The token stands in the path, so that the relative addresses inside HLS playlists carry it on.
"""

import hmac
import re
import uuid
from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from cms.shared import crypto
from cms.shared.errors import OutOfScope

PURPOSE = "media_signing"
_TOKEN = re.compile(r"([A-Za-z0-9_-]+)\.([0-9]{1,12})\.([0-9a-f]{40})")


class AddressRefused(OutOfScope):
    code = "address_refused"
    message = _("This video address is not valid. Open the lesson again to get a new one.")


class AddressExpired(AddressRefused):
    code = "address_expired"
    message = _("This video address has expired. Open the lesson again to get a new one.")


def sign(set_id: uuid.UUID, expires: datetime) -> str:
    """Token "key id.unix seconds.mac" that opens the set `set_id` until `expires`."""
    second = int(expires.timestamp())
    key_id, mac = crypto.mac(PURPOSE, _message(set_id, second))
    return f"{key_id}.{second}.{mac[:40]}"


def verify(token: str, set_id: uuid.UUID, *, now: datetime) -> datetime:
    """When `token` expires. Raises AddressRefused if it was not made for `set_id`, AddressExpired if it is over."""
    match = _TOKEN.fullmatch(token)
    if match is None or match[1] not in crypto.keys(PURPOSE):
        raise AddressRefused
    second = int(match[2])
    _key, mac = crypto.mac(PURPOSE, _message(set_id, second), key_id=match[1])
    if not hmac.compare_digest(mac[:40], match[3]):
        raise AddressRefused
    expires = datetime.fromtimestamp(second, UTC)
    if expires <= now:
        raise AddressExpired
    return expires


def _message(set_id: uuid.UUID, second: int) -> bytes:
    return f"{set_id}:{second}".encode()
