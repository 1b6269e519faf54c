"""The lists of what waits and what was sent: found, downloaded as shown, by those whose they are."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organisations.enums import Role
from organisations.models import AuditEvent, ErasureRequest, Objection, Person, Qualification, RosterImport
from tests.factories.organisations import AllianceFactory, NodeFactory
from tests.organisations.manage.desk import Desk, signed_in

DAY = date(2024, 6, 1)


def _objections(desk: Desk) -> None:
    who = desk.colleague(name="=李敏")
    Objection.objects.create(person=desk.worker, unit=desk.hospital, text="科室不对")
    answered = {"answer": "已改", "answered_by": desk.keeper, "answered_at": timezone.now()}
    Objection.objects.create(person=who, unit=desk.hospital, text="姓名不对", **answered)
    Objection.objects.create(person=desk.colleague(unit=desk.other, name="外人"), unit=desk.other, text="x")


def _qualifications(desk: Desk) -> None:
    who = desk.colleague(name="=李敏", department="MR")
    Qualification.objects.create(person=desk.worker, kind="degree", value="master", subject="@影像", proof="proofs/a")
    Qualification.objects.create(person=who, kind="title", value="技师", obtained_on=DAY)
    Qualification.objects.create(person=who, kind="title", value="技士", state="confirmed")
    Qualification.objects.create(person=desk.colleague(unit=desk.other), kind="degree", value="doctor")


def _erasures(desk: Desk) -> None:
    who = desk.colleague(name="=李敏")
    ErasureRequest.objects.create(person=desk.worker, earliest_on=DAY)
    ErasureRequest.objects.create(person=who, earliest_on=DAY, request_state="refused", decision="+在职")
    ErasureRequest.objects.create(person=desk.colleague(unit=desk.other), earliest_on=DAY)


def _rosters(desk: Desk) -> None:
    sent = {"uploaded_by": desk.keeper, "file_sha256": "x"}
    RosterImport.objects.create(unit=desk.hospital, file_name="一月.xlsx", roster_stage="checked", **sent)
    counts = {"create": 3, "wrong": 1}
    RosterImport.objects.create(
        unit=desk.hospital, file_name="=二月.xlsx", roster_stage="applied", counts=counts, **sent
    )
    RosterImport.objects.create(unit=desk.other, file_name="三月.xlsx", **sent)


def _places(desk: Desk) -> None:
    number = desk.hospital.get_children_count()
    department = {"parent": desk.hospital, "kind": "department"}
    desk.hospital.refresh_from_db()
    NodeFactory(**department, name="=CT室", code=f"CT{number}")
    desk.hospital.refresh_from_db()
    NodeFactory(**department, name="旧科", code=f"OLD{number}", closed_on=DAY)
    desk.colleague(name="赵强", unit=NodeFactory(parent=desk.other, kind="department", name="外科"))


def _alliances(desk: Desk) -> None:
    AllianceFactory(lead=desk.hospital, name="=豫北", closed_on=None)
    AllianceFactory(lead=desk.hospital, name="豫南", closed_on=DAY)
    AllianceFactory(lead=desk.other, name="豫西")


@dataclass(frozen=True)
class Listed:
    """A list: who may see it, what fills it, what is found by which filters (first cells), a line of its file."""

    role: Role
    fill: Callable[[Desk], None]
    found: dict[str, list[str]]
    line: tuple[str, dict[int, str]]


LISTS = {
    "objections": Listed(
        Role.UNIT_CREDIT_ADMINISTRATOR,
        _objections,
        {
            "": ["王伟", "'=李敏"],
            "q=李": ["'=李敏"],
            "q=科室": ["王伟"],
            "state=open": ["王伟"],
            "state=answered": ["'=李敏"],
            "place={hospital}": ["王伟", "'=李敏"],
            "place={other}": ["王伟", "'=李敏"],  # not theirs: narrows nothing
            "q=外人": [],
        },
        ("state=answered", {4: "姓名不对", 5: "已改"}),
    ),
    "qualifications": Listed(
        Role.UNIT_CREDIT_ADMINISTRATOR,
        _qualifications,
        {
            "": ["王伟", "'=李敏"],
            "q=g0071": ["王伟"],
            "kind=title": ["'=李敏"],
            "proof=with": ["王伟"],
            "proof=without": ["'=李敏"],
            "kind=x": ["王伟", "'=李敏"],
        },
        ("kind=degree", {2: "甲医院", 3: "CT", 4: "Degree", 5: "Master", 6: "'@影像", 8: "", 10: "with proof"}),
    ),
    "erasures": Listed(
        Role.SECURITY_ADMINISTRATOR,
        _erasures,
        {"": ["王伟"], "q=WORK": ["王伟"], "q=李": [], "state=refused": ["'=李敏"], "state=refused&q=王": []},
        ("state=refused", {3: "2024-06-01", 5: "Refused", 8: "'+在职", 9: ""}),
    ),
    "places": Listed(
        Role.AUDITOR,
        _places,
        {
            "": ["甲医院", "'=CT室"],
            "q=ct": ["'=CT室"],
            "kind=hospital": ["甲医院"],
            "kind=hospital&level=tertiary": [],
            "closed=on&kind=department": ["'=CT室", "旧科"],
            "q=外科": [],
        },
        ("kind=hospital", {2: "H1", 3: "Hospital", 5: "省 › 市", 6: "1", 7: ""}),
    ),
    "alliances": Listed(
        Role.AUDITOR,
        _alliances,
        {"": ["'=豫北"], "q=豫": ["'=豫北"], "q=豫&closed=on": ["'=豫北", "豫南"], "q=豫西&closed=on": []},
        ("q=北", {3: "甲医院", 4: "1", 5: ""}),
    ),
    "rosters": Listed(
        Role.UNIT_CREDIT_ADMINISTRATOR,
        _rosters,
        {
            "": ["'=二月.xlsx", "一月.xlsx"],
            "q=一月": ["一月.xlsx"],
            "stage=applied": ["'=二月.xlsx"],
            "place={hospital}": ["'=二月.xlsx", "一月.xlsx"],
            "q=三月": [],
        },
        ("stage=applied", {1: "甲医院", 2: "Entered", 8: "1", 9: "3", 10: ""}),
    ),
}


def lines(client: Client, name: str, asked: str = "") -> list[list[str]]:
    response = client.get(f"/en/manage/{name}/list.csv?{asked}")
    assert response.status_code == 200
    return list(csv.reader(StringIO(response.getvalue().decode("utf-8-sig"))))


def reader_of(desk: Desk, name: str) -> Person:
    return desk.holder(LISTS[name].role, desk.hospital)


@pytest.mark.parametrize("name", LISTS)
def test_page_and_file_hold_what_the_filters_find(desk: Desk, name: str) -> None:
    LISTS[name].fill(desk)
    client = signed_in(reader_of(desk, name))
    places = {"hospital": desk.hospital.public_id, "other": desk.other.public_id}
    found, counted = {}, {}
    for asked in LISTS[name].found:
        query = asked.format(**places)
        found[asked] = [line[0] for line in lines(client, name, query)[1:]]
        counted[asked] = client.get(f"/en/manage/{name}/?{query}").context["page_obj"].paginator.count
    assert found == LISTS[name].found
    assert counted == {asked: len(rows) for asked, rows in LISTS[name].found.items()}


@pytest.mark.parametrize("name", LISTS)
def test_a_line_of_the_file_says_all(desk: Desk, name: str) -> None:
    LISTS[name].fill(desk)
    asked, cells = LISTS[name].line
    reader = reader_of(desk, name)
    heading, line = lines(signed_in(reader), name, asked)
    assert ({number: line[number] for number in cells}, len(line)) == (cells, len(heading))
    event = AuditEvent.objects.get(verb="list.download")
    assert (event.actor_id_copy, event.after["list"], sorted(event.after["filters"])) == (
        reader.pk, name, [asked.partition("=")[0]],
    )  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_a_search_without_result_leads_back_to_the_list(desk: Desk, name: str) -> None:
    LISTS[name].fill(desk)
    page = signed_in(reader_of(desk, name)).get(f"/en/manage/{name}/?q=zzz").content.decode()
    assert f'href="/en/manage/{name}/">Without filters' in page


@pytest.mark.parametrize("name", LISTS)
def test_file_is_for_those_whose_list_it_is(desk: Desk, client: Client, name: str) -> None:
    LISTS[name].fill(desk)
    address = f"/en/manage/{name}/list.csv"
    assert client.get(address).status_code == 302
    assert signed_in(desk.worker).get(address).status_code == 403
    assert signed_in(desk.holder(Role.LECTURER, desk.hospital)).get(address).status_code == 403
    outsider = desk.holder(LISTS[name].role, desk.other)
    inside = {line[0] for line in lines(signed_in(reader_of(desk, name)), name)[1:]}
    outside = {line[0] for line in lines(signed_in(outsider), name)[1:]}
    assert (len(outside) > 0, len(inside) > 0, inside & outside) == (True, True, set())


@pytest.mark.parametrize("name", LISTS)
def test_file_takes_as_many_queries_for_three_times_the_rows(desk: Desk, name: str) -> None:
    client = signed_in(reader_of(desk, name))
    figures = []
    for times in (1, 2):
        for _time in range(times):
            desk.worker = desk.colleague(name="赵强")
            LISTS[name].fill(desk)
        lines(client, name)
        with CaptureQueriesContext(connection) as asked:
            count = len(lines(client, name)) - 1
        figures.append((len(asked), count))
    (first, few), (second, many) = figures
    assert (second, many > few) == (first, True)
