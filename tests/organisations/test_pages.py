from urllib.parse import quote

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from organisations.enums import Role
from organisations.models import Notification, Person
from organisations.notifications import notify
from organisations.services import consents
from tests.factories.organisations import PASSWORD, EmploymentFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _landing(settings) -> None:
    settings.LOGIN_REDIRECT_URL = "organisations:profile"


@pytest.fixture
def person() -> Person:
    return PersonFactory(username="wang", name="王丽", phone="+8613800000001", email="w@example.org")


@pytest.mark.parametrize("name", ["profile", "notifications", "password/change", "2fa"])
def test_private_pages_lead_strangers_to_sign_in(client: Client, name: str) -> None:
    path = f"/en/account/{name}/"
    assert client.get(path).url == f"/en/account/login/?next={quote(path)}"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", ["privacy", "agreement"])
def test_documents_are_public_in_both_languages(client: Client, language: str, name: str) -> None:
    response = client.get(f"/{language}/account/{name}/")
    assert (response.status_code, response.cookies.output()) == (200, "")
    text = response.content.decode()
    assert ("学分" in text.split("<article")[1]) is (language == "zh-hans")
    assert "2026-11" in text


def test_profile_shows_masked_phone_and_work(client: Client, person: Person) -> None:
    employment = EmploymentFactory(person=person)
    RoleGrantFactory(person=person, node=employment.unit, role=Role.EDITOR)
    client.force_login(person)
    page = client.get("/en/account/profile/").content.decode()
    assert "138****0001" in page
    assert "13800000001" not in page
    assert employment.unit.name in page


@pytest.mark.parametrize("count", [1, 3])
def test_profile_and_notifications_take_constant_queries(client, person, django_assert_num_queries, count) -> None:
    for number in range(count):
        RoleGrantFactory(person=person)
        notify(person=person, kind="welcome", params={}, key=str(number))
    client.force_login(person)
    client.get("/en/account/profile/")  # the first request writes when the session was last used
    with django_assert_num_queries(7):
        client.get("/en/account/profile/")
    with django_assert_num_queries(4):
        client.get("/en/account/notifications/")


def test_profile_changes_language_without_and_contact_with_password(client: Client, person: Person) -> None:
    client.force_login(person)
    path = "/en/account/profile/"
    same = {"language": "en", "email": "w@example.org"}
    assert client.post(path, same).status_code == 302
    refused = client.post(path, {**same, "phone": "13900000009"})
    assert refused.status_code == 400
    assert refused.context["form"].errors == {
        "password": ["To change how you are reached, enter your present password."]
    }
    assert client.post(path, {**same, "phone": "13900000009", "password": PASSWORD}).status_code == 302
    person.refresh_from_db()
    assert (person.language, person.phone, person.email) == ("en", "+8613900000009", "w@example.org")


def test_opening_a_message_marks_it_read_and_follows_its_link(client: Client, person: Person) -> None:
    inside = notify(person=person, kind="welcome", params={}, key="1", link="/en/account/profile/")
    outside = notify(person=person, kind="unknown.kind", params={}, key="2", link="https://elsewhere.example/")
    client.force_login(person)
    page = client.get("/en/account/notifications/").content.decode()
    assert ("Welcome to Isocenter" in page, "There is news for you" in page) == (True, True)
    paths = [client.post(f"/en/account/notifications/{n.public_id}/read/").url for n in (inside, outside)]
    assert paths == ["/en/account/profile/", "/en/account/notifications/"]
    assert Notification.objects.filter(read_at=None).count() == 0


def test_message_of_another_person_is_not_found(client: Client, person: Person) -> None:
    theirs = notify(person=PersonFactory(), kind="welcome", params={}, key="1")
    client.force_login(person)
    assert client.post(f"/en/account/notifications/{theirs.public_id}/read/").status_code == 404
    assert client.post("/en/account/notifications/read/").status_code == 302
    assert Notification.objects.filter(read_at=None).count() == 1


def test_sign_out_is_logged(client: Client, person: Person) -> None:
    client.force_login(person)
    assert client.get("/en/account/logout/").status_code == 200
    assert client.post("/en/account/logout/").status_code == 302
    assert "_auth_user_id" not in client.session


def code_of(secret: str) -> str:
    return f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06}"


def test_staff_sets_up_a_second_factor_before_anything_else(client: Client, settings) -> None:
    settings.REQUIRE_STAFF_MFA = True
    person = PersonFactory(username="boss", is_staff=True)
    consents.accept(person=person, language="en")
    client.post("/en/account/login/", {"login": "boss", "password": PASSWORD})
    assert client.get("/en/account/profile/").url == "/en/account/2fa/totp/activate/"
    refused = client.get("/api/v1/me/", headers={"accept": "application/json"})
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_required")
    assert client.get("/en/account/2fa/totp/activate/").url.startswith("/en/account/reauthenticate/?next=")
    again = "/en/account/reauthenticate/?next=/en/account/2fa/totp/activate/"
    assert client.get(again).status_code == 200
    assert client.post(again, {"password": PASSWORD}).url == "/en/account/2fa/totp/activate/"
    page = client.get("/en/account/2fa/totp/activate/")
    assert page.status_code == 200
    secret = page.context["form"].secret
    done = client.post("/en/account/2fa/totp/activate/", {"code": code_of(secret)})
    assert done.status_code == 302
    assert client.get("/en/account/profile/").status_code == 200
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert client.get("/en/account/2fa/").status_code == 200
    assert client.get("/en/account/2fa/recovery-codes/").status_code == 200
    client.post("/en/account/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_second_factor_is_asked_at_sign_in_and_a_recovery_code_works(client: Client) -> None:
    person = PersonFactory(username="boss")
    consents.accept(person=person, language="en")
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    codes = RecoveryCodes.activate(person).get_unused_codes()
    assert (
        client.post("/en/account/login/", {"login": "boss", "password": PASSWORD}).url
        == "/en/account/2fa/authenticate/"
    )
    assert client.get("/en/account/2fa/authenticate/").status_code == 200
    assert client.post("/en/account/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert client.post("/en/account/2fa/authenticate/", {"code": codes[0]}).status_code == 302
    assert client.session["_auth_user_id"] == str(person.pk)


def test_learners_need_no_second_factor(client: Client, settings, person: Person) -> None:
    settings.REQUIRE_STAFF_MFA = True
    client.force_login(person)
    assert client.get("/en/account/profile/").status_code == 200


def test_short_password_is_refused_in_chinese(client: Client) -> None:
    answer = client.post("/zh-hans/account/activate/", {"code": "7K2M-9QXF-4TBD", "password": "short", "agree": "on"})
    assert "密码太短：至少需要 8 个字符。" in answer.content.decode()
