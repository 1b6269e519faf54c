from celery import shared_task

from cms.home.demo.load import MAKE_TASK, make_missing_lectures


@shared_task(name=MAKE_TASK)
def make_demo_lectures() -> int:
    return make_missing_lectures()
