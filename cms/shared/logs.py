"""Structured logs: one line an event; the request id follows a job into its worker; never personal data."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

from cms.shared.numbers import HIDDEN, hide_numbers

# Whatever is logged under these names is a person's, or opens a door.
PERSONAL = re.compile(
    r"^(name|username|login|full_name|phone|mobile|e?mail|address|id_number|staff_number|password|code|token|cookie"
    r"|authorization|secret|permit|post_data)$|_(phone|email|password|token|secret)$"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


def scrub(text: str) -> str:
    """`text` without phone numbers, ID numbers and mail addresses."""
    return _MAIL.sub(HIDDEN, hide_numbers(text))


def hide_personal(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key != "logger" and PERSONAL.search(key):
            event[key] = HIDDEN
        elif isinstance(value, str):
            event[key] = scrub(value)
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


def configure(*, level: str = "INFO", as_json: bool = True) -> dict[str, Any]:
    """Sets structlog up and returns Django's LOGGING, so that both write the same lines."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, sort_keys=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    hide_personal,
                    renderer,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Ours says more about each answer (see RequestLogMiddleware), without the address it was asked under.
            "django": {"level": level},
            "django.server": {"handlers": [], "propagate": False},
            "django.request": {"level": "CRITICAL" if level != "DEBUG" else level},
            # axes prints the name that was tried.
            "axes": {"level": "ERROR"},
            "celery": {"level": level},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            # Wagtail writes two lines for every page it indexes; who published what stands in the audit log.
            "django_tasks": {"level": "WARNING"},
            "wagtail": {"level": "WARNING"},
            # Every page of every document, and every font that is cut to size.
            "weasyprint": {"level": "WARNING"},
            "weasyprint.progress": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
        },
    }


def request_id() -> str:
    """The id of the request (or of the job's request) that is being worked on, "" if none."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def follow(request_id: str, **more: Any) -> None:
    """Every line from here on, in this context, belongs to `request_id`."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id, **more)


def quiet_startup() -> None:
    """For scripts that talk to a person: only errors reach the screen."""
    logging.getLogger().setLevel(logging.ERROR)
