"""A city with two hospitals, a branch, and those who look after them, for tests of the pages."""

from dataclasses import dataclass, field
from datetime import date

from django.test import Client

from organisations.enums import NodeKind, Role
from organisations.models import Node, Person
from tests.factories.organisations import (
    BranchFactory,
    EmploymentFactory,
    MembershipFactory,
    NodeFactory,
    PersonFactory,
    RoleGrantFactory,
)


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    # The first request writes when the session was last used.
    client.get("/en/account/privacy/")
    session = client.session
    session["touched"] = 10**10
    session.save()
    return client


@dataclass
class Desk:
    """`worker` works at `hospital` and is a member of `branch`; `keeper` is the hospital's administrator."""

    province: Node = field(default_factory=lambda: NodeFactory(kind=NodeKind.PROVINCE, name="省", code="P"))
    hospital: Node = field(init=False)
    other: Node = field(init=False)
    branch: Node = field(default_factory=lambda: BranchFactory(name="分会", code="BR"))
    worker: Person = field(init=False)
    keeper: Person = field(init=False)

    def __post_init__(self) -> None:
        city = NodeFactory(parent=self.province, kind=NodeKind.PREFECTURE, name="市", code="C")
        Node.objects.filter(pk=self.branch.pk).update(city=city)
        self.hospital = NodeFactory(parent=city, name="甲医院", code="H1")
        self.other = NodeFactory(parent=city, name="乙医院", code="H2")
        self.worker = PersonFactory(
            username="worker", name="王伟", phone="+8613800000001", id_number="11010519491231002X"
        )
        EmploymentFactory(person=self.worker, unit=self.hospital, department="CT", staff_number="G0071")
        MembershipFactory(person=self.worker, branch=self.branch)
        self.keeper = self.holder(Role.UNIT_CREDIT_ADMINISTRATOR, self.hospital)
        for name in ("province", "hospital", "other"):
            getattr(self, name).refresh_from_db()

    def holder(self, role: Role, node: Node, **person: object) -> Person:
        """Somebody with this role who works at the province, so that no hospital's list holds them."""
        holder = RoleGrantFactory(role=role, node=node, person=PersonFactory(**person)).person
        EmploymentFactory(person=holder, unit=self.province)
        return holder

    def colleague(self, **fields: object) -> Person:
        person = PersonFactory(**{name: value for name, value in fields.items() if name in {"name", "last_login"}})
        work = {name: value for name, value in fields.items() if name in {"department", "kind", "begins"}}
        EmploymentFactory(person=person, unit=fields.get("unit", self.hospital), **{"begins": date(2020, 1, 1), **work})
        return person
