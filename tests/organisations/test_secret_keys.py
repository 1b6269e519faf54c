"""A new SECRET_KEY: what was signed before holds as long as the old key stands in the list."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from organisations.models import Person
from organisations.services import consents, people
from quizzes.services import attempts
from quizzes.services.attempts import PermitInvalid
from tests.factories.organisations import PASSWORD, PersonFactory
from tests.factories.quizzes import QuizFactory

pytestmark = pytest.mark.django_db
PROFILE = "/en/account/profile/"


@pytest.fixture(autouse=True)
def _old_key(settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the old key" * 5, []


@pytest.fixture
def person() -> Person:
    person = PersonFactory(username="wang", email="wang@example.org")
    people.keep_address(person)
    consents.accept(person=person, language="en")
    return person


def replace(settings: Any, *, keep: bool) -> None:
    """A new key stands first; `keep`: the one before follows it."""
    settings.SECRET_KEY_FALLBACKS = ["the old key" * 5] if keep else []
    settings.SECRET_KEY = "the new key" * 5


def mailed_link(part: str) -> str:
    [link] = [word for word in mail.outbox[-1].body.split() if part in word]
    return "/" + link.partition("://")[2].partition("/")[2]


@pytest.mark.parametrize(
    ("keep", "status", "words"),
    [(True, 200, "You will sign in with ann@example.org"), (False, 400, "Send a new link")],
)
def test_mailed_registration(client: Client, settings: Any, keep: bool, status: int, words: str) -> None:
    client.post("/en/account/register/mail/", {"email": "ann@example.org"})
    link = mailed_link("/register/mail/")
    replace(settings, keep=keep)
    page = client.get(link)
    assert (page.status_code, words in page.content.decode()) == (status, True)


def test_mailed_password_reset_under_the_old_key_works_while_it_is_kept(
    client: Client, settings: Any, person: Person
) -> None:
    client.post("/en/account/password/reset/", {"email": "wang@example.org"})
    link = mailed_link("/password/reset/key/")
    replace(settings, keep=True)
    action = client.get(link, follow=True).redirect_chain[-1][0]
    assert client.post(action, {"password1": "radiography-77", "password2": "radiography-77"}).status_code == 302
    person.refresh_from_db()
    assert person.check_password("radiography-77")


def test_mailed_password_reset_under_a_removed_key_shows_the_way_to_a_new_one(
    client: Client, settings: Any, person: Person
) -> None:
    client.post("/en/account/password/reset/", {"email": "wang@example.org"})
    link = mailed_link("/password/reset/key/")
    replace(settings, keep=False)
    page = client.get(link, follow=True).content.decode()
    assert "This link is older than three days, was used already, or is incomplete." in page
    assert '<a class="button button--primary" href="/en/account/password/reset/">Send a new link</a>' in page


def test_who_is_signed_in_stays_so_and_is_brought_under_the_new_key(
    client: Client, settings: Any, person: Person
) -> None:
    client.post("/en/account/login/", {"login": "wang", "password": PASSWORD})
    replace(settings, keep=True)
    assert client.get(PROFILE).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get(PROFILE).status_code == 200


def test_removed_key_signs_everybody_out(client: Client, settings: Any, person: Person) -> None:
    client.post("/en/account/login/", {"login": "wang", "password": PASSWORD})
    replace(settings, keep=False)
    assert client.get(PROFILE).url == f"/en/account/login/?next={PROFILE}"


def test_leave_to_open_a_quiz(settings: Any, person: Person) -> None:
    context = attempts.Context("course", "1")
    leave = attempts.permit(person=person, quiz=QuizFactory(), context=context, return_url="/en/")
    replace(settings, keep=True)
    assert attempts.open_attempt(person=person, permit=leave)[1] is True
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(PermitInvalid):
        attempts.open_attempt(person=person, permit=leave)
