"""Celery tasks of the credit book."""

from celery import shared_task

from credits.services import checkpoints


@shared_task(name="credits.checkpoint")
def checkpoint() -> None:
    checkpoints.checkpoint()
