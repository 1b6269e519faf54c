"""One deed for several people: all of them or, when something fails, none."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.db.models import Q

from organisations.enums import Power
from organisations.models import Employment, Person
from organisations.selectors import in_force, scope_for
from organisations.services import people as one_by_one


@transaction.atomic
def set_department(*, by: Person, people: Iterable[Person], department: str) -> int:
    """Write `department` on today's employment of each of `people` in a unit of `by`; on how many."""
    found = list(_employments(by, people, in_force()))
    for employment in found:
        one_by_one.change_employment(by=by, employment=employment, department=department)
    return len(found)


@transaction.atomic
def end_employments(*, by: Person, people: Iterable[Person], on: date, reason: str) -> int:
    """Let each of `people` who works in a unit of `by` up to `on` or longer leave on that day; how many left."""
    reaching = Q(begins__lt=on) & (Q(ends__isnull=True) | Q(ends__gt=on))
    found = list(_employments(by, people, reaching))
    for employment in found:
        one_by_one.end_employment(by=by, employment=employment, on=on, reason=reason)
    return len(found)


def _employments(by: Person, people: Iterable[Person], when: Q) -> Iterable[Employment]:
    scope = scope_for(by, Power.KEEP_PEOPLE)
    rows = Employment.objects.filter(when, scope.q("unit"), person__in=list(people)).exclude(person=by)
    return rows.select_related("person", "unit").order_by("pk")
