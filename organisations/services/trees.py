"""The two trees of places: add, change, move, close, open again. Merging is `services.mergers`."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit
from organisations.enums import NodeKind, PlaceChangeKind, Tree
from organisations.models import AllianceMember, Employment, Membership, Node, Person, PlaceChange
from organisations.models.places import open_on
from organisations.services import roles

# Which kinds each tree has, from the top down. A place lies below one of the same or a higher rank.
RANKS: dict[str, tuple[NodeKind, ...]] = {
    Tree.ADMINISTRATION: (
        NodeKind.PROVINCE,
        NodeKind.PREFECTURE,
        NodeKind.COUNTY,
        NodeKind.HOSPITAL,
        NodeKind.DEPARTMENT,
    ),
    Tree.SOCIETY: (NodeKind.SOCIETY, NodeKind.BRANCH),
}


class CodeTaken(errors.Conflict):
    code = "place_code_taken"
    message = _("Another place already has this code. Give this one a code of its own.")


class WrongTree(errors.InvalidInput):
    code = "wrong_tree"
    message = _("A place stays in its tree and cannot lie below itself. Choose another place above it.")


class WrongKind(errors.InvalidInput):
    code = "wrong_kind"
    message = _("Such a place cannot lie there. A department lies below a hospital, a hospital below a city or county.")


class NotACity(errors.InvalidInput):
    code = "not_a_city"
    message = _("A city branch takes the members of a prefecture-level unit. Choose one of those, or none.")


class StillInUse(errors.Conflict):
    code = "place_in_use"
    message = _("People still work here, or places below are open. Move or close those first.")


class PlaceClosed(errors.Conflict):
    code = "place_closed"
    message = _("This place is closed. Open it again first, or choose another one.")


class PlaceClosing(PlaceClosed):
    code = "place_closing"
    message = _("A day on which this place closes is set. Call its closing off first, or choose another place.")


class OpensAhead(errors.InvalidInput):
    code = "opens_ahead"
    message = _("The trees show what is. Enter the opening on its day or later.")


class PlaceOpen(errors.Conflict):
    code = "place_open"
    message = _("This place is open. Load the page again.")


class PlaceMerged(errors.Conflict):
    code = "place_merged"
    message = _("This place was merged into another one and stays closed. Add a new place instead.")


def lock(tree: str) -> None:
    """Let nobody else change `tree` until the transaction ends: paths are numbered by what was read before."""
    list(Node.objects.select_for_update().filter(tree=tree, depth=1).order_by("pk"))


def fresh(node: Node) -> Node:
    """The place as it is now, to be read under the tree's lock."""
    found: Node = Node.objects.get(pk=node.pk)
    return found


