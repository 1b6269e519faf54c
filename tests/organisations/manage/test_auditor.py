"""Whoever audits reads what others decide about, and is offered nothing that changes it."""

import re

import pytest
from django.urls import reverse
from django.utils.translation import gettext, override

from organisations.deeds import Deed
from organisations.enums import QualificationKind, Role
from organisations.models import AccountMerge, AuditEvent, Qualification
from organisations.services import objections, qualifications
from tests.factories.organisations import PersonFactory, RoleGrantFactory
from tests.organisations.manage.desk import Desk, signed_in

FORMS = re.compile(r'<form[^>]*action="([^"]*)"')


def test_auditor_is_not_asked_to_send_or_answer(desk: Desk) -> None:
    auditor, leads = desk.holder(Role.AUDITOR, desk.province), []
    for reader in (auditor, desk.keeper):
        client = signed_in(reader)
        leads.append([client.get(reverse(view)).content.decode() for view in ("manage:rosters", "manage:objections")])
    with override("en"):
        words = [gettext("The lists of people that the units of your scope sent, and what became of every row.")]
        words += [
            gettext("People who find that something entered about them is not right, and what their unit answered.")
        ]
    assert [[text in page for text, page in zip(words, pages, strict=True)] for pages in leads] == [
        [True, True], [False, False],
    ]  # fmt: skip


@pytest.mark.parametrize("view", ["manage:qualifications", "manage:objections", "manage:departures", "manage:rosters"])
def test_auditor_reads_and_is_offered_no_deed(desk: Desk, view: str) -> None:
    qualifications.claim(by=desk.worker, kind=QualificationKind.DEGREE, value="bachelor")
    objections.object_to(by=desk.worker, text="不对")
    auditor = desk.holder(Role.AUDITOR, desk.province)
    page = signed_in(auditor).get(reverse(view))
    main = page.content.decode().partition("<main")[2].partition("</main>")[0]
    assert page.status_code == 200
    assert [action for action in FORMS.findall(main) if action != reverse("manage:search")] == []
    assert not re.search(r'href="[^"]*/(confirm|refuse|phone|merge)/', main)
    kept = signed_in(desk.keeper).get(reverse(view)).content.decode()
    assert (desk.worker.name in main) == (desk.worker.name in kept)
    read = AuditEvent.objects.filter(verb=Deed.LIST_READ, actor_id_copy=auditor.pk)
    assert read.count() == (0 if view == "manage:rosters" else 1)


def test_auditor_reads_how_a_person_signs_in_and_what_was_merged(desk: Desk) -> None:
    second = PersonFactory(username="wang2", merged_into=desk.worker, is_active=False)
    AccountMerge.objects.create(kept=desk.worker, merged=second, reason="同一人，两个工号")
    auditor, other = desk.holder(Role.AUDITOR, desk.province), desk.holder(Role.AUDITOR, desk.other)
    closed = reverse("manage:merged", args=[second.public_id])
    page = signed_in(auditor).get(reverse("manage:person", args=[desk.worker.public_id])).content.decode()
    main = page.partition("<main")[2]
    assert (f'/manage/people/{second.public_id}/merged/"' in main, 'id="access"' in main, "<form" in main) == (
        True,
        True,
        False,
    )
    assert not re.search(r'href="[^"]*/(code|phone|unlock|merge)/', main)
    read = signed_in(auditor).get(closed)
    assert (read.status_code, "同一人，两个工号" in read.content.decode()) == (200, True)
    assert signed_in(other).get(closed).status_code == 404


def test_auditor_of_all_who_keeps_one_unit_decides_there_alone(desk: Desk) -> None:
    stranger = desk.colleague(name="赵强", unit=desk.other)
    for person in (desk.worker, stranger):
        qualifications.claim(by=person, kind=QualificationKind.DEGREE, value="bachelor")
        objections.object_to(by=person, text="不对")
    reader = desk.holder(Role.AUDITOR, desk.province)
    RoleGrantFactory(person=reader, role=Role.UNIT_CREDIT_ADMINISTRATOR, node=desk.hospital)
    client = signed_in(reader)
    rows = client.get(reverse("manage:qualifications")).context["rows"]
    assert {row.person: keeps for row, _person, keeps in rows} == {desk.worker: True, stranger: False}
    said = client.get(reverse("manage:objections")).context["rows"]
    assert {row.person: keeps for row, _clash, keeps in said} == {desk.worker: True, stranger: False}
    sent = {"deed": "accept", "everybody": "1", "confirmed": "1"}
    assert client.post(reverse("manage:qualifications_together"), sent).context["done"] == 1
    assert {row.person: row.state for row in Qualification.objects.all()} == {
        desk.worker: "confirmed", stranger: "claimed",
    }  # fmt: skip
