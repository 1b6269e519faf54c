"""Celery tasks of the quizzes."""

from celery import shared_task
from django.utils import timezone

from quizzes.services import answer_files, attempts


@shared_task(name="quizzes.close_overdue")
def close_overdue() -> int:
    """Hand in every attempt whose time is over. Safe to run again and at the same time."""
    return attempts.close_overdue()


@shared_task(name="quizzes.sweep_files", ignore_result=True)
def sweep_files() -> None:
    """Once a day: files of answers that nothing names any more."""
    answer_files.sweep(now=timezone.now())
