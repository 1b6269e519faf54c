"""Two accounts side by side, before and after they become one."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.functional import Promise

from cms.shared.errors import NotFound
from organisations import histories
from organisations.enums import Power
from organisations.models import AccountMerge, Employment, Membership, Person, RoleGrant
from organisations.selectors.directory import sees_everybody
from organisations.selectors.people import person_by_phone
from organisations.selectors.powers import in_force, people_in, required_scope, scope_for

FOUND_AT_MOST = 20


@dataclass(frozen=True)
class Side:
    """One account as the page of a merge shows it; `holdings` are (what, how many)."""

    person: Person
    id_number: str
    employments: list[Employment]
    roles: list[RoleGrant]
    holdings: list[tuple[str | Promise, int]]


@dataclass(frozen=True)
class Merged:
    """What a merge did: `moved` went over, `left` can still be read at the closed account."""

    row: AccountMerge
    moved: list[tuple[str | Promise, int]]
    left: list[tuple[str | Promise, int]]


def keepable(by: Person, power: Power = Power.KEEP_PEOPLE) -> QuerySet[Person]:
    """Everybody whose account `by` keeps: through a place, or as system administrator of a whole tree without one.

    Another `power` asks instead for that. Raises OutOfScope.
    """
    scope = required_scope(by, power)
    found = Q(pk__in=people_in(scope).values("pk"))
    if sees_everybody(by):
        placed = Q(pk__in=Employment.objects.filter(in_force()).values("person")) | Q(
            pk__in=Membership.objects.filter(in_force()).values("person")
        )
        found |= ~placed
    return Person.objects.filter(found, merged_into__isnull=True)


def keepable_person(by: Person, public_id: UUID | str) -> Person:
    """Raises OutOfScope for no power at all, NotFound for everybody outside of it."""
    try:
        wanted = UUID(str(public_id))
    except ValueError as error:
        raise NotFound from error
    person = keepable(by).filter(public_id=wanted).first()
    if person is None:
        raise NotFound
    return person


def candidates(*, by: Person, person: Person, search: str = "") -> list[Person]:
    """Accounts that may be of the same person: by what is searched for, else those of the same name; at most 20."""
    others = keepable(by).exclude(pk=person.pk).exclude(pk=by.pk)
    search = search.strip()
    if not search:
        found = others.filter(name=person.name)
    else:
        by_number = person_by_phone(search)
        found = others.filter(
            Q(name__icontains=search)
            | Q(username__icontains=search)
            | Q(pk__in=Employment.objects.filter(staff_number=search).values("person"))
            | Q(pk=by_number.pk if by_number else None)
        )
    return list(found.order_by("pk").prefetch_related("employments__unit")[:FOUND_AT_MOST])


def side(person: Person, *, by: Person) -> Side:
    """One account for the comparison; the ID number masked, and only for those who may see it so."""
    sees_number = people_in(scope_for(by, Power.SEE_MASKED_ID)).filter(pk=person.pk).exists()
    return Side(
        person=person,
        id_number=person.masked_id_number if sees_number else "",
        employments=list(person.employments.select_related("unit").order_by("-begins", "-pk")),
        roles=list(person.role_grants.filter(in_force()).select_related("node").order_by("begins", "pk")),
        holdings=_told(_counted(person)),
    )


def merged_account(*, by: Person, public_id: UUID) -> Merged:
    """What became of a closed account, for those who read who comes and goes where the one that stayed is.

    Raises OutOfScope, NotFound.
    """
    allowed = keepable(by, Power.SEE_INTAKE).values("pk")
    row = (
        AccountMerge.objects.filter(merged__public_id=public_id)
        .filter(Q(kept__in=allowed) | Q(kept__merged_into__in=allowed))
        .select_related("kept__merged_into", "merged", "by")
        .first()
    )
    if row is None:
        raise NotFound
    return Merged(row, _told(row.moved), _told(_counted(row.merged)))


def _counted(person: Person) -> dict[str, int]:
    found: dict[str, int] = {}
    for history in histories.registered():
        found |= history.count(person)
    return found


def _told(counts: dict[str, int]) -> list[tuple[str | Promise, int]]:
    words = histories.labels()
    return [(words.get(table, table), number) for table, number in counts.items() if number]
