"""Whom a row is about: by staff number, phone, ID number, else by name, department and last four. Never guessed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from cms.shared import crypto
from organisations.formats.columns import Field
from organisations.formats.problems import RowProblem as P
from organisations.formats.problems import problem
from organisations.formats.rows import ReadRow
from organisations.models import Employment, Person
from organisations.services.rosters.known import Known, Place, same_name
from organisations.services.rosters.plans import Owners, same_department


@dataclass
class Match:
    """`person`: whom the row is about, by key. Else `candidates`, if `problems` ask; else it is somebody new."""

    person: int | None = None
    candidates: list[int] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Found:
    """Who has which of the numbers of many rows. Names lead to everybody of that name in the unit."""

    staff_numbers: dict[str, list[int]] = field(default_factory=dict)
    phones: dict[str, int] = field(default_factory=dict)
    id_numbers: dict[str, int] = field(default_factory=dict)
    emails: dict[str, int] = field(default_factory=dict)
    names: dict[str, list[int]] = field(default_factory=dict)

    def by_staff_number(self, values: dict[str, str]) -> list[int]:
        return self.staff_numbers.get(values.get(Field.STAFF_NUMBER, ""), [])

    def owners(self, values: dict[str, str]) -> Owners:
        return Owners(
            phone=self.phones.get(values.get(Field.PHONE, "")),
            id_number=self.id_numbers.get(values.get(Field.ID_NUMBER, "")),
            email=self.emails.get(values.get(Field.EMAIL, "")),
        )

    def keyed(self, values: dict[str, str]) -> list[int]:
        """Everybody whom staff number, phone and ID number name, each once, in that order."""
        owners = self.owners(values)
        named = [*self.by_staff_number(values), owners.phone, owners.id_number]
        return list(dict.fromkeys(pk for pk in named if pk is not None))

    def everybody(self, values: dict[str, str]) -> list[int]:
        return list(dict.fromkeys([*self.keyed(values), *self.names.get(values.get(Field.NAME, ""), [])]))


def find(rows: Sequence[dict[str, str]], place: Place, *, with_names: bool = True) -> Found:
    """Look up the values of many rows at once. At most five queries."""
    found = Found()
    working = Employment.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=place.day), unit__path__startswith=place.unit.path,
        person__merged_into__isnull=True,
    )  # fmt: skip
    numbers = _values(rows, Field.STAFF_NUMBER)
    if numbers:
        here = working.filter(staff_number__in=numbers).order_by("person").distinct()
        for number, pk in here.values_list("staff_number", "person"):
            found.staff_numbers.setdefault(number, []).append(pk)
    found.phones = _by_index(_values(rows, Field.PHONE), "phone_index", "person.phone")
    found.id_numbers = _by_index(_values(rows, Field.ID_NUMBER), "id_number_index", "person.id_number")
    emails = _values(rows, Field.EMAIL)
    if emails:
        found.emails = {
            str(email): pk for email, pk in Person.objects.filter(email__in=emails).values_list("email", "pk")
        }
    if with_names:
        named = working.filter(person__name__in=_values(rows, Field.NAME)).order_by("person").distinct()
        for name, pk in named.values_list("person__name", "person"):
            found.names.setdefault(name, []).append(pk)
    return found


def _values(rows: Iterable[dict[str, str]], name: str) -> list[str]:
    return sorted({row[name] for row in rows if row.get(name)})


def _by_index(clear: list[str], column: str, name: str) -> dict[str, int]:
    """{clear value: person's key}, under every key of the ring: both stand while a rotation lasts."""
    if not clear:
        return {}
    meant = {hashed: value for value in clear for hashed in crypto.indexes(value, field=name)}
    rows = Person.objects.filter(**{f"{column}__in": list(meant)}).values_list(column, "pk", "merged_into")
    return {meant[hashed]: merged_into or pk for hashed, pk, merged_into in rows}


def match(row: ReadRow, found: Found, people: dict[int, Known], place: Place, claimed: set[int]) -> Match:
    """Whom `row` is about. `claimed`: those of whom another row of the file has a number."""
    values = row.values
    keyed = [pk for pk in found.keyed(values) if pk in people]
    if len(keyed) > 1:
        same_number = found.by_staff_number(values)
        owners = found.owners(values)
        told = {pk for pk in (owners.phone, owners.id_number) if pk is not None}
        # Two people share a staff number, and phone or ID number tells which of them.
        if not (len(told) == 1 and told <= set(same_number) and len(same_number) > 1):
            several = not told and len(same_number) > 1
            return Match(candidates=keyed, problems=[problem(P.SEVERAL_CANDIDATES if several else P.CONTRADICTION)])
        keyed = list(told)
    if keyed:
        return _tried(row, people[keyed[0]], found)
    return _by_name(row, found, people, place, claimed)


def _tried(row: ReadRow, known: Known, found: Found) -> Match:
    """A number names one person: does the rest of the row agree?"""
    pk, values = known.person.pk, row.values
    owners = found.owners(values)
    if not same_name(values.get(Field.NAME, ""), known.person.name):
        code = (
            P.NAME_DIFFERS if pk in found.by_staff_number(values)
            else P.PHONE_OF_ANOTHER if owners.phone == pk
            else P.ID_OF_ANOTHER
        )  # fmt: skip
        return Match(candidates=[pk], problems=[problem(code)])
    if values.get(Field.ID_NUMBER) and known.person.id_number_sealed and owners.id_number != pk:
        return Match(candidates=[pk], problems=[problem(P.ID_DIFFERS)])
    return Match(person=pk)


def _by_name(row: ReadRow, found: Found, people: dict[int, Known], place: Place, claimed: set[int]) -> Match:
    values = row.values
    namesakes = [
        pk
        for pk in found.names.get(values.get(Field.NAME, ""), [])
        if pk in people
        and pk not in claimed
        # With an ID number on both sides it would have been found.
        and not (values.get(Field.ID_NUMBER) and people[pk].person.id_number_sealed)
    ]
    fitting = [pk for pk in namesakes if _fits(row, people[pk], place)]
    if len(fitting) == 1:
        return Match(person=fitting[0])
    if namesakes:
        code = P.SEVERAL_CANDIDATES if len(namesakes) > 1 else P.SAME_NAME
        return Match(candidates=namesakes, problems=[problem(code)])
    if not any(values.get(item) for item in (Field.STAFF_NUMBER, Field.PHONE, Field.ID_NUMBER)):
        return Match(problems=[problem(P.NO_IDENTITY)])
    return Match()


def _fits(row: ReadRow, known: Known, place: Place) -> bool:
    """The same department and the same last four of a number that the row holds masked.

    Two numbers in full that only end alike are two numbers, as their first digits would have said.
    """
    here = known.here(place)
    if here is None or not same_department(row.values.get(Field.DEPARTMENT, ""), here.department_name):
        return False
    phone, number = row.tails.get(Field.PHONE), row.tails.get(Field.ID_NUMBER)
    person = known.person
    return bool(
        (phone and person.phone_sealed and person.phone[-4:] == phone)
        or (number and person.id_number_sealed and person.masked_id_number[-4:] == number)
    )
