"""Reads about activation sheets: who may be on one, and what became of those that were made."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from organisations.enums import NodeKind, SheetChoice
from organisations.models import Activation, ActivationSheet, Employment, Node, Person
from organisations.models.places import open_on
from organisations.scopes import Scope
from organisations.selectors.departments import in_department
from organisations.selectors.powers import in_force

# A select with more than this is a search.
LISTED_UNITS = 30


def units_of(scope: Scope, search: str = "") -> list[Node]:
    """Open hospitals of a scope with those above them, by name; those that match `search` where it is not empty."""
    units = Node.objects.filter(open_on(), scope.q(""), kind=NodeKind.HOSPITAL)
    if search.strip():
        word = search.strip()
        units = units.filter(Q(name__icontains=word) | Q(name_en__icontains=word) | Q(code__iexact=word))
    return sorted(units.order_by("path")[: LISTED_UNITS + 1], key=lambda unit: unit.name)


def departments_of(unit: Node) -> list[str]:
    """The names of departments in which somebody works in `unit` today."""
    rows = Employment.objects.filter(in_force(), _within(unit)).order_by()
    written = rows.exclude(unit__kind=NodeKind.DEPARTMENT).exclude(department="")
    places = rows.filter(unit__kind=NodeKind.DEPARTMENT)
    names = {*written.values_list("department", flat=True), *places.values_list("unit__name", flat=True)}
    return sorted(names)


def employments_for(*, unit: Node, department: str, choice: str, chosen: Iterable[UUID] = ()) -> QuerySet[Employment]:
    """Whose codes a sheet would hold: the present employments with person and unit.

    Everybody of `unit` (and `department`, unless "") whom `choice` takes in and who has not set a password.
    """
    now = timezone.now()
    people = Q(person__is_active=True, person__password__startswith=UNUSABLE_PASSWORD_PREFIX)
    if choice == SheetChoice.SELECTED:
        people &= Q(person__public_id__in=list(chosen))
    else:
        people &= Q(person__last_login__isnull=True)
    rows = Employment.objects.filter(in_force(), people, _within(unit))
    if department:
        rows = rows.filter(in_department(department))
    if choice == SheetChoice.UNCODED:
        good = Activation.objects.filter(person=OuterRef("person"), used_at__isnull=True, expires_at__gt=now)
        rows = rows.exclude(Exists(good))
    return rows.select_related("person", "unit").order_by("begins", "pk")


def employments_on(sheet: ActivationSheet) -> QuerySet[Employment]:
    """The present employments of the people a sheet was asked for, with person and unit; the latest one last."""
    rows = Employment.objects.filter(in_force(), _within(sheet.unit), person__in=sheet.chosen)
    return rows.select_related("person", "unit").order_by("begins", "pk")


def _within(unit: Node) -> Q:
    return Scope(frozenset({unit.path})).q("unit")


def unit_of(*, scope: Scope, chosen: Iterable[UUID]) -> Node | None:
    """The smallest place of `scope` in which all of the chosen people work; None if there is none."""
    rows = Employment.objects.filter(in_force(), scope.q("unit"), person__public_id__in=list(chosen))
    paths = sorted(set(rows.values_list("unit__path", flat=True)))
    if not paths:
        return None
    first, last = paths[0], paths[-1]  # what these two share, all in between share
    step = Node.steplen
    length = step * sum(1 for at in range(0, len(first), step) if first[: at + step] == last[: at + step])
    top: Node | None = Node.objects.filter(path=first[:length]).first()
    return top if top is not None and scope.covers(top.path) else None


def sheets_of(person: Person, scope: Scope, number: str | int) -> Page[Any]:
    """The person's own sheets and those for places of `scope`, newest first.

    Each with `used` and `still_good`: how many of its codes are.
    """
    good = Q(activations__used_at__isnull=True, activations__expires_at__gt=timezone.now())
    rows = (
        ActivationSheet.objects.filter(Q(requested_by=person) | scope.q("unit"))
        .select_related("unit", "requested_by")
        .annotate(
            used=Count("activations", filter=Q(activations__used_at__isnull=False)),
            still_good=Count("activations", filter=good),
        )
        .order_by("-created_at", "-pk")
    )
    return Paginator(rows, 10).get_page(number)
