"""Celery tasks of the quizzes."""

from celery import shared_task
from django.utils import timezone

from quizzes.models import Regrade
from quizzes.services import answer_files, attempts, regrades


@shared_task(name="quizzes.close_overdue")
def close_overdue() -> int:
    """Hand in every attempt whose time is over. Safe to run again and at the same time."""
    return attempts.close_overdue()


@shared_task(name="quizzes.sweep_files", ignore_result=True)
def sweep_files() -> None:
    """Once a day: files of answers that nothing names any more."""
    answer_files.sweep(now=timezone.now())


@shared_task(name=Regrade.task_name)
def run_regrade(job_pk: int) -> None:
    regrades.run_regrade(job_pk)
