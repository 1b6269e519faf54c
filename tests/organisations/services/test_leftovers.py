"""Files that no row names go after a day; everything else stays."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from cms.shared.storage import private_storage
from credits.models import EntryEvidence
from organisations.models import ActivationSheet, PersonExport, Qualification, RosterImport, StatePeriod
from organisations.services import leftovers
from organisations.tasks import erase_rosters
from tests.factories.credits import entry
from tests.factories.organisations import NodeFactory, PersonFactory

Stored = Callable[[], list[str]]
OLD = timedelta(days=1, minutes=1)


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
    person, unit = PersonFactory(), NodeFactory()
    named = [keep(f"{name}/00/a/1.x") for name in ("own-data", "proofs", "rosters", "sheets")] + [keep("proofs/0/q.x")]
    PersonExport.objects.create(person=person, file=named[0])
    StatePeriod.objects.create(person=person, state="sick", begins=date(2026, 3, 1), proof=named[1])
    RosterImport.objects.create(unit=unit, file=named[2], file_name="a.xlsx", uploaded_by=person)
    ActivationSheet.objects.create(unit=unit, file=named[3], file_format="pdf", requested_by=person)
    Qualification.objects.create(person=person, kind="title", value="技师", proof=named[4])
    others = [keep("exports/00/a/1.xlsx"), keep("original_images/orbit.png"), keep("proofs-of-others/a.pdf")]
    orphans = [keep(f"{name}/ff/b/1.x") for name in ("own-data", "proofs", "rosters", "sheets")]
    assert erase_rosters() is None
    assert stored() == sorted([*named, *others, *orphans])
    assert leftovers.sweep(now=timezone.now() + OLD - timedelta(minutes=5)) == 0
    assert leftovers.sweep(now=timezone.now() + OLD) == 4
    assert stored() == sorted([*named, *others])


def test_sweep_without_files_asks_for_no_rows(db: None, stored: Stored, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert leftovers.sweep(now=timezone.now() + OLD) == 0


@pytest.mark.usefixtures("rule_sets")
def test_papers_that_other_packages_keep_beside_ours_stay(db: None, stored: Stored) -> None:
    made, key = entry(), keep("proofs/aa/b/sign-in-sheet.pdf")
    EntryEvidence.objects.create(entry=made, sha256="0" * 64, file=key)
    assert leftovers.sweep(now=timezone.now() + OLD) == 0
    assert stored() == [key]
