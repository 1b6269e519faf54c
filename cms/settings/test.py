"""Settings of the test suite, and of the server and worker processes that it starts."""

import json
import os
import tempfile
from pathlib import Path

# Everything a test run writes lies in one temporary folder; processes that the tests start inherit it.
if "ISOCENTER_VAR" not in os.environ:
    os.environ["ISOCENTER_VAR"] = tempfile.mkdtemp(prefix="isocenter-test-")
    os.environ["ISOCENTER_VAR_OWNER"] = str(os.getpid())
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if _worker and Path(os.environ["ISOCENTER_VAR"]).name != _worker:
    os.environ["ISOCENTER_VAR"] = str(Path(os.environ["ISOCENTER_VAR"], _worker))
if _worker and os.environ.get("REDIS_URL", "").endswith("/0"):
    os.environ["REDIS_URL"] = os.environ["REDIS_URL"][:-1] + str(1 + int(_worker.removeprefix("gw")) % 15)

from cms.settings.dev import *  # noqa: E402, F403
from cms.settings.dev import DATABASES, DJANGO_VITE, VAR_DIR  # noqa: E402

# The processes that tests start (see tests/live.py) share this folder and these settings, and name their database.
IS_LIVE = bool(os.environ.get("ISOCENTER_LIVE"))

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["NAME"] = os.environ.get("ISOCENTER_SQLITE", str(VAR_DIR / "test.sqlite3"))
    # Nothing here must outlive a power cut.
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
    )

if not IS_LIVE:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Argon2 costs 0.2 s on purpose; tests sign in thousands of times.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
]

# Pages are rendered without a frontend build; tests that need the real assets build them first.
if not Path(DJANGO_VITE["default"]["manifest_path"]).exists():
    _manifest = VAR_DIR / "manifest.json"
    _partial = _manifest.with_suffix(f".{os.getpid()}")
    _partial.write_text(json.dumps({"src/main.ts": {"file": "assets/main.js", "src": "src/main.ts", "isEntry": True}}))
    _partial.replace(_manifest)
    DJANGO_VITE = {"default": {"dev_mode": False, "manifest_path": _manifest}}
