"""Coming in without a code: the same answer for known and unknown numbers, and no dead end."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from organisations.enums import Role
from organisations.models import AuditEvent, Consent, Node, Notification, Person, Registration
from organisations.services import people, registrations
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.organisations.test_privacy import dump

pytestmark = pytest.mark.django_db
FORM = {"name": "王伟", "department": "CT室", "phone": "138 0000 0001", "password": "gradient-coil-55", "agree": "on"}


@pytest.fixture
def unit() -> Node:
    province = NodeFactory(name="河南省", kind="province")
    city = NodeFactory(name="郑州市", name_en="Zhengzhou", kind="prefecture", parent=province)
    return NodeFactory(name="示范医院", parent=city)


def path_of(unit: Node) -> str:
    return f"/en/account/register/unit/{unit.public_id}/"


def test_first_page_names_every_way(client: Client) -> None:
    page = client.get("/en/account/register/").content.decode()
    for path in ("register/unit/", "register/mail/", "activate/", "login/"):
        assert f'href="/en/account/{path}"' in page
    assert 'href="/en/account/register/"' in client.get("/en/account/login/").content.decode()
    assert 'href="/en/account/register/"' in client.get("/en/account/activate/").content.decode()


@pytest.mark.parametrize("search", ["示范", "郑州", "zhengzhou"])
def test_unit_is_found_by_its_name_and_by_the_places_above(client: Client, unit: Node, search: str) -> None:
    NodeFactory(name="示范医院（已关闭）", parent=unit.get_parent(), closed_on="2020-01-01")
    found = client.get("/en/account/register/unit/", {"q": search})
    assert [one.unit for one in found.context["found"]] == [unit]
    page = found.content.decode()
    assert ("河南省 · 郑州市" in page, path_of(unit) in page) == (True, True)


def test_unit_search_says_what_to_do_when_nothing_is_found(client: Client) -> None:
    assert "No unit found" in client.get("/en/account/register/unit/", {"q": "xyz"}).content.decode()
    assert "No unit found" not in client.get("/en/account/register/unit/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_unit_search_takes_constant_queries(
    client: Client, unit: Node, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count - 1):
        NodeFactory(name=f"示范医院{number}", parent=unit.get_parent())
    with django_assert_num_queries(3):
        client.get("/en/account/register/unit/", {"q": "示范"})


def test_registered_person_is_in_at_once_and_waits(client: Client, unit: Node) -> None:
    keeper = RoleGrantFactory(node=unit, role=Role.UNIT_CREDIT_ADMINISTRATOR).person
    assert "Register with 示范医院" in client.get(path_of(unit)).content.decode()
    assert client.post(path_of(unit), FORM).url == "/en/account/registered/"
    registration = Registration.objects.get()
    person = registration.person
    assert client.session["_auth_user_id"] == str(person.pk)
    page = client.get("/en/account/registered/").content.decode()
    assert (person.username in page, "示范医院 has not confirmed yet" in page) == (True, True)
    assert (person.phone, person.email, registration.phone, registration.masked_phone) == (
        "", None, "+8613800000001", "138****0001",
    )  # fmt: skip
    assert Consent.objects.filter(person=person).count() == 2
    assert list(Notification.objects.values_list("person", "kind")) == [(keeper.pk, "registration_waiting")]
    assert 'href="/en/account/registered/"' in client.get("/en/account/profile/").content.decode()
    fragment = client.get("/en/learner-fragment/").content.decode()
    assert "示范医院 has not confirmed yet that you work there." in fragment
    Registration.objects.update(state="refused")
    assert "has not confirmed" not in client.get("/en/learner-fragment/").content.decode()
    form = {"login": person.username, "password": "gradient-coil-55"}
    assert Client().post("/en/account/login/", form).status_code == 302


def test_known_and_unknown_numbers_are_answered_alike(unit: Node) -> None:
    people.keep_address(PersonFactory(phone="+8613800000001", email="known@example.org"))
    answers = []
    for number, address in (("13800000001", "known@example.org"), ("13900000009", "new@example.org")):
        client = Client()
        sent = client.post(path_of(unit), {**FORM, "phone": number, "email": address})
        page = client.get(sent.url).content.decode()
        person = Registration.objects.order_by("-pk")[0].person
        again = [
            Client().post("/en/account/login/", {"login": name, "password": FORM["password"]}).status_code
            for name in (number, address, person.username)
        ]
        seen = page.partition("<main")[2].partition("</main>")[0].replace(person.username, "USER")
        answers.append((sent.status_code, sent.url, seen, again))
    assert answers[0] == answers[1]
    assert answers[0][3] == [200, 200, 302]


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"phone": ""}, "phone", "Give a mobile number or an e-mail address"),
        ({"phone": "123"}, "phone", "This is not a mobile number."),
        ({"email": "x"}, "email", "Enter a valid email address."),
        ({"password": "12345678"}, "password", "This password is too common."),
        ({"agree": ""}, "agree", "Without your agreement"),
        ({"name": ""}, "name", "This field is required."),
    ],
)
def test_form_says_what_is_wrong(client: Client, unit: Node, change: dict[str, str], field: str, message: str) -> None:
    refused = client.post(path_of(unit), {**FORM, **change})
    assert (refused.status_code, Person.objects.count()) == (400, 0)
    assert refused.context["form"].errors[field][0].startswith(message)


def test_closed_unit_and_place_above_take_nobody(client: Client, unit: Node) -> None:
    closed = NodeFactory(closed_on="2020-01-01")
    assert [client.get(path_of(place)).status_code for place in (closed, unit.get_parent())] == [404, 404]


def test_registration_is_limited(client: Client, unit: Node, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "register": "2/h/ip"}
    statuses = [Client().post(path_of(unit), FORM).status_code for _ in range(3)]
    assert (statuses, Person.objects.count()) == ([302, 302, 429], 2)
    stopped = client.post("/en/account/register/mail/", {"email": "a@example.org"})
    assert (stopped.status_code, stopped["Retry-After"], mail.outbox) == (429, "3600", [])


def test_person_without_a_unit_names_one_and_only_one(client: Client, unit: Node) -> None:
    person = PersonFactory()
    client.force_login(person)
    assert client.get("/en/account/register/").url == "/en/account/registered/"
    assert "No unit confirms your credits" in client.get("/en/account/registered/").content.decode()
    page = client.get(path_of(unit))
    assert sorted(page.context["form"].fields) == ["department", "staff_number"]
    for _ in range(2):
        assert client.post(path_of(unit), {"department": "CT室"}).url == "/en/account/registered/"
    assert list(Registration.objects.values_list("person", "department")) == [(person.pk, "CT室")]
    with pytest.raises(registrations.AlreadyRegistered):
        registrations.join(person=person, unit=unit)


def test_employed_person_has_nothing_to_register(client: Client, unit: Node) -> None:
    employment = EmploymentFactory(unit=unit)
    client.force_login(employment.person)
    assert client.get(path_of(unit)).url == "/en/account/registered/"
    assert "You work at 示范医院." in client.get("/en/account/registered/").content.decode()


def test_registered_page_is_for_the_signed_in(client: Client) -> None:
    assert client.get("/en/account/registered/").url == "/en/account/login/?next=/en/account/registered/"


def link_in(message: Any) -> str:
    [link] = [word for word in message.body.split() if "/register/mail/" in word]
    return link.removeprefix("http://127.0.0.1:8000")


def test_e_mail_alone_makes_an_account_by_its_link(client: Client) -> None:
    sent = client.post("/en/account/register/mail/", {"email": "Ann@Example.org"})
    assert (sent.url, Person.objects.count()) == ("/en/account/register/mail/sent/", 0)
    assert client.get(sent.url).status_code == 200
    link = link_in(mail.outbox[0])
    assert "ann" not in link.lower().replace("/en/account/register/mail/", "")
    assert "You will sign in with ann@example.org" in client.get(link).content.decode()
    weak = client.post(link, {"name": "Ann", "password": "12345678", "agree": "on"})
    assert (weak.status_code, Person.objects.count()) == (400, 0)
    made = client.post(link, {"name": "Ann", "password": "gradient-coil-55", "agree": "on"})
    assert made.url == "/en/account/registered/"
    person = Person.objects.get()
    assert (person.name, person.email, person.language, Consent.objects.count()) == (
        "Ann", "ann@example.org", "en", 2,
    )  # fmt: skip
    assert list(person.emailaddress_set.values_list("email", "verified", "primary")) == [
        ("ann@example.org", True, True)
    ]
    form = {"login": "ann@example.org", "password": "gradient-coil-55"}
    assert Client().post("/en/account/login/", form).status_code == 302
    over = Client().get(link)
    assert (over.status_code, "Send a new link" in over.content.decode()) == (400, True)


def test_known_and_unknown_addresses_are_answered_alike() -> None:
    PersonFactory(email="known@example.org")
    pages = []
    for address in ("known@example.org", "new@example.org"):
        client = Client()
        sent = client.post("/en/account/register/mail/", {"email": address})
        pages.append((sent.status_code, sent.url, client.get(sent.url).content.partition(b"<main")[2]))
    assert pages[0] == pages[1]
    assert [message.to for message in mail.outbox] == [["known@example.org"], ["new@example.org"]]
    assert len({message.subject for message in mail.outbox}) == 1
    assert ["/account/login/" in message.body for message in mail.outbox] == [True, False]


def test_one_address_gets_at_most_five_mails_an_hour(client: Client) -> None:
    for _ in range(7):
        assert client.post("/en/account/register/mail/", {"email": "a@example.org"}).status_code == 302
    assert len(mail.outbox) == 5


def test_link_ends_after_a_day_and_cannot_be_made_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.post("/zh-hans/account/register/mail/", {"email": "a@example.org"})
    link = link_in(mail.outbox[0])
    assert link.startswith("/zh-hans/")
    assert client.get(link).status_code == 200
    assert [client.get(wrong).status_code for wrong in (link[:-2] + "x/", "/en/account/register/mail/x/")] == [400, 400]
    monkeypatch.setattr(registrations, "LINK_VALID_S", -1)
    assert client.get(link).status_code == 400


def test_dump_holds_no_number_or_address_of_who_registered(client: Client, unit: Node) -> None:
    client.post(path_of(unit), {**FORM, "email": "claimed@example.org"})
    whole = dump()
    assert "王伟" in whole
    secrets = ("13800000001", "claimed@example.org", "gradient-coil-55")
    assert [secret for secret in secrets if secret in whole] == []
    assert AuditEvent.objects.filter(verb="registration.request").count() == 1
