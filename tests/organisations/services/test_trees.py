from datetime import date, timedelta

import pytest
from django.utils import timezone

from organisations.enums import NodeKind, PlaceChangeKind, Role, Tree
from organisations.models import AllianceMember, AuditEvent, Node, PlaceChange, RoleGrant
from organisations.services import mergers, people, roles, trees
from tests.factories.organisations import (
    AllianceFactory,
    BranchFactory,
    EmploymentFactory,
    MembershipFactory,
    NodeFactory,
    PersonFactory,
    RoleGrantFactory,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 1)


def place(parent: Node | None, code: str, tree: Tree = Tree.ADMINISTRATION) -> Node:
    kind = NodeKind.COUNTY if tree == Tree.ADMINISTRATION else NodeKind.BRANCH
    return trees.add_place(by=None, parent=parent, tree=tree, kind=kind, name=code, code=code)


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


@pytest.mark.parametrize(
    ("tree", "kind"),
    [
        (Tree.ADMINISTRATION, NodeKind.BRANCH),
        (Tree.SOCIETY, NodeKind.HOSPITAL),
        (Tree.ADMINISTRATION, NodeKind.PROVINCE),
    ],
)
def test_place_of_a_kind_that_cannot_lie_there_is_refused(tree: Tree, kind: NodeKind) -> None:
    parent = NodeFactory(kind=NodeKind.HOSPITAL) if tree == Tree.ADMINISTRATION else BranchFactory()
    with pytest.raises(trees.WrongKind):
        trees.add_place(by=None, parent=parent, tree=tree, kind=kind, name="x", code="x")
    assert PlaceChange.objects.count() == 0


def test_history_of_a_place_keeps_every_change_in_order() -> None:
    by = PersonFactory()
    city = place(None, "C1")
    other = place(None, "C2")
    node = trees.add_place(
        by=by, parent=city, tree=city.tree, kind=NodeKind.HOSPITAL, name="旧名", code="H1", on=date(2000, 1, 1)
    )
    trees.change_place(by=by, node=node, on=date(2010, 1, 1), name="新名", code="H1")
    trees.move_place(by=by, node=node, parent=other, on=date(2015, 1, 1))
    trees.close_place(by=by, node=node, on=date(2020, 1, 1))
    reopened = trees.reopen_place(by=by, node=node, on=date(2021, 1, 1))
    rows = PlaceChange.objects.filter(node=node).order_by("on").values_list("kind", "on", "before", "after", "by")
    assert list(rows) == [
        ("added", date(2000, 1, 1), {}, {"name": "旧名", "code": "H1", "parent": "C1"}, by.pk),
        ("changed", date(2010, 1, 1), {"name": "旧名"}, {"name": "新名"}, by.pk),
        ("moved", date(2015, 1, 1), {"parent": "C1"}, {"parent": "C2"}, by.pk),
        ("closed", date(2020, 1, 1), {}, {}, by.pk),
        ("reopened", date(2021, 1, 1), {"closed_on": "2020-01-01"}, {}, by.pk),
    ]
    assert (reopened.name, reopened.closed_on, reopened.get_parent()) == ("新名", None, Node.objects.get(pk=other.pk))
    verbs = ["place.add", "place.change", "place.move", "place.close", "place.reopen"]
    assert list(AuditEvent.objects.filter(actor_id_copy=by.pk).order_by("pk").values_list("verb", flat=True)) == verbs


def test_change_without_a_difference_leaves_no_history() -> None:
    node = NodeFactory(name="医院")
    trees.change_place(by=None, node=node, on=DAY, name="医院 ")
    assert PlaceChange.objects.count() == 0


def test_closing_a_place_ends_its_roles_and_alliances() -> None:
    node = NodeFactory()
    held = roles.grant_role(by=None, person=PersonFactory(), role=Role.EDITOR, node=node, begins=date(2020, 1, 1))
    AllianceFactory(members=[node])
    trees.close_place(by=None, node=node, on=DAY)
    held.refresh_from_db()
    assert held.ends == DAY
    assert list(AllianceMember.objects.filter(node=node).values_list("ends", flat=True)) == [DAY]
    with pytest.raises(trees.PlaceClosed):
        trees.close_place(by=None, node=node, on=DAY)


def test_closed_place_takes_neither_places_nor_people() -> None:
    node, other = NodeFactory(kind=NodeKind.HOSPITAL), NodeFactory(kind=NodeKind.HOSPITAL)
    trees.close_place(by=None, node=node, on=DAY)
    node.refresh_from_db()
    with pytest.raises(trees.PlaceClosed):
        trees.add_place(by=None, parent=node, tree=node.tree, kind=NodeKind.DEPARTMENT, name="x", code="x")
    with pytest.raises(trees.PlaceClosed):
        trees.move_place(by=None, node=other, parent=node)
    with pytest.raises(people.ClosedPlace):
        people.employ(by=None, person=PersonFactory(), unit=node, begins=DAY)
    assert people.employ(
        by=None, person=PersonFactory(), unit=node, begins=date(2020, 1, 1), ends=date(2021, 1, 1)
    ).ends == date(2021, 1, 1)


def test_open_place_is_not_opened_again_and_none_below_a_closed_one() -> None:
    city = NodeFactory(kind=NodeKind.PREFECTURE)
    hospital = NodeFactory(parent=city)
    with pytest.raises(trees.PlaceOpen):
        trees.reopen_place(by=None, node=hospital, on=DAY)
    trees.close_place(by=None, node=hospital, on=DAY)
    trees.close_place(by=None, node=city, on=DAY)
    with pytest.raises(trees.PlaceClosed):
        trees.reopen_place(by=None, node=hospital, on=DAY)


