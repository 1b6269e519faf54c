"""The PostgreSQL connection, the same for production, tests and a developer's own server."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def postgres(url: str) -> dict[str, Any]:
    """Django's settings for `postgres://user:password@host:port/name?option=value`."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or options.pop("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
