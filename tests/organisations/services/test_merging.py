"""Two accounts become one: what goes over, what stays, who may do it."""

import threading
from datetime import date
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.utils import timezone

from cms.shared import errors
from organisations.enums import QualificationKind, QualificationState, RequestState, Role
from organisations.models import (
    AccountMerge,
    AuditEvent,
    Employment,
    ErasureRequest,
    Node,
    Notification,
    Person,
    Qualification,
    StatePeriod,
)
from organisations.services import activation, histories, merging
from organisations.services.disclosures import full_id_number
from tests.factories.organisations import (
    EmploymentFactory,
    MembershipFactory,
    NodeFactory,
    PersonFactory,
    RoleGrantFactory,
)

ID_NUMBER = "410102199003074516"


class Pair:
    """Two accounts of one person in one hospital, its administrator, the administrator of another one."""

    def __init__(self, **merged: Any) -> None:
        self.hospital: Node = NodeFactory()
        self.kept: Person = PersonFactory(name="王伟", username="wang.wei")
        self.merged: Person = PersonFactory(name="王伟", username="wangwei", **merged)
        for person in (self.kept, self.merged):
            EmploymentFactory(person=person, unit=self.hospital, begins=date(2022, 1, 1))
        self.administrator: Person = RoleGrantFactory(node=self.hospital).person
        self.outsider: Person = RoleGrantFactory(node=NodeFactory()).person

    def merge(self, **changes: Any) -> AccountMerge:
        wanted = {"by": self.administrator, "kept": self.kept, "merged": self.merged, "reason": "同一人"}
        found = merging.merge(**(wanted | changes))
        self.kept.refresh_from_db()
        self.merged.refresh_from_db()
        return found


@pytest.mark.parametrize(
    ("begins", "ends", "taken", "free"),
    [
        ((2020, 1, 1), (2021, 1, 1), [], [((2020, 1, 1), (2021, 1, 1))]),
        ((2020, 1, 1), (2024, 1, 1), [((2022, 1, 1), (9999, 12, 31))], [((2020, 1, 1), (2022, 1, 1))]),
        (
            (2020, 1, 1),
            (2024, 1, 1),
            [((2021, 1, 1), (2022, 1, 1))],
            [((2020, 1, 1), (2021, 1, 1)), ((2022, 1, 1), (2024, 1, 1))],
        ),
        ((2020, 1, 1), (2021, 1, 1), [((2019, 1, 1), (2022, 1, 1))], []),
        ((2020, 1, 1), (2021, 1, 1), [((2021, 1, 1), (2022, 1, 1))], [((2020, 1, 1), (2021, 1, 1))]),
    ],
)
def test_free_spans_are_the_days_that_nothing_covers(begins: Any, ends: Any, taken: Any, free: Any) -> None:
    def days(spans: Any) -> list[tuple[date, date]]:
        return [(date(*one), date(*other)) for one, other in spans]

    assert histories.free_spans((date(*begins), date(*ends)), days(taken)) == days(free)


def test_merge_closes_one_account_and_says_so(db: None) -> None:
    pair = Pair(email="w@example.org", phone="+8613800000001", id_number=ID_NUMBER)
    code = activation.issue(by=None, person=pair.merged)
    password = pair.merged.password
    row = pair.merge()
    assert (pair.merged.is_active, pair.merged.merged_into, pair.merged.has_usable_password()) == (
        False, pair.kept, False,
    )  # fmt: skip
    assert pair.merged.password != password
    assert (pair.kept.phone, pair.kept.email, full_id_number(pair.kept)) == (
        "+8613800000001", "w@example.org", ID_NUMBER,
    )  # fmt: skip
    assert (pair.merged.phone, pair.merged.email, full_id_number(pair.merged)) == ("", None, "")
    assert list(EmailAddress.objects.values_list("user", "email")) == [(pair.kept.pk, "w@example.org")]
    with pytest.raises(activation.UnusableCode):
        activation.activate(code=code, password="tomography-2027")
    assert (row.by, row.reason) == (pair.administrator, "同一人")
    events = AuditEvent.objects.filter(verb="account.merge").order_by("pk")
    assert [event.target_id for event in events] == [str(pair.kept.public_id), str(pair.merged.public_id)]
    assert list(Notification.objects.values_list("person", "kind")) == [(pair.kept.pk, "accounts_merged")]


