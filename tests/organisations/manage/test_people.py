"""The list of people: who sees whom, what is found, what is downloaded, what is done together."""

import csv
from datetime import date
from io import StringIO
from urllib.parse import parse_qs

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from organisations.enums import PersonState, Role
from organisations.models import AuditEvent, Employment, Person
from organisations.services import people
from tests.factories.organisations import (
    AllianceFactory,
    EmploymentFactory,
    NodeFactory,
    PersonFactory,
    RoleGrantFactory,
    StatePeriodFactory,
)
from tests.organisations.manage.desk import Desk, signed_in

LIST = "manage:people"


def names(client: Client, **asked: str) -> list[str]:
    response = client.get(reverse(LIST), asked)
    assert response.status_code == 200
    return [row.person.name for row in response.context["rows"]]


@pytest.mark.parametrize(
    ("role", "place", "found"),
    [
        (Role.UNIT_CREDIT_ADMINISTRATOR, "hospital", ["王伟"]),
        (Role.UNIT_CREDIT_ADMINISTRATOR, "other", []),
        (Role.DEPARTMENT_CREDIT_ADMINISTRATOR, "hospital", ["王伟"]),
        (Role.BRANCH_SECRETARY, "branch", ["王伟"]),
        (Role.LEARNER, "hospital", None),
        (Role.SECURITY_ADMINISTRATOR, "province", None),
    ],
)
def test_list_holds_those_whom_the_role_reaches(desk: Desk, role: Role, place: str, found: list[str] | None) -> None:
    reader = desk.holder(role, getattr(desk, place))
    response = signed_in(reader).get(reverse(LIST))
    rows = None if response.status_code == 403 else [row.person.name for row in response.context["rows"]]
    assert rows == found


def test_list_leads_strangers_to_sign_in_and_shows_no_number(desk: Desk, client: Client) -> None:
    assert client.get(reverse(LIST)).status_code == 302
    text = signed_in(desk.keeper).get(reverse(LIST)).content.decode()
    assert "G0071" in text
    for number in ("13800000001", "138****0001", "11010519491231002X", "1101**********002X"):
        assert number not in text


def test_every_filter_finds_its_people(desk: Desk) -> None:
    away = desk.colleague(name="李敏", department="MR")
    StatePeriodFactory(person=away, state=PersonState.MATERNITY)
    seen = desk.colleague(name="赵强", kind="rehired", last_login=timezone.now())
    Person.objects.filter(pk=seen.pk).update(title="主管技师")
    department = NodeFactory(parent=desk.hospital, kind="department", name="放射科")
    desk.colleague(name="孙丽", unit=department)
    RoleGrantFactory(person=seen, role=Role.LECTURER, node=desk.hospital)
    desk.colleague(name="外人", unit=desk.other)
    alliance = AllianceFactory(lead=department)
    client = signed_in(desk.keeper)
    asked = {
        "all": {},
        "name": {"q": "李"},
        "user name": {"q": "WORK"},
        "staff number": {"q": "g0071"},
        "place": {"place": str(department.public_id)},
        "place and department": {"place": str(desk.hospital.public_id), "department": "MR"},
        "kind": {"kind": "rehired"},
        "state": {"state": "maternity"},
        "active": {"state": "active"},
        "title": {"title": "主管技师"},
        "role": {"role": "lecturer"},
        "alliance": {"alliance": str(alliance.public_id)},
        "never": {"account": "never"},
        "blocked": {"account": "blocked"},
        "nonsense": {"kind": "x", "place": "y", "state": "z"},
    }
    assert {name: names(client, **filters) for name, filters in asked.items()} == {
        "all": ["王伟", "李敏", "赵强", "孙丽"],
        "name": ["李敏"],
        "user name": ["王伟"],
        "staff number": ["王伟"],
        "place": ["孙丽"],
        "place and department": ["李敏"],
        "kind": ["赵强"],
        "state": ["李敏"],
        "active": ["王伟", "赵强", "孙丽"],
        "title": ["赵强"],
        "role": ["赵强"],
        "alliance": ["孙丽"],
        "never": ["王伟", "李敏", "孙丽"],
        "blocked": [],
        "nonsense": ["王伟", "李敏", "赵强", "孙丽"],
    }


def test_search_becomes_an_address_and_a_number_never_does(desk: Desk) -> None:
    client = signed_in(desk.keeper)
    found = client.post(reverse("manage:people_find"), {"q": " 王 ", "state": "active", "kind": ""})
    path, _mark, query = found.url.partition("?")
    asked = parse_qs(query)
    assert (path, asked["state"], asked["q"][0][0], list(asked)) == (reverse(LIST), ["active"], "~", ["q", "state"])
    page = client.get(found.url)
    assert [row.person.name for row in page.context["rows"]] == ["王伟"]
    assert 'value="王"' in page.content.decode()
    page = reverse("manage:person", args=[desk.worker.public_id])
    answers = [
        client.post(reverse("manage:people_find"), {"q": number}).url
        for number in ("138 0000 0001", "+8613800000001", "11010519491231002x", "13800000002", "110105194912310030")
    ]
    assert answers == [page, page, page, reverse(LIST), reverse(LIST)]
    events = AuditEvent.objects.filter(verb="person.searched_by_number").order_by("pk")
    assert list(events.values_list("after__found", flat=True)) == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("role", "place"), [(Role.UNIT_CREDIT_ADMINISTRATOR, "other"), (Role.BRANCH_SECRETARY, "branch")]
)
def test_number_finds_nobody_for_those_who_may_not_see_it(desk: Desk, role: Role, place: str) -> None:
    client = signed_in(desk.holder(role, getattr(desk, place)))
    assert client.post(reverse("manage:people_find"), {"q": "13800000001"}).url == reverse(LIST)


