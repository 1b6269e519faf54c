import pytest

from cms.home.selectors import account
from organisations.enums import Role
from tests.factories.organisations import PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "sign_off", "export", "administer"),
    [
        (Role.LEARNER, False, False, False),
        (Role.LECTURER, True, False, True),
        (Role.EDITOR, False, False, True),
        (Role.UNIT_CREDIT_ADMINISTRATOR, True, True, False),
        (Role.PROVINCE_REVIEWER, False, True, False),
        (Role.AUDITOR, False, True, True),
    ],
)
def test_account_leads_only_where_its_role_may_go(role: Role, sign_off: bool, export: bool, administer: bool) -> None:
    person = PersonFactory()
    RoleGrantFactory(person=person, role=role)
    found = account(person)
    assert (found.may_sign_off, found.may_export, found.may_administer) == (sign_off, export, administer)
