from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from organisations import rules
from organisations.models import Activation, AuditEvent, Consent, Person
from organisations.services import activation, people
from tests.factories.organisations import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "isotope-generator-9"


@pytest.fixture
def person() -> Person:
    return people.create_person(by=None, username="wang", name="王丽")


def test_code_is_kept_only_as_a_keyed_hash(person: Person) -> None:
    code = activation.issue(by=None, person=person)
    assert len(code) == 12
    row = Activation.objects.get()
    assert code not in row.code_index
    assert timedelta(days=29) < row.expires_at - timezone.now() <= timedelta(days=30)
    assert code not in str(list(AuditEvent.objects.values()))


def test_activation_sets_password_contact_and_consent_once(person: Person) -> None:
    code = activation.issue(by=None, person=person)
    activation.activate(code=code.lower(), password=NEW, phone="13800000001", email="w@example.org", language="en")
    person.refresh_from_db()
    assert (person.check_password(NEW), person.phone, person.email, person.language) == (
        True,
        "+8613800000001",
        "w@example.org",
        "en",
    )
    assert Consent.objects.filter(person=person, language="en").count() == 2
    with pytest.raises(activation.UnusableCode):
        activation.activate(code=code, password=NEW)


def test_new_code_ends_the_old_one_and_time_ends_any(person: Person) -> None:
    old = activation.issue(by=None, person=person)
    new = activation.issue(by=None, person=person)
    with pytest.raises(activation.UnusableCode):
        activation.activate(code=old, password=NEW)
    Activation.objects.filter(used_at=None).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(activation.UnusableCode):
        activation.activate(code=new, password=NEW)


def test_refused_activation_leaves_the_code_good(person: Person) -> None:
    code = activation.issue(by=None, person=person)
    with pytest.raises(activation.WeakPassword):
        activation.activate(code=code, password="12345678")
    with pytest.raises(people.BadPhone):
        activation.activate(code=code, password=NEW, phone="138")
    assert activation.activate(code=code, password=NEW) == person


def test_activation_page_signs_in(client: Client, person: Person, settings) -> None:
    settings.LOGIN_REDIRECT_URL = "organisations:profile"
    code = activation.spaced(activation.issue(by=None, person=person))
    page = client.get("/en/account/activate/")
    assert (page.status_code, "Activation code" in page.content.decode()) == (200, True)
    form = {"code": code, "password": NEW, "phone": "138 0000 0001", "email": "", "agree": "on"}
    response = client.post("/en/account/activate/", form)
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(person.pk)
    assert "13800000001" not in str(dict(client.session))


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"code": "7K2M-9QXF-4TBD"}, "code", "There is a typing error"),
        ({"code": "0000-0000-0000"}, "code", "This code is not valid"),
        ({"password": "12345678"}, "password", "This password is too common."),
        ({"phone": "123"}, "phone", "This is not a mobile number."),
        ({"agree": ""}, "agree", "Without your agreement"),
    ],
)
def test_activation_page_says_what_is_wrong(client: Client, person: Person, change, field, message) -> None:
    form = {"password": NEW, "agree": "on", "code": activation.issue(by=None, person=person), **change}
    response = client.post("/en/account/activate/", form)
    assert response.status_code == 400
    assert response.context["form"].errors[field][0].startswith(message)
    assert Activation.objects.filter(used_at=None).count() == 1
    assert PASSWORD not in response.content.decode()


def test_activation_page_leads_to_what_others_entered_first(client: Client, person: Person) -> None:
    form = {"code": activation.issue(by=None, person=person), "password": NEW, "agree": "on"}
    assert client.post("/en/account/activate/", form).url == "/en/account/details/"


def test_same_wrong_code_is_stopped_after_five_tries(client: Client, person: Person) -> None:
    form = {"password": NEW, "agree": "on"}
    wrong = [f"0000-0000-000{mark}" for mark in "00123*"]
    statuses = [client.post("/en/account/activate/", {**form, "code": code}).status_code for code in wrong]
    assert statuses == [400] * 5 + [429]
    stopped = client.post("/zh-hans/account/activate/", {**form, "code": "0000 0000 0000"})
    assert (stopped.status_code, stopped["Retry-After"]) == (429, "900")
    good = activation.issue(by=None, person=person)
    assert client.post("/en/account/activate/", {**form, "code": good}).status_code == 302


def test_many_wrong_codes_stop_an_address_for_a_while(client: Client, person: Person) -> None:
    form = {"password": NEW, "agree": "on"}
    bodies = [f"{number:011}" for number in range(60)]
    statuses = {
        client.post("/en/account/activate/", {**form, "code": rules.code_with_check(body)}).status_code
        for body in bodies
    }
    assert statuses == {400}
    good = activation.issue(by=None, person=person)
    stopped = client.post("/en/account/activate/", {**form, "code": good})
    assert (stopped.status_code, "Try again in 15 minutes" in stopped.content.decode()) == (429, True)
    elsewhere = client.post("/en/account/activate/", {**form, "code": good}, REMOTE_ADDR="10.0.0.9")
    assert elsewhere.status_code == 302


def test_missing_agreement_is_no_wrong_code(client: Client, person: Person) -> None:
    code = activation.issue(by=None, person=person)
    for _ in range(7):
        assert client.post("/en/account/activate/", {"code": code, "password": NEW}).status_code == 400
    assert client.post("/en/account/activate/", {"code": code, "password": NEW, "agree": "on"}).status_code == 302
