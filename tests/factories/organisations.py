"""People, places and roles for tests. Everybody's password is PASSWORD."""

from datetime import date
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from factory.django import DjangoModelFactory

from organisations.enums import ROLE_PLACES, HospitalLevel, NodeKind, PersonState, Role, Tree
from organisations.models import Alliance, AllianceMember, Employment, Membership, Node, Person, RoleGrant, StatePeriod

PASSWORD = "tomography-2026"
_HASHED: list[str] = []


def _password() -> str:
    """Argon2 takes its time: hash once for all people."""
    if not _HASHED:
        _HASHED.append(make_password(PASSWORD))
    return _HASHED[0]


class NodeFactory(DjangoModelFactory[Node]):
    """A hospital; `parent=` hangs it below another place."""

    class Meta:
        model = Node

    tree = Tree.ADMINISTRATION
    kind = NodeKind.HOSPITAL
    name = factory.Sequence(lambda n: f"第{n + 1}医院")
    name_en = factory.Sequence(lambda n: f"Hospital {n + 1}")
    code = factory.Sequence(lambda n: f"T{n + 1:06}")
    level = HospitalLevel.SECONDARY

    @classmethod
    def _create(cls, model_class: type[Node], *args: Any, parent: Node | None = None, **fields: Any) -> Node:
        if parent is None:
            return model_class.add_root(**fields)
        fields["tree"] = parent.tree
        return model_class.objects.get(pk=parent.pk).add_child(**fields)


def place_of(role: Role) -> Node:
    """A place where the role is held."""
    kind = next(kind for kind in (NodeKind.HOSPITAL, *NodeKind) if kind in ROLE_PLACES[role])
    society = kind in (NodeKind.SOCIETY, NodeKind.BRANCH)
    made: Node = NodeFactory(kind=kind, tree=Tree.SOCIETY if society else Tree.ADMINISTRATION)
    return made


class BranchFactory(NodeFactory):
    tree = Tree.SOCIETY
    kind = NodeKind.BRANCH
    name = factory.Sequence(lambda n: f"第{n + 1}分会")
    level = ""


class PersonFactory(DjangoModelFactory[Person]):
    """Somebody who can sign in; `phone="+8613800000001"` seals a number."""

    class Meta:
        model = Person

    username = factory.Sequence(lambda n: f"person{n + 1}")
    name = factory.Sequence(lambda n: f"王{n + 1}")
    password = factory.LazyFunction(_password)

    @classmethod
    def _create(
        cls, model_class: type[Person], *args: Any, phone: str = "", id_number: str = "", **fields: Any
    ) -> Person:
        person = model_class(**fields)
        person.set_phone(phone)
        person.set_id_number(id_number)
        person.save()
        return person


class EmploymentFactory(DjangoModelFactory[Employment]):
    class Meta:
        model = Employment

    person = factory.SubFactory(PersonFactory)
    unit = factory.SubFactory(NodeFactory)
    department = "影像科"
    begins = date(2020, 1, 1)


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    person = factory.SubFactory(PersonFactory)
    branch = factory.SubFactory(BranchFactory)
    begins = date(2020, 1, 1)


class RoleGrantFactory(DjangoModelFactory[RoleGrant]):
    """Only the row: no groups, no log. Use `grant_role` where those matter."""

    class Meta:
        model = RoleGrant

    person = factory.SubFactory(PersonFactory)
    role = Role.UNIT_CREDIT_ADMINISTRATOR
    node = factory.SubFactory(NodeFactory)
    begins = date(2020, 1, 1)


class StatePeriodFactory(DjangoModelFactory[StatePeriod]):
    class Meta:
        model = StatePeriod

    person = factory.SubFactory(PersonFactory)
    state = PersonState.SICK
    begins = date(2026, 1, 1)


class AllianceFactory(DjangoModelFactory[Alliance]):
    """An alliance and its leader as first member."""

    class Meta:
        model = Alliance
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"第{n + 1}医联体")
    code = factory.Sequence(lambda n: f"A{n + 1}")
    lead = factory.SubFactory(NodeFactory)

    @factory.post_generation
    def members(self, create: bool, extracted: Any, **fields: Any) -> None:
        for node in [self.lead, *(extracted or [])]:
            AllianceMember.objects.create(alliance=self, node=node, begins=date(2020, 1, 1))
