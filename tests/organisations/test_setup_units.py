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
    assert list(Node.objects.filter(depth=1).order_by("pk").values_list("code", "tree", "kind")) == [
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


def test_cities_and_branches_of_henan_are_entered_once() -> None:
    PersonFactory(username="boss")
    for _again in range(2):
        call_command("setup_units", administrator="boss", province="河南省=410000", society="影像技术学分会=S41")
    cities = Node.objects.filter(kind="prefecture").order_by("code")
    assert list(cities.values_list("code", flat=True)) == [*(str(code) for code in range(4101, 4118)), "419001"]
    assert {city.get_parent().code for city in cities} == {"410000"}
    branches = Node.objects.filter(kind="branch").order_by("path")
    assert [branch.city.name for branch in branches] == [
        "郑州市", "开封市", "南阳市", "漯河市", "三门峡市", "洛阳市", "平顶山市", "鹤壁市", "驻马店市", "许昌市",
        "周口市",
    ]  # fmt: skip
    first = branches[0]
    assert (first.name, first.name_en, first.code) == ("郑州分会", "Zhengzhou branch", "S41-4101")
    assert {branch.get_parent().code for branch in branches} == {"S41"}


def test_branch_renamed_since_and_cities_moved_are_left_alone() -> None:
    PersonFactory(username="boss")
    told = {"administrator": "boss", "province": "河南省=410000", "society": "影像技术学分会=S41"}
    call_command("setup_units", **told)
    Node.objects.filter(code="S41-4101").update(name="郑州市影像技术学会", code="ZZ")
    call_command("setup_units", **told)
    assert Node.objects.count() == 31
    assert Node.objects.get(code="ZZ").name == "郑州市影像技术学会"


def test_province_without_data_gets_its_top_only() -> None:
    PersonFactory(username="boss")
    call_command("setup_units", administrator="boss", province="湖北省=420000", society="学会=S42")
    assert Node.objects.count() == 2
