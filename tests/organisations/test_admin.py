"""The administrators' pages: people, role grants, audit log."""

import re
from datetime import date

import pytest
from django.test import Client

from organisations.enums import STAFF_ROLES, Role
from organisations.models import Person
from organisations.services import groups, roles
from tests.factories.organisations import PersonFactory, place_of

pytestmark = pytest.mark.django_db


def holder(role: Role) -> Person:
    person = PersonFactory(name="管理员")
    roles.grant_role(by=None, person=person, role=role, node=place_of(role), begins=date(2020, 1, 1))
    return person


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(holder(Role.SYSTEM_ADMINISTRATOR))
    return client


@pytest.mark.parametrize(
    ("address", "to"),
    [
        ("users/", "/zh-hans/manage/people/"),
        ("users/new/", "/zh-hans/manage/people/new/"),
        ("bulk/organisations/person/delete/", "/zh-hans/manage/people/"),
        ("bulk/organisations/person/set_active_state/", "/zh-hans/manage/people/"),
        ("roles/", "/zh-hans/manage/roles/"),
    ],
)
def test_people_and_roles_are_kept_in_one_place(client: Client, address: str, to: str) -> None:
    for person in (holder(Role.SYSTEM_ADMINISTRATOR), PersonFactory(is_superuser=True, is_staff=True)):
        client.force_login(person)
        for answer in (client.get(f"/admin/{address}"), client.post(f"/admin/{address}")):
            assert (answer.status_code, answer.url) == (302, to)


def test_person_of_wagtail_is_the_one_of_the_scoped_page(client: Client) -> None:
    person = PersonFactory()
    boss = PersonFactory(is_superuser=True, is_staff=True)
    client.force_login(boss)
    for name in ("edit", "delete", "usage", "history"):
        answer = client.post(f"/admin/users/{name}/{person.pk}/")
        assert answer.url == f"/zh-hans/manage/people/{person.public_id}/"
    assert client.get(answer.url).status_code == 403  # being a superuser is no role
    assert Person.objects.filter(pk=person.pk).count() == 1


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        (Role.SYSTEM_ADMINISTRATOR, ["people", "roles"]),
        (Role.AUDITOR, ["people", "roles", "audit"]),
        (Role.SECURITY_ADMINISTRATOR, ["roles", "audit"]),
        (Role.EDITOR, []),
    ],
)
def test_admin_offers_the_way_to_the_pages_of_ones_powers(client: Client, role: Role, offered: list[str]) -> None:
    client.force_login(holder(role))
    page = client.get("/admin/").content.decode()
    assert [name for name in ("people", "roles", "audit") if f"/zh-hans/manage/{name}/" in page] == offered


STAFF = sorted(STAFF_ROLES & set(groups.REACH))
WAYS = re.compile(r'"url": "(/admin/[^"]*)"|<form[^>]* action="(/admin/pages/[^"]*)"|<a[^>]* href="(/admin/[^"#]*)"')


@pytest.mark.parametrize("role", STAFF)
def test_admin_offers_no_way_on_which_one_is_turned_back(client: Client, role: Role) -> None:
    client.force_login(holder(role))
    page = client.get("/admin/").content.decode()
    ways = {next(filter(None, found)) for found in WAYS.findall(page)} - {"/admin/logout/"}
    assert {way: client.get(way).status_code for way in ways} == dict.fromkeys(ways, 200)


def test_the_audit_log_has_one_page_and_the_admin_leads_there(client: Client) -> None:
    for role, is_offered in ((Role.AUDITOR, 1), (Role.SYSTEM_ADMINISTRATOR, 0)):
        client.force_login(holder(role))
        answer = client.get("/admin/audit-log/")
        assert (answer.status_code, answer.url) == (302, "/zh-hans/manage/audit/")
        assert client.get("/admin/").content.decode().count("/zh-hans/manage/audit/") == is_offered


def test_own_settings_page_has_no_names_that_do_nothing(admin: Client) -> None:
    page = admin.get("/admin/account/")
    assert page.status_code == 200
    assert "first_name" not in page.content.decode()
