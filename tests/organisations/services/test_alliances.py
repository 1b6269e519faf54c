from datetime import date

import pytest

from organisations.models import AllianceMember, AuditEvent
from organisations.services import alliances
from tests.factories.organisations import AllianceFactory, BranchFactory, NodeFactory, PersonFactory

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 1)


def test_alliance_is_founded_with_its_leader_and_logged() -> None:
    by, lead = PersonFactory(), NodeFactory(code="H1")
    alliance = alliances.found(by=by, name=" 豫北医联体 ", code="YB", lead=lead, begins=DAY)
    assert (alliance.name, list(alliance.members.values_list("node", "begins", "ends"))) == (
        "豫北医联体",
        [(lead.pk, DAY, None)],
    )
    assert list(AuditEvent.objects.order_by("pk").values_list("verb", "after")) == [
        ("alliance.found", {"code": "YB", "lead": "H1"}),
        ("alliance.join", {"place": "H1", "begins": "2026-03-01"}),
    ]
    with pytest.raises(alliances.AllianceCodeTaken):
        alliances.found(by=by, name="另一个", code="YB", lead=lead, begins=DAY)


def test_places_of_either_tree_join_and_leave_with_dates() -> None:
    alliance, branch = AllianceFactory(), BranchFactory()
    member = alliances.join(by=None, alliance=alliance, node=branch, begins=DAY)
    with pytest.raises(alliances.AlreadyIn):
        alliances.join(by=None, alliance=alliance, node=branch, begins=date(2026, 5, 1))
    alliances.leave(by=None, member=member, on=date(2026, 6, 1))
    with pytest.raises(alliances.NotIn):
        alliances.leave(by=None, member=member, on=date(2026, 6, 1))
    alliances.join(by=None, alliance=alliance, node=branch, begins=date(2026, 6, 1))
    assert list(AllianceMember.objects.filter(node=branch).order_by("begins").values_list("begins", "ends")) == [
        (DAY, date(2026, 6, 1)),
        (date(2026, 6, 1), None),
    ]


def test_leader_hands_over_before_it_leaves() -> None:
    second = NodeFactory()
    alliance = AllianceFactory(members=[second])
    first = alliance.lead
    led = alliance.members.get(node=first)
    with pytest.raises(alliances.LeadStays):
        alliances.leave(by=None, member=led, on=DAY)
    with pytest.raises(alliances.NotIn):
        alliances.change(by=None, alliance=alliance, name="x", name_en="", lead=NodeFactory())
    alliances.change(by=None, alliance=alliance, name="新名", name_en="New", lead=second)
    led.refresh_from_db()
    alliances.leave(by=None, member=AllianceMember.objects.get(pk=led.pk), on=DAY)
    alliance.refresh_from_db()
    assert (alliance.name, alliance.lead) == ("新名", second)


def test_closing_ends_every_membership_and_nothing_follows() -> None:
    alliance = AllianceFactory(members=[NodeFactory()])
    with pytest.raises(alliances.ClosesTooEarly):
        alliances.close(by=None, alliance=alliance, on=date(2020, 1, 1))
    alliances.close(by=None, alliance=alliance, on=DAY)
    assert list(alliance.members.values_list("ends", flat=True)) == [DAY, DAY]
    with pytest.raises(alliances.AllianceClosed):
        alliances.join(by=None, alliance=alliance, node=NodeFactory(), begins=DAY)


def test_closed_place_joins_no_alliance() -> None:
    with pytest.raises(alliances.ClosedMember):
        alliances.join(by=None, alliance=AllianceFactory(), node=NodeFactory(closed_on=DAY), begins=DAY)
