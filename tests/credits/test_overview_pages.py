"""The year of a place on its pages, in its files and over the API: one set of figures, each leading to its people."""

import csv
import io
import re
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from credits.models import Book
from credits.selectors.overview_people import After
from organisations.enums import NodeKind, PersonState, Role
from organisations.models import AuditEvent, Node, Person
from tests.factories.credits import HENAN, entry
from tests.factories.organisations import (
    EmploymentFactory,
    NodeFactory,
    PersonFactory,
    RoleGrantFactory,
    StatePeriodFactory,
)

YEAR = timezone.localdate().year
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]


class World:
    """A prefecture with two hospitals, the first with people of every kind; a reviewer above both."""

    def __init__(self) -> None:
        self.city: Node = NodeFactory(kind=NodeKind.PREFECTURE, name="第一市")
        self.hospital: Node = NodeFactory(parent=self.city, name="第一医院")
        self.other: Node = NodeFactory(parent=self.city, name="第二医院")
        self.reviewer = RoleGrantFactory(role=Role.CITY_REVIEWER, node=self.city).person
        self.administrator = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=self.hospital).person
        self.outsider = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=self.other).person
        self.people = [self.employ(hours) for hours in (None, None, 18, 54, 90, 120)]
        StatePeriodFactory(person=self.people[0], state=PersonState.MATERNITY, begins=date(YEAR, 1, 1))
        second = PersonFactory()
        entry(person=second, on=date(YEAR, 1, 5), minutes=360)
        Book.objects.filter(owner=second).update(owner=self.people[2], is_primary=False)

    def employ(self, hours: int | None, unit: Node | None = None) -> Person:
        person: Person = PersonFactory()
        EmploymentFactory(person=person, unit=unit or self.hospital, department="CT室", staff_number="007")
        if hours:
            entry(person=person, on=date(YEAR, 1, 10), minutes=hours * 60)
        return person


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def address(name: str, node: Node, query: str = "") -> str:
    return reverse(f"manage:{name}", args=[node.public_id]) + query


def rows_of(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))


def test_year_begins_at_the_own_place_or_with_a_choice() -> None:
    world = World()
    start = reverse("manage:credit_years")
    assert signed_in(world.administrator).get(start).url == address("credit_year", world.hospital)
    RoleGrantFactory(person=world.administrator, role=Role.UNIT_CREDIT_ADMINISTRATOR, node=world.other)
    choice = signed_in(world.administrator).get(start)
    assert [link for _title, link in choice.context["places"]] == [
        address("credit_year", node) for node in (world.hospital, world.other)
    ]


def test_every_figure_leads_to_as_many_people() -> None:
    world = World()
    client = signed_in(world.reviewer)
    for place in (world.city, world.hospital):
        page = client.get(address("credit_year", place))
        links = re.findall(r'<td class="number"[^>]*><a href="([^"]+)">(\d+)<', page.content.decode())
        for link, text in links:
            listed = client.get(unescape(link))
            assert (listed.context["count"], len(listed.context["rows"])) == (int(text), int(text)), link
        cells = [
            count
            for row in page.context["rows"]
            for count in (row.figures.people, row.figures.short, *(count for _code, _title, count in row.states))
        ]
        bars = [bar.count for bar in [*page.context["states"], *page.context["shortfall"]] if bar.query]
        assert sorted(int(text) for _link, text in links) == sorted(count for count in [*cells, *bars] if count)


def test_year_page_leads_down_with_its_filters_and_up_as_far_as_the_role_reaches() -> None:
    world = World()
    query = f"?year={YEAR}&rules={HENAN}&kind=staff"
    page = signed_in(world.reviewer).get(address("credit_year", world.city, query))
    assert [row.year for row in page.context["rows"]] == [
        address("credit_year", node, query) for node in (world.hospital, world.other)
    ]
    below = signed_in(world.reviewer).get(page.context["rows"][0].year)
    assert [link for _title, link in below.context["crumbs"]] == [address("credit_year", world.city, query), ""]
    own = signed_in(world.administrator).get(address("credit_year", world.hospital))
    assert [link for _title, link in own.context["crumbs"]] == [""]


def test_page_file_and_api_say_the_same_marked_as_unverified() -> None:
    world = World()
    client = signed_in(world.administrator)
    total = client.get(address("credit_year", world.hospital)).context["total"]
    assert (total.people, dict(total.away), total.credits) == (6, {"maternity": 1}, Decimal("96.00"))
    with override("en"):
        line = rows_of(client.get(address("credit_year_csv", world.hospital)))[-1]
    assert (line["People"], line["Credits"], line["Missing credits"], line["Verification"]) == (
        "6", str(total.credits), str(total.missing_credits), "to be verified"
    )  # fmt: skip
    said = client.get(f"/api/v1/credits/places/{world.hospital.public_id}/year/").json()["total"]
    assert (said["people"], said["credits"], said["missing_credits"], said["is_unverified"]) == (
        6, str(total.credits), str(total.missing_credits), True
    )  # fmt: skip
    assert said["states"] == dict(total.states)
    assert [part["people"] for part in said["shortfall"]] == [total.shortfall[number] for number in range(1, 5)]
    assert sum(Decimal(month["added"]) for month in said["months"]) == total.credits