def _two_hospitals() -> tuple[Node, Node]:
    city = NodeFactory(kind=NodeKind.PREFECTURE)
    return NodeFactory(parent=city, code="A"), NodeFactory(parent=city, code="B")


def test_merger_moves_people_and_ends_roles_as_of_its_day() -> None:
    source, target = _two_hospitals()
    worker = EmploymentFactory(unit=source, begins=date(2020, 1, 1), staff_number="7")
    newer = EmploymentFactory(unit=source, begins=date(2026, 4, 1))
    gone = EmploymentFactory(unit=source, begins=date(2020, 1, 1), ends=date(2025, 1, 1))
    leaving = EmploymentFactory(unit=source, begins=date(2020, 1, 1), ends=date(2030, 1, 1))
    keeper = RoleGrantFactory(node=source)
    merger = mergers.merge_places(by=None, source=source, target=target, on=DAY)
    found = {
        row.person: list(row.person.employments.order_by("begins").values_list("unit", "begins", "ends"))
        for row in (worker, newer, gone, leaving)
    }
    assert found == {
        worker.person: [(source.pk, date(2020, 1, 1), DAY), (target.pk, DAY, None)],
        newer.person: [(target.pk, date(2026, 4, 1), None)],
        gone.person: [(source.pk, date(2020, 1, 1), date(2025, 1, 1))],
        leaving.person: [(source.pk, date(2020, 1, 1), DAY), (target.pk, DAY, date(2030, 1, 1))],
    }
    assert worker.person.employments.get(unit=target).staff_number == "7"
    keeper.refresh_from_db()
    assert (keeper.ends, merger.people, merger.roles) == (DAY, 3, 1)
    source.refresh_from_db()
    target.refresh_from_db()
    assert (source.closed_on, source.merged_into, source.get_parent()) == (DAY, target, target)
    assert list(PlaceChange.objects.order_by("pk").values_list("node", "kind", "other")) == [
        (source.pk, PlaceChangeKind.MERGED, target.pk),
        (target.pk, PlaceChangeKind.MERGED, source.pk),
    ]
    with pytest.raises(trees.PlaceMerged):
        trees.reopen_place(by=None, node=source, on=DAY)


def test_merger_matches_departments_by_name_and_hangs_the_others_below() -> None:
    source, target = _two_hospitals()
    ours = NodeFactory(parent=source, kind=NodeKind.DEPARTMENT, name="CT室")
    theirs = NodeFactory(parent=target, kind=NodeKind.DEPARTMENT, name="CT室")
    only = NodeFactory(parent=source, kind=NodeKind.DEPARTMENT, name="磁共振室")
    scanner = EmploymentFactory(unit=ours)
    magnet = EmploymentFactory(unit=only)
    keeper = RoleGrantFactory(node=only, role=Role.DEPARTMENT_CREDIT_ADMINISTRATOR)
    replaced = RoleGrantFactory(node=ours, role=Role.DEPARTMENT_CREDIT_ADMINISTRATOR)
    merger = mergers.merge_places(by=None, source=source, target=target, on=DAY)
    assert scanner.person.employments.get(ends=None).unit == theirs
    assert list(magnet.person.employments.values_list("unit", "ends")) == [(only.pk, None)]
    for row in (ours, only, keeper, replaced):
        row.refresh_from_db()
    assert (ours.merged_into, only.merged_into, only.closed_on) == (theirs, None, None)
    assert only.get_parent() == Node.objects.get(pk=target.pk)
    assert (keeper.ends, replaced.ends, merger.people, merger.departments) == (None, DAY, 1, 2)


def test_records_of_a_merged_place_stay_in_reach_of_the_one_that_received_it() -> None:
    source, target = _two_hospitals()
    keeper = RoleGrantFactory(node=target)
    old = EmploymentFactory(unit=source)
    mergers.merge_places(by=None, source=source, target=target, on=DAY)
    before = RoleGrant.objects.get(pk=keeper.pk).node.path
    assert Node.objects.get(pk=source.pk).path.startswith(before)
    assert old.person.employments.filter(unit__path__startswith=before).count() == 2


def test_merger_takes_over_alliances_and_members() -> None:
    society = BranchFactory(kind=NodeKind.SOCIETY)
    source, target = BranchFactory(parent=society), BranchFactory(parent=society)
    member = MembershipFactory(branch=source)
    alliance = AllianceFactory(lead=source)
    mergers.merge_places(by=None, source=source, target=target, on=DAY)
    alliance.refresh_from_db()
    assert alliance.lead == target
    assert list(alliance.members.order_by("pk").values_list("node", "ends")) == [(source.pk, DAY), (target.pk, None)]
    assert list(member.person.memberships.order_by("begins").values_list("branch", "ends")) == [
        (source.pk, DAY),
        (target.pk, None),
    ]


def test_mergers_that_make_no_sense_are_refused() -> None:
    source, target = _two_hospitals()
    city = source.get_parent()
    tomorrow = timezone.localdate() + timedelta(days=1)
    with pytest.raises(mergers.MergerAhead):
        mergers.merge_places(by=None, source=source, target=target, on=tomorrow)
    for one, other in ((source, source), (source, city), (city, source), (source, BranchFactory())):
        with pytest.raises(mergers.CannotMerge):
            mergers.merge_places(by=None, source=one, target=other, on=DAY)
    mergers.merge_places(by=None, source=source, target=target, on=DAY)
    with pytest.raises(mergers.CannotMerge):
        mergers.merge_places(by=None, source=source, target=target, on=DAY)
