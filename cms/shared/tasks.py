"""The clock's own task."""

from celery import shared_task

from cms.shared import jobs


@shared_task(name="shared.reap_jobs")
def reap_jobs() -> int:
    """Requeue lost jobs and wake workers for everything that waits."""
    return jobs.reap_all()
