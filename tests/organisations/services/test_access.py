import re
from datetime import date, timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from organisations.enums import Role
from organisations.models import Activation, AuditEvent, Node, Notification, Person
from organisations.selectors.access import access_of, may_open
from organisations.services import access, activation, consents, people
from tests.factories.organisations import PASSWORD, EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.shared.gateway import Gateway

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Node:
    return NodeFactory(name="示范医院")


@pytest.fixture
def admin(unit: Node) -> Person:
    person = EmploymentFactory(unit=unit, person__name="管理员").person
    RoleGrantFactory(person=person, node=unit, role=Role.UNIT_CREDIT_ADMINISTRATOR)
    return person


@pytest.fixture
def person(unit: Node) -> Person:
    person = PersonFactory(username="wang", name="王丽", phone="+8613800000001")
    EmploymentFactory(unit=unit, person=person)
    consents.accept(person=person, language="zh-hans")
    return person


@pytest.fixture
def gateway(settings) -> type[Gateway]:
    settings.SMS_DRIVER = "tests.shared.gateway.Gateway"
    Gateway.sent.clear()
    yield Gateway
    Gateway.refuses = False


def verbs() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))


def test_reset_ends_password_sessions_and_pause_and_keeps_the_rest(admin: Person, person: Person) -> None:
    client = Client()
    client.force_login(person)
    assert client.get("/en/account/profile/").status_code == 200
    for _ in range(5):
        Client().post("/en/account/login/", {"login": "wang", "password": "wrong"})
    assert access_of(by=admin, person=person).is_locked is True
    code = access.give_code(by=admin, person=person)
    person.refresh_from_db()
    assert (person.has_usable_password(), person.phone, AccessAttempt.objects.count()) == (False, "+8613800000001", 0)
    assert client.get("/en/account/profile/").url == "/en/account/login/?next=/en/account/profile/"
    assert Client().post("/en/account/login/", {"login": "wang", "password": PASSWORD}).status_code == 200
    activation.activate(code=code, password="gradient-coil-55")
    person.refresh_from_db()
    assert person.check_password("gradient-coil-55")
    assert [verb for verb in verbs() if verb.startswith(("account", "activation"))] == [
        "account.reset", "activation.issue", "activation.use",
    ]  # fmt: skip
    assert sorted(Notification.objects.filter(person=person).values_list("kind", flat=True)) == [
        "password_reset", "welcome",
    ]  # fmt: skip


def test_code_of_a_person_without_password_is_no_reset(admin: Person, unit: Node) -> None:
    newcomer = people.create_person(by=None, username="li", name="李")
    EmploymentFactory(unit=unit, person=newcomer)
    first = access.give_code(by=admin, person=newcomer)
    access.give_code(by=admin, person=newcomer)
    assert "account.reset" not in verbs()
    assert list(Activation.objects.order_by("pk").values_list("issued_by", flat=True)) == [admin.pk, admin.pk]
    with pytest.raises(activation.UnusableCode):
        activation.activate(code=first, password="gradient-coil-55")


@pytest.mark.parametrize(
    ("role", "at", "opens"),
    [
        (None, "unit", True),
        (Role.LEARNER, "elsewhere", True),
        (Role.DEPARTMENT_CREDIT_ADMINISTRATOR, "unit", True),
        (Role.UNIT_CREDIT_ADMINISTRATOR, "unit", True),
        (Role.UNIT_CREDIT_ADMINISTRATOR, "elsewhere", False),
        (Role.SYSTEM_ADMINISTRATOR, "unit", False),
        (Role.SECURITY_ADMINISTRATOR, "elsewhere", False),
        (Role.EDITOR, "unit", False),
    ],
)
def test_account_is_opened_only_where_its_powers_lie_within_ones_own(
    admin: Person, person: Person, unit: Node, role: Role | None, at: str, opens: bool
) -> None:
    if role:
        RoleGrantFactory(person=person, role=role, node=unit if at == "unit" else NodeFactory())
    assert may_open(by=admin, person=person) is opens
    if not opens:
        for deed in (
            lambda: access.give_code(by=admin, person=person),
            lambda: access.change_phone(by=admin, person=person, phone="", reason="x"),
            lambda: access.unlock(by=admin, person=person),
        ):
            with pytest.raises(access.NotYours):
                deed()
    assert Activation.objects.count() == 0


