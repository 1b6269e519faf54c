"""Celery tasks of the media pipeline."""

from celery import shared_task

from media_pipeline.services import watching


@shared_task(name="media_pipeline.forget_batches")
def forget_batches() -> int:
    """Daily: the log of watched batches is kept for 180 days."""
    return watching.forget_batches()
