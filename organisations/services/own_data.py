"""A person's own data as one file: asked for with the password, made by a worker, fetched with the password."""

import hashlib
import json
import shutil
import tempfile
import threading
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.core.files.base import File
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors, jobs
from cms.shared.jobs import JobState, LostLease
from cms.shared.storage import private_folder, private_storage
from organisations import audit, histories, notifications
from organisations.deeds import Deed
from organisations.models import Person, PersonExport
from organisations.services import passwords
from organisations.services.histories import erase_export_file

KEPT_FOR = timedelta(days=7)


class ExportNotThere(errors.NotFound):
    code = "own_data_not_there"
    message = _("This file is not ready yet, or it was erased after seven days. Ask for it again.")


def request(*, person: Person, password: str) -> PersonExport:
    """Queue the file; the one that waits is returned again. Raises WrongPassword, PasswordPaused."""
    passwords.prove(person=person, password=password)
    return _request(person)


@transaction.atomic
def _request(person: Person) -> PersonExport:
    Person.objects.select_for_update().get(pk=person.pk)
    waiting = PersonExport.objects.filter(person=person, state__in=[JobState.QUEUED, JobState.RUNNING]).first()
    if waiting is not None:
        return waiting
    job = PersonExport.objects.create(person=person)
    audit.record(by=person, verb=Deed.OWN_DATA_REQUEST, target=person)
    jobs.wake(PersonExport.task_name, job.pk)
    return job


def open_file(*, person: Person, public_id: str, password: str) -> tuple[PersonExport, IO[bytes]]:
    """The finished file. Raises WrongPassword, PasswordPaused, ExportNotThere."""
    job = PersonExport.objects.filter(person=person, public_id=public_id).first()
    if job is None or job.state != JobState.DONE or not job.file:
        raise ExportNotThere
    passwords.prove(person=person, password=password)
    audit.record(by=person, verb=Deed.OWN_DATA_DOWNLOAD, target=person, after={"sha256": job.file_sha256})
    return job, private_storage().open(str(job.file.name))


def run(job_pk: int) -> None:
    """Make the file of job `job_pk`, if it still waits. A second run replaces what a killed one left."""
    job = PersonExport.claim(job_pk)
    if job is None:
        return
    try:
        with tempfile.TemporaryDirectory(prefix="isocenter-person-") as folder, job.kept_alive() as lost:
            path = Path(folder) / "data.zip"
            _write(job.person, path, lost)
            _keep(job, path)
    except LostLease:
        return
    except Exception as error:  # every fault ends in a state that the person sees
        job.fail_unexpected(error)


def _write(person: Person, path: Path, lost: threading.Event) -> None:
    """One folder an account (the person's, then those merged into it), in it one JSON file a package, and files."""
    accounts = [person, *person.merged_people.order_by("pk")]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        about = {
            "made_at": timezone.now(),
            "accounts": [str(account.public_id) for account in accounts],
            "packages": [history.name for history in histories.registered()],
        }
        archive.writestr("about.json", _json(about))
        for account in accounts:
            folder = "account" if account == person else f"merged-{account.public_id}"
            for history in histories.registered():
                if lost.is_set():
                    raise LostLease
                told = history.export(account)
                archive.writestr(f"{folder}/{history.name}.json", _json(told.data | listed(history, account)))
                for name, key, storage in told.files:
                    with storage.open(key) as source, archive.open(f"{folder}/files/{name}", "w") as target:
                        shutil.copyfileobj(source, target)


def listed(history: histories.History, account: Person) -> dict[str, list[dict[str, Any]]]:
    """The tables of a package that are told row by row: {name: rows in the order of their keys}."""
    told = {}
    for key, table in history.tables.items():
        label, _dot, name = key.rpartition(".")
        rows = apps.get_model(label)._base_manager.filter(**{name: account}).order_by("pk")
        told[table.name] = list(rows.values(*table.columns))
    return told


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1, sort_keys=True)


def _keep(job: PersonExport, path: Path) -> None:
    storage, folder = private_storage(), private_folder("own-data", job.public_id)
    with path.open("rb") as made:
        digest = hashlib.file_digest(made, "sha256").hexdigest()
    job.beat(stage="storing", progress=95)
    for earlier in range(1, job.attempt + 1):
        storage.delete(f"{folder}/{earlier}.zip")
    with path.open("rb") as made:
        key = storage.save(f"{folder}/{job.attempt}.zip", File(made))
    with translation.override(job.person.language):
        link = reverse("organisations:my_data")
    try:
        with transaction.atomic():
            job.finish(file=key, file_sha256=digest)
            notifications.notify(
                person=job.person, kind="own_data_ready", params={}, key=f"own_data:{job.public_id}", link=link
            )
    except LostLease:
        storage.delete(key)
        raise


def erase_old() -> int:
    """Erase the files that are older than seven days; how many."""
    old = PersonExport.objects.filter(finished_at__lt=timezone.now() - KEPT_FOR).exclude(file="")
    for job in old:
        erase_export_file(job)
    return len(old)