def test_role_that_begins_later_counts_and_one_that_ended_does_not(admin: Person, person: Person, unit: Node) -> None:
    day = timezone.localdate()
    RoleGrantFactory(person=person, role=Role.EDITOR, node=unit, begins=date(2020, 1, 1), ends=day)
    assert may_open(by=admin, person=person) is True
    RoleGrantFactory(person=person, role=Role.EDITOR, node=unit, begins=day + timedelta(days=3))
    assert may_open(by=admin, person=person) is False


def test_system_administrator_opens_what_lies_below_and_never_a_superuser(person: Person) -> None:
    province = NodeFactory()
    system = RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=province).person
    RoleGrantFactory(person=person, role=Role.EDITOR, node=NodeFactory(parent=province))
    assert may_open(by=system, person=person) is True
    person.is_superuser = True
    assert (may_open(by=system, person=person), may_open(by=system, person=system)) == (False, False)


def test_phone_change_is_logged_without_numbers_and_told(
    admin: Person, person: Person, gateway: type[Gateway], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        access.change_phone(by=admin, person=person, phone="139 0000 0009", reason="旧号 13800000001 停用")
    person.refresh_from_db()
    assert person.phone == "+8613900000009"
    event = AuditEvent.objects.get(verb="person.change_contact")
    assert (event.actor_id_copy, event.after) == (admin.pk, {"has_contact": ["phone"], "reason": "旧号 *** 停用"})
    assert list(Notification.objects.values_list("person", "kind")) == [(person.pk, "phone_changed")]
    assert [phone for phone, _text in gateway.sent] == ["+8613800000001"]


def test_phone_change_needs_a_reason_and_a_free_number(admin: Person, person: Person) -> None:
    PersonFactory(phone="+8613900000009")
    with pytest.raises(access.ReasonMissing):
        access.change_phone(by=admin, person=person, phone="13900000008", reason=" ")
    with pytest.raises(people.AlreadyTaken):
        access.change_phone(by=admin, person=person, phone="13900000009", reason="new")
    person.refresh_from_db()
    assert (person.phone, Notification.objects.count()) == ("+8613800000001", 0)


def test_unlock_says_whether_there_was_a_pause(admin: Person, person: Person) -> None:
    assert access.unlock(by=admin, person=person) is False
    for _ in range(5):
        Client().post("/en/account/login/", {"login": "13800000001", "password": "wrong"})
    assert Client().post("/en/account/login/", {"login": "wang", "password": PASSWORD}).status_code == 429
    assert access.unlock(by=admin, person=person) is True
    assert Client().post("/en/account/login/", {"login": "wang", "password": PASSWORD}).status_code == 302
    assert [verb for verb in verbs() if verb == "account.unlock"] == ["account.unlock"]


def test_code_goes_to_the_phone_where_a_gateway_is_set(admin: Person, person: Person, gateway: type[Gateway]) -> None:
    assert access_of(by=admin, person=person).may_text is True
    access.text_code(by=admin, person=person)
    [(phone, text)] = gateway.sent
    [code] = re.findall(r"\w{4}-\w{4}-\w{3}[\w*~$=]", text)
    assert phone == "+8613800000001"
    assert activation.activate(code=code, password="gradient-coil-55") == person


def test_code_is_not_sent_without_gateway_number_or_answer(admin: Person, person: Person, settings) -> None:
    assert access_of(by=admin, person=person).may_text is False
    with pytest.raises(access.NoPhone):
        access.text_code(by=admin, person=person)
    assert Activation.objects.count() == 0
    settings.SMS_DRIVER = "tests.shared.gateway.Gateway"
    Gateway.refuses = True
    try:
        with pytest.raises(access.NotSent):
            access.text_code(by=admin, person=person)
    finally:
        Gateway.refuses = False
    person.set_phone("")
    person.save()
    with pytest.raises(access.NoPhone):
        access.text_code(by=admin, person=person)
