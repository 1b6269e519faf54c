from celery import shared_task

from organisations.services import groups, messages


@shared_task(name="organisations.send_mails", ignore_result=True)
def send_mails() -> None:
    messages.send_mails()


@shared_task(name="organisations.sync_roles", ignore_result=True)
def sync_roles() -> None:
    """Once a day: grants begin and end by date."""
    groups.sync_all()
