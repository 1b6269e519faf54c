"""Who holds which role where: now, before, later."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Q, QuerySet

from cms.shared.errors import OutOfScope
from organisations.enums import POWERS, ROLES_OF_A_UNIT, Power, Role
from organisations.models import Node, Person, RoleGrant
from organisations.scopes import Scope
from organisations.selectors.powers import in_force, people_in, roles_of, scope_for, today

ENDING_WITHIN_DAYS = 30


@dataclass(frozen=True)
class GrantFilter:
    """What a list of roles is narrowed to. `when`: "" or "now", "ending", "later", "over"."""

    search: str = ""
    role: str = ""
    place: Node | None = None
    when: str = "now"


@dataclass(frozen=True)
class GrantRow:
    """One line of the list. `is_open`: in force or yet to come; `may_end`, `may_substitute`: the reader may end it,
    appoint a substitute; `sees_holder`: the holder's page is open to the reader.
    """

    grant: RoleGrant
    is_open: bool
    may_end: bool
    may_substitute: bool
    sees_holder: bool


def seen_scope(by: Person) -> Scope:
    """Where `by` may see who holds roles: where they are granted or audited. Raises OutOfScope if nowhere."""
    scope = Scope(scope_for(by, Power.GRANT_ROLES).paths | scope_for(by, Power.READ_AUDIT).paths)
    if not scope:
        raise OutOfScope
    return scope


def grants_of(scope: Scope, wanted: GrantFilter) -> QuerySet[RoleGrant]:
    """Grants on places of `scope`, the newest first."""
    grants = RoleGrant.objects.filter(scope.q("node")).select_related(
        "person", "node", "granted_by", "substitute_for__person"
    )
    day = today()
    if wanted.when == "now":
        grants = grants.filter(in_force())
    elif wanted.when == "ending":
        grants = grants.filter(in_force(), ends__lte=day + timedelta(days=ENDING_WITHIN_DAYS))
    elif wanted.when == "later":
        grants = grants.filter(begins__gt=day).exclude(ends__lte=F("begins"))
    elif wanted.when == "over":
        grants = grants.filter(ends__lte=day)
    if wanted.role:
        grants = grants.filter(role=wanted.role)
    if wanted.place is not None:
        grants = grants.filter(node__path__startswith=wanted.place.path)
    if wanted.search:
        grants = grants.filter(Q(person__name__icontains=wanted.search) | Q(person__username__icontains=wanted.search))
    return grants.order_by("-begins", "-pk")


def grantable_roles(by: Person, path: str, *, held: Iterable[RoleGrant] | None = None) -> frozenset[Role]:
    """What `by` may grant and end at the place with this path.

    The system administrator every role, a unit's administrator those of the unit. `held`: the roles of `by`, if known.
    """
    mine = roles_of(by) if held is None else held
    covering = {Role(grant.role) for grant in mine if path.startswith(grant.node.path)} if by.is_active else set()
    if Role.SYSTEM_ADMINISTRATOR in covering:
        return frozenset(Role)
    return ROLES_OF_A_UNIT if covering & POWERS[Power.GRANT_ROLES] else frozenset()


def hands_on(by: Person, grant: RoleGrant, *, on: date | None = None) -> bool:
    """Whether `by` may let somebody else stand in for them in this role of their own: one that hands roles on.

    Not a role in which `by` stands in for somebody, nor one that is not in force.
    """
    day = on or today()
    in_time = grant.begins <= day and (grant.ends is None or grant.ends > day)
    mine = grant.person_id == by.pk and grant.substitute_for_id is None and by.is_active
    return mine and in_time and Role(grant.role) in POWERS[Power.GRANT_ROLES]


def rows_of(by: Person, grants: Iterable[RoleGrant]) -> list[GrantRow]:
    """The lines of the list. Three queries."""
    listed, held, day = list(grants), roles_of(by), today()
    reached = people_in(scope_for(by, Power.SEE_PEOPLE)).filter(pk__in=[grant.person_id for grant in listed])
    seen = set(reached.values_list("pk", flat=True))
    rows = []
    for grant in listed:
        is_open = grant.ends is None or grant.ends > day
        given = Role(grant.role) in grantable_roles(by, grant.node.path, held=held)
        own_substitute = grant.substitute_for is not None and hands_on(by, grant.substitute_for)
        rows.append(
            GrantRow(
                grant,
                is_open,
                may_end=is_open and (given or own_substitute),
                may_substitute=is_open and grant.substitute_for is None and (given or hands_on(by, grant)),
                sees_holder=grant.person_id in seen,
            )
        )
    return rows
