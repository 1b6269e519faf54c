"""A number or address that another account has leads to the unit, which clears it up; nobody learns whose it is."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from organisations.enums import Role
from organisations.models import AuditEvent, Notification, Objection, Person
from organisations.services import access, activation, contacts
from organisations.views.manage import clashes
from tests.factories.organisations import PASSWORD, EmploymentFactory, PersonFactory
from tests.organisations.manage.desk import Desk, signed_in

NUMBER, NEW = "+8613900000009", "gradient-coil-55"


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


@pytest.fixture
def holder(desk: Desk) -> Person:
    """A colleague of the same hospital."""
    return EmploymentFactory(unit=desk.hospital, person=PersonFactory(name="李娜", phone=NUMBER)).person


def profile(person: Person, **form: str) -> Any:
    client = signed_in(person)
    sent = client.post("/en/account/profile/", {"language": "en", "email": "", "password": PASSWORD, **form})
    assert (sent.status_code, sent.url) == (302, "/en/account/profile/")
    return client.get("/en/account/profile/")


def kinds(person: Person) -> list[str]:
    return list(Notification.objects.filter(person=person).order_by("pk").values_list("kind", flat=True))


def asked(person: Person) -> Objection:
    return Objection.objects.get(person=person)


def test_profile_asks_the_unit_and_tells_nobody_whose_it_is(desk: Desk, holder: Person) -> None:
    page = profile(desk.worker, phone="13900000009", email="Wei@Example.org").content.decode()
    desk.worker.refresh_from_db()
    assert (desk.worker.phone, desk.worker.email) == ("+8613800000001", "wei@example.org")
    assert f"{contacts.AskedUnit.message} Whom to ask: {desk.keeper.name}" in page
    assert (holder.name in page, "another account" in page.lower()) == (False, False)
    assert (asked(desk.worker).phone, asked(desk.worker).unit) == (NUMBER, desk.hospital)
    assert (kinds(desk.keeper), kinds(holder)) == (["objection_made"], [])
    assert AuditEvent.objects.filter(verb="contact.ask", target_id=str(desk.worker.public_id)).count() == 1
    assert NUMBER[3:] not in Objection.objects.values().get(person=desk.worker).__str__()


def test_asking_twice_is_one_request(desk: Desk, holder: Person) -> None:
    for _time in range(2):
        profile(desk.worker, phone="13900000009")
    assert (Objection.objects.count(), kinds(desk.keeper)) == (1, ["objection_made"])


def test_with_three_requests_open_nothing_is_looked_up_any_more(desk: Desk) -> None:
    for number in range(4):
        PersonFactory(phone=f"+861390000000{number}")
        profile(desk.worker, phone=f"1390000000{number}")
    taken = profile(desk.worker, phone="13900000000").content.decode()
    free = profile(desk.worker, phone="13700000000").content.decode()
    assert [str(contacts.TooManyAsked()) in page for page in (taken, free)] == [True, True]
    desk.worker.refresh_from_db()
    assert (Objection.objects.count(), desk.worker.phone) == (3, "+8613800000001")


def test_somebody_without_a_unit_is_told_to_name_one(desk: Desk, holder: Person) -> None:
    page = profile(PersonFactory(), phone="13900000009").content.decode()
    with override("en"):
        assert str(contacts.NobodyToAsk()) in page
    assert Objection.objects.count() == 0


def test_activation_goes_on_without_the_number(client: Client, desk: Desk, holder: Person) -> None:
    newcomer = desk.colleague(name="赵强")
    form = {"code": activation.issue(by=desk.keeper, person=newcomer), "password": NEW, "agree": "on"}
    sent = client.post("/en/account/activate/", form | {"phone": "13900000009", "email": "zq@example.org"})
    assert sent.status_code == 302
    assert f"sign in as {newcomer.username}" in client.get(sent.url).content.decode()
    newcomer.refresh_from_db()
    assert (newcomer.phone, newcomer.email, asked(newcomer).phone) == ("", "zq@example.org", NUMBER)
    assert Client().post("/en/account/login/", {"login": newcomer.username, "password": NEW}).status_code == 302


def test_activation_with_a_free_number_says_nothing_of_it(client: Client, desk: Desk) -> None:
    newcomer = desk.colleague(name="赵强")
    form = {"code": activation.issue(by=desk.keeper, person=newcomer), "password": NEW, "agree": "on"}
    sent = client.post("/en/account/activate/", form | {"phone": "13900000009"})
    assert "sign in as" not in client.get(sent.url).content.decode()
    assert Objection.objects.count() == 0


def test_unit_finds_both_and_the_ways_on(desk: Desk, holder: Person) -> None:
    profile(desk.worker, phone="13900000009")
    page = signed_in(desk.keeper).get(reverse("manage:objections")).content.decode()
    ways = [
        f"{reverse('manage:merge', args=[desk.worker.public_id])}?other={holder.public_id}",
        reverse("manage:person_phone", args=[holder.public_id]),
        reverse("manage:person", args=[holder.public_id]),
    ]
    assert [f'href="{way}"' in page for way in ways] == [True, True, True]
    assert ("139****0009" in page, NUMBER[3:] in page) == (True, False)
    compare = signed_in(desk.keeper).get(ways[0])
    assert (compare.status_code, compare.context["merged"].person) == (200, holder)


def test_number_goes_on_the_account_when_it_is_free(desk: Desk, holder: Person) -> None:
    profile(desk.worker, phone="13900000009")
    objection, client = asked(desk.worker), signed_in(desk.keeper)
    address = reverse("manage:objection_contact", args=[objection.public_id])
    refused = client.post(address)
    assert (refused.status_code, refused.context["problem"]) == (409, str(access.StillTaken()))
    access.change_phone(by=desk.keeper, person=holder, phone="13900000008", reason="换号")
    assert address in client.get(reverse("manage:objections")).content.decode()
    assert client.post(address).url == reverse("manage:objections")
    for one in (desk.worker, objection):
        one.refresh_from_db()
    assert (desk.worker.phone, objection.answered_by, objection.phone_sealed) == (NUMBER, desk.keeper, "")
    assert kinds(desk.worker) == ["objection_answered"]
    assert client.post(address).status_code == 409


def test_other_unit_is_told_and_neither_learns_of_the_other(desk: Desk) -> None:
    other_keeper = desk.holder(Role.UNIT_CREDIT_ADMINISTRATOR, desk.other)
    holder = EmploymentFactory(unit=desk.other, person=PersonFactory(name="李娜", phone=NUMBER)).person
    profile(desk.worker, phone="13900000009")
    page = signed_in(desk.keeper).get(reverse("manage:objections")).content.decode()
    assert ("An account that you do not look after has it" in page, holder.name in page) == (True, False)
    told = Notification.objects.get(person=other_keeper)
    assert (told.kind, told.params, told.link) == (
        "contact_claimed", {"name": "李娜"}, f"/zh-hans/manage/people/{holder.public_id}/",
    )  # fmt: skip
    assert desk.worker.name not in signed_in(other_keeper).get("/en/account/notifications/").content.decode()


NEWCOMER = {"username": "zhao.q", "name": "赵强", "title": "技师", "kind": "staff", "begins": "2026-01-05"}


def newcomer_form(desk: Desk) -> dict[str, str]:
    return NEWCOMER | {"unit": str(desk.hospital.public_id), "phone": "13900000009"}


def test_newcomer_with_a_known_number_is_entered_without_it(desk: Desk, holder: Person) -> None:
    second = desk.holder(Role.UNIT_CREDIT_ADMINISTRATOR, desk.hospital)
    client, url, fields = signed_in(desk.keeper), reverse("manage:person_new"), newcomer_form(desk)
    page = client.post(url, fields)
    text = page.content.decode()
    assert (page.status_code, Person.objects.filter(name="赵强").exists()) == (400, False)
    ways = [reverse(view, args=[holder.public_id]) for view in ("manage:person", "manage:person_phone")]
    assert [f'href="{way}"' in text for way in ways] == [True, True]
    assert AuditEvent.objects.filter(verb="person.searched_by_number", target_id=str(holder.public_id)).count() == 1
    sent = client.post(url, fields | {"without": "1"})
    newcomer = Person.objects.get(username="zhao.q")
    assert sent.url == reverse("manage:person", args=[newcomer.public_id])
    assert (newcomer.phone, Objection.objects.count(), kinds(desk.keeper), kinds(second)) == ("", 0, [], [])
    again = client.post(url, fields | {"without": "1"})
    assert (again.status_code, Person.objects.filter(name="赵强").count()) == (400, 1)


def test_newcomer_with_a_number_of_another_unit_shows_nobody(desk: Desk) -> None:
    other_keeper = desk.holder(Role.UNIT_CREDIT_ADMINISTRATOR, desk.other)
    holder = EmploymentFactory(unit=desk.other, person=PersonFactory(name="李娜", phone=NUMBER)).person
    client, fields = signed_in(desk.keeper), newcomer_form(desk)
    with override("zh-hans"):
        url, asked_one = reverse("manage:person_new"), clashes.told(1)
    text = client.post(url, fields).content.decode()
    assert ('name="without"' in text, holder.name in text, str(holder.public_id) in text) == (True, False, False)
    assert kinds(other_keeper) == []
    page = client.post(url, fields | {"without": "1"}, follow=True).content.decode()
    assert (kinds(other_keeper), Objection.objects.count()) == (["contact_claimed"], 0)
    assert (holder.name in page, asked_one in page) == (False, True)


def test_changed_phone_that_is_taken_says_what_to_do(desk: Desk, holder: Person) -> None:
    client, url = signed_in(desk.keeper), reverse("manage:person_phone", args=[desk.worker.public_id])
    sent = client.post(url, {"phone": "13900000009", "reason": "换号"})
    text = sent.content.decode()
    ways = [
        f"{reverse('manage:merge', args=[desk.worker.public_id])}?other={holder.public_id}",
        reverse("manage:person_phone", args=[holder.public_id]),
    ]
    assert (sent.status_code, [f'href="{way}"' in text for way in ways]) == (400, [True, True])
    assert ('value="13900000009"' in text, 'value="换号"' in text, 'name="ask"' in text) == (True, True, False)
    desk.worker.refresh_from_db()
    assert (desk.worker.phone, Objection.objects.count()) == ("+8613800000001", 0)
    assert ("138****0001" in text, "139****0009" in text) == (True, False)


def test_changed_phone_of_another_unit_is_asked_for_once_a_day(desk: Desk) -> None:
    other_keeper = desk.holder(Role.UNIT_CREDIT_ADMINISTRATOR, desk.other)
    holder = EmploymentFactory(unit=desk.other, person=PersonFactory(name="李娜", phone=NUMBER)).person
    client, url = signed_in(desk.keeper), reverse("manage:person_phone", args=[desk.worker.public_id])
    form = {"phone": "13900000009", "reason": "换号"}
    text = client.post(url, form).content.decode()
    assert ('name="ask"' in text, holder.name in text, kinds(other_keeper)) == (True, False, [])
    for _time in range(2):
        assert client.post(url, form | {"ask": "1"}).url == reverse("manage:person", args=[desk.worker.public_id])
    assert (kinds(other_keeper), Objection.objects.count()) == (["contact_claimed"], 0)
    log = AuditEvent.objects.filter(verb="contact.ask").values_list("actor_id_copy", "target_id").distinct()
    assert list(log) == [(desk.keeper.pk, str(desk.worker.public_id))]


@pytest.mark.parametrize("role", [None, Role.LEARNER, Role.DEPARTMENT_CREDIT_ADMINISTRATOR])
def test_nobody_else_puts_it_on(desk: Desk, client: Client, role: Role | None) -> None:
    profile(desk.worker, phone="13700000000")
    PersonFactory(phone=NUMBER)
    profile(desk.worker, phone="13900000009")
    address = reverse("manage:objection_contact", args=[asked(desk.worker).public_id])
    if role is None:
        assert client.post(address).status_code == 302
        assert signed_in(desk.holder(Role.UNIT_CREDIT_ADMINISTRATOR, desk.other)).post(address).status_code == 404
    else:
        assert signed_in(desk.holder(role, desk.hospital)).post(address).status_code == 403
    assert asked(desk.worker).answered_at is None


def test_list_takes_as_many_queries_for_three_requests(desk: Desk) -> None:
    client, figures = signed_in(desk.keeper), []
    for number in range(3):
        EmploymentFactory(unit=desk.hospital, person=PersonFactory(phone=f"+861390000000{number}"))
        profile(desk.worker, phone=f"1390000000{number}")
        client.get(reverse("manage:objections"))
        with CaptureQueriesContext(connection) as queries:
            page = client.get(reverse("manage:objections")).content.decode()
        figures.append((len(queries), page.count("It is one person")))
    assert figures == [(figures[0][0], number) for number in (1, 2, 3)]
