"""The list of roles: who sees which, who grants, ends, appoints."""

import csv
from datetime import date, timedelta
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from organisations.enums import NodeKind, Role
from organisations.models import AuditEvent, RoleGrant
from tests.factories.organisations import NodeFactory, PersonFactory, RoleGrantFactory
from tests.organisations.manage.desk import Desk, signed_in


def held(client: Client, **asked: str) -> list[str]:
    return [row.grant.person.username for row in client.get(reverse("manage:roles"), asked).context["rows"]]


def test_filters_find_roles_by_time_role_place_and_holder(desk: Desk) -> None:
    today = timezone.localdate()
    day = timedelta(days=1)
    for name, begins, ends, role in (
        ("now", date(2020, 1, 1), None, Role.LECTURER),
        ("soon", date(2020, 1, 1), today + 10 * day, Role.LECTURER),
        ("later", today + day, None, Role.JUDGE),
        ("over", date(2020, 1, 1), today, Role.JUDGE),
    ):
        person = PersonFactory(username=name)
        RoleGrantFactory(person=person, role=role, node=desk.hospital, begins=begins, ends=ends)
    RoleGrantFactory(node=desk.other)
    client = signed_in(desk.keeper)
    keeper = desk.keeper.username
    assert {text: sorted(held(client, when=text)) for text in ("", "now", "ending", "later", "over", "all")} == {
        "": sorted(["now", "soon", keeper]),
        "now": sorted(["now", "soon", keeper]),
        "ending": ["soon"],
        "later": ["later"],
        "over": ["over"],
        "all": sorted(["now", "soon", "later", "over", keeper]),
    }
    assert held(client, role="lecturer", q="NO") == ["now"]
    assert held(client, place=str(desk.other.public_id), role="judge") == []


@pytest.mark.parametrize(
    ("role", "place", "status", "grants"),
    [
        (Role.UNIT_CREDIT_ADMINISTRATOR, "hospital", 200, True),
        (Role.AUDITOR, "province", 200, False),
        (Role.SECURITY_ADMINISTRATOR, "province", 200, False),
        (Role.PROVINCE_REVIEWER, "province", 403, None),
        (Role.LEARNER, "hospital", 403, None),
    ],
)
def test_list_opens_to_those_who_grant_or_audit(
    desk: Desk, role: Role, place: str, status: int, grants: bool | None
) -> None:
    client = signed_in(desk.holder(role, getattr(desk, place)))
    response = client.get(reverse("manage:roles"))
    assert response.status_code == status
    if status == 200:
        assert response.context["grants_roles"] is grants
    expected = 200 if grants else 403
    assert client.get(reverse("manage:role_new")).status_code == expected
    assert client.get(reverse("manage:roles_csv")).status_code == status


def test_strangers_are_led_to_sign_in(desk: Desk, client: Client) -> None:
    pk = RoleGrantFactory(node=desk.hospital).pk
    urls = [reverse("manage:roles"), reverse("manage:roles_csv"), reverse("manage:role_new")]
    urls += [reverse("manage:role_end", args=[pk]), reverse("manage:role_substitute", args=[pk])]
    assert [client.get(url).status_code for url in urls] == [302] * 5


