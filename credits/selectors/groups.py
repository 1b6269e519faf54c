"""Several people whose books an administrator writes in at once: ticked in the list, found, or typed."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from credits.selectors.pages import called
from organisations.enums import Power
from organisations.models import Employment, Person
from organisations.scopes import Scope
from organisations.selectors import in_force, people_in, required_scope

# One transaction writes them all, while everybody else who records waits.
AT_ONCE = 200


@dataclass(frozen=True)
class Chosen:
    """The people, in the order of their names and ids; `unknown`: what was typed and names nobody, or several."""

    people: list[Person]
    unknown: list[str]

    @property
    def is_too_many(self) -> bool:
        return len(self.people) > AT_ONCE


def chosen(*, by: Person, ids: Sequence[str] = (), typed: str = "", found: str | None = None) -> Chosen:
    """Those of `ids` (public ids), of `typed` (user names or staff numbers, one a line) and, where `found` is not
    None, all whom the list finds by these words; only whose credits `by` keeps. Raises OutOfScope."""
    scope = required_scope(by, Power.KEEP_CREDITS)
    kept = people_in(scope)
    people = {person.pk: person for person in kept.filter(public_id__in=_uuids(ids))}
    if found is not None:
        people |= {person.pk: person for person in called(kept, found).order_by("pk")[: AT_ONCE + 1]}
    named, unknown = _named(scope, kept, typed)
    people |= {person.pk: person for person in named}
    return Chosen(sorted(people.values(), key=lambda person: (person.name, person.pk)), unknown)


def _named(scope: Scope, kept: "QuerySet[Person]", typed: str) -> tuple[list[Person], list[str]]:
    lines = list(dict.fromkeys(line.strip() for line in typed.splitlines() if line.strip()))[: AT_ONCE + 1]
    if not lines:
        return [], []
    meant: dict[str, dict[int, Person]] = {}
    for person in kept.filter(username__in=lines):
        meant.setdefault(person.username, {})[person.pk] = person
    numbers = Employment.objects.filter(in_force(), scope.q("unit"), staff_number__in=lines).select_related("person")
    for employment in numbers.filter(person__merged_into__isnull=True):
        meant.setdefault(employment.staff_number, {})[employment.person_id] = employment.person
    named = [next(iter(meant[line].values())) for line in lines if len(meant.get(line, ())) == 1]
    return named, [line for line in lines if len(meant.get(line, ())) != 1]


def _uuids(texts: Sequence[str]) -> list[UUID]:
    found = []
    for text in texts[: AT_ONCE + 1]:
        with suppress(ValueError):
            found.append(UUID(text))
    return found
