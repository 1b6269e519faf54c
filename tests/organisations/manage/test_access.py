import re
from typing import Any

import pytest
from django.test import Client

from organisations.enums import Role
from organisations.models import Activation, AuditEvent, Node, Person
from organisations.services import activation, consents
from tests.factories.organisations import PASSWORD, EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.shared.gateway import Gateway

pytestmark = pytest.mark.django_db
DEEDS = ("code", "phone", "unlock")


@pytest.fixture
def unit() -> Node:
    return NodeFactory()


@pytest.fixture
def admin(client: Client, unit: Node) -> Person:
    person = RoleGrantFactory(
        person=EmploymentFactory(unit=unit).person, node=unit, role=Role.UNIT_CREDIT_ADMINISTRATOR
    ).person
    client.force_login(person)
    return person


@pytest.fixture
def person(unit: Node) -> Person:
    person = PersonFactory(username="wang", name="王丽", phone="+8613800000001")
    EmploymentFactory(unit=unit, person=person)
    consents.accept(person=person, language="en")
    return person


def path_of(person: Person, deed: str) -> str:
    return f"/en/manage/people/{person.public_id}/{deed}/"


def test_forgotten_password_becomes_a_code_that_is_shown_once(client: Client, admin: Person, person: Person) -> None:
    asked = client.get(path_of(person, "code")).content.decode()
    assert ("present password stops working" in asked, Activation.objects.count()) == (True, 0)
    page = client.post(path_of(person, "code"), {"send": "show"}).content.decode()
    [code] = re.findall(r"<code>(.{14})</code>", page)
    assert "http://testserver/en/account/activate/" in page
    person.refresh_from_db()
    assert person.has_usable_password() is False
    form = {"code": code, "password": "gradient-coil-55", "agree": "on"}
    assert Client().post("/en/account/activate/", form).url == "/en/account/details/"
    assert code not in client.get(f"/en/manage/people/{person.public_id}/").content.decode()
    assert AuditEvent.objects.filter(verb="account.reset", actor_id_copy=admin.pk).count() == 1


def test_code_is_sent_only_where_a_gateway_is_set(client: Client, admin: Person, person: Person, settings) -> None:
    assert 'value="sms"' not in client.get(path_of(person, "code")).content.decode()
    assert client.post(path_of(person, "code"), {"send": "sms"}).status_code == 409
    settings.SMS_DRIVER = "tests.shared.gateway.Gateway"
    Gateway.sent.clear()
    assert "Send it to 138****0001" in client.get(path_of(person, "code")).content.decode()
    sent = client.post(path_of(person, "code"), {"send": "sms"}, follow=True)
    assert "The code is on its way to 138****0001." in sent.content.decode()
    assert [phone for phone, _text in Gateway.sent] == ["+8613800000001"]
    assert re.findall(r"\w{4}-\w{4}-", Gateway.sent[0][1])[0] not in sent.content.decode()


def test_phone_is_changed_with_a_reason(client: Client, admin: Person, person: Person) -> None:
    path = path_of(person, "phone")
    assert "Present number: 138****0001" in client.get(path).content.decode()
    refused = client.post(path, {"phone": "13900000009", "reason": ""})
    assert (refused.status_code, sorted(refused.context["form"].errors)) == (400, ["reason"])
    PersonFactory(phone="+8613900000008")
    taken = client.post(path, {"phone": "13900000008", "reason": "换号"})
    assert (taken.status_code, sorted(taken.context["form"].errors)) == (400, ["phone"])
    assert client.post(path, {"phone": "13900000009", "reason": "换号"}).url.endswith(f"/{person.public_id}/")
    person.refresh_from_db()
    assert person.phone == "+8613900000009"


def test_pause_is_ended(client: Client, admin: Person, person: Person) -> None:
    assert "not paused" in client.get(path_of(person, "unlock")).content.decode()
    for _ in range(5):
        Client().post("/en/account/login/", {"login": "wang", "password": "wrong"})
    assert "End the pause" in client.get(f"/en/manage/people/{person.public_id}/").content.decode()
    assert client.post(path_of(person, "unlock")).status_code == 302
    assert Client().post("/en/account/login/", {"login": "wang", "password": PASSWORD}).status_code == 302


def test_account_with_greater_powers_is_shown_and_not_opened(client: Client, admin: Person, person: Person) -> None:
    RoleGrantFactory(person=person, role=Role.SYSTEM_ADMINISTRATOR, node=NodeFactory())
    for deed in DEEDS:
        page = client.get(path_of(person, deed)).content.decode()
        assert ("only the system administrator can help" in page, 'type="submit" name="send"' in page) == (True, False)
        form = {"phone": "13900000009", "reason": "x"}
        assert client.post(path_of(person, deed), form).status_code in {400, 403}
    person.refresh_from_db()
    assert (person.has_usable_password(), person.phone, Activation.objects.count()) == (True, "+8613800000001", 0)


def test_own_account_is_changed_on_the_account_page(client: Client, admin: Person) -> None:
    page = client.get(path_of(admin, "code")).content.decode()
    assert "This is your own account." in page
    assert client.post(path_of(admin, "code")).status_code == 403


@pytest.mark.parametrize("deed", DEEDS)
def test_deeds_are_for_those_who_open_accounts_of_the_unit(
    client: Client, person: Person, unit: Node, deed: str
) -> None:
    path = path_of(person, deed)
    form: dict[str, Any] = {"phone": "13900000009", "reason": "x"}

    def statuses() -> list[int]:
        return [client.get(path).status_code, client.post(path, form).status_code]

    assert statuses() == [302, 302]  # anonymous: to sign-in
    client.force_login(EmploymentFactory(unit=unit).person)
    assert statuses() == [403, 403]
    client.force_login(RoleGrantFactory(node=unit, role=Role.AUDITOR).person)
    assert statuses() == [403, 403]
    client.force_login(RoleGrantFactory(node=NodeFactory(), role=Role.UNIT_CREDIT_ADMINISTRATOR).person)
    assert statuses() == [404, 404]
    person.refresh_from_db()
    assert (person.phone, person.has_usable_password(), Activation.objects.count()) == ("+8613800000001", True, 0)


def test_code_given_before_is_named(client: Client, admin: Person, person: Person) -> None:
    activation.issue(by=admin, person=person)
    assert "was already handed out. It stops working." in client.get(path_of(person, "code")).content.decode()
