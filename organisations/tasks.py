from celery import shared_task

from organisations.models import ActivationSheet, RosterImport
from organisations.services import groups, messages, rosters, sheets


@shared_task(name="organisations.send_mails", ignore_result=True)
def send_mails() -> None:
    messages.send_mails()


@shared_task(name="organisations.sync_roles", ignore_result=True)
def sync_roles() -> None:
    """Once a day: grants begin and end by date."""
    groups.sync_all()


@shared_task(name=RosterImport.task_name)
def run_roster(job_pk: int) -> None:
    rosters.run_roster(job_pk)


@shared_task(name="organisations.erase_rosters", ignore_result=True)
def erase_rosters() -> None:
    """Once a day: files and rows that nobody needs any more."""
    rosters.erase_old()


@shared_task(name=ActivationSheet.task_name)
def make_activation_sheet(pk: int) -> None:
    sheets.run_sheet(pk)


@shared_task(name="organisations.erase_old_sheets", ignore_result=True)
def erase_old_sheets() -> None:
    """Once an hour: the codes of a sheet lie in its file for seven days only."""
    sheets.erase_old()
