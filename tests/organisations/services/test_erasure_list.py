"""The list of erased accounts: written at each erasure, made good when that failed, and repeated on what comes back."""

import stat
from pathlib import Path
from typing import Any

import pytest

from cms.shared.jobs import JobState
from organisations.enums import RequestState, Role
from organisations.models import AuditEvent, ErasureRequest, Person
from organisations.services import erasure, erasure_list
from organisations.tasks import keep_promises
from tests.factories.organisations import PASSWORD, EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def file(settings: Any, tmp_path: Path) -> Path:
    settings.ERASURE_LIST = tmp_path / "erasures.txt"
    return tmp_path / "erasures.txt"


@pytest.fixture
def erased() -> Person:
    """Somebody who was erased, with an account that had been merged into theirs; the list is not written yet."""
    unit = NodeFactory()
    person = EmploymentFactory(unit=unit, person__name="欧阳若兰", person__email="r@example.org").person
    PersonFactory(name="欧阳兰", merged_into=person, is_active=False)
    security = RoleGrantFactory(node=unit, role=Role.SECURITY_ADMINISTRATOR).person
    row = erasure.request(person=person, password=PASSWORD)
    erasure.decide(by=security, public_id=str(row.public_id), accept=True)
    erasure.run(row.pk)
    return Person.objects.get(pk=person.pk)


def ids(file: Path) -> list[str]:
    return [line.rpartition(" ")[2] for line in file.read_text().splitlines()]


def accounts(person: Person) -> list[str]:
    """As a backup from before knows them."""
    return sorted(str(one.public_id) for one in [person, *person.merged_people.all()])


def test_erasure_writes_ids_and_nothing_personal(file: Path, django_capture_on_commit_callbacks: Any) -> None:
    unit = NodeFactory()
    person = EmploymentFactory(unit=unit, person__name="欧阳若兰").person
    security = RoleGrantFactory(node=unit, role=Role.SECURITY_ADMINISTRATOR).person
    row = erasure.request(person=person, password=PASSWORD)
    erasure.decide(by=security, public_id=str(row.public_id), accept=True)
    with django_capture_on_commit_callbacks(execute=True):
        erasure.run(row.pk)
        assert not file.exists()  # a transaction that is rolled back erases nobody
    assert ids(file) == [str(person.public_id)]
    assert (stat.S_IMODE(file.stat().st_mode), file.read_text().isascii()) == (0o600, True)


def test_list_that_missed_an_erasure_is_made_good_once(file: Path, erased: Person) -> None:
    assert (file.exists(), erasure_list.complete(), erasure_list.complete()) == (False, 2, 0)
    assert sorted(ids(file)) == accounts(erased)


def test_people_who_came_back_are_erased_again(file: Path, erased: Person) -> None:
    erasure_list.complete()
    other = erased.merged_people.get()
    # As a backup brings them back: from before the merger, one with a request that was not decided yet.
    Person.objects.filter(pk=erased.pk).update(
        name="欧阳若兰", username="ouyang", is_active=True, email="r@example.org"
    )
    Person.objects.filter(pk=other.pk).update(name="欧阳兰", username="ouyang2", is_active=True, merged_into=None)
    EmploymentFactory(person=erased)
    ErasureRequest.objects.update(state=JobState.CANCELLED, request_state=RequestState.WAITING)
    stranger = PersonFactory(name="李娜")
    assert keep_promises() is None
    for pk in (erased.pk, other.pk):
        person = Person.objects.get(pk=pk)
        assert (person.name, person.username, person.email, person.is_active) == (
            "", erasure_list.made_up_name(person), None, False,
        )  # fmt: skip
        assert person.employments.count() == 0
    assert Person.objects.get(pk=stranger.pk).name == "李娜"
    assert ErasureRequest.objects.values_list("state", "request_state").get() == ("done", "accepted")
    assert AuditEvent.objects.filter(verb="erasure.done", after__restored=True).count() == 2
    assert erasure_list.replay() == 0


def test_damaged_line_is_named(file: Path) -> None:
    file.write_text("2026-11-22T10:00:00+00:00 not-an-id\n")
    with pytest.raises(erasure_list.DamagedList, match="Line 1 of"):
        erasure_list.replay()
