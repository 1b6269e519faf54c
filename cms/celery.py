"""The Celery application: it only carries wake-up calls; the job rows are the truth."""

import os
import uuid
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.dev")
app = Celery("isocenter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def _keep_our_logs(**_: Any) -> None:
    """Celery would replace the root logger; Django's LOGGING stays."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)


@signals.before_task_publish.connect
def _send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    from cms.shared import logs

    if headers is not None:
        headers["request_id"] = logs.request_id()


@signals.task_prerun.connect
def _take_request_id(task: Any = None, task_id: str = "", **_: Any) -> None:
    from cms.shared import logs

    # An eager call runs inside its request, whose context stands already.
    if not task.request.is_eager:
        logs.follow(str(getattr(task.request, "request_id", "") or uuid.uuid4().hex), task=task.name, task_id=task_id)


@signals.task_postrun.connect
def _forget_request_id(task: Any = None, **_: Any) -> None:
    import structlog

    if not task.request.is_eager:
        structlog.contextvars.clear_contextvars()


@signals.worker_init.connect
def _refuse_unsafe_start(**_: Any) -> None:
    """Refuse where the site would refuse, and hold no database connection when the pool is forked."""
    from django.db import connections

    from cms.shared import checks

    checks.refuse_unsafe_start()
    connections.close_all()


@signals.worker_ready.connect
def _take_over(sender: Any, **_: Any) -> None:
    """A worker that starts looks at once for what a dead one left behind."""
    from django.conf import settings
    from django.db import connections

    from cms.shared import jobs

    try:
        if settings.ONE_WORKER_A_QUEUE:
            served = set(sender.app.amqp.queues.consume_from)
            for model in jobs.job_models():
                if jobs.queue_of(model.task_name) in served:
                    model.release_all()
        jobs.reap_all()
    finally:
        connections.close_all()
