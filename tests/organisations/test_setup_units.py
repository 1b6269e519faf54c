import pytest
from django.core.management import CommandError, call_command

from organisations.enums import Role
from organisations.models import Node, RoleGrant
from tests.factories.organisations import NodeFactory, PersonFactory

pytestmark = pytest.mark.django_db


def test_first_places_and_administrator_are_made_once() -> None:
    person = PersonFactory(username="boss")
    for _again in range(2):
        call_command("setup_units", administrator="Boss", province="河南省=410000", society="影像技术学分会=S41")
    assert list(Node.objects.order_by("pk").values_list("code", "tree", "kind")) == [
        ("410000", "administration", "province"),
        ("S41", "society", "society"),
    ]
    grants = RoleGrant.objects.order_by("pk").values_list("person", "role", "node__code")
    assert list(grants) == [(person.pk, Role.SYSTEM_ADMINISTRATOR, code) for code in ("410000", "S41")]


@pytest.mark.parametrize(
    ("administrator", "province"), [("nobody", "河南省=410000"), ("boss", "410000"), ("boss", "市=T1"), ("boss", "=1")]
)
def test_what_cannot_be_made_is_said_and_nothing_is_written(administrator: str, province: str) -> None:
    PersonFactory(username="boss")
    NodeFactory(parent=NodeFactory(code="T0"), code="T1")
    with pytest.raises(CommandError):
        call_command("setup_units", administrator=administrator, province=province)
    assert (Node.objects.count(), RoleGrant.objects.count()) == (2, 0)