def test_unit_grants_a_department_role_to_its_own_people(desk: Desk) -> None:
    client = signed_in(desk.keeper)
    department = NodeFactory(parent=desk.hospital, kind=NodeKind.DEPARTMENT)
    fields = {
        "role": "department_credit_administrator", "node": str(department.public_id), "begins": "2026-01-01",
        "reason": "轮岗",
    }  # fmt: skip
    url = f"{reverse('manage:role_new')}?person={desk.worker.public_id}"
    assert client.post(url, fields).url == reverse("manage:person", args=[desk.worker.public_id])
    granted = RoleGrant.objects.get(person=desk.worker)
    assert (granted.granted_by, granted.reason, granted.ends) == (desk.keeper, "轮岗", None)
    stranger = desk.colleague(unit=desk.other)
    outside = client.post(reverse("manage:role_new"), {**fields, "username": stranger.username})
    assert list(outside.context["form"].errors) == ["username"]
    above = client.post(url, {**fields, "role": "system_administrator"})
    elsewhere = client.post(url, {**fields, "node": str(desk.other.public_id)})
    whole = client.post(url, {**fields, "node": str(desk.hospital.public_id)})
    again = client.post(url, fields)
    assert [list(r.context["form"].errors) for r in (above, elsewhere, whole, again)] == [
        ["role"], ["node"], ["node"], ["role"],
    ]  # fmt: skip
    assert client.get(f"{reverse('manage:role_new')}?person={stranger.public_id}").status_code == 404
    assert RoleGrant.objects.filter(person__in=[desk.worker, stranger]).count() == 1


def test_nobody_grants_to_themselves_on_the_page(desk: Desk) -> None:
    system = desk.holder(Role.SYSTEM_ADMINISTRATOR, desk.province, username="system")
    fields = {"username": "system", "role": "auditor", "node": str(desk.province.public_id), "begins": "2026-01-01"}
    response = signed_in(system).post(reverse("manage:role_new"), fields)
    assert list(response.context["form"].errors) == ["username"]
    assert RoleGrant.objects.filter(person=system).count() == 1


def test_role_is_ended_and_stood_in_for_within_reach_only(desk: Desk) -> None:
    department = NodeFactory(parent=desk.hospital, kind=NodeKind.DEPARTMENT)
    grant = RoleGrantFactory(
        person=desk.worker, role=Role.DEPARTMENT_CREDIT_ADMINISTRATOR, node=department, begins=date(2020, 1, 1)
    )
    stand_in = desk.colleague()
    end, substitute = (reverse(f"manage:{name}", args=[grant.pk]) for name in ("role_end", "role_substitute"))
    outside = signed_in(desk.holder(Role.UNIT_CREDIT_ADMINISTRATOR, desk.other))
    assert [outside.get(end).status_code, outside.post(end, {"on": "2026-01-01"}).status_code] == [404, 404]
    client = signed_in(desk.keeper)
    fields = {"username": stand_in.username, "begins": "2026-01-01", "ends": "2026-06-01", "reason": "产假"}
    assert client.post(substitute, fields).url == reverse("manage:roles")
    assert RoleGrant.objects.get(person=stand_in).substitute_for == grant
    holder = client.post(substitute, {**fields, "username": "worker"})
    assert list(holder.context["form"].errors) == ["username"]
    assert client.post(end, {"on": "2026-02-01"}).url == reverse("manage:roles")
    assert set(RoleGrant.objects.filter(role=grant.role).values_list("ends", flat=True)) == {date(2026, 2, 1)}
    # What only the system administrator gives, only the system administrator ends.
    own = RoleGrant.objects.get(person=desk.keeper)
    assert client.get(reverse("manage:role_end", args=[own.pk])).status_code == 404


def test_csv_holds_the_list_as_shown_and_is_logged(desk: Desk) -> None:
    RoleGrantFactory(person=desk.worker, role=Role.LECTURER, node=desk.hospital, reason="=1+1")
    response = signed_in(desk.keeper).get(reverse("manage:roles_csv"), {"role": "lecturer"})
    rows = list(csv.reader(StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert [row[:2] + row[7:8] for row in rows[1:]] == [["王伟", "worker", "'=1+1"]]
    assert AuditEvent.objects.get(verb="roles.list.download").after == {"roles": 1}


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_constant_queries(desk: Desk, django_assert_num_queries, count: int) -> None:
    for _number in range(count):
        grant = RoleGrantFactory(node=desk.hospital, granted_by=PersonFactory())
        RoleGrantFactory(node=desk.hospital, role=grant.role, substitute_for=grant)
    client = signed_in(desk.keeper)
    with django_assert_num_queries(12):
        client.get(reverse("manage:roles"))
