"""The two trees of places: add, move, close."""

from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit
from organisations.models import Employment, Node, Person
from organisations.selectors import in_force


class CodeTaken(errors.Conflict):
    code = "place_code_taken"
    message = _("Another place already has this code. Give this one a code of its own.")


class WrongTree(errors.InvalidInput):
    code = "wrong_tree"
    message = _("A place stays in its tree and cannot lie below itself. Choose another place above it.")


class StillInUse(errors.Conflict):
    code = "place_in_use"
    message = _("People still work here, or places below are open. Move or close those first.")


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
    is_demo: bool = False,
) -> Node:
    """Add a place below `parent` (None: the top of a tree). Raises CodeTaken, WrongTree."""
    if parent is not None and parent.tree != tree:
        raise WrongTree
    fields = {
        "tree": tree,
        "kind": kind,
        "name": name.strip(),
        "name_en": name_en.strip(),
        "code": code.strip(),
        "level": level,
        "is_demo": is_demo,
    }
    node: Node
    try:
        with transaction.atomic():
            if parent is None:
                node = Node.add_root(**fields)
            else:
                # A fresh parent: treebeard numbers children by what it read before.
                node = Node.objects.select_for_update().get(pk=parent.pk).add_child(**fields)
    except IntegrityError as error:
        raise CodeTaken from error
    audit.record(by=by, verb="place.add", target=node, after=fields)
    return node


@transaction.atomic
def move_place(*, by: Person | None, node: Node, parent: Node) -> Node:
    """Hang `node` with all below it under `parent` of the same tree. Raises WrongTree."""
    if parent.tree != node.tree or parent.path.startswith(node.path):
        raise WrongTree
    above = node.get_parent()
    node.move(Node.objects.get(pk=parent.pk), pos="last-child")
    moved: Node = Node.objects.get(pk=node.pk)
    audit.record(
        by=by,
        verb="place.move",
        target=moved,
        before={"parent": above.code if above else ""},
        after={"parent": parent.code},
    )
    return moved


@transaction.atomic
def close_place(*, by: Person | None, node: Node, on: date) -> Node:
    """Close a place from `on`. What names it stays. Raises StillInUse if people work here or below after that."""
    working = Employment.objects.filter(in_force(on), unit__path__startswith=node.path)
    open_below = Node.objects.filter(path__startswith=node.path, closed_on__isnull=True).exclude(pk=node.pk)
    if working.exists() or open_below.exists():
        raise StillInUse
    Node.objects.filter(pk=node.pk).update(closed_on=on)
    node.refresh_from_db()
    audit.record(by=by, verb="place.close", target=node, after={"closed_on": on})
    return node