@pytest.mark.parametrize(
    ("mine", "theirs", "then"),
    [("none", "技师", "技师"), ("技师", "主管技师", "主管技师"), ("主管技师", "技士", "主管技师")],
)
def test_higher_title_stays(db: None, mine: str, theirs: str, then: str) -> None:
    pair = Pair(title=theirs)
    Person.objects.filter(pk=pair.kept.pk).update(title=mine)
    pair.merge()
    assert pair.kept.title == then


def test_what_kept_has_already_is_kept(db: None) -> None:
    pair = Pair(email="old@example.org", phone="+8613800000001")
    pair.kept.set_phone("+8613800000002")
    pair.kept.email = "new@example.org"
    pair.kept.save()
    pair.merge()
    assert (pair.kept.phone, pair.kept.email) == ("+8613800000002", "new@example.org")
    assert (pair.merged.phone_index, pair.merged.email) == (None, None)


def test_employment_fills_the_days_that_kept_lacks(db: None) -> None:
    pair = Pair()
    before, other = date(2018, 1, 1), NodeFactory()
    Employment.objects.filter(person=pair.merged).update(begins=before, staff_number="0012")
    EmploymentFactory(person=pair.merged, unit=other, begins=date(2015, 1, 1), ends=before)
    row = pair.merge()
    assert list(pair.kept.employments.order_by("begins").values_list("unit", "begins", "ends", "staff_number")) == [
        (other.pk, date(2015, 1, 1), before, ""),
        (pair.hospital.pk, before, date(2022, 1, 1), "0012"),
        (pair.hospital.pk, date(2022, 1, 1), None, "0012"),
    ]
    assert list(pair.merged.employments.values_list("unit", "begins", "ends")) == [
        (pair.hospital.pk, before, timezone.localdate())
    ]
    assert row.moved["organisations.Employment"] == 2


def test_states_memberships_and_messages_go_over_once(db: None) -> None:
    pair = Pair()
    leave = {"state": "sick", "begins": date(2026, 3, 1), "ends": date(2026, 4, 1)}
    for person in (pair.kept, pair.merged):
        StatePeriod.objects.create(person=person, **leave)
        Notification.objects.create(person=person, kind="welcome", key="welcome")
    StatePeriod.objects.create(person=pair.merged, state="abroad", begins=date(2025, 1, 1), ends=date(2025, 9, 1))
    Notification.objects.create(person=pair.merged, kind="welcome", key="other")
    membership = MembershipFactory(person=pair.merged)
    pair.merge()
    assert sorted(pair.kept.state_periods.values_list("state", flat=True)) == ["abroad", "sick"]
    assert list(pair.merged.state_periods.values_list("state", flat=True)) == ["sick"]
    assert sorted(pair.kept.notifications.values_list("key", flat=True)) == [
        f"merge:{AccountMerge.objects.get().pk}", "other", "welcome",
    ]  # fmt: skip
    assert list(pair.kept.memberships.all()) == [membership]


def test_confirmed_title_beats_the_reported_one(db: None) -> None:
    pair = Pair()
    title = {"kind": QualificationKind.TITLE, "value": "技师"}
    Qualification.objects.create(person=pair.kept, state=QualificationState.CLAIMED, **title)
    Qualification.objects.create(
        person=pair.merged, state=QualificationState.CONFIRMED, decided_by=pair.administrator, **title
    )
    pair.merge()
    assert list(pair.kept.qualifications.values_list("state", "decided_by")) == [("confirmed", pair.administrator.pk)]
    assert list(pair.merged.qualifications.values_list("state", "decided_by")) == [("claimed", None)]


def test_roles_go_over_and_end_at_the_closed_account(db: None) -> None:
    pair = Pair()
    for person in (pair.kept, pair.merged):
        RoleGrantFactory(person=person, role=Role.LEARNER, node=pair.hospital)
    RoleGrantFactory(person=pair.merged, role=Role.DEPARTMENT_CREDIT_ADMINISTRATOR, node=pair.hospital)
    pair.merge()
    assert sorted(pair.kept.role_grants.values_list("role", "ends")) == [
        ("department_credit_administrator", None),
        ("learner", None),
    ]
    assert list(pair.merged.role_grants.values_list("role", "ends")) == [("learner", timezone.localdate())]
    assert (pair.kept.is_staff, pair.merged.is_staff) == (True, False)


def test_merge_is_refused_with_its_reason(db: None) -> None:
    pair = Pair()
    judge = PersonFactory()
    EmploymentFactory(person=judge, unit=pair.hospital)
    RoleGrantFactory(person=judge, role=Role.PROVINCE_REVIEWER, node=pair.hospital)
    EmploymentFactory(person=pair.administrator, unit=pair.hospital)
    boss = PersonFactory(is_superuser=True)
    EmploymentFactory(person=boss, unit=pair.hospital)
    stranger = EmploymentFactory(unit=NodeFactory()).person
    refused = [
        ({"reason": "  "}, merging.ReasonMissing),
        ({"merged": pair.kept}, merging.SameAccount),
        ({"merged": pair.administrator}, merging.OwnAccount),
        ({"by": pair.outsider}, errors.OutOfScope),
        ({"by": pair.kept, "kept": pair.merged, "merged": stranger}, errors.OutOfScope),
        ({"merged": stranger}, errors.OutOfScope),
        ({"merged": judge}, merging.HoldsHigherRole),
        ({"merged": boss}, merging.HoldsHigherRole),
    ]
    for changes, error in refused:
        with pytest.raises(error):
            pair.merge(**changes)
    assert (AccountMerge.objects.count(), Person.objects.filter(merged_into__isnull=False).count()) == (0, 0)


def test_different_id_numbers_are_two_people(db: None) -> None:
    pair = Pair(id_number=ID_NUMBER)
    pair.kept.set_id_number("410102198811230019")
    pair.kept.save()
    with pytest.raises(merging.DifferentIdNumbers):
        pair.merge()


def test_agreed_erasure_comes_first_and_a_waiting_one_ends(db: None) -> None:
    pair = Pair()
    request = ErasureRequest.objects.create(person=pair.merged, earliest_on=date(2026, 1, 1), basis="")
    ErasureRequest.objects.filter(pk=request.pk).update(request_state=RequestState.ACCEPTED)
    with pytest.raises(merging.ErasureUnderWay):
        pair.merge()
    ErasureRequest.objects.filter(pk=request.pk).update(request_state=RequestState.WAITING)
    pair.merge()
    request.refresh_from_db()
    assert request.request_state == RequestState.WITHDRAWN


def test_system_administrator_merges_an_account_without_a_place(db: None) -> None:
    pair = Pair()
    pair.merged.employments.all().delete()
    with pytest.raises(errors.OutOfScope):
        pair.merge()
    system = RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=pair.hospital).person
    pair.merge(by=system)
    assert pair.merged.merged_into == pair.kept


def test_second_merge_of_one_account_is_refused_and_chains_end_at_the_kept_one(db: None) -> None:
    pair = Pair()
    pair.merge()
    with pytest.raises(errors.OutOfScope):
        pair.merge()
    third = EmploymentFactory(unit=pair.hospital).person
    merging.merge(by=pair.administrator, kept=third, merged=pair.kept, reason="同一人")
    pair.merged.refresh_from_db()
    assert pair.merged.merged_into == third


@pytest.mark.slow
def test_two_merges_at_once_make_one(committed_db: str) -> None:
    pair = Pair()
    results: list[Any] = []
    barrier = threading.Barrier(2)

    def run(kept: Person, merged: Person) -> None:
        barrier.wait()
        try:
            results.append(merging.merge(by=pair.administrator, kept=kept, merged=merged, reason="同一人"))
        except errors.DomainError as error:
            results.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=people) for people in ((pair.kept, pair.merged), (pair.merged, pair.kept))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(result).__name__ for result in results) in (
        ["AccountMerge", "AlreadyMerged"],
        ["AccountMerge", "OutOfScope"],
    )
    assert (AccountMerge.objects.count(), Person.objects.filter(is_active=False).count()) == (1, 1)
