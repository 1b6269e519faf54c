"""The overview: each number is that of the list behind it."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from organisations.enums import Role
from organisations.models import (
    AuditEvent,
    Objection,
    Person,
    Qualification,
    Registration,
    RosterImport,
    RosterRow,
)
from organisations.services import qualifications
from tests.factories.organisations import PersonFactory, RoleGrantFactory
from tests.organisations.manage.desk import Desk, signed_in
from tests.organisations.services.test_states import PDF


def numbers(person: Person) -> dict[str, int]:
    response = signed_in(person).get(reverse("manage:home"))
    return {f"{tile.view}?{tile.query}".rstrip("?"): tile.count for tile in response.context["tiles"]}


def work_for(desk: Desk, unit, number: int) -> None:
    person = desk.colleague(unit=unit)
    roster = RosterImport.objects.create(
        unit=unit, uploaded_by=desk.keeper, file_name="x", file_sha256="x", roster_stage="checked"
    )
    RosterRow.objects.create(roster=roster, row_number=number + 2, outcome="unclear", sealed="x")
    RosterRow.objects.create(roster=roster, row_number=number + 9, outcome="create")
    Registration.objects.create(person=person, unit=unit)
    Objection.objects.create(person=person, unit=unit, text="科室不对")
    qualifications.claim(by=person, kind="degree", value="master")
    RoleGrantFactory(person=person, node=unit, role=Role.LECTURER, ends=timezone.localdate() + timedelta(days=9))


def test_numbers_count_what_waits_in_ones_own_unit(desk: Desk) -> None:
    work_for(desk, desk.hospital, 0)
    work_for(desk, desk.other, 0)
    assert numbers(desk.keeper) == {
        "manage:people": 2,
        "manage:people?account=never": 2,
        "manage:roster_unclear": 1,
        "manage:registrations": 1,
        "manage:objections?state=open": 1,
        "manage:qualifications": 1,
        "manage:roles?when=ending": 1,
    }


def test_number_of_unclear_rows_leads_to_exactly_these(desk: Desk) -> None:
    expected = set()
    for stage, counts in (("checked", True), ("applied", True), ("discarded", False), ("undone", False)):
        roster = RosterImport.objects.create(
            unit=desk.hospital, uploaded_by=desk.keeper, file_name=stage, file_sha256="x", roster_stage=stage
        )
        row = RosterRow.objects.create(roster=roster, row_number=2, outcome="unclear", sealed="x")
        # Nothing is known of it any more.
        RosterRow.objects.create(roster=roster, row_number=3, outcome="unclear")
        expected |= {row.pk} if counts else set()
    work_for(desk, desk.other, 0)
    shown = signed_in(desk.keeper).get(reverse("manage:roster_unclear"))
    assert {one.row.pk for one in shown.context["rows"]} == expected
    assert numbers(desk.keeper)["manage:roster_unclear"] == 2
    for pk in expected:
        link = reverse("manage:roster", args=[RosterRow.objects.get(pk=pk).roster.public_id]) + "?outcome=unclear#rows"
        assert link in shown.content.decode()


def test_auditor_reads_what_comes_in_and_changes_nothing(desk: Desk) -> None:
    work_for(desk, desk.hospital, 0)
    auditor = signed_in(desk.holder(Role.AUDITOR, desk.hospital))
    roster = RosterImport.objects.get()
    registration = Registration.objects.get()
    for url in (
        reverse("manage:rosters"),
        reverse("manage:roster", args=[roster.public_id]),
        reverse("manage:roster_unclear"),
        reverse("manage:registrations"),
        reverse("manage:registration", args=[registration.public_id]),
        reverse("manage:qualifications"),
        reverse("manage:objections"),
        reverse("manage:departures"),
        reverse("manage:erasures"),
    ):
        page = auditor.get(url)
        assert page.status_code == 200
        posts = [form.split(">")[0] for form in page.content.decode().split("<form")[1:]]
        deeds = [form for form in posts if 'method="post"' in form and "/manage/" in form]
        assert [form for form in deeds if reverse("manage:search") not in form] == []
    assert auditor.post(reverse("manage:registration", args=[registration.public_id])).status_code == 403
    assert auditor.post(reverse("manage:rosters")).status_code == 403


def test_number_of_people_lists_leads_to_as_many_rows(desk: Desk) -> None:
    seen = desk.colleague(last_login=timezone.now())
    client = signed_in(desk.keeper)
    never = client.get(reverse("manage:people"), {"account": "never"}).context["page_obj"].paginator.count
    assert (numbers(desk.keeper)["manage:people?account=never"], never) == (1, 1)
    assert seen.last_login is not None


@pytest.mark.parametrize(
    ("role", "place", "views"),
    [
        (Role.BRANCH_SECRETARY, "branch", ["manage:people"]),
        (Role.AUDITOR, "province", ["manage:people"]),
        (Role.SECURITY_ADMINISTRATOR, "province", ["manage:erasures"]),
    ],
)
def test_overview_has_only_the_numbers_of_ones_powers(desk: Desk, role: Role, place: str, views: list[str]) -> None:
    assert list(numbers(desk.holder(role, getattr(desk, place)))) == views


def test_overview_says_when_nothing_waits(desk: Desk) -> None:
    Person.objects.filter(pk=desk.worker.pk).update(last_login=timezone.now())
    response = signed_in(desk.keeper).get(reverse("manage:home"))
    assert (response.context["is_all_done"], [t.label for t in response.context["tiles"] if t.needs_work]) == (True, [])


@pytest.mark.parametrize("count", [1, 3])
def test_overview_takes_constant_queries(desk: Desk, django_assert_num_queries, count: int) -> None:
    for number in range(count):
        work_for(desk, desk.hospital, number)
    client = signed_in(desk.keeper)
    with django_assert_num_queries(16):
        client.get(reverse("manage:home"))
    with django_assert_num_queries(12):
        client.get(reverse("manage:qualifications"))


def test_reported_titles_wait_in_the_list_of_their_unit(desk: Desk, client: Client) -> None:
    qualifications.claim(by=desk.worker, kind="title", value="技师", obtained_on=date(2024, 1, 1))
    url = reverse("manage:qualifications")
    rows = signed_in(desk.keeper).get(url).context["rows"]
    assert [(row.person, row.value) for row, _person, _keeps in rows] == [(desk.worker, "技师")]
    assert signed_in(desk.keeper).get(url, {"q": "没有"}).context["rows"] == []
    outside = desk.holder(Role.UNIT_CREDIT_ADMINISTRATOR, desk.other)
    assert signed_in(outside).get(url).context["rows"] == []
    statuses = [
        signed_in(reader).get(url).status_code for reader in (desk.holder(Role.AUDITOR, desk.province), desk.worker)
    ]
    assert (statuses, client.get(url).status_code) == ([200, 403], 302)


def test_person_reports_a_title_with_proof_and_takes_it_back(desk: Desk) -> None:
    client = signed_in(desk.worker)
    paper = SimpleUploadedFile("证书.pdf", PDF)
    fields = {"value": "title:主管技师", "obtained_on": "2024-06-01", "institution": "人社厅", "proof": paper}
    assert client.post(reverse("organisations:qualification_report"), fields).url == reverse("organisations:profile")
    reported = Qualification.objects.get()
    assert (reported.person, reported.kind, reported.value, reported.state) == (
        desk.worker,
        "title",
        "主管技师",
        "claimed",
    )
    page = client.get("/en/account/profile/").content.decode()
    assert ("Self-reported" in page, "Senior technologist" in page) == (True, True)
    proof = reverse("organisations:qualification_proof", args=[reported.public_id])
    assert b"".join(client.get(proof).streaming_content) == PDF
    assert AuditEvent.objects.get(verb="proof.download").target_id == str(reported.person.public_id)
    back = reverse("organisations:qualification_withdraw", args=[reported.public_id])
    others = signed_in(PersonFactory())
    assert [others.get(proof).status_code, others.post(back).status_code, Client().get(proof).status_code] == [
        404,
        404,
        302,
    ]
    client.post(back)
    assert Qualification.objects.count() == 0


def test_broken_proof_is_said_at_its_field(desk: Desk) -> None:
    fields = {"value": "degree:master", "proof": SimpleUploadedFile("a.pdf", b"no")}
    response = signed_in(desk.worker).post(reverse("organisations:qualification_report"), fields)
    assert (response.status_code, list(response.context["form"].errors)) == (400, ["proof"])
    assert Qualification.objects.count() == 0
