"""Which role is held at which kind of place, who stands in for whom, and which branch a unit enters its people in."""

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from organisations.enums import ROLE_PLACES, NodeKind, Role, Tree
from organisations.models import AuditEvent, Membership, Node, Person, RoleGrant
from organisations.selectors import directory
from organisations.services import memberships, roles, trees
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory

pytestmark = pytest.mark.django_db
PAST, LATER = date(2020, 1, 1), date(2099, 1, 1)
BACKEND = "django.contrib.auth.backends.ModelBackend"


def keeper(unit: Node) -> Person:
    person = RoleGrantFactory(role=Role.UNIT_CREDIT_ADMINISTRATOR, node=unit, begins=PAST).person
    EmploymentFactory(person=person, unit=unit)
    return person


@pytest.mark.parametrize("role", list(Role))
def test_role_is_held_at_its_kinds_of_place_and_no_other(role: Role) -> None:
    held = set()
    for kind in NodeKind:
        society = kind in (NodeKind.SOCIETY, NodeKind.BRANCH)
        node = NodeFactory(kind=kind, tree=Tree.SOCIETY if society else Tree.ADMINISTRATION)
        try:
            roles.grant_role(by=None, person=PersonFactory(), role=role, node=node, begins=PAST)
        except roles.RoleDoesNotFit:
            continue
        held.add(kind)
    assert held == ROLE_PLACES[role]
    assert RoleGrant.objects.count() == len(held)


def test_refusal_of_a_role_that_does_not_fit_names_where_it_is_held() -> None:
    province = NodeFactory(kind=NodeKind.PROVINCE)
    with pytest.raises(roles.RoleDoesNotFit) as raised:
        roles.grant_role(
            by=None,
            person=PersonFactory(),
            role=Role.DEPARTMENT_CREDIT_ADMINISTRATOR,
            node=province,
            begins=PAST,
        )
    assert raised.value.params == {"role": "科室继教管理员", "kinds": "科室"}


def test_form_at_a_place_offers_only_roles_that_are_held_there(client: Client) -> None:
    unit = NodeFactory()
    department = NodeFactory(parent=unit, kind=NodeKind.DEPARTMENT)
    client.force_login(keeper(unit), backend=BACKEND)
    offered = {}
    for name, place in (("unit", unit), ("department", department)):
        form = client.get("/en/manage/roles/new/", {"place": str(place.public_id)}).context["form"]
        offered[name] = [value for value, _label in form.fields["role"].choices]
    assert offered == {"unit": ["learner"], "department": ["learner", "department_credit_administrator"]}


def test_unit_administrator_appoints_and_ends_their_own_substitute(client: Client) -> None:
    unit = NodeFactory()
    by, colleague = keeper(unit), PersonFactory(username="colleague")
    EmploymentFactory(person=colleague, unit=unit)
    own = by.role_grants.get()
    client.force_login(by, backend=BACKEND)
    address = f"/en/manage/roles/{own.pk}/substitute/"
    assert address in client.get("/en/manage/roles/").content.decode()
    assert f"/en/manage/roles/{own.pk}/end/" not in client.get("/en/manage/roles/").content.decode()
    today = timezone.localdate()
    sent = {"username": "colleague", "begins": today.isoformat(), "reason": "年休假"}
    assert client.post(address, sent).status_code == 400
    assert RoleGrant.objects.filter(person=colleague).count() == 0
    assert client.post(address, sent | {"ends": LATER.isoformat()}).status_code == 302
    made = RoleGrant.objects.get(person=colleague)
    assert (made.role, made.node, made.ends, made.substitute_for, made.granted_by) == (
        own.role,
        unit,
        LATER,
        own,
        by,
    )
    assert AuditEvent.objects.filter(verb="role.grant", actor_id_copy=by.pk).count() == 1
    assert client.post(f"/en/manage/roles/{made.pk}/end/", {"on": today.isoformat()}).status_code == 302
    made.refresh_from_db()
    assert made.ends == today


