"""Celery tasks of the credit book."""

from celery import shared_task
from django.utils import timezone

from credits.models import ExportJob, OfficialList, ProjectImport, RuleSetProposal, Statement
from credits.services import (
    checkpoints,
    disclosures,
    exports,
    leftovers,
    objections,
    official,
    project_imports,
    rule_set_proposals,
    statements,
)


@shared_task(name="credits.checkpoint")
def checkpoint() -> None:
    checkpoints.checkpoint()


@shared_task(name=ExportJob.task_name)
def run_export(job_pk: int) -> None:
    exports.run_export(job_pk)


@shared_task(name=OfficialList.task_name)
def run_official_list(job_pk: int) -> None:
    official.run_official_list(job_pk)


@shared_task(name=ProjectImport.task_name)
def run_project_import(job_pk: int) -> None:
    project_imports.run_project_import(job_pk)


@shared_task(name="credits.erase_disclosures", ignore_result=True)
def erase_disclosures() -> None:
    """Once an hour: files of exports go when their time is over, and what no row names; requests that nobody decided
    lapse."""
    disclosures.erase_old()
    exports.erase_old()
    official.erase_old()
    statements.erase_old()
    project_imports.erase_old()
    leftovers.sweep(now=timezone.now())


@shared_task(name="credits.escalate_objections", ignore_result=True)
def escalate_objections() -> None:
    """Once an hour: the next level is told of every objection whose days are over."""
    objections.escalate_overdue()


@shared_task(name=RuleSetProposal.task_name)
def run_rule_set_proposal(job_pk: int) -> None:
    rule_set_proposals.run(job_pk)


@shared_task(name=Statement.task_name)
def make_statement(pk: int) -> None:
    statements.run_statement(pk)
