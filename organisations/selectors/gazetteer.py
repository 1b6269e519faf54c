"""The two trees as their keepers see them: places with their people, their history, their roles."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from cms.shared.errors import NotFound, OutOfScope
from organisations.enums import NodeKind, Power
from organisations.models import AllianceMember, Employment, Membership, Node, Person, PlaceChange, RoleGrant
from organisations.models.places import open_on
from organisations.scopes import Scope
from organisations.selectors import log_words
from organisations.selectors.powers import in_force, scope_for

# With more places than this a tree shows no departments: they stand on their hospital's page.
_MANY = 400


@dataclass
class Branching:
    """A place in the tree as shown. `people`: how many belong to it or below today."""

    node: Node
    people: int = 0
    below: "list[Branching]" = field(default_factory=list)

    @property
    def has_below(self) -> bool:
        return bool(self.below)


@dataclass(frozen=True)
class Forest:
    """The trees of a scope from their tops down."""

    tops: list[Branching]
    without_departments: bool


@dataclass(frozen=True)
class Place:
    """One place with all that its page shows. `log`: every grant on it, also those that have ended."""

    node: Node
    above: list[Node]
    below: list[Branching]
    closed_below: list[Node]
    people: int
    changes: list[PlaceChange]
    alliances: list[AllianceMember]
    log: list[RoleGrant]
    keeps: bool
    adds: bool
    grants_roles: bool
    sees_credits: bool


def places_in(
    scope: Scope, *, search: str = "", kind: str = "", level: str = "", closed: bool = False
) -> QuerySet[Node]:
    """The places of a scope as they lie in the trees. `search`: in names and code; `closed`: also closed ones."""
    nodes: QuerySet[Node] = Node.objects.filter(scope.q("")).order_by("path")
    if not closed:
        nodes = nodes.filter(open_on())
    if kind:
        nodes = nodes.filter(kind=kind)
    if level:
        nodes = nodes.filter(level=level)
    if search:
        nodes = nodes.filter(Q(name__icontains=search) | Q(name_en__icontains=search) | Q(code__icontains=search))
    return nodes


def forest_of(scope: Scope, *, closed: bool = False) -> Forest:
    """The places of a scope. At most four queries, whatever their number."""
    nodes = places_in(scope, closed=closed)
    many = nodes.count() > _MANY
    if many:
        nodes = nodes.exclude(kind=NodeKind.DEPARTMENT)
    return Forest(_grown(list(nodes), _counts(scope)), many)


def people_at(scope: Scope) -> dict[str, int]:
    """How many people belong to each place of a scope or below it today, by path; places without are left out."""
    return _totals(_counts(scope))


def _totals(counts: dict[str, int]) -> dict[str, int]:
    totals: dict[str, int] = defaultdict(int)
    for path, number in counts.items():
        for length in range(4, len(path) + 1, 4):
            totals[path[:length]] += number
    return totals


def _grown(nodes: list[Node], counts: dict[str, int]) -> list[Branching]:
    """Nested as they lie; `nodes` in the order of their paths, `counts` of people by path of the place itself."""
    totals = _totals(counts)
    tops: list[Branching] = []
    way: list[Branching] = []
    for node in nodes:
        while way and not node.path.startswith(way[-1].node.path):
            way.pop()
        grown = Branching(node, people=totals[node.path])
        (way[-1].below if way else tops).append(grown)
        way.append(grown)
    return tops


def _counts(scope: Scope) -> dict[str, int]:
    """How many people belong to each place today, by path."""
    counts: dict[str, int] = defaultdict(int)
    working = Employment.objects.filter(in_force(), scope.q("unit")).values_list("unit__path")
    members = Membership.objects.filter(in_force(), scope.q("branch")).values_list("branch__path")
    for rows in (working, members):
        for path, number in rows.order_by().annotate(number=Count("pk")):
            counts[path] += number
    return counts


def with_above(nodes: Iterable[Node]) -> list[tuple[Node, list[Node]]]:
    """Each with the places above it, from the top down. One query."""
    nodes = list(nodes)
    paths = {node.path[:length] for node in nodes for length in range(4, len(node.path), 4)}
    known = {node.path: node for node in Node.objects.filter(path__in=paths)}
    return [(node, [known[node.path[:n]] for n in range(4, len(node.path), 4)]) for node in nodes]


def place_of(*, by: Person, node: Node) -> Place:
    """Everything about a place. That `by` may see it is asked before (`powers.node_in`)."""
    inside = Scope(frozenset({node.path}))
    children = list(node.get_children().order_by("path"))
    counts = _counts(inside)
    kept, departments = scope_for(by, Power.KEEP_PLACES), scope_for(by, Power.KEEP_DEPARTMENTS)
    return Place(
        node=node,
        above=list(node.get_ancestors()),
        below=_grown([child for child in children if not child.is_closed], counts),
        closed_below=[child for child in children if child.is_closed],
        people=sum(counts.values()),
        changes=log_words.worded(node.changes.select_related("other", "by").order_by("-on", "-pk")),
        alliances=list(node.alliances.select_related("alliance").order_by("-begins", "-pk")),
        log=list(
            node.role_grants.select_related("person", "granted_by", "substitute_for__person").order_by("-begins", "-pk")
        ),
        keeps=_keeps(node, kept, departments),
        adds=_adds(node, kept, departments),
        grants_roles=scope_for(by, Power.GRANT_ROLES).covers(node.path),
        sees_credits=scope_for(by, Power.SEE_CREDITS).covers(node.path),
    )


def _keeps(node: Node, kept: Scope, departments: Scope) -> bool:
    return kept.covers(node.path) or (departments.covers(node.path) and node.kind == NodeKind.DEPARTMENT)


def _adds(node: Node, kept: Scope, departments: Scope) -> bool:
    holds_departments = node.kind in (NodeKind.HOSPITAL, NodeKind.DEPARTMENT)
    return kept.covers(node.path) or (departments.covers(node.path) and holds_departments)


def kept_node(by: Person, public_id: UUID) -> Node:
    """A place that `by` may change: any with KEEP_PLACES, a department of one's unit with KEEP_DEPARTMENTS.

    Raises OutOfScope without either power, NotFound for every other place.
    """
    node, kept, departments = _one(by, public_id)
    if not _keeps(node, kept, departments):
        raise NotFound
    return node


def node_to_add_below(by: Person, public_id: UUID) -> Node:
    """A place below which `by` may add one. Raises as `kept_node`."""
    node, kept, departments = _one(by, public_id)
    if not _adds(node, kept, departments):
        raise NotFound
    return node


def _one(by: Person, public_id: UUID) -> tuple[Node, Scope, Scope]:
    kept, departments = scope_for(by, Power.KEEP_PLACES), scope_for(by, Power.KEEP_DEPARTMENTS)
    if not kept and not departments:
        raise OutOfScope
    node: Node | None = Node.objects.filter(public_id=public_id).first()
    if node is None:
        raise NotFound
    return node, kept, departments


def homes_for(by: Person, node: Node) -> QuerySet[Node]:
    """Open places, and not about to close, below which `by` may hang `node`, in the order of the tree."""
    found: QuerySet[Node] = Node.objects.filter(tree=node.tree, closed_on__isnull=True).exclude(
        path__startswith=node.path
    )
    kept, departments = scope_for(by, Power.KEEP_PLACES), scope_for(by, Power.KEEP_DEPARTMENTS)
    holds = Q(kind__in=[NodeKind.HOSPITAL, NodeKind.DEPARTMENT])
    reach = kept.q("") | (departments.q("") & holds) if node.kind == NodeKind.DEPARTMENT else kept.q("")
    return found.filter(reach).order_by("path")


def cities() -> QuerySet[Node]:
    """Every open prefecture-level unit, in the order of the tree."""
    found: QuerySet[Node] = Node.objects.filter(open_on(), kind=NodeKind.PREFECTURE).order_by("path")
    return found


def twins_of(by: Person, node: Node) -> QuerySet[Node]:
    """Open places of the same kind and tree into which `by` may merge `node`, in the order of the tree."""
    found = homes_for(by, node).filter(kind=node.kind)
    above = [node.path[:length] for length in range(4, len(node.path), 4)]
    return found.exclude(path__in=above)
