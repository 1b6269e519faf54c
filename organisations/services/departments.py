"""Departments as places: found by their name, or added where a unit has none of that name."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from organisations import rules
from organisations.enums import NodeKind, Tree
from organisations.models import Node, Person
from organisations.selectors.departments import department_called, hospital_of
from organisations.services import trees


@transaction.atomic
def ensure(*, by: Person | None, unit: Node, name: str, on: date | None = None) -> Node:
    """The department of the hospital of `unit` called `name`; opened again or added, open from `on`, if there is none.

    `unit` itself where it is no hospital, and where several departments have that name.
    """
    hospital = hospital_of(unit)
    if hospital.kind != NodeKind.HOSPITAL:
        return unit
    trees.lock(Tree.ADMINISTRATION)
    found = department_called(hospital, name)
    if found is not None:
        return found
    key = rules.department_key(name)
    namesakes = [
        node
        for node in hospital.get_children().filter(kind=NodeKind.DEPARTMENT, merged_into=None).order_by("path")
        if rules.department_key(node.name) == key
    ]
    closed = [node for node in namesakes if node.is_closed]
    if closed:
        return trees.reopen_place(by=by, node=closed[0], on=timezone.localdate())
    if namesakes:
        return unit
    return trees.add_place(
        by=by, parent=hospital, tree=hospital.tree, kind=NodeKind.DEPARTMENT, name=name.strip(), code=_code(hospital),
        on=on, is_demo=hospital.is_demo,
    )  # fmt: skip


def _code(hospital: Node) -> str:
    """The first free one of CODE-01, CODE-02, …"""
    stem = hospital.code[:15]
    taken = set(Node.objects.filter(code__startswith=f"{stem}-").values_list("code", flat=True))
    number = 1
    while f"{stem}-{number:02}" in taken:
        number += 1
    return f"{stem}-{number:02}"


def placed(unit: Node, text: str, *, on: date) -> Node:
    """Where somebody works whose papers say `unit` and department `text`: the department, where the unit has it."""
    found = department_called(hospital_of(unit), text, on=on)
    return found if found is not None else unit
