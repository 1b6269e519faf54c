"""Celery tasks of the credit book."""

from celery import shared_task

from credits.models import ExportJob
from credits.services import checkpoints, exports


@shared_task(name="credits.checkpoint")
def checkpoint() -> None:
    checkpoints.checkpoint()


@shared_task(name=ExportJob.task_name)
def run_export(job_pk: int) -> None:
    exports.run_export(job_pk)
