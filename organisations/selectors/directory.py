"""The people whom somebody looks after: searched, filtered, listed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from uuid import UUID

from django.db.models import Q, QuerySet

from cms.shared.errors import NotFound, OutOfScope
from organisations import rules
from organisations.enums import NodeKind, PersonState, Power, Role, Tree
from organisations.models import (
    Alliance,
    AllianceMember,
    Employment,
    Membership,
    Node,
    Person,
    RoleGrant,
    StatePeriod,
)
from organisations.models.places import open_on
from organisations.scopes import Scope
from organisations.selectors.departments import in_department, name_units
from organisations.selectors.people import people_by_id_number, person_by_phone, states_on
from organisations.selectors.powers import in_force, people_in, reaches_everybody, scope_for, scope_of, today

_CHUNK = 500
# The first generation of ID numbers had 15.
_DIGITS_OF_AN_ID = 15


@dataclass(frozen=True)
class PeopleFilter:
    """What a list of people is narrowed to; empty fields narrow nothing. `place` and `alliance` reach below."""

    search: str = ""
    place: Node | None = None
    department: str = ""
    kind: str = ""
    state: str = ""
    title: str = ""
    role: str = ""
    alliance: Alliance | None = None
    account: str = ""

    def told(self) -> dict[str, str]:
        """The filters in use, for the audit log. The words searched for may be a name: only that there were some."""
        used = {field.name: getattr(self, field.name) for field in fields(self)}
        told = {name: str(getattr(value, "code", value)) for name, value in used.items() if value}
        return told | ({"search": "…"} if self.search else {})


@dataclass(frozen=True)
class PersonRow:
    """One line of the list: where somebody works today, is a member, what they are, what they may do."""

    person: Person
    employment: Employment | None
    branch: Node | None
    state: PersonState
    roles: list[RoleGrant]

    @property
    def is_away(self) -> bool:
        return self.state != PersonState.ACTIVE


def sees_everybody(by: Person) -> bool:
    """Whether `by` is system administrator of everybody: then those who belong nowhere (any more) are theirs too."""
    return reaches_everybody(scope_of(by, {Role.SYSTEM_ADMINISTRATOR}))


def belonging_nowhere() -> QuerySet[Person]:
    """People without employment and membership today: they left, or signed up from abroad."""
    working = Employment.objects.filter(in_force()).values("person")
    members = Membership.objects.filter(in_force()).values("person")
    return Person.objects.exclude(pk__in=working).exclude(pk__in=members)


def people_of(by: Person, power: Power, *, nowhere: bool = False) -> QuerySet[Person]:
    """Those whom `power` of `by` reaches today. `nowhere`: those who belong nowhere instead.

    Raises OutOfScope without the power anywhere, and for `nowhere` to all but system administrators of a whole tree.
    """
    scope = scope_for(by, power)
    if not scope or (nowhere and not sees_everybody(by)):
        raise OutOfScope
    return belonging_nowhere() if nowhere else people_in(scope)


def kept_among(by: Person, people: Iterable[Person]) -> set[int]:
    """The keys of those among `people` whom `by` keeps (Power.KEEP_PEOPLE); of one who only reads, none. A query."""
    scope, keys = scope_for(by, Power.KEEP_PEOPLE), {person.pk for person in people}
    return set(people_in(scope).filter(pk__in=keys).values_list("pk", flat=True)) if scope and keys else set()


def person_of(by: Person, power: Power, public_id: UUID) -> Person:
    """Somebody whom `power` of `by` reaches. Raises OutOfScope without the power anywhere, NotFound for all others."""
    person = people_of(by, power).filter(public_id=public_id).first()
    if person is None and sees_everybody(by) and scope_for(by, power):
        person = belonging_nowhere().filter(public_id=public_id).first()
    if person is None:
        raise NotFound
    return person


def filtered(people: QuerySet[Person], wanted: PeopleFilter) -> QuerySet[Person]:
    """`people` narrowed to `wanted` as of today, in the order of their entry."""
    working = _employments(wanted)
    if working is not None:
        people = people.filter(pk__in=working.values("person")) if wanted.place is None else people
    if wanted.place is not None:
        people = people.filter(_at_place(wanted.place, working))
    if wanted.alliance is not None:
        people = people.filter(_in_alliance(wanted.alliance))
    if wanted.state:
        periods = StatePeriod.objects.filter(in_force())
        people = (
            people.exclude(pk__in=periods.values("person"))
            if wanted.state == PersonState.ACTIVE
            else people.filter(pk__in=periods.filter(state=wanted.state).values("person"))
        )
    if wanted.title:
        people = people.filter(title=wanted.title)
    if wanted.role:
        people = people.filter(pk__in=RoleGrant.objects.filter(in_force(), role=wanted.role).values("person"))
    if wanted.account == "never":
        people = people.filter(last_login__isnull=True, is_active=True)
    elif wanted.account == "blocked":
        people = people.filter(is_active=False)
    if wanted.search:
        people = people.filter(pk__in=called(wanted.search))
    return people.order_by("pk")


def called(search: str) -> QuerySet[Person]:
    """Everybody whose name, user name or present staff number has these letters in it."""
    numbers = Employment.objects.filter(in_force(), staff_number__icontains=search).values("person")
    words = Q(name__icontains=search) | Q(username__icontains=search)
    return Person.objects.filter(words | Q(pk__in=numbers))


def _employments(wanted: PeopleFilter) -> QuerySet[Employment] | None:
    """Today's employments of the wanted department and kind; None where neither is asked for."""
    if not wanted.department and not wanted.kind:
        return None
    found = Employment.objects.filter(in_force())
    if wanted.department:
        found = found.filter(in_department(wanted.department))
    return found.filter(kind=wanted.kind) if wanted.kind else found


