"""The cities of a province, and the society's branches in them, entered in the trees from data. Safe to run again."""

from django.db import transaction

from organisations.enums import NodeKind, Tree
from organisations.models import Node, Person
from organisations.provinces import Province
from organisations.services import trees


@transaction.atomic
def load_cities(*, by: Person | None, top: Node, province: Province, is_demo: bool = False) -> int:
    """Enter the prefecture-level units of `province` below `top`; how many were new. Known codes are left alone."""
    present = set(Node.objects.filter(code__in=[city.code for city in province.cities]).values_list("code", flat=True))
    missing = [city for city in province.cities if city.code not in present]
    for city in missing:
        trees.add_place(
            by=by, parent=top, tree=Tree.ADMINISTRATION, kind=NodeKind.PREFECTURE, name=city.name, code=city.code,
            name_en=city.name_en, is_demo=is_demo,
        )  # fmt: skip
    return len(missing)


@transaction.atomic
def load_branches(*, by: Person | None, society: Node, province: Province) -> int:
    """Enter the society's branches in the cities of `province`; how many were new.

    A city that has a branch, under whatever name, gets no second one. Needs the cities (`load_cities`).
    """
    cities = {node.code: node for node in Node.objects.filter(code__in=[city.code for city in province.branches])}
    taken = set(Node.objects.filter(kind=NodeKind.BRANCH).values_list("city", flat=True))
    missing = [city for city in province.branches if city.code in cities and cities[city.code].pk not in taken]
    for city in missing:
        trees.add_place(
            by=by, parent=society, tree=Tree.SOCIETY, kind=NodeKind.BRANCH, name=province.branch_name(city),
            code=f"{society.code[:13]}-{city.code}", name_en=f"{city.name_en} branch", city=cities[city.code],
        )  # fmt: skip
    return len(missing)
