"""Who somebody is: where they work, what they are on a day, how they are found."""

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from django.db.models import Q

from cms.shared import crypto
from organisations import rules
from organisations.enums import PersonState
from organisations.models import Employment, Person, StatePeriod
from organisations.selectors.powers import in_force


def employment_on(person: Person, day: date) -> Employment | None:
    """Where the person worked on `day`, with its unit; the latest one if two overlap."""
    return (
        Employment.objects.filter(in_force(day), person=person)
        .select_related("unit")
        .order_by("-begins", "-pk")
        .first()
    )


def states_on(people: Iterable[Person], day: date) -> dict[int, PersonState]:
    """What each of `people` is on `day`, by key; ACTIVE without a period. One query."""
    found = {person.pk: PersonState.ACTIVE for person in people}
    rows = StatePeriod.objects.filter(in_force(day), person__in=list(found)).order_by("begins", "pk")
    return found | {person: PersonState(state) for person, state in rows.values_list("person", "state")}


def person_by_phone(phone: str) -> Person | None:
    """Who has this phone number, in any way of writing it."""
    try:
        number = rules.phone(phone)
    except ValueError:
        return None
    return people_by_phone([number]).get(number)


def people_by_phone(numbers: Collection[str]) -> dict[str, Person]:
    """Who has these numbers (E.164), by number. One query; under whichever key of the ring a number is indexed."""
    return _people_by("phone_index", "person.phone", numbers)


def people_by_id_number(numbers: Collection[str]) -> dict[str, Person]:
    """Who has these ID numbers (checked, in capitals), by number. One query, as `people_by_phone`."""
    return _people_by("id_number_index", "person.id_number", numbers)


def masked_id_numbers(rows: Iterable[tuple[str, UUID | str]]) -> list[str]:
    """What may be shown of sealed ID numbers, each given with its person's public id; for lists of many people."""
    every, mask = list(rows), rules.masked_id_number
    clear = iter(crypto.decrypt_each([(text, f"person.id_number:{owner}") for text, owner in every if text]))
    return [mask(next(clear)) if text else "" for text, _owner in every]


def _people_by(column: str, field: str, values: Collection[str]) -> dict[str, Person]:
    made = {index: value for value in values for index in crypto.indexes(value, field=field)}
    found = Person.objects.filter(**{f"{column}__in": list(made)}).order_by("-pk")
    return {made[getattr(person, column)]: person for person in found}


def person_by_sign_in_name(name: str) -> Person | None:
    """Who signs in with this phone number, e-mail address or user name."""
    found = person_by_phone(name)
    if found is None:
        name = name.strip().lower()
        found = Person.objects.filter(Q(username=name) | Q(email=name)).order_by("pk").first()
    return found
