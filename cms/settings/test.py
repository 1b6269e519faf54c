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
from cms.settings.dev import DATABASES, DJANGO_VITE, MIDDLEWARE, VAR_DIR  # noqa: E402

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

    # A pass over 170 files costs more than most requests.
    _whitenoise = "whitenoise.middleware.WhiteNoiseMiddleware"
    MIDDLEWARE = ["tests.static_files.ScannedOnce" if name == _whitenoise else name for name in MIDDLEWARE]

# Tests that kill a server do not wait long for what it held.
LECTURE_UPLOAD_LEASE_S = 3.0

# The same on every machine.
JOBS_AT_ONCE = {"media_pipeline.TranscodeJob": int(os.environ.get("ISOCENTER_TEST_ENCODES", "1"))}
# Who kills workers on purpose (tests/chaos) does not wait minutes until they are missed.
if "ISOCENTER_TEST_LEASE_S" in os.environ:
    JOB_LEASE_S = int(os.environ["ISOCENTER_TEST_LEASE_S"])
    CELERY_BEAT_SCHEDULE = {
        "reap": {"task": "shared.reap_jobs", "schedule": JOB_LEASE_S / 2, "options": {"expires": JOB_LEASE_S / 2}}
    }

# Argon2 costs 0.2 s on purpose; tests sign in thousands of times.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
]

# Pages are rendered without a frontend build, or with an older one; tests that need the real assets build them first.
_manifest = Path(DJANGO_VITE["default"]["manifest_path"])
_entries = {
    f"src/{name}.ts": {"file": f"assets/{name}.js", "src": f"src/{name}.ts", "isEntry": True}
    for name in ("main", "uploads")
}
if not _manifest.exists() or not set(_entries) <= set(json.loads(_manifest.read_text())):
    _manifest = VAR_DIR / "manifest.json"
    _partial = _manifest.with_suffix(f".{os.getpid()}")
    _partial.write_text(json.dumps(_entries))
    _partial.replace(_manifest)
    DJANGO_VITE = {"default": {"dev_mode": False, "manifest_path": _manifest}}
