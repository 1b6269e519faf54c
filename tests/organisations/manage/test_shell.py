import pytest
from django.test import Client
from django.urls import reverse

from organisations.enums import Power, Role
from organisations.selectors import manage
from tests.factories.organisations import NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db

_UNIT = [
    "home", "people", "places", "alliances", "roles", "rosters", "sheets", "registrations", "qualifications",
    "objections",
]  # fmt: skip
_READER = ["home", "people", "places", "alliances"]
_CREDITS = ["credit_years", "entry_objections", "lost_passes", "closings"]


@pytest.mark.parametrize(
    ("role", "sections"),
    [
        (Role.LEARNER, []),
        (Role.EDITOR, ["home", "marking", "question_objections", "regrades"]),
        (Role.JUDGE, ["home", "marking"]),
        (Role.DEPARTMENT_CREDIT_ADMINISTRATOR, [*_READER, "credit_years", "projects", "receipts"]),
        (Role.UNIT_CREDIT_ADMINISTRATOR, [*_UNIT, *_CREDITS, "projects", "receipts", "columns"]),
        (Role.CITY_REVIEWER, [*_READER, *_CREDITS, "projects", "receipts", "columns"]),
        (Role.BRANCH_SECRETARY, _READER),
        (
            Role.AUDITOR,
            [
                *_UNIT,
                *_CREDITS,
                "projects",
                "rule_sets",
                "receipts",
                "marking",
                "question_objections",
                "regrades",
                "disclosures",
                "erasures",
                "columns",
                "feeds",
                "audit",
            ],
        ),
        (Role.SYSTEM_ADMINISTRATOR, [*_UNIT, "projects", "rule_sets", "columns", "feeds"]),
        (Role.SECURITY_ADMINISTRATOR, ["home", "roles", "disclosures", "erasures", "audit"]),
    ],
)
def test_navigation_offers_what_the_powers_open(role: Role, sections: list[str]) -> None:
    person = RoleGrantFactory(role=role).person
    assert [link.section for link in manage.links_of(person)] == sections


def test_rules_of_all_are_kept_at_the_top_of_the_tree_only() -> None:
    hospital = NodeFactory(parent=NodeFactory())
    person = RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=hospital).person
    rules = {Power.SEE_RULES, Power.KEEP_RULES}
    assert (
        manage.powers_of(person) & rules,
        manage.powers_of(RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=hospital.get_parent()).person) & rules,
    ) == ({Power.SEE_RULES}, rules)


def test_navigation_of_a_blocked_account_is_empty() -> None:
    person = RoleGrantFactory(person__is_active=False).person
    assert manage.links_of(person) == []


@pytest.mark.parametrize(("role", "status"), [(Role.UNIT_CREDIT_ADMINISTRATOR, 200), (Role.LEARNER, 403)])
def test_home_opens_to_those_with_a_power(client: Client, role: Role, status: int) -> None:
    client.force_login(RoleGrantFactory(role=role).person)
    assert client.get(reverse("manage:home")).status_code == status


def test_home_leads_strangers_to_sign_in(client: Client) -> None:
    url = reverse("manage:home")
    assert client.get(url).url == f"{reverse('account_login')}?next={url}"


def test_home_is_closed_to_superusers_without_a_role(client: Client) -> None:
    client.force_login(PersonFactory(is_superuser=True, is_staff=True))
    assert client.get(reverse("manage:home")).status_code == 403
