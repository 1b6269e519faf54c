from datetime import date

import pytest
from allauth.account.models import EmailAddress

from organisations.enums import NodeKind, Tree
from organisations.models import AuditEvent, Employment, Node, Person
from organisations.services import people, trees
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory

pytestmark = pytest.mark.django_db


def test_create_person_seals_phone_and_logs_without_personal_data() -> None:
    person = people.create_person(
        by=None, username="Wang", name=" 王丽 ", password="x", phone="138 0000 0001", email="W@Example.org"
    )
    person.refresh_from_db()
    assert (person.username, person.name, person.phone, person.email) == (
        "wang",
        "王丽",
        "+8613800000001",
        "w@example.org",
    )
    assert "13800000001" not in person.phone_sealed
    assert list(EmailAddress.objects.values_list("user", "email")) == [(person.pk, "w@example.org")]
    event = AuditEvent.objects.get()
    assert (event.verb, event.after) == ("person.create", {"username": "wang", "title": "none"})


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"username": "13800000002"}, people.BadUsername),
        ({"username": "a b"}, people.BadUsername),
        ({"phone": "123"}, people.BadPhone),
        ({"email": "nobody"}, people.BadEmail),
        ({"username": "taken"}, people.AlreadyTaken),
        ({"phone": "+86 13800000001"}, people.AlreadyTaken),
        ({"email": "TAKEN@example.org"}, people.AlreadyTaken),
    ],
)
def test_create_person_refuses(fields: dict, error: type[Exception]) -> None:
    PersonFactory(username="taken", phone="+8613800000001", email="taken@example.org")
    with pytest.raises(error):
        people.create_person(**{"by": None, "username": "new", "name": "新", **fields})
    assert Person.objects.count() == 1


def test_change_contact_keeps_one_address_and_says_only_what_kind() -> None:
    person = PersonFactory(phone="+8613800000001", email="old@example.org")
    people.keep_address(person)
    people.change_contact(by=person, person=person, phone="", email="new@example.org")
    assert list(EmailAddress.objects.values_list("email", "primary")) == [("new@example.org", True)]
    event = AuditEvent.objects.get()
    assert (event.before, event.after) == ({"has_contact": ["email", "phone"]}, {"has_contact": ["email"]})


def test_employ_ends_the_employment_before() -> None:
    first = EmploymentFactory(begins=date(2020, 1, 1))
    unit = NodeFactory()
    people.employ(by=None, person=first.person, unit=unit, begins=date(2026, 3, 1), department="CT")
    assert list(Employment.objects.order_by("begins").values_list("unit", "begins", "ends")) == [
        (first.unit_id, date(2020, 1, 1), date(2026, 3, 1)),
        (unit.pk, date(2026, 3, 1), None),
    ]


@pytest.mark.parametrize(
    ("begins", "ends"), [(date(2020, 1, 1), None), (date(2019, 1, 1), None), (date(2019, 1, 1), date(2020, 1, 2))]
)
def test_employ_refuses_overlap(begins: date, ends: date | None) -> None:
    first = EmploymentFactory(begins=date(2020, 1, 1))
    with pytest.raises(people.OverlappingEmployment):
        people.employ(by=None, person=first.person, unit=first.unit, begins=begins, ends=ends)
    assert Employment.objects.get().ends is None


def test_change_details_logs_only_what_changed() -> None:
    person = PersonFactory(name="王丽")
    people.change_details(by=person, person=person, name="王莉", language="zh-hans")
    people.change_details(by=person, person=person, name="王莉")
    assert list(AuditEvent.objects.values_list("before", "after")) == [({"name": "王丽"}, {"name": "王莉"})]


def place(parent: Node | None, code: str, tree: Tree = Tree.ADMINISTRATION) -> Node:
    return trees.add_place(by=None, parent=parent, tree=tree, kind=NodeKind.COUNTY, name=code, code=code)


def test_places_are_added_moved_and_closed() -> None:
    province = place(None, "410000")
    city, other = place(province, "410100"), place(province, "410200")
    hospital = place(city, "H1")
    moved = trees.move_place(by=None, node=hospital, parent=other)
    other = Node.objects.get(pk=other.pk)
    assert moved.get_parent() == other
    with pytest.raises(trees.StillInUse):
        trees.close_place(by=None, node=other, on=date(2026, 1, 1))
    assert trees.close_place(by=None, node=moved, on=date(2026, 1, 1)).closed_on == date(2026, 1, 1)
    assert trees.close_place(by=None, node=other, on=date(2026, 1, 1)).closed_on == date(2026, 1, 1)


def test_places_refuse_taken_codes_wrong_trees_and_loops() -> None:
    top = place(None, "410000")
    below = place(top, "410100")
    society = place(None, "S", Tree.SOCIETY)
    with pytest.raises(trees.CodeTaken):
        place(top, "410100")
    with pytest.raises(trees.WrongTree):
        place(top, "S1", Tree.SOCIETY)
    with pytest.raises(trees.WrongTree):
        trees.move_place(by=None, node=below, parent=society)
    with pytest.raises(trees.WrongTree):
        trees.move_place(by=None, node=top, parent=below)


def test_place_where_people_work_cannot_be_closed() -> None:
    employment = EmploymentFactory()
    with pytest.raises(trees.StillInUse):
        trees.close_place(by=None, node=employment.unit, on=date(2026, 1, 1))
