"""Files of exports, statements and lists that no row names go after a day; what a row names, and others', stay."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db.models import FileField
from django.utils import timezone

from cms.shared.storage import private_storage
from credits.models import ExportJob, OfficialList, ProjectImport, Statement
from credits.services import exports, leftovers
from credits.tasks import erase_disclosures
from organisations.enums import Role
from tests import databases, live
from tests.factories.credits import HENAN, entry
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

Stored = Callable[[], list[str]]
OLD = timedelta(days=1, minutes=1)
# Makes the file of an export and stops before its row names it.
EXPORT = """
import json, sys, time
import django
django.setup()
from django.test import override_settings
from credits.models import ExportJob
from credits.services import exports

def stop(job, **fields):
    print("stored", flush=True)
    time.sleep(600)

ExportJob.finish = stop
with override_settings(**json.loads(sys.argv[1])):
    exports.run_export(int(sys.argv[2]))
"""


@pytest.fixture(params=["folder", "object storage"])
def stored(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[Stored]:
    """Names of all private files of the test."""
    if request.param == "object storage":
        yield request.getfixturevalue("bucket").names
        return
    options = {"location": str(tmp_path), "base_url": None}
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    yield lambda: sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())


def keep(name: str) -> str:
    return str(private_storage().save(name, ContentFile(b"x")))


def test_only_old_files_without_a_row_are_swept(db: None, stored: Stored) -> None:
    person, place = PersonFactory(), NodeFactory()
    export, official, sheet, statement = (keep(f"{name}/00/a/1.x") for name in leftovers.FOLDERS)
    ProjectImport.objects.create(sent_by=person, file=sheet, file_name="projects.csv")
    days = {"period_begins": date(2026, 1, 1), "period_ends": date(2027, 1, 1)}
    ExportJob.objects.create(requested_by=person, rule_set_id=HENAN, file_format="csv", file_key=export, **days)
    OfficialList.objects.create(
        requested_by=person, place=place, rule_set_id=HENAN, year=2026, on=date(2026, 3, 1), file=official
    )
    Statement.objects.create(
        person=person, asked_by=person, rule_set_id=HENAN, year=2026, as_of=date(2026, 3, 1), file_key=statement
    )
    others = [keep("proofs/00/a/1.pdf"), keep("exports-of-others/a.csv"), keep("rosters/00/a/1.xlsx")]
    orphans = [keep(f"{name}/ff/b/2.x") for name in leftovers.FOLDERS]
    named = [export, official, sheet, statement]
    assert erase_disclosures() is None
    assert stored() == sorted([*named, *others, *orphans])
    assert leftovers.sweep(now=timezone.now() + OLD - timedelta(minutes=5)) == 0
    assert leftovers.sweep(now=timezone.now() + OLD) == len(orphans) == 4
    assert stored() == sorted([*named, *others])


def test_sweep_without_files_asks_for_no_rows(db: None, stored: Stored, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert leftovers.sweep(now=timezone.now() + OLD) == 0


def test_every_column_of_ours_that_names_a_file_is_known_to_the_sweep() -> None:
    models = list(apps.get_app_config("credits").get_models())
    keys = {(model, field.name) for model in models for field in model._meta.fields if field.name.endswith("file_key")}
    assert keys == set(leftovers.KEYS)
    files = {model.__name__ for model in models for field in model._meta.fields if isinstance(field, FileField)}
    # The papers of entries lie in the folder of papers.
    assert files == {"EntryEvidence", "OfficialList", "ProjectImport"}


@pytest.mark.slow
@pytest.mark.parametrize("stored", ["folder"], indirect=True)
def test_export_killed_between_its_file_and_its_row_is_swept(
    committed_db: str, rule_sets: int, stored: Stored, settings: Any
) -> None:
    hospital, learner = NodeFactory(), PersonFactory()
    EmploymentFactory(person=learner, unit=hospital)
    entry(person=learner)
    by = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=hospital).person
    job = exports.request_export(by=by, node=hospital, rule_set_id=HENAN, year=2026, file_format="csv", reason="年报")
    worker = subprocess.Popen(
        [sys.executable, "-c", EXPORT, json.dumps({"STORAGES": settings.STORAGES}, default=str), str(job.pk)],
        cwd=databases.ROOT, env=live._environment(committed_db), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "stored\n"
    finally:
        worker.kill()
        worker.communicate()
    job.refresh_from_db()
    assert (worker.returncode, job.state, job.file_key, len(stored())) == (-9, "running", "", 1)
    assert leftovers.sweep(now=timezone.now()) == 0
    assert leftovers.sweep(now=timezone.now() + OLD) == 1
    assert stored() == []
