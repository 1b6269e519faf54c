from celery import shared_task
from django.utils import timezone

from organisations.models import ActivationSheet, ErasureRequest, PersonExport, RosterImport
from organisations.services import erasure, erasure_list, groups, leftovers, messages, own_data, rosters, sheets


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
    """Once a day: files and rows that nobody needs any more, and files that no row names."""
    rosters.erase_old()
    leftovers.sweep(now=timezone.now())


@shared_task(name=ActivationSheet.task_name)
def make_activation_sheet(pk: int) -> None:
    sheets.run_sheet(pk)


@shared_task(name="organisations.erase_old_sheets", ignore_result=True)
def erase_old_sheets() -> None:
    """Once an hour: the codes of a sheet lie in its file for seven days only."""
    sheets.erase_old()


@shared_task(name=PersonExport.task_name)
def export_person(job_pk: int) -> None:
    own_data.run(job_pk)


@shared_task(name=ErasureRequest.task_name)
def erase_person(job_pk: int) -> None:
    erasure.run(job_pk)


@shared_task(name="organisations.keep_promises", ignore_result=True)
def keep_promises() -> None:
    """Once an hour: files of own data go after seven days, erasures run when their day has come, nobody is left
    waiting unseen."""
    own_data.erase_old()
    erasure.remind()
    erasure.queue_due()
    erasure_list.complete()
    erasure_list.replay()
