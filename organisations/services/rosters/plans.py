"""What a row would change about the person it is about. Nothing is written here."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from organisations import rules
from organisations.enums import (
    EmploymentKind,
    NodeKind,
    ProfessionalTitle,
    QualificationKind,
    QualificationState,
    RowOutcome,
)
from organisations.formats.columns import Field
from organisations.formats.problems import STOPPING, problem
from organisations.formats.problems import RowProblem as P
from organisations.formats.rows import masked
from organisations.models import Employment, Node
from organisations.services.rosters.known import LADDER, Known, Place


@dataclass(frozen=True)
class Owners:
    """Who has the phone, the ID number and the e-mail address of a row, by key; None: nobody."""

    phone: int | None = None
    id_number: int | None = None
    email: int | None = None


@dataclass
class NewEmployment:
    unit: Node
    begins: date
    ends: date | None = None
    department: str = ""
    kind: str = EmploymentKind.STAFF.value
    staff_number: str = ""


@dataclass
class Plan:
    """`person`: {field: new value}; `edits`: {field: new value} of the employment here; `end_on`: when which ends.

    `changes`: {field: [before, after]}, masked. `asks_for_click`: something is only done when somebody chooses so.
    """

    outcome: RowOutcome = RowOutcome.UNCHANGED
    person: dict[str, str] = field(default_factory=dict)
    edited: Employment | None = None
    edits: dict[str, Any] = field(default_factory=dict)
    ended: list[tuple[Employment, date]] = field(default_factory=list)
    begun: NewEmployment | None = None
    qualifications: list[tuple[str, str]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[str, list[str]] = field(default_factory=dict)
    asks_for_click: bool = False

    @property
    def is_stopped(self) -> bool:
        return any(found["code"] in STOPPING for found in self.problems)

    def change(self, name: str, before: str, after: str) -> None:
        self.changes[name] = [masked(name, before), masked(name, after)]


def for_new(values: dict[str, str], place: Place, owners: Owners) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """(the values with which a person is made, what is wrong with them or left out of them)."""
    kept, problems = dict(values), []
    new = new_employment(values, place)
    if new.ends and new.ends <= new.begins:
        problems.append(problem(P.ENDS_BEFORE_BEGINS))
    if owners.email is not None and kept.pop(Field.EMAIL, ""):
        problems.append(problem(P.EMAIL_IN_USE))
    if owners.phone is not None and kept.pop(Field.PHONE, ""):
        problems.append(problem(P.PHONE_LEFT_OUT))
    return kept, problems


def new_employment(values: dict[str, str], place: Place) -> NewEmployment:
    """Where somebody works who does not work here yet; from the row's own first day, else from the roster's."""
    begins = _day(values.get(Field.BEGINS)) or place.day
    ends = _day(values.get(Field.ENDS))
    department = values.get(Field.DEPARTMENT, "")
    unit = place.node_for(department)
    return NewEmployment(
        unit=unit,
        begins=begins,
        ends=_until(unit, ends),
        department=department,
        kind=values.get(Field.EMPLOYMENT_KIND) or EmploymentKind.STAFF.value,
        staff_number=values.get(Field.STAFF_NUMBER, ""),
    )


def same_department(one: str, other: str) -> bool:
    return bool(one) and rules.department_key(one) == rules.department_key(other)


def _until(unit: Node, ends: date | None) -> date | None:
    """Work ends at the latest when its place closes."""
    days = [day for day in (ends, unit.closed_on) if day is not None]
    return min(days) if days else None


def for_known(values: dict[str, str], known: Known, place: Place, owners: Owners, *, is_chosen: bool = False) -> Plan:
    """What the row changes about `known`. `is_chosen`: somebody chose this person by hand, so that more may change.

    Whoever comes from elsewhere comes by their ID number, or because somebody chose so: a phone changes hands.
    """
    plan = Plan()
    here = known.here(place)
    _plan_account(plan, values, known, owners, is_here=here is not None, is_chosen=is_chosen)
    _plan_qualifications(plan, values, known, place)
    if here is not None:
        _plan_here(plan, values, known, here, place)
    else:
        _plan_arrival(plan, values, known, place)
    touches = bool(plan.changes)
    if touches and not known.person.is_active:
        plan.problems.append(problem(P.ACCOUNT_CLOSED))
    elif known.has_duties_elsewhere and (plan.person or here is None):
        plan.problems.append(problem(P.PRIVILEGED))
    if here is None and not is_chosen and owners.id_number != known.person.pk:
        _ask_before_arrival(plan, known, place)
    if plan.is_stopped:
        plan.outcome = RowOutcome.WRONG
    elif touches and plan.outcome == RowOutcome.UNCHANGED:
        plan.outcome = RowOutcome.UPDATE
    return plan


def for_leaving(known: Known, place: Place) -> Plan:
    """The person is in a complete roster no more: what holds in the unit ends on the roster's day."""
    plan = Plan()
    here = known.here(place)
    if here is not None and here.begins < place.day:
        plan.ended.append((here, place.day))
        plan.change(Field.ENDS, str(here.ends or ""), str(place.day))
        plan.outcome = RowOutcome.LEAVE
    return plan


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _plan_account(
    plan: Plan, values: dict[str, str], known: Known, owners: Owners, *, is_here: bool, is_chosen: bool
) -> None:
    person = known.person
    name = values.get(Field.NAME, "")
    if is_chosen and name and name != person.name:
        plan.person[Field.NAME] = name
        plan.change(Field.NAME, person.name, name)
    for item, owner, taken in (
        (Field.PHONE, owners.phone, P.PHONE_LEFT_OUT),
        (Field.EMAIL, owners.email, P.EMAIL_IN_USE),
    ):
        new = values.get(item, "")
        if not new or owner == person.pk:
            continue
        before = person.phone if item == Field.PHONE else (person.email or "")
        if before == new:
            continue
        if owner is not None:
            plan.problems.append(problem(taken))
        elif before and known.has_own_contact and not is_chosen:
            plan.problems.append(problem(P.CONTACT_KEPT))
            plan.asks_for_click = True
        else:
            plan.person[item] = new
            plan.change(item, before, new)
    number = values.get(Field.ID_NUMBER, "")
    if number and owners.id_number != person.pk:
        has_one = bool(person.id_number_sealed)
        if owners.id_number is not None or (has_one and not (is_chosen and is_here)):
            plan.problems.append(problem(P.ID_KEPT))
        else:
            plan.person[Field.ID_NUMBER] = number
            plan.changes[Field.ID_NUMBER] = [person.masked_id_number, masked(Field.ID_NUMBER, number)]


