"""Nobody reaches further than their own place: not by a transfer, a merge, a list of names or a silent queue."""

import smtplib
from datetime import date, timedelta

import pytest
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from django.utils import timezone

from organisations.enums import NodeKind, Role
from organisations.models import Node, Notification, Person, RoleGrant
from organisations.notifications import notify
from organisations.selectors import holds_role
from organisations.selectors.erasure import deciding
from organisations.services import erasure, merging, messages, people, registrations
from tests.factories.organisations import (
    PASSWORD,
    EmploymentFactory,
    NodeFactory,
    PersonFactory,
    RoleGrantFactory,
)
from tests.organisations.test_roster_pages import confirmed, page_of, sent, workbook

pytestmark = pytest.mark.django_db


@pytest.fixture
def province() -> Node:
    return NodeFactory(kind=NodeKind.PROVINCE)


@pytest.fixture
def hospital(province: Node) -> Node:
    return NodeFactory(parent=province, name="第一医院")


def test_transfer_ends_the_roles_at_the_old_place(province: Node, hospital: Node) -> None:
    grant = RoleGrantFactory(node=hospital)
    EmploymentFactory(person=grant.person, unit=hospital)
    elsewhere = RoleGrantFactory(person=grant.person, node=province, role=Role.EDITOR)
    today = timezone.localdate()
    people.employ(by=None, person=grant.person, unit=NodeFactory(parent=province), begins=today)
    assert holds_role(grant.person, {Role.UNIT_CREDIT_ADMINISTRATOR}) is False
    assert list(RoleGrant.objects.filter(ends__isnull=True)) == [elsewhere]


def test_going_into_a_department_of_the_same_place_keeps_the_roles(hospital: Node) -> None:
    grant = RoleGrantFactory(node=hospital)
    EmploymentFactory(person=grant.person, unit=hospital)
    department = NodeFactory(parent=hospital, kind=NodeKind.DEPARTMENT)
    people.employ(by=None, person=grant.person, unit=department, begins=timezone.localdate())
    assert holds_role(grant.person, {Role.UNIT_CREDIT_ADMINISTRATOR}) is True


def test_role_to_come_stops_a_merge_by_who_could_not_grant_it(province: Node, hospital: Node) -> None:
    keeper = RoleGrantFactory(node=hospital).person
    kept, merged = (EmploymentFactory(unit=hospital).person for _ in range(2))
    tomorrow = timezone.localdate() + timedelta(days=1)
    RoleGrantFactory(person=merged, node=province, role=Role.SYSTEM_ADMINISTRATOR, begins=tomorrow)
    with pytest.raises(merging.HoldsHigherRole):
        merging.check(by=keeper, kept=kept, merged=merged)


def test_people_without_a_place_belong_to_the_whole_tree_alone(province: Node) -> None:
    county = NodeFactory(parent=province, kind=NodeKind.COUNTY)
    below = RoleGrantFactory(node=county, role=Role.SYSTEM_ADMINISTRATOR).person
    above = RoleGrantFactory(node=province, role=Role.SYSTEM_ADMINISTRATOR).person
    kept, merged = PersonFactory(), PersonFactory()
    assert [merging.may_keep(by, kept) for by in (below, above)] == [False, True]
    merging.check(by=above, kept=kept, merged=merged)


def test_request_of_somebody_who_has_left_is_decided_by_the_province(province: Node, hospital: Node) -> None:
    person: Person = EmploymentFactory(unit=hospital, ends=date(2021, 1, 1)).person
    asked = erasure.request(person=person, password=PASSWORD)
    local = RoleGrantFactory(node=hospital, role=Role.SECURITY_ADMINISTRATOR).person
    whole = RoleGrantFactory(node=province, role=Role.SECURITY_ADMINISTRATOR).person
    assert [list(deciding(by)) for by in (local, whole)] == [[], [asked]]


def test_registration_reaches_the_nearest_administrator(province: Node, hospital: Node) -> None:
    system = RoleGrantFactory(node=province, role=Role.SYSTEM_ADMINISTRATOR).person
    registrations.register(name="王丽", password="radiograph-2026-x", unit=hospital, phone="13800000009")
    assert [row.person for row in Notification.objects.filter(kind="registration_waiting")] == [system]


class RefusesOne(BaseEmailBackend):
    """A mail server that knows everybody but one."""

    def send_messages(self, mails: list) -> int:  # type: ignore[type-arg]
        for one in mails:
            if one.to == ["unknown@example.org"]:
                raise smtplib.SMTPRecipientsRefused({"unknown@example.org": (550, b"unknown")})
        return len(mails)


def test_refused_address_does_not_stop_the_others(settings) -> None:  # type: ignore[no-untyped-def]
    settings.EMAIL_BACKEND = f"{__name__}.RefusesOne"
    for address in ("unknown@example.org", "known@example.org"):
        notify(person=PersonFactory(email=address), kind="welcome", params={}, key="1")
    assert (messages.send_mails(), messages.send_mails()) == (1, 0)


def test_roster_tells_no_more_of_people_elsewhere_than_that_they_are_known(hospital: Node) -> None:
    stranger = PersonFactory(name="欧阳修远", phone="+8613800000007")
    EmploymentFactory(person=stranger, unit=NodeFactory(name="远方医院"), staff_number="F-77")
    client = Client()
    client.force_login(RoleGrantFactory(node=hospital).person, backend="django.contrib.auth.backends.ModelBackend")
    roster = sent(client, hospital, workbook(["李雷", "1001", "13800000007", "", "", ""]))
    confirmed(client, roster)
    assert roster.counts == {"unclear": 1}
    page = page_of(client, roster)
    assert [text in page for text in ("欧阳修远", "远方医院", "F-77", "李雷")] == [
        False,
        False,
        False,
        True,
    ]
