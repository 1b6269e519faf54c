"""The administrators' pages: people, role grants, audit log."""

from datetime import date

import pytest
from django.test import Client

from organisations.enums import Role
from organisations.models import Activation, AuditEvent, Employment, Person, RoleGrant
from organisations.services import people, roles
from tests.factories.organisations import NodeFactory, PersonFactory

pytestmark = pytest.mark.django_db


def holder(role: Role) -> Person:
    person = PersonFactory(name="管理员")
    roles.grant_role(by=None, person=person, role=role, node=NodeFactory(), begins=date(2020, 1, 1))
    return person


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(holder(Role.SYSTEM_ADMINISTRATOR))
    return client


@pytest.mark.parametrize(
    ("path", "role", "status"),
    [
        ("users/", Role.SYSTEM_ADMINISTRATOR, 200),
        ("users/", Role.EDITOR, 302),
        ("users/", Role.LEARNER, 302),
        ("roles/", Role.SYSTEM_ADMINISTRATOR, 200),
        ("roles/", Role.EDITOR, 302),
    ],
)
def test_pages_open_to_their_roles_only(client: Client, path: str, role: Role, status: int) -> None:
    client.force_login(holder(role))
    assert client.get(f"/admin/{path}").status_code == status


def test_person_is_added_with_unit_and_gets_a_code(admin: Client) -> None:
    unit = NodeFactory()
    form = {
        "username": "Li.Na",
        "name": "李娜",
        "title": "技师",
        "phone": "13800000001",
        "email": "",
        "unit": unit.pk,
        "department": "CT",
        "begins": "2026-01-05",
    }
    assert admin.get("/admin/users/new/").status_code == 200
    response = admin.post("/admin/users/new/", form)
    person = Person.objects.get(username="li.na")
    assert response.url == f"/admin/users/edit/{person.pk}/"
    assert list(Employment.objects.values_list("person", "unit", "begins")) == [(person.pk, unit.pk, date(2026, 1, 5))]
    page = admin.get(response.url).content.decode()
    assert "13800000001" not in page
    assert f'action="/admin/users/{person.pk}/activation/"' in page
    shown = admin.post(f"/admin/users/{person.pk}/activation/", follow=True).content.decode()
    assert "李娜" in shown
    assert Activation.objects.filter(person=person).count() == 1


def test_taken_phone_is_said_on_the_form(admin: Client) -> None:
    PersonFactory(phone="+8613800000001")
    form = {"username": "li", "name": "李", "title": "none", "phone": "13800000001", "begins": "2026-01-05"}
    response = admin.post("/admin/users/new/", form)
    assert response.status_code == 200
    assert response.context["form"].non_field_errors() == [str(people.AlreadyTaken())]
    assert Person.objects.filter(username="li").count() == 0


def test_person_is_changed_and_never_deleted(admin: Client) -> None:
    person = PersonFactory(name="旧", phone="+8613800000001")
    form = {
        "name": "新",
        "title": "技士",
        "state": "active",
        "language": "en",
        "is_active": "on",
        "phone": "",
        "email": "",
    }
    assert admin.post(f"/admin/users/edit/{person.pk}/", form).status_code == 302
    person.refresh_from_db()
    assert (person.name, person.title, person.phone) == ("新", "技士", "+8613800000001")
    assert AuditEvent.objects.filter(verb="person.change").get().before == {
        "name": "旧",
        "title": "none",
        "language": "zh-hans",
    }
    boss = PersonFactory(is_superuser=True, is_staff=True)
    admin.force_login(boss)
    admin.post(f"/admin/users/delete/{person.pk}/")
    assert Person.objects.filter(pk=person.pk).count() == 1


def test_roles_are_granted_and_ended_not_to_oneself(admin: Client) -> None:
    me = Person.objects.get()
    person, node = PersonFactory(username="li"), NodeFactory()
    form = {"role": "editor", "node": node.pk, "begins": "2026-01-05", "ends": ""}
    assert admin.get("/admin/roles/new/").status_code == 200
    assert admin.post("/admin/roles/new/", {**form, "username": me.username}).status_code == 200
    assert admin.post("/admin/roles/new/", {**form, "username": "nobody"}).status_code == 200
    assert admin.post("/admin/roles/new/", {**form, "username": "LI"}).status_code == 302
    grant = RoleGrant.objects.get(person=person)
    assert (grant.role, grant.node, grant.granted_by) == ("editor", node, me)
    assert RoleGrant.objects.count() == 2
    assert admin.post(f"/admin/roles/edit/{grant.pk}/", {"ends": "2026-02-01"}).status_code == 302
    grant.refresh_from_db()
    assert grant.ends == date(2026, 2, 1)
    assert Person.objects.get(pk=person.pk).groups.count() == 0


def test_the_audit_log_has_one_page_and_the_admin_leads_there(client: Client) -> None:
    for role, is_offered in ((Role.AUDITOR, 1), (Role.SYSTEM_ADMINISTRATOR, 0)):
        client.force_login(holder(role))
        answer = client.get("/admin/audit-log/")
        assert (answer.status_code, answer.url) == (302, "/zh-hans/manage/audit/")
        assert client.get("/admin/").content.decode().count("/zh-hans/manage/audit/") == is_offered


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_constant_queries(admin: Client, count: int, django_assert_max_num_queries) -> None:
    for _number in range(count):
        holder(Role.LEARNER)
    for path in ("users", "roles"):
        admin.get(f"/admin/{path}/results/")
        with django_assert_max_num_queries(12):
            admin.get(f"/admin/{path}/results/")


def test_own_settings_page_has_no_names_that_do_nothing(admin: Client) -> None:
    page = admin.get("/admin/account/")
    assert page.status_code == 200
    assert "first_name" not in page.content.decode()