def test_csv_holds_the_list_as_shown_defused_and_is_logged(desk: Desk) -> None:
    desk.colleague(name="=HYPERLINK(1)", department="MR")
    client = signed_in(desk.keeper)
    response = client.get(reverse("manage:people_csv"), {"department": "MR"})
    content = b"".join(response.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(StringIO(content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["'=HYPERLINK(1)"]
    assert (len(rows[0]), rows[1][2:4]) == (11, ["甲医院", "MR"])
    event = AuditEvent.objects.get(verb="people.list.download")
    assert event.after == {"filters": {"department": "MR"}, "people": 1}
    assert signed_in(PersonFactory()).get(reverse("manage:people_csv")).status_code == 403


def test_csv_of_many_people_holds_each_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("organisations.selectors.directory._CHUNK", 2)
    for number in range(4):
        desk.colleague(name=f"人{number}")
    content = b"".join(signed_in(desk.keeper).get(reverse("manage:people_csv")).streaming_content).decode("utf-8-sig")
    assert [row[0] for row in csv.reader(StringIO(content))][1:] == ["王伟", "人0", "人1", "人2", "人3"]


def test_department_is_set_for_those_ticked_after_being_shown(desk: Desk) -> None:
    mate, client = desk.colleague(name="李敏"), signed_in(desk.keeper)
    url = reverse("manage:people_together")
    ticked = [str(desk.worker.public_id), str(mate.public_id)]
    shown = client.post(url, {"deed": "department", "people": ticked})
    assert [row.person for row in shown.context["rows"]] == [desk.worker, mate]
    assert Employment.objects.filter(unit__name="DR").count() == 0
    sent = {"deed": "department", "people": shown.context["ids"], "confirmed": "1", "new_department": "DR"}
    client.post(url, sent | {"unit": str(desk.hospital.public_id)})
    assert list(Employment.objects.filter(unit__name="DR").order_by("pk").values_list("person", flat=True)) == [
        desk.worker.pk,
        mate.pk,
    ]
    assert AuditEvent.objects.filter(verb="employment.change").count() == 2


def test_everybody_found_leaves_with_a_reason(desk: Desk) -> None:
    desk.colleague(name="李敏", department="MR")
    client, url = signed_in(desk.keeper), reverse("manage:people_together")
    shown = client.post(url, {"deed": "leave", "everybody": "1", "filters": "department=MR"})
    assert (shown.context["count"], [row.person.name for row in shown.context["rows"]]) == (1, ["李敏"])
    done = {"deed": "leave", "people": shown.context["ids"], "confirmed": "1", "on": "2026-03-01", "reason": "离职"}
    client.post(url, done)
    assert list(Employment.objects.filter(ends=date(2026, 3, 1)).values_list("person__name", flat=True)) == ["李敏"]
    assert names(client) == ["王伟"]


def test_together_does_nothing_to_others_people(desk: Desk) -> None:
    client = signed_in(desk.holder(Role.UNIT_CREDIT_ADMINISTRATOR, desk.other))
    fields = {"deed": "leave", "people": str(desk.worker.public_id), "confirmed": "1", "on": "2026-03-01"}
    assert client.post(reverse("manage:people_together"), fields).url == reverse(LIST)
    auditor = signed_in(desk.holder(Role.AUDITOR, desk.province))
    assert auditor.post(reverse("manage:people_together"), fields).status_code == 403
    assert Employment.objects.filter(person=desk.worker).get().ends is None


def test_newcomer_is_entered_in_a_unit_of_ones_own(desk: Desk) -> None:
    client, url = signed_in(desk.keeper), reverse("manage:person_new")
    fields = {
        "username": "li.na", "name": "李娜", "title": "技师", "unit": str(desk.hospital.public_id),
        "kind": "contract", "staff_number": "8", "begins": "2026-01-05", "phone": "13800000009",
    }  # fmt: skip
    person_url = client.post(url, fields).url
    person = Person.objects.get(username="li.na")
    assert person_url == reverse("manage:person", args=[person.public_id])
    assert list(person.employments.values_list("unit", "kind", "staff_number", "begins")) == [
        (desk.hospital.pk, "contract", "8", date(2026, 1, 5))
    ]
    taken = client.post(url, fields | {"phone": ""})
    assert (taken.status_code, taken.context["form"].non_field_errors()) == (400, [str(people.AlreadyTaken())])
    elsewhere = client.post(url, {**fields, "username": "x", "phone": "", "unit": str(desk.other.public_id)})
    assert list(elsewhere.context["form"].errors) == ["unit"]
    assert Person.objects.filter(username="x").count() == 0


def test_those_who_left_are_found_by_the_system_administrator_only(desk: Desk) -> None:
    gone = EmploymentFactory(unit=desk.hospital, begins=date(2019, 1, 1), ends=date(2020, 1, 1)).person
    system = signed_in(desk.holder(Role.SYSTEM_ADMINISTRATOR, desk.province))
    assert names(system, nowhere="1") == [gone.name]
    assert system.get(reverse("manage:person", args=[gone.public_id])).status_code == 200
    keeper = signed_in(desk.keeper)
    assert keeper.get(reverse(LIST), {"nowhere": "1"}).status_code == 403
    assert keeper.get(reverse("manage:person", args=[gone.public_id])).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_constant_queries(desk: Desk, django_assert_num_queries, count: int) -> None:
    for _number in range(count):
        RoleGrantFactory(person=desk.colleague(), role=Role.LECTURER, node=desk.hospital)
    client = signed_in(desk.keeper)
    with django_assert_num_queries(17):
        client.get(reverse(LIST))
