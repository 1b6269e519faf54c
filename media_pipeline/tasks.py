"""Celery tasks of the media pipeline."""

from celery import shared_task
from django.utils import timezone

from media_pipeline.services import files, lectures, watching


@shared_task(name="media_pipeline.run_transcode")
def run_transcode(job_pk: int) -> None:
    lectures.run_transcode(job_pk)


@shared_task(name="media_pipeline.forget_batches")
def forget_batches() -> int:
    """Daily: the log of watched batches is kept for 180 days."""
    return watching.forget_batches()


@shared_task(name="media_pipeline.sweep_uploads")
def sweep_uploads() -> int:
    """Hourly: what killed uploads left in the storage."""
    return files.sweep_uploads(now=timezone.now())