def _at_place(place: Node, working: QuerySet[Employment] | None) -> Q:
    employments = (Employment.objects.filter(in_force()) if working is None else working).filter(
        unit__path__startswith=place.path
    )
    if working is not None:
        return Q(pk__in=employments.values("person"))
    members = Membership.objects.filter(in_force(), branch__path__startswith=place.path)
    return Q(pk__in=employments.values("person")) | Q(pk__in=members.values("person"))


def _in_alliance(alliance: Alliance) -> Q:
    paths = AllianceMember.objects.filter(in_force(), alliance=alliance).values_list("node__path", flat=True)
    scope = Scope(frozenset(paths))
    employments = Employment.objects.filter(in_force(), scope.q("unit"))
    members = Membership.objects.filter(in_force(), scope.q("branch"))
    return Q(pk__in=employments.values("person")) | Q(pk__in=members.values("person"))


def rows_of(people: Iterable[Person]) -> list[PersonRow]:
    """The lines of `people`, in their order. Four queries, five where somebody works in a department."""
    listed = list(people)
    employments = {
        row.person_id: row
        for row in Employment.objects.filter(in_force(), person__in=listed).select_related("unit").order_by("begins")
    }
    branches = {
        row.person_id: row.branch
        for row in Membership.objects.filter(in_force(), person__in=listed).select_related("branch").order_by("begins")
    }
    roles: dict[int, list[RoleGrant]] = {}
    for grant in RoleGrant.objects.filter(in_force(), person__in=listed).select_related("node").order_by("pk"):
        if grant.role != Role.LEARNER:
            roles.setdefault(grant.person_id, []).append(grant)
    name_units(employments.values())
    states = states_on(listed, today())
    return [
        PersonRow(
            person=person,
            employment=employments.get(person.pk),
            branch=branches.get(person.pk),
            state=states[person.pk],
            roles=roles.get(person.pk, []),
        )
        for person in listed
    ]


def every_row(people: QuerySet[Person]) -> Iterator[PersonRow]:
    """The lines of all `people`, a few hundred at a time: memory does not grow with the list."""
    last = 0
    while chunk := list(people.filter(pk__gt=last).order_by("pk")[:_CHUNK]):
        yield from rows_of(chunk)
        last = chunk[-1].pk


def is_number_of_a_person(text: str) -> bool:
    """Whether this could be a phone or an ID number, a mistyped one too: such a search never stands in an address."""
    try:
        rules.phone(text)
    except ValueError:
        return sum(character.isdigit() for character in text) >= _DIGITS_OF_AN_ID
    return True


def person_by_number(by: Person, text: str) -> Person | None:
    """Who has exactly this phone or ID number, among those whose numbers `by` may see masked."""
    number = text.strip().upper()
    found = person_by_phone(text)
    if found is None and rules.is_chinese_id_number(number):
        found = people_by_id_number([number]).get(number)
    scope = scope_for(by, Power.SEE_MASKED_ID)
    return found if found is not None and people_in(scope).filter(pk=found.pk).exists() else None


def places_of(scope: Scope) -> QuerySet[Node]:
    """Every open place of a scope, in the order of the trees."""
    found: QuerySet[Node] = Node.objects.filter(open_on(), scope.q("")).order_by("path")
    return found


def alliances_of(scope: Scope) -> QuerySet[Alliance]:
    """Open alliances with a member in `scope`, or with one that `scope` lies below."""
    above = Q(node__path__in=[path[:length] for path in scope.paths for length in range(4, len(path) + 1, 4)])
    touched = AllianceMember.objects.filter(in_force()).filter(scope.q("node") | above).values("alliance")
    return Alliance.objects.filter(open_on(), pk__in=touched).order_by("code")


def workplaces_of(scope: Scope) -> QuerySet[Node]:
    """Open places of a scope where people can work, in the order of the tree."""
    return places_of(scope).filter(tree=Tree.ADMINISTRATION)


def units_and_departments_of(scope: Scope) -> QuerySet[Node]:
    """Open hospitals of a scope with their departments, in the order of the tree."""
    return places_of(scope).filter(kind__in=[NodeKind.HOSPITAL, NodeKind.DEPARTMENT])


def branches_for(by: Person) -> QuerySet[Node]:
    """Where `by` may enter people as members, in the order of the tree.

    Whoever keeps the people of the society: every open branch of theirs. A unit: the branch of its own city, or, where
    the city has none, the society itself.
    """
    kept = scope_for(by, Power.KEEP_PEOPLE)
    above = [path[:length] for path in kept.paths for length in range(4, len(path) + 1, 4)]
    found: QuerySet[Node] = Node.objects.filter(open_on(), tree=Tree.SOCIETY).order_by("path")
    cities = Node.objects.filter(kept.q("") | Q(path__in=above), kind=NodeKind.PREFECTURE)
    without_branch = cities.exclude(pk__in=found.filter(city__isnull=False).values("city"))
    reach = kept.q("") | Q(city__in=cities)
    if kept and (without_branch.exists() or not cities.exists()):
        reach |= Q(kind=NodeKind.SOCIETY)
    return found.filter(reach)
