"""Settings of `make run`: one machine, SQLite, a broker of files, everything under var/."""

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Any

from cms.settings.base import *  # noqa: F403
from cms.settings.base import CELERY_BEAT_SCHEDULE, VAR_DIR
from cms.shared import logs

VAR_DIR = Path(os.environ.get("ISOCENTER_VAR", VAR_DIR))
VAR_DIR.mkdir(parents=True, exist_ok=True)


def _own_secrets() -> dict[str, Any]:
    """The secrets of this installation, made once and kept in var/secrets.json (mode 600).

    To rotate a key, write the list ["new:base64", "own:base64 of before"] there.
    """
    path = VAR_DIR / "secrets.json"
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        names = ["SECRET_KEY", "field_encryption", "field_index", "ledger_mac", "media_signing"]
        made = {name: base64.b64encode(secrets.token_bytes(32)).decode() for name in names}
        partial = path.with_suffix(f".{os.getpid()}")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(made))
        try:
            os.link(partial, path)  # atomic; the second of two first starts reads what the first one made
        except FileExistsError:
            made = dict(json.loads(path.read_text()))
        partial.unlink()
        return made


_secrets = _own_secrets()
_lists = {purpose: [f"own:{key}"] if isinstance(key, str) else key for purpose, key in _secrets.items()}
SECRET_KEY, *SECRET_KEY_FALLBACKS = [key.partition(":")[2] for key in _lists.pop("SECRET_KEY")]
ISOCENTER_KEYS = _lists

DEBUG = False
DEMO_ALLOWED = True
ALLOWED_HOSTS = ["*"]
ERASURE_LIST = VAR_DIR / "erasures.txt"

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / "isocenter.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        },
    }
}
if os.environ.get("DATABASE_URL", "").startswith("postgres"):
    from cms.settings.databases import postgres

    DATABASES = {"default": postgres(os.environ["DATABASE_URL"])}

CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": VAR_DIR / "cache",
    }
}

STORAGES = {
    "default": {"BACKEND": "cms.shared.storage.SiteStorage"},
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "private", "base_url": None},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

_broker = os.environ.get("REDIS_URL", "")
CELERY_BROKER_URL = _broker or "filesystem://"
if not _broker:
    _queue, _done, _control = (VAR_DIR / "broker" / name for name in ("queue", "done", "control"))
    for folder in (_queue, _done, _control):
        folder.mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue),
        "data_folder_out": str(_queue),
        "processed_folder": str(_done),
        "store_processed": False,
        "control_folder": str(_control),
    }

# One worker for recordings and one for everything else, see scripts/serve.py.
ONE_WORKER_A_QUEUE = not _broker
CELERY_WORKER_CONCURRENCY = 2
# Nobody asks these workers anything, and two that start at once must not write the same file of addresses.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(_broker)

WAGTAILADMIN_BASE_URL = os.environ.get("SITE_URL", "http://127.0.0.1:8000")
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
# Static files are served from where they lie, without collecting them first; `make run` compressed our own.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
LOGGING = logs.configure(level=os.environ.get("LOG_LEVEL", "INFO"), as_json=bool(os.environ.get("LOG_JSON")))

# Beside the private files, so that a large upload is on the right disk from its first byte.
FILE_UPLOAD_TEMP_DIR = VAR_DIR / "incoming"
FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True)

# A kill while a demo lecture is being made loses nothing: the maker looks again.
CELERY_BEAT_SCHEDULE = {
    **CELERY_BEAT_SCHEDULE,
    "demo": {"task": "home.make_demo_lectures", "schedule": 300.0, "options": {"expires": 280}},
}