def _plan_qualifications(plan: Plan, values: dict[str, str], known: Known, place: Place) -> None:
    """A title only rises: `Person.title` is what the unit vouches for, and it takes that back elsewhere."""
    title, had = values.get(Field.TITLE, ProfessionalTitle.NONE.value), known.person.title
    raises = LADDER.index(title) > LADDER.index(had)
    if title != ProfessionalTitle.NONE and LADDER.index(title) < LADDER.index(had):
        plan.problems.append(problem(P.TITLE_KEPT))
    degree = values.get(Field.DEGREE, "")
    held = {
        one.value
        for one in known.qualifications
        if one.kind == QualificationKind.DEGREE and one.state == QualificationState.CONFIRMED
    }
    gains = bool(degree) and degree not in held
    if (raises or gains) and known.person.pk in place.keepers:
        plan.problems.append(problem(P.OWN_QUALIFICATION))
        return
    if raises:
        plan.person[Field.TITLE] = title
        plan.qualifications.append((QualificationKind.TITLE.value, title))
        plan.change(Field.TITLE, had, title)
    if gains:
        plan.qualifications.append((QualificationKind.DEGREE.value, degree))
        plan.change(Field.DEGREE, "", degree)


def _plan_here(plan: Plan, values: dict[str, str], known: Known, here: Employment, place: Place) -> None:
    edits: dict[str, Any] = {}
    for item, attribute in (
        (Field.DEPARTMENT, "department"),
        (Field.EMPLOYMENT_KIND, "kind"),
        (Field.STAFF_NUMBER, "staff_number"),
    ):
        new, before = values.get(item, ""), getattr(here, attribute)
        if item == Field.DEPARTMENT and here.unit.kind == NodeKind.DEPARTMENT:
            if same_department(new, here.unit.name):
                continue  # however it is written
            before = here.department_name
        if new and new != before:
            edits[attribute] = new
            plan.change(item, before, new)
    begins, ends = _day(values.get(Field.BEGINS)), _day(values.get(Field.ENDS))
    if begins and begins != here.begins:
        others = [one for one in known.employments if one.pk != here.pk and one.begins < here.begins]
        if any(one.ends is None or one.ends > begins for one in others) or (here.ends and here.ends <= begins):
            plan.problems.append(problem(P.BEGINS_OVERLAP))
        else:
            edits["begins"] = begins
            plan.change(Field.BEGINS, str(here.begins), str(begins))
    first = edits.get("begins", here.begins)
    if ends and ends != here.ends:
        if ends <= first:
            plan.problems.append(problem(P.ENDS_BEFORE_BEGINS))
        else:
            plan.change(Field.ENDS, str(here.ends or ""), str(ends))
            plan.ended.append((here, ends))
            plan.outcome = RowOutcome.LEAVE
    department = values.get(Field.DEPARTMENT, "")
    node = place.node_for(department)
    if department and node.pk != here.unit_id and not plan.ended:
        if node.kind == NodeKind.DEPARTMENT or here.unit.kind == NodeKind.DEPARTMENT:
            plan.change("unit", here.unit.name, node.name)
        # Records keep the department of their time, so a move begins a new employment; to learn that the department
        # written down long since is a place is no move.
        known_there = here.unit_id == place.unit.pk and same_department(here.department, department)
        if first < place.day and not known_there:
            plan.ended.append((here, place.day))
            plan.begun = NewEmployment(
                unit=node,
                begins=place.day,
                ends=_until(node, here.ends),
                department=department,
                kind=edits.pop("kind", here.kind),
                staff_number=edits.pop("staff_number", here.staff_number),
            )
            edits.pop("department", None)
        else:
            edits["unit"] = node
    if edits:
        plan.edited, plan.edits = here, edits


