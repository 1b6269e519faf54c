"""Settings of a production server, by environment alone. It refuses to start on what is missing or unsafe.

| variable | holds |
|---|---|
| SECRET_KEY | at least 50 random characters; to replace it, `id:characters`, several by comma; the first signs, the others still hold |
| ISOCENTER_KEY_FIELD_ENCRYPTION, _FIELD_INDEX, _LEDGER_MAC, _MEDIA_SIGNING | `id:base64 of 32 bytes`, several by comma; the first is active |
| DATABASE_URL | postgres://user:password@host:port/name (the database UTF-8) |
| REDIS_URL | redis://host:port/0 |
| SITE_URL, ALLOWED_HOSTS | https://learn.example.org; host names by comma (default: the host of SITE_URL) |
| EMAIL_URL, EMAIL_FROM | smtp://user:password@host:587?tls=1; sender's address |
| PRIVATE_FOLDER or S3_BUCKET_PRIVATE, S3_ENDPOINT_URL, S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION, S3_ADDRESSING | where files lie; none of them is public |
| LECTURE_DELIVERY | with PRIVATE_FOLDER: django (default) or accel (nginx serves it) |
| UPLOAD_FOLDER | where files of plain forms arrive before they are stored (default: the system's temporary folder) |
| LECTURE_MAX_GB, LECTURE_QUOTA_GB, LECTURE_UPLOAD_DAYS | greatest recording (default 10); what a unit may keep that has no limit of its own (default: no limit); how long an unfinished upload is kept (default 7) |
| LECTURE_ORIGINALS, LECTURE_ORIGINAL_DAYS | what becomes of an uploaded recording so many days (default 90) after it was prepared well: keep (default), cold, delete |
| COLD_FOLDER | an absolute folder for LECTURE_ORIGINALS=cold, shared by every worker; on cheap disks |
| LECTURE_JOBS_AT_ONCE | how many recordings are prepared at once, by all workers together (default: half as many as this machine has processors) |
| TRUSTED_PROXY_COUNT | reverse proxies in front (default 1) |
| HSTS_SECONDS, HSTS_INCLUDE_SUBDOMAINS, HSTS_PRELOAD | how long browsers insist on HTTPS (default a year); for all names of the domain; in browsers' lists (both off) |
| ICP_NUMBER, PUBLIC_SECURITY_NUMBER | filing numbers for the footer |
| SMS_DRIVER | dotted path of the class that sends short messages (cms.shared.sms); none by default |
| ERASURE_LIST | an absolute path outside of database and storage, the same for all workers: ids of erased accounts |
| BACKUP_RECIPIENTS | age1…, several by comma: for whom backups are encrypted |
| METRICS_ENABLED, SENTRY_DSN, LOG_LEVEL | operations; off by default |
"""  # noqa: E501

import base64
import binascii
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from cms.settings.base import *  # noqa: F403
from cms.settings.base import ADMIN_POLICY, CONTENT_SECURITY_POLICY, INSTALLED_APPS, MIDDLEWARE
from cms.settings.databases import postgres
from cms.shared.crypto import KEY_ID

_problems: list[str] = []


