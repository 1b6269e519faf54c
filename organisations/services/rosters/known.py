"""What is known of people when a row is compared: loaded for many at once, told apart by a fingerprint."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import TypeVar

from django.db.models import Q
from django.utils import timezone

from organisations import rules
from organisations.deeds import Deed
from organisations.enums import ROLES_OF_A_UNIT, STAFF_ROLES, NodeKind, ProfessionalTitle, Role
from organisations.models import AuditEvent, Employment, Node, Person, Qualification, RoleGrant, RosterImport
from organisations.selectors.departments import by_key, departments_below

T = TypeVar("T")

_STAFF = [role.value for role in STAFF_ROLES]
_ROLES_WITHIN = [role.value for role in (*ROLES_OF_A_UNIT, Role.UNIT_CREDIT_ADMINISTRATOR)]

# From the lowest to the highest.
LADDER = tuple(title.value for title in ProfessionalTitle)


def same_name(one: str, other: str) -> bool:
    return one.replace(" ", "").casefold() == other.replace(" ", "").casefold()


@dataclass(frozen=True)
class Place:
    """The unit of a roster with its departments, the day from which the roster holds, and whose roster it is."""

    unit: Node
    day: date
    departments: dict[str, Node | None] = field(default_factory=dict)
    keepers: frozenset[int] = frozenset()
    proposed: dict[str, Node] = field(default_factory=dict)

    @classmethod
    def of(cls, roster: RosterImport) -> "Place":
        """Two queries."""
        unit, day = Node.objects.get(pk=roster.unit_id), roster.effective_on or roster.created_at.date()
        keepers = {key for key in (roster.uploaded_by_id, roster.applied_by_id) if key is not None}
        return cls(unit, day, by_key(departments_below(unit, on=day)), frozenset(keepers))

    def covers(self, node: Node) -> bool:
        return str(node.path).startswith(self.unit.path)

    def is_elsewhere(self, department: str) -> bool:
        """Whether a department's roster names another department with it."""
        key = rules.department_key(department)
        if not key or self.unit.kind != NodeKind.DEPARTMENT:
            return False
        return key != rules.department_key(self.unit.name) and key not in self.departments

    def node_for(self, department: str) -> Node:
        """The department of this name; `proposed`, without a key yet, if the hospital has none; else the unit."""
        key = rules.department_key(department)
        if key in self.departments:
            return self.departments[key] or self.unit  # several of that name: nobody guesses
        if not key or self.unit.kind != NodeKind.HOSPITAL:
            return self.unit
        unit = self.unit
        return self.proposed.setdefault(
            key, Node(name=department.strip(), kind=NodeKind.DEPARTMENT, tree=unit.tree, path=unit.path)
        )


@dataclass
class Known:
    """A person with what a roster may change. `has_own_contact`: the person entered phone or e-mail themself."""

    person: Person
    employments: list[Employment] = field(default_factory=list)
    qualifications: list[Qualification] = field(default_factory=list)
    has_own_contact: bool = False
    has_duties_elsewhere: bool = False

    def here(self, place: Place) -> Employment | None:
        """The employment in the unit or below it that holds on the day or later; the latest."""
        return next((one for one in reversed(self.present(place.day)) if place.covers(one.unit)), None)

    def was_here(self, place: Place) -> bool:
        """Whether the person has, or ever had, an employment in the unit or below it."""
        return any(place.covers(one.unit) for one in self.employments)

    def present(self, day: date) -> list[Employment]:
        """Employments that have not ended by `day`, the earliest first."""
        return [one for one in self.employments if one.ends is None or one.ends > day]

    def fingerprint(self) -> str:
        """Changes with everything that a roster looks at or writes, except under which key something is sealed."""
        person = self.person
        told = [
            person.name, person.phone, person.email, bool(person.id_number_sealed), person.masked_id_number,
            person.title, person.is_active, person.merged_into_id,
            [
                (one.pk, one.unit_id, one.department, one.kind, one.staff_number, str(one.begins), str(one.ends))
                for one in self.employments
            ],
            sorted((one.kind, one.value, one.state) for one in self.qualifications),
        ]  # fmt: skip
        # As text: a choice just set is not yet the plain text that the database gives back.
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:24]


def load(pks: Iterable[int], place: Place, *, lock: bool = False) -> dict[int, Known]:
    """The people with these keys. With `lock` their rows are held until the transaction ends. Five queries."""
    wanted = sorted(set(pks))
    people = Person.objects.filter(pk__in=wanted).order_by("pk")
    if lock:
        people = people.select_for_update(of=("self",))
    found = {person.pk: Known(person) for person in people}
    for employment in Employment.objects.filter(person__in=wanted).select_related("unit").order_by("begins", "pk"):
        found[employment.person_id].employments.append(employment)
    for qualification in Qualification.objects.filter(person__in=wanted).order_by("pk"):
        found[qualification.person_id].qualifications.append(qualification)
    _mark_duties(found, place)
    _mark_own_contacts(found)
    return found


def _mark_duties(found: dict[int, Known], place: Place) -> None:
    """Superusers, and whose duties the unit does not hand out or reach outside of it: not for its roster to change."""
    held = RoleGrant.objects.filter(Q(ends__isnull=True) | Q(ends__gt=timezone.localdate()), person__in=list(found))
    of_unit = Q(node__path__startswith=place.unit.path, role__in=_ROLES_WITHIN) | ~Q(role__in=_STAFF)
    beyond = set(held.exclude(of_unit).values_list("person", flat=True))
    for pk, known in found.items():
        known.has_duties_elsewhere = pk in beyond or known.person.is_superuser


def _mark_own_contacts(found: dict[int, Known]) -> None:
    by_public_id = {str(known.person.public_id): known for known in found.values()}
    events = AuditEvent.objects.filter(
        target_kind=Person._meta.label_lower,
        target_id__in=list(by_public_id),
        verb=Deed.PERSON_CHANGE_CONTACT,
        actor_id_copy__in=list(found),
    )
    for target, actor in events.values_list("target_id", "actor_id_copy"):
        if by_public_id[target].person.pk == actor:
            by_public_id[target].has_own_contact = True


def in_chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items each, the last one shorter."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk
