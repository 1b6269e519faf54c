from celery import shared_task

from cms.home.demo.load import MAKE_TASK, make_next_lecture
from cms.shared import jobs


@shared_task(name=MAKE_TASK)
def make_demo_lectures() -> None:
    """One lecture, then a call for the next: jobs that wait meanwhile get their turn."""
    if make_next_lecture():
        jobs.send(MAKE_TASK)
