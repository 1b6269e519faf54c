"""Ways in: by phone, e-mail, user name; consent as the last step; lock-out; nothing personal left behind."""

import pytest
from axes.models import AccessAttempt
from django.conf import settings as base_settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse

from organisations.models import AuditEvent, Consent, Person
from organisations.services import consents, people
from tests.factories.organisations import PASSWORD, PersonFactory

pytestmark = pytest.mark.django_db
PHONE = "+8613800000001"


@pytest.fixture
def person() -> Person:
    person = PersonFactory(username="wang", email="wang@example.org", phone=PHONE)
    people.keep_address(person)
    consents.accept(person=person, language="zh-hans")
    return person


def sign_in(client: Client, name: str, password: str = PASSWORD, **extra):
    return client.post("/en/account/login/?next=/en/account/profile/", {"login": name, "password": password}, **extra)


@pytest.mark.parametrize(
    "name",
    ["wang", "WANG", "wang@example.org", "Wang@Example.org", "13800000001", "+86 138 0000 0001", "0086-13800000001"],
)
def test_sign_in_by_every_name(client: Client, person: Person, name: str) -> None:
    response = sign_in(client, name)
    assert (response.status_code, response.url) == (302, "/en/account/profile/")
    assert client.session["_auth_user_id"] == str(person.pk)
    assert list(AuditEvent.objects.filter(verb="account.sign_in").values_list("actor_id_copy", "address")) == [
        (person.pk, "127.0.0.1")
    ]


def test_sign_in_page_is_fully_labelled(client: Client) -> None:
    page = client.get("/en/account/login/").content.decode()
    assert "Mobile number, e-mail or user name" in page
    assert client.get("/zh-hans/account/login/").status_code == 200


@pytest.mark.parametrize("name", ["wang", "nobody", "13800000001", "13900000009", "wang@example.org", "no@example.org"])
def test_wrong_password_says_the_same_for_all(client: Client, person: Person, name: str) -> None:
    response = sign_in(client, name, "wrong")
    assert response.context["form"].non_field_errors() == [
        "The name or the password is not right. After five wrong tries this device must wait 15 minutes."
    ]


def test_inactive_person_is_told_so(client: Client, person: Person) -> None:
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert sign_in(client, "wang").url == "/en/account/inactive/"
    assert client.get("/en/account/inactive/").status_code == 200


def test_consent_is_asked_before_first_use_and_once(client: Client) -> None:
    person = PersonFactory(username="li")
    assert sign_in(client, "li").url == "/en/account/consent/"
    assert "_auth_user_id" not in client.session
    page = client.get("/en/account/consent/").content.decode()
    assert "Agree and go on" in page
    refused = client.post("/en/account/consent/", {})
    assert (refused.status_code, Consent.objects.count()) == (400, 0)
    assert client.post("/en/account/consent/", {"agree": "on"}).url == "/en/account/profile/"
    assert sorted(Consent.objects.values_list("person", "document", "version", "language")) == [
        (person.pk, "privacy_notice", "2026-11", "en"),
        (person.pk, "user_agreement", "2026-11", "en"),
    ]
    client.logout()
    assert sign_in(client, "li").url == "/en/account/profile/"


def test_consent_page_shows_the_record_to_its_person_and_sign_in_to_others(client: Client, person: Person) -> None:
    assert client.get("/en/account/consent/").url == "/en/account/login/"
    client.force_login(person)
    page = client.get("/en/account/consent/").content.decode()
    assert page.count("2026-11</td>") == 2


def test_five_wrong_passwords_lock_the_account_at_this_address_only(client: Client, person: Person) -> None:
    names = ["wang", "13800000001", "wang@example.org", "+8613800000001", "wang"]
    statuses = [sign_in(client, name, "wrong").status_code for name in names]
    assert statuses == [200, 200, 200, 200, 429]
    locked = sign_in(client, "wang")
    assert (locked.status_code, locked["Retry-After"]) == (429, "900")
    assert "Sign-in is paused" in locked.content.decode()
    colleague = PersonFactory(username="zhao")
    consents.accept(person=colleague, language="en")
    assert sign_in(client, "zhao").status_code == 302
    assert sign_in(Client(), "wang", REMOTE_ADDR="10.0.0.9").status_code == 302


def test_lockout_tables_and_sessions_hold_nothing_personal(client: Client, person: Person) -> None:
    for name in ("13800000001", "wang@example.org", "wang", "13900000009"):
        sign_in(client, name, "wrong")
    sign_in(client, "13800000001")
    kept = [str(value) for row in AccessAttempt.objects.values() for value in row.values()]
    kept += [str(session.get_decoded()) for session in Session.objects.all()]
    assert [text for text in kept if any(part in text for part in ("13800000001", "13900000009", "wang"))] == []
    assert {len(name) for name in AccessAttempt.objects.values_list("username", flat=True)} == {64}


def test_sign_up_of_the_library_leads_to_our_way_in(client: Client) -> None:
    assert client.get("/en/account/signup/").url == "/en/account/register/"
    form = {"username": "me", "email": "me@example.org", "name": "我", "password1": PASSWORD}
    assert client.post("/en/account/signup/", form).url == "/en/account/register/"
    assert Person.objects.count() == 0


def test_password_reset_by_mail_sets_a_new_one(client: Client, person: Person) -> None:
    assert client.get("/en/account/password/reset/").status_code == 200
    response = client.post("/en/account/password/reset/", {"email": "wang@example.org"})
    assert response.url == "/en/account/password/reset/done/"
    assert client.get(response.url).status_code == 200
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["wang@example.org"], "Choose a new password")
    ]
    assert mail.outbox[0].body.endswith(f"Sent by {base_settings.WAGTAIL_SITE_NAME}. Please do not reply.")
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)
    page = client.get(link.removeprefix("http://testserver"), follow=True)
    action = page.redirect_chain[-1][0]
    assert client.post(action, {"password1": "radiography-77", "password2": "radiography-77"}).status_code == 302
    assert sign_in(client, "wang", "radiography-77").url == "/en/account/profile/"


@pytest.mark.parametrize("method", ["get", "post"])
def test_address_is_changed_on_the_profile_alone(client: Client, person: Person, method: str) -> None:
    client.force_login(person)
    response = getattr(client, method)("/en/account/email/", {"email": "new@example.org", "action_add": ""})
    assert (response.status_code, response.url) == (302, "/en/account/profile/")
    person.refresh_from_db()
    assert person.email == "wang@example.org"


def test_password_reset_of_unknown_address_looks_the_same(client: Client) -> None:
    response = client.post("/en/account/password/reset/", {"email": "nobody@example.org"})
    assert (response.url, mail.outbox) == ("/en/account/password/reset/done/", [])


def test_admin_sign_in_goes_through_ours(client: Client, person: Person) -> None:
    first = client.get("/admin/")
    assert first.url == "/admin/login/?next=/admin/"
    assert client.get(first.url).url == f"{reverse('account_login')}?next=%2Fadmin%2F"
    client.force_login(person)
    refused = client.get("/admin/login/?next=/admin/")
    assert refused.status_code == 403
