from celery import shared_task

from courses.services import progress


@shared_task(name="courses.settle_outcomes")
def settle_outcomes() -> int:
    """Settle what waits; the announcement of an outcome calls this at once, the beat calls it every 30 s."""
    return progress.settle_outcomes()