def test_people_come_by_what_they_lack_page_by_page_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    monkeypatch.setattr("credits.views.overview.PER_PAGE", 2)
    client, link, seen = signed_in(world.administrator), address("credit_year_people", world.hospital), []
    while link:
        page = client.get(link)
        seen += [(row.missing, row.person.pk) for row in page.context["rows"]]
        link = page.context["next_url"] and link.partition("?")[0] + page.context["next_url"]
    assert len(seen) == len({pk for _missing, pk in seen}) == 6
    assert [missing for missing, _pk in seen] == [25, 25, Decimal("17.00"), Decimal("7.00"), 0, 0]
    assert AuditEvent.objects.filter(verb="list.read").count() == 1


def test_list_in_the_file_is_the_list_on_the_page() -> None:
    world = World()
    client = signed_in(world.administrator)
    page = client.get(address("credit_year_people", world.hospital, "?short=any&state=open"))
    with override("en"):
        rows = rows_of(client.get(address("credit_year_people_csv", world.hospital, "?short=any&state=open")))
    assert [row["Name"] for row in rows] == [row.person.name for row in page.context["rows"]] != []
    assert [row["Missing credits"] for row in rows] == [str(row.missing) for row in page.context["rows"]]
    told = AuditEvent.objects.get(verb="list.download").after
    assert (told["list"], told["filters"]["short"], told["filters"]["place"]) == (
        "credit_year_people", "any", world.hospital.code
    )  # fmt: skip


@pytest.mark.parametrize(
    "query", ["?year=abc", "?rules=nobody", "?title=x&kind=y", "?state=active&short=9", "?after=NaN~1", "?after=1e99~"]
)
def test_nonsense_in_the_address_narrows_nothing(query: str) -> None:
    world = World()
    client = signed_in(world.administrator)
    assert client.get(address("credit_year", world.hospital, query)).context["total"].people == 6
    assert client.get(address("credit_year_people", world.hospital, query)).context["count"] == 6


def test_department_that_is_not_there_has_nobody() -> None:
    world = World()
    client = signed_in(world.administrator)
    for department, count in (("CT室", 6), ("x" * 99, 0)):
        query = f"?here=1&department={department}"
        assert client.get(address("credit_year_people", world.hospital, query)).context["count"] == count


def test_year_before_the_rules_began_is_not_there() -> None:
    world = World()
    for name in ("credit_year", "credit_year_people", "credit_year_csv"):
        assert signed_in(world.administrator).get(address(name, world.hospital, "?year=2001")).status_code == 404


def test_place_without_people_says_so() -> None:
    world = World()
    page = signed_in(world.outsider).get(address("credit_year", world.other))
    assert (page.status_code, page.content.decode().count("empty__title")) == (200, 1)
    nobody = signed_in(world.outsider).get(address("credit_year_people", world.other))
    assert nobody.content.decode().count("empty__title") == 1


@pytest.mark.parametrize(
    ("who", "status"), [("reviewer", 200), ("administrator", 200), ("outsider", 404), ("learner", 403), ("nobody", 302)]
)
def test_year_is_read_through_the_scope(who: str, status: int) -> None:
    world = World()
    client = Client() if who == "nobody" else signed_in(world.people[1] if who == "learner" else getattr(world, who))
    for name in ("credit_year", "credit_year_csv", "credit_year_people", "credit_year_people_csv"):
        assert client.get(address(name, world.hospital)).status_code == status
    api = client.get(f"/api/v1/credits/places/{world.hospital.public_id}/year/")
    assert api.status_code == (403 if who == "nobody" else status)


def test_city_costs_no_more_statements_than_a_ward() -> None:
    world = World()
    client = signed_in(world.reviewer)
    client.get(address("credit_year", world.city))  # the session begins
    counts = []
    for more in (0, 2):
        for _number in range(more):
            world.employ(36, NodeFactory(parent=world.city))
        for name in ("credit_year", "credit_year_people"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address(name, world.city)).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert counts[0] <= 12


def test_place_in_the_list_is_told_by_what_is_missing_and_a_key() -> None:
    key = PersonFactory.build().public_id
    assert After.told(f"12.50~{key}") == After(Decimal("12.50"), key)
    assert [After.told(text) for text in ("", "12.5", f"x~{key}", f"Infinity~{key}", f"1e-9999~{key}", "1~2")] == [
        None
    ] * 6
    assert parse_qs(urlsplit(f"?after={After(Decimal('1.00'), key)}").query) == {"after": [f"1.00~{key}"]}


def test_administrators_find_the_year_from_where_they_begin() -> None:
    world = World()
    client, link = signed_in(world.administrator), address("credit_year", world.hospital)
    for start in (reverse("manage:home"), reverse("manage:place", args=[world.hospital.public_id])):
        assert client.get(start).content.decode().count(f'href="{link}"') == 1
    choice = reverse("manage:credit_years")
    assert client.get(reverse("credits:people")).content.decode().count(f'class="button" href="{choice}"') == 1
    keeper = RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=world.city).person
    beside = signed_in(keeper).get(reverse("manage:place", args=[world.hospital.public_id])).content.decode()
    assert beside.count("credit-years") == 0
