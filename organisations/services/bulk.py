"""One deed for several people: of a deed about work all of them or, when something fails, none; of decisions each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations.enums import Power
from organisations.models import Employment, Node, Person, Qualification, Registration
from organisations.selectors import in_force, scope_for
from organisations.selectors.departments import hospital_of
from organisations.selectors.registrations import claim_of
from organisations.services import people as one_by_one
from organisations.services import qualifications, registrations

Row = TypeVar("Row")


class MayBeKnown(errors.Conflict):
    code = "may_be_known"
    message = _("Somebody in the unit has the same name, mobile number or staff number. Open it and compare.")


class ContactTaken(errors.Conflict):
    code = "contact_taken"
    message = _("The number or address belongs to another account. Open it and decide.")


@dataclass(frozen=True)
class Left(Generic[Row]):
    """What was left as it is, and why."""

    row: Row
    reason: str


@transaction.atomic
def set_department(*, by: Person, people: Iterable[Person], unit: Node, new_department: str = "") -> int:
    """Let each of `people` who works at the hospital of `unit`, one of `by`, work in the department `unit`; how many.

    The hospital itself: in no department. `new_department` of the hospital is added if there is none.
    """
    hospital = hospital_of(unit)
    here = in_force() & Q(unit__path__startswith=hospital.path)
    found = list(_employments(by, people, here))
    for employment in found:
        one_by_one.change_employment(by=by, employment=employment, unit=unit, new_department=new_department)
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


def decide_registrations(
    *, by: Person, chosen: Iterable[Registration], accept: bool, reason: str = ""
) -> tuple[int, list[Left[Registration]]]:
    """Confirm or refuse each of `chosen` in a transaction of its own; how many were decided, and which were left, why.

    Only what needs no comparing is confirmed so: nobody whom the unit may know already, no contact of another account.
    """

    def decide(registration: Registration) -> None:
        if accept:
            _accept_unknown(by, registration)
        else:
            registrations.refuse(by=by, registration=registration, reason=reason)

    return _each(chosen, decide)


def decide_qualifications(
    *, by: Person, chosen: Iterable[Qualification], accept: bool, reason: str = ""
) -> tuple[int, list[Left[Qualification]]]:
    """Confirm or refuse each of `chosen` as `decide_registrations` does."""

    def decide(qualification: Qualification) -> None:
        if accept:
            qualifications.confirm(by=by, qualification=qualification)
        else:
            qualifications.refuse(by=by, qualification=qualification, reason=reason)

    return _each(chosen, decide)


def _each(chosen: Iterable[Row], decide: Callable[[Row], None]) -> tuple[int, list[Left[Row]]]:
    done, left = 0, []
    for row in chosen:
        try:
            decide(row)
        except errors.DomainError as error:
            left.append(Left(row, str(error)))
        else:
            done += 1
    return done, left


@transaction.atomic
def _accept_unknown(by: Person, registration: Registration) -> None:
    claim = claim_of(registration, by=by)
    if claim.candidates:
        raise MayBeKnown
    if claim.is_phone_taken or claim.is_email_taken:
        raise ContactTaken
    registrations.accept(by=by, registration=registration)
