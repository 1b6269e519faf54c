"""The present password in an open session: asked for in five places, guessed five times at most."""

import threading
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from organisations.models import AuditEvent, Person
from organisations.selectors.access import access_of
from organisations.services import access, passwords
from tests.factories.organisations import PASSWORD, EmploymentFactory, PersonFactory, RoleGrantFactory

WRONG, LIMIT = "linac-quench-88", settings.AXES_FAILURE_LIMIT
MINUTES = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)


@pytest.fixture
def person(db: None) -> Person:
    return PersonFactory(email="w@example.org")


def guess(person: Person, password: str = WRONG) -> str:
    try:
        passwords.prove(person=person, password=password)
    except (passwords.WrongPassword, passwords.PasswordPaused) as error:
        return error.code
    return "right"


def client_of(person: Person, address: str = "10.0.0.1") -> Client:
    client = Client(REMOTE_ADDR=address)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_sixth_guess_is_not_compared_even_if_right(person: Person) -> None:
    assert [guess(person) for _ in range(LIMIT + 2)] == ["wrong_password"] * LIMIT + ["password_paused"] * 2
    assert guess(person, PASSWORD) == "password_paused"
    assert list(AuditEvent.objects.values_list("verb", "actor_id_copy")) == [("account.password_paused", person.pk)]
    assert guess(PersonFactory()) == "wrong_password"


def test_pause_ends_after_a_quarter_of_an_hour(person: Person) -> None:
    for _ in range(LIMIT):
        guess(person)
    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME + timedelta(seconds=30))
    assert guess(person, PASSWORD) == "password_paused"
    AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME)
    assert [guess(person), guess(person, PASSWORD)] == ["wrong_password", "right"]


def test_right_password_forgets_the_guesses_and_an_empty_one_is_none(person: Person) -> None:
    for _ in range(LIMIT - 1):
        guess(person)
    assert [guess(person, ""), guess(person, ""), guess(person, PASSWORD)] == ["wrong_password"] * 2 + ["right"]
    assert AccessAttempt.objects.count() == 0


def test_administrator_ends_the_pause(person: Person) -> None:
    administrator = RoleGrantFactory().person
    EmploymentFactory(person=person, unit=administrator.role_grants.get().node)
    for _ in range(LIMIT):
        guess(person)
    assert access_of(by=administrator, person=person).is_locked is True
    assert access.unlock(by=administrator, person=person) is True
    assert guess(person, PASSWORD) == "right"


def test_signing_in_is_another_count(person: Person) -> None:
    for _ in range(LIMIT + 1):
        guess(person)
    answer = Client().post("/en/account/login/", {"login": person.username, "password": PASSWORD})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("address", "form", "field"),
    [
        ("profile", {"language": "en", "phone": "13900000009", "email": "w@example.org"}, "password"),
        ("data", {"do": "copy"}, "password"),
        ("data", {"do": "forget"}, "password"),
        ("password/change", {"password1": "tomography-2027", "password2": "tomography-2027"}, "oldpassword"),
        ("reauthenticate", {}, "password"),
    ],
)
def test_every_place_that_asks_for_it_counts_by_account(
    person: Person, address: str, form: dict[str, str], field: str
) -> None:
    path, told = f"/en/account/{address}/", f"Try again after {MINUTES} minutes"
    for tried in range(LIMIT):
        # From another address every time: a stolen session travels.
        client = client_of(person, f"10.0.0.{tried + 1}")
        answer = client.post(path, {**form, field: WRONG})
        assert (answer.status_code in (200, 400), told in answer.content.decode()) == (True, False)
    assert AccessAttempt.objects.get().failures_since_start == LIMIT
    answer = client_of(person, "10.0.1.1").post(path, {**form, field: PASSWORD})
    assert (answer.status_code in (200, 400, 429), told in answer.content.decode()) == (True, True)
    person.refresh_from_db()
    assert (person.phone, person.check_password(PASSWORD)) == ("", True)
    assert (person.exports.count(), person.erasure_requests.count()) == (0, 0)


def test_right_password_is_taken_everywhere(person: Person) -> None:
    client = client_of(person)
    assert client.post("/en/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
    assert client.post("/en/account/data/", {"do": "copy", "password": PASSWORD}).status_code == 302
    change = {"oldpassword": PASSWORD, "password1": "tomography-2027", "password2": "tomography-2027"}
    assert client.post("/en/account/password/change/", change).status_code == 302
    person.refresh_from_db()
    assert person.check_password("tomography-2027") is True


@pytest.mark.slow
def test_many_guesses_at_once_are_five(committed_db: str) -> None:
    person, barrier = PersonFactory(), threading.Barrier(12)
    answers: list[str] = []

    def work() -> None:
        barrier.wait()
        try:
            answers.append(guess(person))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["password_paused"] * (12 - LIMIT) + ["wrong_password"] * LIMIT
    assert AccessAttempt.objects.get().failures_since_start == LIMIT
    assert AuditEvent.objects.filter(verb="account.password_paused").count() == 1