def _ask_before_arrival(plan: Plan, known: Known, place: Place) -> None:
    """Phone and name alone bring back who worked here before and works nowhere now; nobody else."""
    works = bool(known.present(place.day))
    if known.was_here(place) and not works:
        return
    plan.changes = {}  # of somebody who may be another one nothing is told
    if not plan.is_stopped:
        plan.problems.append(problem(P.COMES_FROM_ELSEWHERE if works else P.KNOWN_ELSEWHERE))
        plan.outcome, plan.asks_for_click = RowOutcome.UNCLEAR, True


def _plan_arrival(plan: Plan, values: dict[str, str], known: Known, place: Place) -> None:
    """The person has an account and works elsewhere, or nowhere."""
    new = new_employment(values, place)
    elsewhere = known.present(place.day)
    written = _day(values.get(Field.BEGINS))
    if elsewhere and written and written <= elsewhere[0].begins:
        new.begins = place.day  # the sheet tells the first day of a career, the person came from there today
    for one in elsewhere:
        if one.begins >= new.begins or len(elsewhere) > 1:
            plan.problems.append(problem(P.BEGINS_OVERLAP))
            return
        plan.ended.append((one, new.begins))
        plan.change("unit", one.unit_name, place.unit.name)
    if any(one.ends and one.ends > new.begins for one in known.employments if one not in elsewhere):
        plan.problems.append(problem(P.BEGINS_OVERLAP))
        return
    if new.ends and new.ends <= new.begins:
        plan.problems.append(problem(P.ENDS_BEFORE_BEGINS))
        return
    plan.begun = new
    plan.changes.setdefault("unit", ["", place.unit.name])
    plan.change(Field.BEGINS, "", str(new.begins))
    for item, value in (
        (Field.DEPARTMENT, new.department),
        (Field.STAFF_NUMBER, new.staff_number),
        (Field.ENDS, str(new.ends or "")),
    ):
        if value:
            plan.change(item, "", value)
    plan.outcome = RowOutcome.TRANSFER if elsewhere else RowOutcome.UPDATE