def _required(name: str, help_text: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        _problems.append(f"{name} is missing: {help_text}")
    return value


def _flag(name: str, default: str = "") -> bool:
    return os.environ.get(name, default).lower() in {"1", "true", "yes", "on"}


def _weak(value: str) -> bool:
    words = ("change", "secret", "default", "example", "insecure", "password", "django")
    return len(value) < 50 or len(set(value)) < 12 or any(word in value.lower() for word in words)


def _secret_keys() -> list[str]:
    """One key as it is, or a list of id:key by comma."""
    value = _required("SECRET_KEY", "at least 50 random characters: openssl rand -base64 48")
    items = [item.strip() for item in value.split(",") if item.strip()]
    named = [KEY_ID.fullmatch(item.partition(":")[0]) is not None for item in items if ":" in item]
    if not any(named):
        found, ids = [value], [""]
    else:
        found, ids = [item.partition(":")[2] for item in items], [item.partition(":")[0] for item in items]
        if len(named) < len(items) or not all(named):
            _problems.append("SECRET_KEY: in a list every key is written id:characters.")
    if len(set(ids)) != len(ids) or len(set(found)) != len(found):
        _problems.append("SECRET_KEY: two keys of the list are the same or have the same id.")
    if value and any(_weak(key) for key in found):
        _problems.append("SECRET_KEY is too weak or an example: take 50 random characters, openssl rand -base64 48")
    return found or [""]


def _key_list(purpose: str) -> list[str]:
    name = f"ISOCENTER_KEY_{purpose.upper()}"
    value = _required(
        name, "make one with: python -c \"import os,base64;print('1:'+base64.b64encode(os.urandom(32)).decode())\""
    )
    found = [item.strip() for item in value.split(",") if item.strip()]
    for item in found:
        key_id, _, encoded = item.partition(":")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raw = b""
        if not KEY_ID.fullmatch(key_id) or len(raw) != 32 or len(set(raw)) < 8:
            _problems.append(f"{name}: every key is written id:base64 of 32 random bytes; key {key_id!r} is not.")
    ids = [item.partition(":")[0] for item in found]
    if len(set(ids)) != len(ids):
        _problems.append(f"{name}: two keys have the same id; a new key needs a new id.")
    return found


PRODUCTION = True
DEBUG = False
DEMO_ALLOWED = False
REQUIRE_STAFF_MFA = True
ONE_WORKER_A_QUEUE = False

SECRET_KEY, *SECRET_KEY_FALLBACKS = _secret_keys()
ISOCENTER_KEYS = {name: _key_list(name) for name in ("field_encryption", "field_index", "ledger_mac", "media_signing")}
_all_keys = [item.partition(":")[2] for ring in ISOCENTER_KEYS.values() for item in ring]
if len(set(_all_keys)) != len(_all_keys):
    _problems.append("ISOCENTER_KEY_*: the same key serves two purposes; make one for each.")

_database = _required("DATABASE_URL", "postgres://user:password@host:port/name")
if _database and urlsplit(_database).scheme not in {"postgres", "postgresql"}:
    _problems.append("DATABASE_URL: production runs on PostgreSQL only, postgres://user:password@host:port/name")
DATABASES = {"default": postgres(_database)}

_redis = _required("REDIS_URL", "redis://host:port/0")
CELERY_BROKER_URL = _redis
# Above the longest job, or a running one is delivered to a second worker (which would find it claimed).
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 12 * 60 * 60,
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
}
CACHES: dict[str, Any] = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _redis}}

WAGTAILADMIN_BASE_URL = _required("SITE_URL", "the address people type, like https://learn.example.org").rstrip("/")
_site = urlsplit(WAGTAILADMIN_BASE_URL)
if WAGTAILADMIN_BASE_URL and (_site.scheme != "https" or not _site.hostname):
    _problems.append("SITE_URL must be an https:// address: people sign in there.")
ALLOWED_HOSTS = [
    host.strip() for host in os.environ.get("ALLOWED_HOSTS", _site.hostname or "").split(",") if host.strip()
]
if "*" in ALLOWED_HOSTS:
    _problems.append("ALLOWED_HOSTS names the hosts one by one; * would let anybody's name be answered.")
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS]

TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXY_COUNT", "1"))
if TRUSTED_PROXY_COUNT:
    # The proxy must set this header itself and drop a client's.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = int(os.environ.get("HSTS_SECONDS", str(365 * 24 * 60 * 60)))
# Both bind every other site of the domain, and preloading can hardly be undone: only who owns the domain can say so.
SECURE_HSTS_INCLUDE_SUBDOMAINS = _flag("HSTS_INCLUDE_SUBDOMAINS")
SECURE_HSTS_PRELOAD = _flag("HSTS_PRELOAD")
if SECURE_HSTS_PRELOAD and not SECURE_HSTS_INCLUDE_SUBDOMAINS:
    _problems.append("HSTS_PRELOAD needs HSTS_INCLUDE_SUBDOMAINS=1: browsers preload whole domains only.")
# The two checks ask for what was decided above.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True

_mail = urlsplit(_required("EMAIL_URL", "smtp://user:password@host:587?tls=1"))
if _mail.scheme and _mail.scheme not in {"smtp", "smtps"}:
    _problems.append("EMAIL_URL is written smtp://user:password@host:587?tls=1 or smtps://user:password@host:465")
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = _mail.hostname or ""
EMAIL_USE_SSL = _mail.scheme == "smtps"
EMAIL_USE_TLS = not EMAIL_USE_SSL and dict(parse_qsl(_mail.query)).get("tls") == "1"
EMAIL_PORT = _mail.port or (465 if EMAIL_USE_SSL else 25)
EMAIL_HOST_USER = unquote(_mail.username or "")
EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("EMAIL_FROM", f"isocenter@{_site.hostname or 'localhost'}")

