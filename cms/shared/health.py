"""Whether this process lives (`/healthz`) and whether what it needs can be reached (`/readyz`)."""

import time
import uuid
from collections.abc import Callable

import structlog
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from cms.shared.storage import private_storage

logger = structlog.get_logger(__name__)


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    mark = uuid.uuid4().hex
    cache.set("readyz", mark, 30)
    if cache.get("readyz") is None:
        raise RuntimeError("a value written to the cache did not come back")


def _broker() -> None:
    from celery import current_app

    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=3)


def _storage() -> None:
    storage = private_storage()
    name = storage.save(f"probe/{uuid.uuid4()}", ContentFile(b"probe"))
    storage.delete(name)


PARTS: dict[str, Callable[[], None]] = {
    "database": _database,
    "cache": _cache,
    "broker": _broker,
    "storage": _storage,
}


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part works, else 503; which part failed is said, why stands in the log only."""
    parts: dict[str, str] = {}
    for name, probe in PARTS.items():
        begun = time.monotonic()
        try:
            probe()
        except Exception as error:
            logger.error("not_ready", part=name, error=type(error).__name__, exc_info=error)
            parts[name] = "failed"
        else:
            parts[name] = "ok"
        took = time.monotonic() - begun
        if took > 1:
            logger.warning("slow_part", part=name, seconds=round(took, 2))
    ready = all(state == "ok" for state in parts.values())
    return JsonResponse({"ready": ready, "parts": parts}, status=200 if ready else 503)