def remember(
    *,
    by: Person | None,
    node: Node,
    kind: PlaceChangeKind,
    on: date,
    other: Node | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> PlaceChange:
    """Write one line of a place's history. In the caller's transaction."""
    return PlaceChange.objects.create(
        node=node, kind=kind, on=on, other=other, before=before or {}, after=after or {}, by=by
    )


@transaction.atomic
def add_place(
    *,
    by: Person | None,
    parent: Node | None,
    tree: str,
    kind: str,
    name: str,
    code: str,
    name_en: str = "",
    level: str = "",
    on: date | None = None,
    is_demo: bool = False,
    city: Node | None = None,
) -> Node:
    """Add a place below `parent` (None: the top of a tree), open from `on` (default: it always was).

    `city`: whose members a city branch takes. Raises CodeTaken, WrongTree, WrongKind, PlaceClosed, PlaceClosing.
    """
    if parent is not None:
        lock(tree)
        parent = fresh(parent)
        _check_stays(parent)
        if parent.tree != tree:
            raise WrongTree
    _check_kind(tree, kind, parent)
    fields = {
        "tree": tree,
        "kind": kind,
        "name": name.strip(),
        "name_en": name_en.strip(),
        "code": code.strip(),
        "level": level,
        "is_demo": is_demo,
    }
    _check_city(kind, city)
    node: Node
    try:
        with transaction.atomic():
            made = fields | {"opened_on": on, "city": city}
            node = Node.add_root(**made) if parent is None else parent.add_child(**made)
    except IntegrityError as error:
        raise CodeTaken from error
    told = {"name": node.name, "code": node.code, "parent": parent.code if parent else ""}
    told |= {"city": city.code} if city else {}
    day = on or timezone.localdate()
    remember(by=by, node=node, kind=PlaceChangeKind.ADDED, on=day, other=parent, after=told)
    audit.record(by=by, verb="place.add", target=node, after=fields | {"parent": told["parent"]})
    return node


@transaction.atomic
def change_place(*, by: Person | None, node: Node, on: date, **changes: "str | Node | None") -> Node:
    """Change name, English name, code, level or city as of `on`; its history keeps what it was before.

    Raises CodeTaken, NotACity.
    """
    new = {name: value.strip() if isinstance(value, str) else value for name, value in changes.items()}
    changed = {name: value for name, value in new.items() if getattr(node, name) != value}
    if not changed:
        return node
    if isinstance(changed.get("city"), Node):
        _check_city(node.kind, changed["city"])
    before = {name: _told(getattr(node, name)) for name in changed}
    try:
        with transaction.atomic():
            Node.objects.filter(pk=node.pk).update(**changed)
    except IntegrityError as error:
        raise CodeTaken from error
    node, after = fresh(node), {name: _told(value) for name, value in changed.items()}
    remember(by=by, node=node, kind=PlaceChangeKind.CHANGED, on=on, before=before, after=after)
    audit.record(by=by, verb="place.change", target=node, before=before, after=after | {"on": on})
    return node


def _told(value: Any) -> str:
    return value.code if isinstance(value, Node) else str(value or "")


def _check_city(kind: str, city: Any) -> None:
    """Only a city branch takes the members of a prefecture-level unit."""
    if city is not None and (kind != NodeKind.BRANCH or city.kind != NodeKind.PREFECTURE):
        raise NotACity


@transaction.atomic
def move_place(*, by: Person | None, node: Node, parent: Node, on: date | None = None) -> Node:
    """Hang `node` with all below it under `parent` of the same tree as of `on` (default today).

    Who looks after the places above changes at once. Raises WrongTree, WrongKind, PlaceClosed, PlaceClosing.
    """
    lock(node.tree)
    node, parent = fresh(node), fresh(parent)
    if parent.tree != node.tree or parent.path.startswith(node.path):
        raise WrongTree
    _check_stays(parent)
    _check_kind(node.tree, node.kind, parent)
    above = node.get_parent()
    node.move(parent, pos="last-child")
    moved = fresh(node)
    before, after = {"parent": above.code if above else ""}, {"parent": parent.code}
    day = on or timezone.localdate()
    remember(by=by, node=moved, kind=PlaceChangeKind.MOVED, on=day, other=parent, before=before, after=after)
    audit.record(by=by, verb="place.move", target=moved, before=before, after=after | {"on": day})
    return moved


@transaction.atomic
def close_place(*, by: Person | None, node: Node, on: date) -> Node:
    """Close a place from `on`, with the roles and the alliances on it. What names it stays; until `on` it is open.

    Raises StillInUse if people work or are members here or below on that day or later, or a place below is open then;
    PlaceClosed, PlaceClosing.
    """
    lock(node.tree)
    node = fresh(node)
    _check_stays(node)
    still = Q(ends__isnull=True) | Q(ends__gt=on)
    # Whoever is employed or enters at this moment waits, and then finds the place closed.
    list(Node.objects.select_for_update().filter(path__startswith=node.path).order_by("path").values_list("pk"))
    working = Employment.objects.filter(still, unit__path__startswith=node.path)
    members = Membership.objects.filter(still, branch__path__startswith=node.path)
    open_below = Node.objects.filter(open_on(on), path__startswith=node.path).exclude(pk=node.pk)
    if working.exists() or members.exists() or open_below.exists():
        raise StillInUse
    if Node.objects.filter(pk=node.pk, closed_on__isnull=True).update(closed_on=on) != 1:
        raise PlaceClosed
    ended = roles.end_roles_at(by=by, node=node, on=on)
    members_here = AllianceMember.objects.filter(still, node=node, begins__lt=on)
    left = [[pk, str(ends) if ends else None] for pk, ends in members_here.order_by("pk").values_list("pk", "ends")]
    members_here.update(ends=on)
    node = fresh(node)
    # What comes back when the closing is called off.
    told = {name: rows for name, rows in (("roles", ended), ("alliances", left)) if rows}
    remember(by=by, node=node, kind=PlaceChangeKind.CLOSED, on=on, after=told)
    audit.record(by=by, verb="place.close", target=node, after={"closed_on": on, "roles_ended": len(ended)})
    return node


@transaction.atomic
def keep_open(*, by: Person | None, node: Node) -> Node:
    """Call the closing of a place off before its day; roles and alliances that were to end with it go on.

    Raises PlaceOpen, PlaceClosed, and PlaceClosing while the place above is about to close.
    """
    lock(node.tree)
    node, today = fresh(node), timezone.localdate()
    if node.closed_on is None:
        raise PlaceOpen
    above = node.get_parent()
    if above is not None:
        _check_stays(above)
    day = node.closed_on
    if Node.objects.filter(pk=node.pk, closed_on=day, closed_on__gt=today).update(closed_on=None) != 1:
        raise PlaceClosed
    closing = node.changes.filter(kind=PlaceChangeKind.CLOSED, on=day).order_by("-pk").first()
    told = closing.after if closing is not None else {}
    kept = roles.restore_roles(by=by, ended=told.get("roles", []), on=day)
    for pk, ends in told.get("alliances", []):
        AllianceMember.objects.filter(pk=pk, ends=day).update(ends=ends)
    node = fresh(node)
    remember(by=by, node=node, kind=PlaceChangeKind.KEPT, on=today, before={"closed_on": str(day)})
    audit.record(by=by, verb="place.keep", target=node, before={"closed_on": day}, after={"roles_kept": kept})
    return node


@transaction.atomic
def reopen_place(*, by: Person | None, node: Node, on: date) -> Node:
    """Open a closed place again as of `on` (today or before); roles that ended with it have to be granted anew.

    Raises PlaceOpen, PlaceMerged, OpensAhead, and PlaceClosed while the place above is closed or about to be.
    """
    if on > timezone.localdate():
        raise OpensAhead
    lock(node.tree)
    node = fresh(node)
    if node.merged_into_id is not None:
        raise PlaceMerged
    if not node.is_closed:
        raise PlaceOpen
    above = node.get_parent()
    if above is not None:
        _check_stays(above)
    before = node.closed_on
    if Node.objects.filter(pk=node.pk, closed_on=before).update(closed_on=None) != 1:
        raise PlaceOpen
    node = fresh(node)
    remember(by=by, node=node, kind=PlaceChangeKind.REOPENED, on=on, before={"closed_on": str(before)})
    audit.record(by=by, verb="place.reopen", target=node, before={"closed_on": before}, after={"on": on})
    return node


def _check_stays(node: Node) -> None:
    """Raises PlaceClosed, PlaceClosing."""
    if node.is_closed:
        raise PlaceClosed
    if node.is_closing:
        raise PlaceClosing


def kinds_below(parent: Node) -> list[NodeKind]:
    """What may be added below `parent`, from the top down."""
    ranks = RANKS[parent.tree]
    own = ranks.index(NodeKind(parent.kind))
    # Only a department divides into its like; two hospitals, one below the other, are what a merger leaves.
    first = own if parent.kind == NodeKind.DEPARTMENT else own + 1
    return list(ranks[first:])


def _check_kind(tree: str, kind: str, parent: Node | None) -> None:
    ranks = RANKS[tree]
    if kind not in ranks or (parent is not None and ranks.index(NodeKind(kind)) < ranks.index(NodeKind(parent.kind))):
        raise WrongKind