def test_own_substitute_needs_an_end_and_appoints_nobody() -> None:
    unit = NodeFactory()
    by, stand_in = keeper(unit), PersonFactory()
    own = by.role_grants.get()
    with pytest.raises(roles.SubstituteNeedsEnd):
        roles.appoint_substitute(by=by, grant=own, person=stand_in, begins=PAST)
    made = roles.appoint_substitute(by=by, grant=own, person=stand_in, begins=PAST, ends=LATER)
    with pytest.raises(roles.BadSubstitute):
        roles.appoint_substitute(by=stand_in, grant=made, person=PersonFactory(), begins=PAST, ends=LATER)
    # The substitute has no say about the holder's role, nor the holder of another unit about this one.
    for stranger in (stand_in, keeper(NodeFactory())):
        with pytest.raises(roles.NotYoursToGive):
            roles.appoint_substitute(by=stranger, grant=own, person=PersonFactory(), begins=PAST, ends=LATER)
    with pytest.raises(roles.NotYoursToGive):
        roles.end_role(by=stand_in, grant=own)


def _cities() -> tuple[Node, Node, Node, Node, Node]:
    """(a unit whose city has a branch, one whose city has none, that branch, another branch, the society)."""
    province = NodeFactory(kind=NodeKind.PROVINCE)
    city, other = (NodeFactory(parent=province, kind=NodeKind.PREFECTURE) for _ in range(2))
    third = NodeFactory(parent=province, kind=NodeKind.PREFECTURE)
    society = NodeFactory(kind=NodeKind.SOCIETY, tree=Tree.SOCIETY)
    branch = NodeFactory(parent=society, kind=NodeKind.BRANCH, city=city)
    elsewhere = NodeFactory(parent=society, kind=NodeKind.BRANCH, city=third)
    return NodeFactory(parent=city), NodeFactory(parent=other), branch, elsewhere, society


def test_unit_proposes_the_branch_of_its_city_and_refuses_the_others(client: Client) -> None:
    unit, _other, branch, elsewhere, society = _cities()
    by, person = keeper(unit), PersonFactory()
    EmploymentFactory(person=person, unit=unit)
    client.force_login(by, backend=BACKEND)
    address = f"/en/manage/people/{person.public_id}/memberships/new/"
    field = client.get(address).context["form"].fields["branch"]
    assert (list(field.queryset), field.initial) == ([branch], branch.public_id)
    for wrong in (elsewhere, society):
        with pytest.raises(memberships.NotYourBranch):
            memberships.join(by=by, person=person, branch=wrong, begins=PAST)
        sent = {"branch": str(wrong.public_id), "begins": "2026-01-01"}
        assert client.post(address, sent).status_code == 400
    assert Membership.objects.count() == 0
    assert client.post(address, {"branch": str(branch.public_id), "begins": "2026-01-01"}).status_code == 302
    assert Membership.objects.get().branch == branch


def test_unit_of_a_city_without_a_branch_enters_people_in_the_society() -> None:
    _unit, unit, _branch, _elsewhere, society = _cities()
    assert list(directory.branches_for(keeper(unit))) == [society]
    assert list(directory.branches_for(PersonFactory())) == []


def test_system_administrator_of_the_society_enters_people_in_every_branch() -> None:
    _unit, _other, branch, elsewhere, society = _cities()
    by = RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=society).person
    assert list(directory.branches_for(by)) == [society, branch, elsewhere]


def test_city_of_a_branch_is_set_on_its_page_and_kept_in_its_history(client: Client) -> None:
    _unit, other, branch, _elsewhere, society = _cities()
    client.force_login(RoleGrantFactory(role=Role.SYSTEM_ADMINISTRATOR, node=society).person, backend=BACKEND)
    was, city = branch.city, other.get_parent()
    Node.objects.filter(pk=branch.pk).update(level="")
    sent = {"name": branch.name, "name_en": branch.name_en, "code": branch.code, "on": "2026-01-01"}
    address = f"/en/manage/places/{branch.public_id}/change/"
    assert client.post(address, sent | {"city": str(city.public_id)}).status_code == 302
    branch.refresh_from_db()
    change = branch.changes.get()
    assert (branch.city, change.before, change.after) == (city, {"city": was.code}, {"city": city.code})
    with pytest.raises(trees.NotACity):
        trees.change_place(by=None, node=branch, on=PAST, city=society)
