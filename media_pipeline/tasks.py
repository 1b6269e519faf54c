"""Celery tasks of the media pipeline."""

from celery import shared_task
from django.utils import timezone

from media_pipeline.services import arrivals, files, lectures, originals, sweeping, uploads, watching


@shared_task(name="media_pipeline.run_transcode")
def run_transcode(job_pk: int) -> None:
    """`job_pk` waits; which of the waiting ones is taken is decided now (TranscodeJob.in_turn)."""
    lectures.run_next_transcode()


@shared_task(name="media_pipeline.check_upload")
def check_upload(job_pk: int) -> None:
    arrivals.run_check(job_pk)


@shared_task(name="media_pipeline.forget_batches")
def forget_batches() -> int:
    """Daily: the log of watched batches is kept for 180 days."""
    return watching.forget_batches()


@shared_task(name="media_pipeline.sweep_uploads")
def sweep_uploads() -> int:
    """Hourly: what killed uploads left in the storage, and what nobody went on with."""
    now = timezone.now()
    return uploads.forget_uploads(now=now) + files.sweep_uploads(now=now)


@shared_task(name="media_pipeline.sweep_renditions")
def sweep_renditions() -> int:
    """Daily: renditions that a killed worker left without a row, and rows that nothing shows."""
    return sweeping.sweep(now=timezone.now())


@shared_task(name="media_pipeline.sweep_originals")
def sweep_originals() -> int:
    """Daily: move and delete originals as the rule of the installation, or of the lecture, says."""
    return originals.sweep_originals(now=timezone.now())
