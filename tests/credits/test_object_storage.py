"""Credit exports where files lie in an S3-compatible storage."""

import hashlib
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import escape

from cms.shared.errors import StorageUnavailable
from cms.shared.jobs import JobState
from credits.models import ExportJob
from credits.services import exports
from organisations.enums import Role
from organisations.models import AuditEvent
from tests import services
from tests.factories.credits import HENAN, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.object_storage import Bucket, storages

YEAR = timezone.localdate().year
pytestmark = pytest.mark.usefixtures("rule_sets")


@pytest.fixture
def job() -> ExportJob:
    hospital = NodeFactory.create()
    grant = RoleGrantFactory.create(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=hospital)
    learner = PersonFactory.create()
    EmploymentFactory.create(person=learner, unit=hospital, begins=date(2020, 1, 1))
    entry(person=learner, on=date(YEAR, 1, 10), minutes=540)
    return exports.request_export(
        by=grant.person, node=hospital, rule_set_id=HENAN, year=YEAR, file_format="csv", reason="年报"
    )


def download(client: Client, job: ExportJob) -> tuple[int, bytes]:
    client.force_login(job.requested_by)
    answer = client.get(reverse("credits:export_download", args=[job.public_id]), headers={"Accept": "text/html"})
    return answer.status_code, b"".join(answer) if answer.streaming else answer.content


def test_export_is_stored_and_downloaded(bucket: Bucket, client: Client, job: ExportJob) -> None:
    exports.run_export(job.pk)
    job.refresh_from_db()
    assert (job.state, bucket.names()) == (JobState.DONE, [job.file_key])
    status, content = download(client, job)
    assert (status, hashlib.sha256(content).hexdigest()) == (200, job.file_sha256)
    assert AuditEvent.objects.filter(verb="credits.export.download").count() == 1
    # A second run after a kill replaces the file of the first.
    ExportJob.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    exports.run_export(job.pk)
    job.refresh_from_db()
    assert (job.attempt, bucket.names()) == (2, [job.file_key])


def test_download_says_that_the_storage_is_silent(
    bucket: Bucket, client: Client, job: ExportJob, settings: object
) -> None:
    exports.run_export(job.pk)
    job.refresh_from_db()
    settings.STORAGES = storages(f"http://127.0.0.1:{services.free_port()}", "private")  # type: ignore[attr-defined]
    status, content = download(client, job)
    with translation.override("zh-hans"):
        said = escape(str(StorageUnavailable()))
    assert (status, content.decode().count(said)) == (503, 1)
    assert AuditEvent.objects.filter(verb="credits.export.download").count() == 0


def test_export_without_storage_fails_and_can_be_asked_for_again(
    bucket: Bucket, job: ExportJob, settings: object
) -> None:
    settings.STORAGES = storages(f"http://127.0.0.1:{services.free_port()}", "private")  # type: ignore[attr-defined]
    states = []
    for _ in range(3):
        exports.run_export(job.pk)
        job.refresh_from_db()
        states.append(job.state)
    assert states == [JobState.QUEUED, JobState.QUEUED, JobState.FAILED]
    assert "StorageUnavailable" in job.last_words
