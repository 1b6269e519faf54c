from celery import shared_task
from django.core.cache import cache

from cms.home.demo.load import MAKE_TASK, make_next_lecture
from cms.shared import jobs

# Longer than one lecture takes to make; a maker that was killed is followed by the next one after that.
TURN_S = 15 * 60


@shared_task(name=MAKE_TASK)
def make_demo_lectures() -> None:
    """One lecture, then a call for the next: jobs that wait meanwhile get their turn. One maker at a time."""
    if not cache.add(MAKE_TASK, True, timeout=TURN_S):
        return
    try:
        more = make_next_lecture()
    finally:
        cache.delete(MAKE_TASK)
    if more:
        jobs.send(MAKE_TASK)
