"""People come in, change, work somewhere."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.shared import errors, sealing
from cms.shared.numbers import hide_numbers
from organisations import audit, rules
from organisations.enums import EmploymentKind, NodeKind, ProfessionalTitle
from organisations.models import Employment, Node, Person
from organisations.selectors.access import outranked
from organisations.selectors.departments import hospital_of
from organisations.services import departments, roles, transfers

# The columns by which a person is reached.
CONTACT = ("phone_sealed", "phone_index", "email")


class BadUsername(errors.InvalidInput):
    code = "bad_username"
    message = _(
        "Choose a user name of 2 to 60 letters, digits, dots, dashes or underscores that is not a phone number."
    )


class BadPhone(errors.InvalidInput):
    code = "bad_phone"
    message = _("This is not a mobile number. Write 11 digits, or + and the country code for a foreign number.")


class BadEmail(errors.InvalidInput):
    code = "bad_email"
    message = _("This is not an e-mail address. Correct it, or leave it empty.")


class AlreadyTaken(errors.Conflict):
    code = "already_taken"
    message = _("Another account already uses this user name, phone number or e-mail address. Choose another one.")


class OverlappingEmployment(errors.Conflict):
    code = "overlapping_employment"
    message = _("A person works at one unit at a time. Choose a first day after the one of the present employment.")


class PersonalStaffNumber(errors.InvalidInput):
    code = "personal_staff_number"
    message = _("This is a phone or ID number. Staff numbers are shown in clear: write the unit's own number.")


class NotYoursToBlock(errors.OutOfScope):
    code = "not_yours_to_block"
    message = _("This account is your own or holds roles beyond yours: only the system administrator can block it.")


class OwnTitle(errors.OutOfScope):
    code = "own_title"
    message = _("Nobody changes a title of their own. Report it on your account page for another administrator.")


class NotEmployed(errors.Conflict):
    code = "not_employed"
    message = _("This employment had already ended by that day. Load the page again.")


class NotOfThisUnit(errors.InvalidInput):
    code = "not_of_this_unit"
    message = _("This department belongs to another unit. Choose one of the person's unit, or enter a new employment.")


class EndsBeforeItBegins(errors.InvalidInput):
    code = "ends_before_it_begins"
    message = _("The last day lies before the first one. Correct one of the two dates.")


class ClosedPlace(errors.InvalidInput):
    code = "closed_place"
    message = _("This place is closed on that day. Choose an open place or an earlier day.")


def check_staff_number(text: str) -> None:
    """Raises PersonalStaffNumber: staff numbers are kept, searched and shown in clear."""
    if hide_numbers(text) != text:
        raise PersonalStaffNumber


@transaction.atomic
def create_person(
    *,
    by: Person | None,
    username: str,
    name: str,
    password: str | None = None,
    phone: str = "",
    email: str = "",
    title: str = ProfessionalTitle.NONE,
    language: str = "zh-hans",
    is_demo: bool = False,
) -> Person:
    """Make an account; without a password it needs an activation code (`activation.issue`).

    Raises BadUsername, BadPhone, BadEmail, AlreadyTaken.
    """
    try:
        person = Person(
            username=rules.username(username), name=name.strip(), title=title, language=language, is_demo=is_demo
        )
    except ValueError as error:
        raise BadUsername from error
    person.set_password(password)
    set_contact(person=person, phone=phone, email=email)
    save_unique(person)
    keep_address(person)
    audit.record(by=by, verb="person.create", target=person, after={"username": person.username, "title": str(title)})
    return person


@transaction.atomic
def enter(
    *,
    by: Person,
    username: str,
    name: str,
    unit: Node,
    begins: date,
    phone: str = "",
    email: str = "",
    title: str = ProfessionalTitle.NONE,
    department: str = "",
    new_department: str = "",
    kind: str = EmploymentKind.STAFF,
    staff_number: str = "",
) -> Person:
    """A new person who works at `unit`. Raises what `create_person` and `employ` raise; then there is nobody new."""
    person = create_person(by=by, username=username, name=name, phone=phone, email=email, title=title)
    employ(
        by=by,
        person=person,
        unit=unit,
        begins=begins,
        department=department,
        new_department=new_department,
        kind=kind,
        staff_number=staff_number,
    )
    return person


def set_contact(*, person: Person, phone: str, email: str) -> None:
    """Put a phone number and an e-mail address on `person` ("" removes); the caller saves by `save_unique`."""
    try:
        person.set_phone(rules.phone(phone) if phone.strip() else "")
    except ValueError as error:
        raise BadPhone from error
    person.email = email.strip().lower() or None
    if person.email:
        try:
            validate_email(person.email)
        except ValidationError as error:
            raise BadEmail from error


@transaction.atomic
def change_contact(*, by: Person | None, person: Person, phone: str, email: str, reason: str = "") -> Person:
    """Replace phone number and e-mail address ("" removes). Raises BadPhone, BadEmail, AlreadyTaken."""
    Person.objects.select_for_update().get(pk=person.pk)
    had = {"phone": bool(person.phone_sealed), "email": bool(person.email)}
    set_contact(person=person, phone=phone, email=email)
    # Only these: what somebody else changes at the same moment stays.
    save_unique(person, only=CONTACT)
    keep_address(person)
    audit.record(
        by=by,
        verb="person.change_contact",
        target=person,
        before={"has_contact": sorted(name for name, there in had.items() if there)},
        after={"has_contact": sorted(n for n, there in (("phone", phone), ("email", email)) if there)}
        | ({"reason": reason.strip()} if reason else {}),
    )
    return person


def keep_address(person: Person) -> None:
    """Let the one e-mail address by which a person signs in and resets a password be the one on the account."""
    EmailAddress.objects.filter(user=person).exclude(email=person.email or "").delete()
    if person.email:
        EmailAddress.objects.get_or_create(
            user=person, email=person.email, defaults={"primary": True, "verified": False}
        )


@transaction.atomic
def change_details(*, by: Person, person: Person, **changes: str | bool) -> Person:
    """Change name, title, language or whether the account is active; logs what changed."""
    before = {name: getattr(person, name) for name in changes}
    changed = {name: value for name, value in changes.items() if before[name] != value}
    if changed:
        for name, value in changed.items():
            setattr(person, name, value)
        person.save(update_fields=list(changed))
        audit.record(
            by=by,
            verb="person.change",
            target=person,
            before={name: before[name] for name in changed},
            after=changed,
        )
    return person


@transaction.atomic
def correct(*, by: Person, person: Person, name: str, title: str, is_active: bool) -> Person:
    """What the unit may change of a person: name, the title it vouches for, whether the person may sign in.

    Raises NotYoursToBlock where the account holds roles beyond those of `by`, or is `by`'s own.
    """
    if is_active != person.is_active and person.pk not in outranked(by=by, people=[person]):
        raise NotYoursToBlock
    if title != person.title and by.pk == person.pk:
        raise OwnTitle
    return change_details(by=by, person=person, name=name.strip(), title=title, is_active=is_active)


def save_unique(person: Person, *, only: Sequence[str] | None = None) -> None:
    """Save (`only` these columns); raises AlreadyTaken instead of an integrity error."""
    try:
        with transaction.atomic():
            if sealing.taken(person):
                raise AlreadyTaken
            person.save(update_fields=only)
    except IntegrityError as error:
        raise AlreadyTaken from error


@transaction.atomic
def employ(
    *,
    by: Person | None,
    person: Person,
    unit: Node,
    begins: date,
    department: str = "",
    new_department: str = "",
    ends: date | None = None,
    kind: str = EmploymentKind.STAFF,
    staff_number: str = "",
) -> Employment:
    """Let `person` work at `unit` from `begins` until `ends` (half-open); ends the open employment on `begins`, and
    tells the unit that loses them.

    Where the unit has a department called `department`, that is where; `new_department` is added if there is none. It
    ends at the latest on the day on which the unit closes.
    Raises OverlappingEmployment if another one reaches into these days, EndsBeforeItBegins, ClosedPlace,
    PersonalStaffNumber.
    """
    if ends is not None and ends <= begins:
        raise EndsBeforeItBegins
    check_staff_number(staff_number)
    if new_department.strip():
        unit = departments.ensure(by=by, unit=unit, name=new_department, on=begins)
        department = new_department
    else:
        unit = departments.placed(unit, department, on=begins)
    unit = Node.objects.select_for_update(no_key=True).get(pk=unit.pk)  # a merger may be under way
    if unit.is_closed_on(begins):
        raise ClosedPlace
    if unit.closed_on is not None:
        ends = unit.closed_on if ends is None else min(ends, unit.closed_on)
    Person.objects.select_for_update().get(pk=person.pk)
    left: list[transfers.Move] = []
    for earlier in Employment.objects.filter(person=person, ends__isnull=True, begins__lt=begins):
        earlier.ends = begins
        earlier.save(update_fields=["ends"])
        audit.record(by=by, verb="employment.end", target=person, after={"unit": earlier.unit.code, "ends": begins})
        if not unit.path.startswith(earlier.unit.path):
            # Whoever goes to another place does not administer the old one any more.
            roles.end_roles_at(by=by, person=person, node=earlier.unit, on=begins)
        left.append(transfers.Move(person, earlier.unit, begins))
    others = Employment.objects.filter(person=person).exclude(ends__lte=begins)
    if (others.filter(begins__lt=ends) if ends else others).exists():
        raise OverlappingEmployment
    employment = Employment.objects.create(
        person=person,
        unit=unit,
        department=department.strip(),
        kind=kind,
        staff_number=staff_number.strip(),
        begins=begins,
        ends=ends,
    )
    audit.record(
        by=by, verb="employment.begin", target=person, after={"unit": unit.code, "begins": begins, "ends": ends}
    )
    transfers.record_and_tell(by=by, moves=left, to=unit, key=f"employment:{employment.pk}")
    return employment


@transaction.atomic
def change_employment(
    *, by: Person, employment: Employment, unit: Node | None = None, new_department: str = "", **changes: str
) -> Employment:
    """Change department, kind or staff number of an employment; logs what changed. The dates stay.

    `unit`: the department, or the hospital for none; `new_department` is added if there is none. A `department` that
    the hospital has is where the person works. Raises PersonalStaffNumber, NotOfThisUnit.
    """
    check_staff_number(changes.get("staff_number", ""))
    new: dict[str, Any] = {name: value.strip() for name, value in changes.items()}
    if unit is not None or new_department.strip() or "department" in new:
        new |= _moved(by, employment, unit, new_department, new.get("department", ""))
    before = {name: getattr(employment, name) for name in new}
    changed = {name: value for name, value in new.items() if before[name] != value}
    if changed:
        left = employment.unit
        for name, value in changed.items():
            setattr(employment, name, value)
        employment.__dict__.pop("unit_name", None)
        employment.save(update_fields=list(changed))
        if "unit" in changed and not employment.unit.path.startswith(left.path):
            # Whoever goes to another department does not administer the old one any more.
            roles.end_roles_at(by=by, person=employment.person, node=left, on=timezone.localdate())
        audit.record(
            by=by,
            verb="employment.change",
            target=employment.person,
            before={"unit": left.code} | {name: _told(before[name]) for name in changed},
            after={name: _told(value) for name, value in changed.items()},
        )
    return employment


def _moved(
    by: Person, employment: Employment, unit: Node | None, new_department: str, department: str
) -> dict[str, Any]:
    """Where somebody works from now on: {unit, department}."""
    hospital = hospital_of(employment.unit)
    if unit is not None and not unit.path.startswith(hospital.path):
        raise NotOfThisUnit
    if new_department.strip():
        text = new_department.strip()
        return {"unit": departments.ensure(by=by, unit=hospital, name=text), "department": text}
    chosen = departments.placed(unit or hospital, department, on=timezone.localdate())
    if chosen.pk == employment.unit_id and chosen.kind == NodeKind.DEPARTMENT and not department:
        department = employment.department  # what was entered stays
    return {"unit": chosen, "department": department}


def _told(value: Any) -> str:
    return value.code if isinstance(value, Node) else str(value)


@transaction.atomic
def end_employment(*, by: Person | None, employment: Employment, on: date, reason: str = "") -> Employment:
    """Let a person leave: `on` is the first day without this employment.

    Roles at the unit or below it end with it: whoever has left does not administer it any more.
    Raises NotEmployed if it had ended by then, EndsBeforeItBegins.
    """
    if on <= employment.begins:
        raise EndsBeforeItBegins
    open_still = Q(ends__isnull=True) | Q(ends__gt=on)
    if Employment.objects.filter(open_still, pk=employment.pk).update(ends=on) != 1:
        raise NotEmployed
    before, employment.ends = employment.ends, on
    audit.record(
        by=by,
        verb="employment.end",
        target=employment.person,
        before={"ends": before},
        after={"unit": employment.unit.code, "ends": on, "reason": reason.strip()},
    )
    roles.end_roles_at(by=by, person=employment.person, node=employment.unit, on=on)
    return employment
