"""Reads about people who came in without a code, and whom the unit may know them to be."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Q, QuerySet
from django.utils import timezone

from cms.shared.errors import NotFound
from organisations import rules
from organisations.enums import NodeKind, RequestState, Tree
from organisations.models import Employment, Node, Person, Registration
from organisations.models.places import open_on
from organisations.scopes import Scope
from organisations.selectors.access import openable
from organisations.selectors.departments import departments_below
from organisations.selectors.people import employment_on, people_by_phone
from organisations.selectors.powers import in_force

MOST_UNITS = 20


@dataclass(frozen=True)
class UnitFound:
    """A unit that one may say one works at, with the names of the places above it, from the province down."""

    unit: Node
    above: str


@dataclass(frozen=True)
class RegistrationFilter:
    """What a list of registrations is narrowed to. `state`: "" for all; `place` reaches below."""

    state: str = RequestState.WAITING
    place: Node | None = None
    search: str = ""


@dataclass(frozen=True)
class Candidate:
    """Somebody of the unit who may be the one who registered. `may_take_over`: never had a password."""

    person: Person
    department: str
    staff_number: str
    same_name: bool
    same_phone: bool
    same_staff_number: bool
    may_take_over: bool


@dataclass(frozen=True)
class Claim:
    """A registration as the unit's administrator decides on it. `works_elsewhere`: another unit was quicker."""

    registration: Registration
    candidates: list[Candidate]
    is_phone_taken: bool
    is_email_taken: bool
    works_elsewhere: bool


@dataclass(frozen=True)
class Standing:
    """How a person stands with the unit they named: the latest registration, and where they work."""

    registration: Registration | None
    employment: Employment | None

    @property
    def is_waiting(self) -> bool:
        return self.registration is not None and self.registration.state == RequestState.WAITING

    @property
    def may_register(self) -> bool:
        return self.employment is None and not self.is_waiting


def find_units(search: str) -> list[UnitFound]:
    """Open hospitals whose name, or the name of a place above them, holds `search`; at most MOST_UNITS, by place."""
    word = search.strip()
    if not word:
        return []
    places = Node.objects.filter(
        open_on(), Q(name__icontains=word) | Q(name_en__icontains=word), tree=Tree.ADMINISTRATION
    )
    tops = list(places.order_by("path").values_list("path", flat=True)[:200])
    units = open_units().filter(Scope(frozenset(tops)).q(""))
    found = list(units.order_by("path")[: MOST_UNITS + 1])
    paths = {unit.path[:end] for unit in found for end in range(Node.steplen, len(unit.path), Node.steplen)}
    names = dict(Node.objects.filter(path__in=paths).values_list("path", "name"))
    return [
        UnitFound(unit, " · ".join(names[path] for path in sorted(names) if unit.path.startswith(path)))
        for unit in found
    ]


def open_units() -> QuerySet[Node]:
    rows: QuerySet[Node] = Node.objects.filter(open_on(), tree=Tree.ADMINISTRATION, kind=NodeKind.HOSPITAL)
    return rows


def open_unit(public_id: UUID) -> Node:
    """Raises NotFound."""
    unit: Node | None = open_units().filter(public_id=public_id).first()
    if unit is None:
        raise NotFound
    return unit


def department_names(unit: Node) -> list[str]:
    """What the departments of a unit are called, in the order of the tree."""
    return list(dict.fromkeys(departments_below(unit).values_list("name", flat=True)))


def standing_of(person: Person) -> Standing:
    """Two queries."""
    return Standing(
        registration=person.registrations.select_related("unit").order_by("-created_at", "-pk").first(),
        employment=employment_on(person, timezone.localdate()),
    )


def registrations_in(scope: Scope, wanted: RegistrationFilter) -> QuerySet[Registration]:
    """Those of a scope that are `wanted`, with person, unit and who decided; while they wait the oldest come first."""
    rows = Registration.objects.filter(scope.q("unit")).select_related("person", "unit", "decided_by")
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.place is not None:
        rows = rows.filter(unit__path__startswith=wanted.place.path)
    if wanted.search:
        words = Q(person__name__icontains=wanted.search) | Q(person__username__icontains=wanted.search)
        rows = rows.filter(words | Q(department__icontains=wanted.search) | Q(staff_number__icontains=wanted.search))
    order = ("created_at", "pk") if wanted.state == RequestState.WAITING else ("-created_at", "-pk")
    return rows.order_by(*order)


def registration_in(scope: Scope, public_id: UUID) -> Registration:
    """Raises NotFound, also for one outside of the scope."""
    rows = Registration.objects.filter(scope.q("unit"), public_id=public_id)
    found = rows.select_related("person", "unit", "decided_by").first()
    if found is None:
        raise NotFound
    return found


def claim_of(registration: Registration, *, by: Person) -> Claim:
    """What `by` needs to decide: who of the unit has the same name, number or staff number."""
    phone, email = registration.phone, registration.email
    holder = people_by_phone([phone]).get(phone) if phone else None
    same = Q(person__name__iexact=registration.person.name)
    if holder:
        same |= Q(person=holder)
    if registration.staff_number:
        same |= Q(staff_number__iexact=registration.staff_number)
    unit = Scope(frozenset({registration.unit.path}))
    rows = Employment.objects.filter(in_force(), unit.q("unit"), same, person__is_active=True)
    rows = (
        rows.exclude(person=registration.person)
        .select_related("person", "unit")
        .order_by("department", "staff_number", "pk")
    )
    employments = list(rows[:20])
    opens = openable(by=by, people=[row.person for row in employments]) if employments else set()
    return Claim(
        registration=registration,
        candidates=list(_candidates(registration, employments, opens, holder)),
        is_phone_taken=holder is not None and holder.pk != registration.person_id,
        is_email_taken=bool(email) and Person.objects.filter(email=email).exclude(pk=registration.person_id).exists(),
        works_elsewhere=_works_elsewhere(registration),
    )


def _works_elsewhere(registration: Registration) -> bool:
    present = employment_on(registration.person, timezone.localdate())
    return present is not None and not present.unit.path.startswith(registration.unit.path)


def _candidates(
    registration: Registration, employments: Iterable[Employment], opens: set[int], holder: Person | None
) -> Iterable[Candidate]:
    for row in employments:
        number = registration.staff_number.lower()
        yield Candidate(
            person=row.person,
            department=row.department_name,
            staff_number=rules.masked_number(row.staff_number),
            same_name=row.person.name.lower() == registration.person.name.lower(),
            same_phone=holder is not None and holder.pk == row.person_id,
            same_staff_number=bool(number) and row.staff_number.lower() == number,
            may_take_over=row.person_id in opens
            and row.person.last_login is None
            and row.person.password.startswith(UNUSABLE_PASSWORD_PREFIX),
        )
