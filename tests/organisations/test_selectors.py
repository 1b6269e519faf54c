from datetime import date

import pytest

from organisations.enums import CREDIT_ROLES, Role
from organisations.scopes import Scope
from organisations.selectors import employment_on, holds_role, people_in, scope_of
from tests.factories.organisations import (
    BranchFactory,
    EmploymentFactory,
    MembershipFactory,
    NodeFactory,
    PersonFactory,
    RoleGrantFactory,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 4)


def test_scope_reaches_the_subtree_of_every_grant() -> None:
    city, other = NodeFactory(), NodeFactory()
    hospital = NodeFactory(parent=city)
    grant = RoleGrantFactory(node=city, role=Role.CITY_REVIEWER)
    RoleGrantFactory(person=grant.person, node=other, role=Role.EDITOR)
    scope = scope_of(grant.person, CREDIT_ROLES)
    assert scope == Scope(frozenset({city.path}))
    assert (scope.covers(hospital.path), scope.covers(other.path)) == (True, False)


@pytest.mark.parametrize(
    ("begins", "ends", "reaches"),
    [
        (DAY, None, True),
        (date(2026, 5, 5), None, False),
        (date(2026, 1, 1), DAY, False),
        (date(2026, 1, 1), date(2026, 5, 5), True),
    ],
)
def test_scope_counts_half_open_days(begins: date, ends: date | None, reaches: bool) -> None:
    grant = RoleGrantFactory(begins=begins, ends=ends)
    assert bool(scope_of(grant.person, CREDIT_ROLES, on=DAY)) is reaches
    assert holds_role(grant.person, CREDIT_ROLES, on=DAY) is reaches


def test_scope_of_superuser_without_roles_is_empty() -> None:
    assert scope_of(PersonFactory(is_superuser=True, is_staff=True), CREDIT_ROLES) == Scope(frozenset())


def test_scope_of_inactive_person_is_empty() -> None:
    grant = RoleGrantFactory(person__is_active=False)
    assert holds_role(grant.person, CREDIT_ROLES) is False


def test_employment_on_finds_the_unit_of_that_day(django_assert_num_queries) -> None:
    first = EmploymentFactory(begins=date(2024, 1, 1), ends=date(2026, 1, 1))
    second = EmploymentFactory(person=first.person, begins=date(2026, 1, 1))
    found = [employment_on(first.person, day) for day in (date(2023, 12, 31), date(2025, 12, 31), date(2026, 1, 1))]
    assert found == [None, first, second]
    with django_assert_num_queries(1):
        assert employment_on(first.person, DAY).unit.name == second.unit.name


def test_people_in_names_workers_and_members_once() -> None:
    city, branch = NodeFactory(), BranchFactory()
    both = EmploymentFactory(unit=NodeFactory(parent=city)).person
    MembershipFactory(person=both, branch=branch)
    member = MembershipFactory(branch=branch).person
    EmploymentFactory(unit=city, ends=date(2021, 1, 1))
    EmploymentFactory()
    people = people_in(Scope(frozenset({city.path, branch.path})), on=DAY)
    assert sorted(person.pk for person in people) == sorted([both.pk, member.pk])
    assert list(people_in(Scope(frozenset()))) == []
