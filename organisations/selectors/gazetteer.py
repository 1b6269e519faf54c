"""The two trees as their keepers see them: places with their people, their history, their roles."""

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from cms.shared.errors import NotFound, OutOfScope
from organisations.enums import NodeKind, Power
from organisations.models import AllianceMember, Employment, Membership, Node, Person, PlaceChange, RoleGrant
from organisations.models.places import open_on
from organisations.scopes import Scope
from organisations.selectors.powers import in_force, scope_for

# With more places than this a tree shows no departments: they stand on their hospital's page.
_MANY = 400
_FOUND_AT_MOST = 100


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
    """The trees of a scope from their tops down, or, when searched for, the `hits` with the places above them."""

    tops: list[Branching]
    hits: list[tuple[Node, list[Node]]]
    has_more_hits: bool
    without_departments: bool
    closed: int


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


def forest_of(scope: Scope, *, search: str = "", closed: bool = False) -> Forest:
    """The places of a scope. At most six queries, whatever their number."""
    nodes: QuerySet[Node] = Node.objects.filter(scope.q("")).order_by("path")
    closed_count = nodes.exclude(open_on()).count()
    if not closed:
        nodes = nodes.filter(open_on())
    if search:
        words = Q(name__icontains=search) | Q(name_en__icontains=search) | Q(code__icontains=search)
        hits = list(nodes.filter(words)[: _FOUND_AT_MOST + 1])
        return Forest([], _with_above(hits[:_FOUND_AT_MOST]), len(hits) > _FOUND_AT_MOST, False, closed_count)
    many = nodes.count() > _MANY
    if many:
        nodes = nodes.exclude(kind=NodeKind.DEPARTMENT)
    return Forest(_grown(list(nodes), _counts(scope)), [], False, many, closed_count)


def _grown(nodes: list[Node], counts: dict[str, int]) -> list[Branching]:
    """Nested as they lie; `nodes` in the order of their paths, `counts` of people by path of the place itself."""
    totals: dict[str, int] = defaultdict(int)
    for path, number in counts.items():
        for length in range(4, len(path) + 1, 4):
            totals[path[:length]] += number
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


def _with_above(nodes: list[Node]) -> list[tuple[Node, list[Node]]]:
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
        changes=list(node.changes.select_related("other", "by").order_by("-on", "-pk")),
        alliances=list(node.alliances.select_related("alliance").order_by("-begins", "-pk")),
        log=list(
            node.role_grants.select_related("person", "granted_by", "substitute_for__person").order_by("-begins", "-pk")
        ),
        keeps=_keeps(node, kept, departments),
        adds=_adds(node, kept, departments),
        grants_roles=scope_for(by, Power.GRANT_ROLES).covers(node.path),
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


def twins_of(by: Person, node: Node) -> QuerySet[Node]:
    """Open places of the same kind and tree into which `by` may merge `node`, in the order of the tree."""
    found = homes_for(by, node).filter(kind=node.kind)
    above = [node.path[:length] for length in range(4, len(node.path), 4)]
    return found.exclude(path__in=above)
