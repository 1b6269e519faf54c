"""Departments as places: which a unit has, and which of them a written name means."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from organisations import rules
from organisations.enums import NodeKind
from organisations.models import Employment, Node
from organisations.models.places import open_on


def hospital_of(place: Node) -> Node:
    """The unit that `place` is, or is a department of. A query for departments."""
    if place.kind != NodeKind.DEPARTMENT:
        return place
    above: Node | None = place.get_ancestors().exclude(kind=NodeKind.DEPARTMENT).order_by("-path").first()
    return above or place


def departments_below(unit: Node, *, on: date | None = None) -> QuerySet[Node]:
    """Departments of `unit` that are open on a day (default today), as they lie in the tree."""
    found: QuerySet[Node] = Node.objects.filter(
        open_on(on), path__startswith=unit.path, kind=NodeKind.DEPARTMENT
    ).exclude(pk=unit.pk)
    return found.order_by("path")


def parts_of(unit: Node) -> QuerySet[Node]:
    """`unit` and its open departments, as they lie in the tree."""
    found: QuerySet[Node] = Node.objects.filter(open_on(), path__startswith=unit.path)
    return found.filter(Q(pk=unit.pk) | Q(kind=NodeKind.DEPARTMENT)).order_by("path")


def by_key(departments: Iterable[Node]) -> dict[str, Node | None]:
    """{`rules.department_key` of the name: the department}, None where several have that name."""
    named: dict[str, Node | None] = {}
    for node in departments:
        key = rules.department_key(node.name)
        named[key] = node if key not in named else None
    return named


def department_called(unit: Node, text: str, *, on: date | None = None) -> Node | None:
    """The one open department of `unit` that `text` means; None if there is none, or several."""
    key = rules.department_key(text)
    return by_key(departments_below(unit, on=on)).get(key) if key else None


def in_department(name: str) -> Q:
    """Filter for employments in a department of this name, a place or only written down."""
    place = Q(unit__kind=NodeKind.DEPARTMENT)
    return (place & Q(unit__name=name)) | (~place & Q(department=name))


def name_units(employments: Iterable[Employment]) -> None:
    """Fill in `unit_name` of all of `employments` (with their units). One query, none without departments."""
    rows = [row for row in employments if row.unit.kind == NodeKind.DEPARTMENT]
    if not rows:
        return
    step = Node.steplen
    paths = {row.unit.path[:end] for row in rows for end in range(step, len(row.unit.path), step)}
    above = dict(Node.objects.filter(path__in=paths).exclude(kind=NodeKind.DEPARTMENT).values_list("path", "name"))
    for row in rows:
        tops = [path for path in above if row.unit.path.startswith(path)]
        row.unit_name = above[max(tops, key=len)] if tops else row.unit.name