_bucket = os.environ.get("S3_BUCKET_PRIVATE", "")
if _bucket:
    _region = os.environ.get("S3_REGION", "")
    _endpoint = os.environ.get("S3_ENDPOINT_URL", "")
    # Amazon wants the bucket in the host's name, most others take it in the path; some (OSS, COS) must be told.
    _style = os.environ.get("S3_ADDRESSING", "path" if _endpoint else "virtual")
    if _style not in {"path", "virtual"}:
        _problems.append("S3_ADDRESSING is path (https://host/bucket/…) or virtual (https://bucket.host/…).")
    if not _endpoint and not _region:
        _problems.append("S3_ENDPOINT_URL is missing: the storage's address (for Amazon, S3_REGION is enough).")
    _endpoint = _endpoint or f"https://s3.{_region}.amazonaws.com"
    _private: dict[str, Any] = {
        "BACKEND": "cms.shared.object_storage.ObjectStorage",
        "OPTIONS": {
            "bucket_name": _bucket,
            "access_key": _required("S3_ACCESS_KEY", "the storage account's key"),
            "secret_key": _required("S3_SECRET_KEY", "the storage account's secret"),
            "endpoint_url": _endpoint,
            "region_name": _region or None,
            "addressing_style": _style,
        },
    }
    LECTURE_DELIVERY = "redirect"
    # Lectures are fetched from the storage's own host, by players, posters, and hls.js with its pieces.
    _parts = urlsplit(_endpoint)
    _origin = f"{_parts.scheme}://{'' if _style == 'path' else _bucket + '.'}{_parts.netloc}"
    for _policy in (CONTENT_SECURITY_POLICY["DIRECTIVES"], ADMIN_POLICY):
        for _directive in ("img-src", "media-src"):
            _policy[_directive].append(_origin)
        _policy["connect-src"] = ["'self'", _origin]
else:
    _folders = "an absolute folder shared by every server and worker (or set S3_BUCKET_PRIVATE)"
    _private = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": Path(_required("PRIVATE_FOLDER", _folders) or "/nonexistent"), "base_url": None},
    }
    LECTURE_DELIVERY = os.environ.get("LECTURE_DELIVERY", "django")
    if LECTURE_DELIVERY not in {"django", "accel"}:
        _problems.append(
            "LECTURE_DELIVERY is django, or accel where nginx serves PRIVATE_FOLDER as location /private/."
        )
STORAGES = {
    "default": {"BACKEND": "cms.shared.storage.SiteStorage"},
    "private": _private,
    "staticfiles": {"BACKEND": "cms.shared.storage.StaticStorage"},
}

LECTURE_ORIGINALS = os.environ.get("LECTURE_ORIGINALS", "keep")
LECTURE_ORIGINAL_DAYS = int(os.environ.get("LECTURE_ORIGINAL_DAYS", "90"))
if os.environ.get("COLD_FOLDER"):
    STORAGES["cold"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": Path(os.environ["COLD_FOLDER"]), "base_url": None},
    }
if LECTURE_ORIGINALS not in {"keep", "cold", "delete"} or (LECTURE_ORIGINALS == "cold" and "cold" not in STORAGES):
    _problems.append("LECTURE_ORIGINALS is keep, cold (then COLD_FOLDER says where) or delete.")

# Uploads of several gigabytes arrive here; best on the disk of the private files.
ERASURE_LIST = _required("ERASURE_LIST", "an absolute path, kept apart from the backups: /srv/isocenter/erasures.txt")
if ERASURE_LIST and not Path(ERASURE_LIST).is_absolute():
    _problems.append("ERASURE_LIST must be an absolute path: /srv/isocenter/erasures.txt")

LECTURE_MAX_BYTES = int(os.environ.get("LECTURE_MAX_GB", "10")) * 1024**3
LECTURE_QUOTA_BYTES = int(os.environ["LECTURE_QUOTA_GB"]) * 1024**3 if os.environ.get("LECTURE_QUOTA_GB") else None
LECTURE_UPLOAD_DAYS = int(os.environ.get("LECTURE_UPLOAD_DAYS", "7"))
if os.environ.get("LECTURE_JOBS_AT_ONCE"):
    JOBS_AT_ONCE = {"media_pipeline.TranscodeJob": max(1, int(os.environ["LECTURE_JOBS_AT_ONCE"]))}
FILE_UPLOAD_TEMP_DIR = os.environ.get("UPLOAD_FOLDER") or None

ICP_NUMBER = os.environ.get("ICP_NUMBER", "")
PUBLIC_SECURITY_NUMBER = os.environ.get("PUBLIC_SECURITY_NUMBER", "")

SMS_DRIVER = os.environ.get("SMS_DRIVER", "").strip()

METRICS_ENABLED = _flag("METRICS_ENABLED")
if METRICS_ENABLED:
    INSTALLED_APPS = [*INSTALLED_APPS, "django_prometheus"]
    MIDDLEWARE = [
        "django_prometheus.middleware.PrometheusBeforeMiddleware",
        *MIDDLEWARE,
        "django_prometheus.middleware.PrometheusAfterMiddleware",
    ]

if _problems:
    raise ImproperlyConfigured("Isocenter does not start:\n- " + "\n- ".join(_problems))

if os.environ.get("SENTRY_DSN"):
    import sentry_sdk

    sentry_sdk.init(
        dsn=os.environ["SENTRY_DSN"],
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
    )
