"""The trees, one place, and who may change which."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from organisations.enums import NodeKind, Role
from organisations.models import Node, PlaceChange
from tests.factories.organisations import (
    AllianceFactory,
    EmploymentFactory,
    MembershipFactory,
    NodeFactory,
    PersonFactory,
    RoleGrantFactory,
)
from tests.organisations.manage.desk import Desk, signed_in


def url(name: str, node: Node) -> str:
    return reverse(f"manage:{name}", args=[node.public_id])


def grown(branchings) -> list:
    return [(one.node.name, one.people, grown(one.below)) for one in branchings]


def test_trees_are_shown_from_the_readers_places_down_with_counts(desk: Desk) -> None:
    department = NodeFactory(parent=desk.hospital, kind=NodeKind.DEPARTMENT, name="CT室")
    EmploymentFactory(unit=department)
    NodeFactory(parent=desk.hospital, kind=NodeKind.DEPARTMENT, name="旧科", closed_on=date(2020, 1, 1))
    reader = desk.holder(Role.BRANCH_SECRETARY, desk.branch)
    RoleGrantFactory(person=reader, role=Role.AUDITOR, node=desk.hospital)
    client = signed_in(reader)
    open_ones = client.get(reverse("manage:places")).context["forest"]
    assert sorted(grown(open_ones.tops)) == [("分会", 1, []), ("甲医院", 2, [("CT室", 1, [])])]
    every = client.get(reverse("manage:places"), {"closed": "1"}).context["forest"]
    assert [one[0] for top in grown(every.tops) for one in top[2]] == ["CT室", "旧科"]


def test_search_finds_places_by_name_and_code_with_the_way_to_them(desk: Desk) -> None:
    client = signed_in(desk.holder(Role.AUDITOR, desk.province))
    found = {
        text: [(node.name, [up.name for up in above]) for node, above in page.context["rows"]]
        for text in ("甲", "h2", "无")
        if (page := client.get(reverse("manage:places"), {"q": text}))
    }
    assert found == {"甲": [("甲医院", ["省", "市"])], "h2": [("乙医院", ["省", "市"])], "无": []}


def test_large_tree_leaves_departments_to_the_hospitals_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("organisations.selectors.gazetteer._MANY", 2)
    NodeFactory(parent=desk.hospital, kind=NodeKind.DEPARTMENT, name="CT室")
    client = signed_in(desk.holder(Role.AUDITOR, desk.province))
    page = client.get(reverse("manage:places"))
    assert "CT室" not in page.content.decode()
    assert page.context["forest"].without_departments is True
    assert "CT室" in client.get(url("place", desk.hospital)).content.decode()


@pytest.mark.parametrize(
    ("role", "place", "status", "keeps", "adds"),
    [
        (Role.SYSTEM_ADMINISTRATOR, "province", 200, True, True),
        (Role.UNIT_CREDIT_ADMINISTRATOR, "hospital", 200, False, True),
        (Role.AUDITOR, "province", 200, False, False),
        (Role.UNIT_CREDIT_ADMINISTRATOR, "other", 404, None, None),
        (Role.SECURITY_ADMINISTRATOR, "province", 403, None, None),
        (Role.LEARNER, "hospital", 403, None, None),
    ],
)
def test_place_offers_what_the_powers_give(
    desk: Desk, role: Role, place: str, status: int, keeps: bool, adds: bool
) -> None:
    client = signed_in(desk.holder(role, getattr(desk, place)))
    response = client.get(url("place", desk.hospital))
    assert response.status_code == status
    if status == 200:
        shown = response.context["place"]
        assert (shown.keeps, shown.adds, shown.people) == (keeps, adds, 1)
    changed = client.get(url("place_change", desk.hospital)).status_code
    assert changed == (200 if keeps else 404 if role == Role.UNIT_CREDIT_ADMINISTRATOR else 403)


def test_strangers_are_led_to_sign_in(desk: Desk, client: Client) -> None:
    names = ("place", "place_add", "place_change", "place_move", "place_close", "place_reopen", "place_merge")
    statuses = {client.post(url(name, desk.hospital)).status_code for name in names}
    assert (statuses, client.get(reverse("manage:places")).status_code) == ({302}, 302)


def test_unit_keeps_its_departments_and_nothing_else(desk: Desk) -> None:
    client = signed_in(desk.keeper)
    new = {"kind": "department", "name": "CT室", "code": "H1CT", "on": "2026-01-01"}
    assert client.post(url("place_add", desk.hospital), new).status_code == 302
    department = Node.objects.get(code="H1CT")
    assert (department.get_parent(), department.opened_on) == (desk.hospital, date(2026, 1, 1))
    hospital = client.post(url("place_add", desk.hospital), {**new, "kind": "hospital", "code": "H9"})
    assert list(hospital.context["form"].errors) == ["kind"]
    taken = client.post(url("place_add", desk.hospital), {**new, "name": "又一科"})
    assert list(taken.context["form"].errors) == ["code"]
    refused = [
        client.post(url("place_add", desk.other), new).status_code,
        client.post(url("place_close", desk.hospital), {"on": "2026-02-01"}).status_code,
        client.post(url("place_merge", desk.hospital), {"target": str(desk.other.public_id)}).status_code,
    ]
    assert refused == [404, 404, 404]
    move = client.post(url("place_move", department), {"parent": str(desk.other.public_id), "on": "2026-02-01"})
    assert list(move.context["form"].errors) == ["parent"]
    fields = {"name": "CT中心", "name_en": "", "code": "H1CT", "level": "", "on": "2026-03-01"}
    client.post(url("place_change", department), fields)
    client.post(url("place_close", department), {"on": "2026-04-01"})
    client.post(url("place_reopen", department), {"on": "2026-05-01"})
    kinds = PlaceChange.objects.filter(node=department).order_by("pk").values_list("kind", "by")
    assert list(kinds) == [(kind, desk.keeper.pk) for kind in ("added", "changed", "closed", "reopened")]


def test_system_administrator_moves_and_merges(desk: Desk) -> None:
    client = signed_in(desk.holder(Role.SYSTEM_ADMINISTRATOR, desk.province))
    city = NodeFactory(parent=desk.province, kind=NodeKind.PREFECTURE, name="另一市")
    client.post(url("place_move", desk.other), {"parent": str(city.public_id), "on": "2026-01-01"})
    assert Node.objects.get(pk=desk.other.pk).get_parent() == Node.objects.get(pk=city.pk)
    into = {"target": str(desk.other.public_id), "on": "2026-02-01"}
    assert client.post(url("place_merge", desk.hospital), into).url == url("place", desk.other)
    assert desk.worker.employments.get(ends=None).unit == desk.other
    text = client.get(url("place", desk.hospital)).content.decode()
    assert (url("place", desk.other) in text, f"?place={desk.hospital.public_id}" in text) == (True, False)
    assert client.post(url("place_merge", desk.other), into).status_code == 400


@pytest.mark.parametrize("count", [1, 3])
def test_tree_and_place_take_constant_queries(desk: Desk, django_assert_num_queries, count: int) -> None:
    for number in range(count):
        department = NodeFactory(parent=desk.hospital, kind=NodeKind.DEPARTMENT)
        EmploymentFactory(unit=department)
        RoleGrantFactory(node=desk.hospital, granted_by=PersonFactory())
        AllianceFactory(members=[desk.hospital])
        PlaceChange.objects.create(node=desk.hospital, kind="changed", on=date(2020, 1, 1 + number), by=desk.worker)
        MembershipFactory(branch=desk.branch)
    desk.hospital.refresh_from_db()
    client = signed_in(desk.keeper)
    with django_assert_num_queries(8):
        client.get(reverse("manage:places"))
    with django_assert_num_queries(15):
        client.get(url("place", desk.hospital))


def test_alliance_is_founded_joined_left_and_closed_by_its_keeper_only(desk: Desk) -> None:
    system = signed_in(desk.holder(Role.SYSTEM_ADMINISTRATOR, desk.province))
    fields = {"name": "豫北医联体", "code": "YB", "lead": str(desk.hospital.public_id), "begins": "2026-01-01"}
    for reader, status in ((desk.keeper, 403), (desk.worker, 403)):
        assert signed_in(reader).post(reverse("manage:alliance_new"), fields).status_code == status
    page = system.post(reverse("manage:alliance_new"), fields).url
    alliance = desk.hospital.led_alliances.get()
    steps = [
        ("alliance_join", [], {"node": str(desk.other.public_id), "begins": "2026-02-01"}),
        ("alliance_change", [], {"name": "新名", "lead": str(desk.other.public_id)}),
        ("alliance_leave", [alliance.members.get(node=desk.hospital).pk], {"on": "2026-03-01"}),
        ("alliance_close", [], {"on": "2026-04-01"}),
    ]
    for name, more, data in steps:
        address = reverse(f"manage:{name}", args=[alliance.public_id, *more])
        assert signed_in(desk.keeper).post(address, data).status_code == 403
        assert Client().post(address, data).status_code == 302
        assert system.get(address).status_code == 200
        assert system.post(address, data).url == page
    alliance.refresh_from_db()
    assert (alliance.name, alliance.lead, alliance.closed_on) == ("新名", desk.other, date(2026, 4, 1))
    assert list(alliance.members.order_by("pk").values_list("node", "ends")) == [
        (desk.hospital.pk, date(2026, 3, 1)),
        (desk.other.pk, date(2026, 4, 1)),
    ]


def test_alliances_are_listed_for_those_who_see_a_place_of_them(desk: Desk) -> None:
    ours, theirs = AllianceFactory(lead=desk.hospital), AllianceFactory(lead=desk.other)
    client = signed_in(desk.keeper)
    assert list(client.get(reverse("manage:alliances")).context["page_obj"]) == [ours]
    statuses = [client.get(reverse("manage:alliance", args=[one.public_id])).status_code for one in (ours, theirs)]
    assert statuses == [200, 404]
    shown = [client.get(reverse("manage:alliance", args=[ours.public_id])).context["page"].has_people_here]
    ours.members.update(ends=date(2026, 1, 1))
    shown.append(client.get(reverse("manage:alliance", args=[ours.public_id])).context["page"].has_people_here)
    assert shown == [True, False]


@pytest.mark.parametrize("count", [1, 3])
def test_alliances_take_constant_queries(desk: Desk, django_assert_num_queries, count: int) -> None:
    alliance = AllianceFactory(lead=desk.hospital, members=[NodeFactory() for _number in range(count)])
    for _number in range(count):
        AllianceFactory(members=[desk.hospital])
    client = signed_in(desk.keeper)
    with django_assert_num_queries(6):
        client.get(reverse("manage:alliances"))
    with django_assert_num_queries(6):
        client.get(reverse("manage:alliance", args=[alliance.public_id]))
