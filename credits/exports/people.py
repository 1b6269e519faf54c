"""Who stands in a file, in its order: streamed as plain values, with what each of them is on the day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice, pairwise
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Count, F, FilteredRelation, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Collate, NullIf

from credits.exports.cells import PersonPart, Place
from credits.models import Book
from organisations.enums import NodeKind, PersonState, ProfessionalTitle
from organisations.models import Employment, Membership, Node, Person, StatePeriod
from organisations.scopes import Scope
from organisations.selectors import in_force, masked_id_numbers, people_in
from organisations.services.disclosures import full_id_number

CHUNK = 250
# Bytes decide the order of numbers, on every engine alike.
BYTEWISE = {"postgresql": "C", "sqlite": "BINARY"}
# PostgreSQL writes a public id as text by itself, which costs less than an object for each.
PUBLIC_ID = {"postgresql": "public_text", "sqlite": "public_id"}


# What is read of a judgement.
JUDGED = ("judged_brief", "judged_credits", "judged_hours", "judged_state")


class Found(NamedTuple):
    """A person of the file as the database tells it."""

    pk: int
    public_id: str
    number: str
    name: str
    id_number_sealed: str
    title: str
    unit: int | None
    department: str | None
    brief: str | None
    credits: str | None
    hours: str | None
    state: str | None


@dataclass(frozen=True)
class Crowd:
    """The people of `scope` on `day`; `among` (keys of people) leaves the others out."""

    scope: Scope
    day: date
    full_numbers: bool = False
    among: QuerySet[Any] | None = None

    @cached_property
    def people(self) -> QuerySet[Person]:
        people = people_in(self.scope, on=self.day)
        return people if self.among is None else people.filter(pk__in=self.among)

    def about(self) -> int:
        """About how many there are; exactly where few are asked for. Counting a province costs a tenth of its file."""
        if self.among is not None:
            return self.people.count()
        works = Employment.objects.filter(in_force(self.day), self.scope.q("unit"))
        return works.count() + Membership.objects.filter(in_force(self.day), self.scope.q("branch")).count()

    @property
    def keys(self) -> QuerySet[Any]:
        return self.people.values("pk")

    def chunks(
        self, size: int = CHUNK, *, judged: Mapping[str, Any] | None = None, state: str = "state"
    ) -> Iterator[list[Found]]:
        """In the order of person numbers (the unit's staff number, else the user name), then of age here; each once.

        With the brief and the sums of everybody's judgement that has the columns `judged`, in the same statement;
        `state` is the column that says how it stands.
        """
        number = Coalesce(NullIf("work__staff_number", Value("")), "username")
        in_place = Q(employments__begins__lte=self.day) & (
            Q(employments__ends__isnull=True) | Q(employments__ends__gt=self.day)
        )
        if earlier := self._earlier_of_two():
            in_place &= ~Q(employments__pk__in=earlier)
        people = self.people.annotate(
            work=FilteredRelation("employments", condition=in_place),
            number=number,
            public_text=Cast("public_id", TextField()),
            by_bytes=Collate(number, BYTEWISE[connection.vendor]),
        )
        if judged is None:
            people = people.annotate(**dict.fromkeys(JUDGED, Value(None, output_field=TextField())))
        else:
            condition = Q(books__is_primary=True, **{f"books__judgements__{name}": is_ for name, is_ in judged.items()})
            people = people.annotate(
                judged=FilteredRelation("books__judgements", condition=condition),
                # Sums are read as text: of few different figures, most of them often.
                judged_brief=F("judged__brief"),
                judged_credits=Cast("judged__credits", TextField()),
                judged_hours=Cast("judged__hours", TextField()),
                judged_state=F(f"judged__{state}"),
            )
        rows = (
            people.order_by("by_bytes", "pk")
            .values_list(
                "pk", PUBLIC_ID[connection.vendor], "number", "name", "id_number_sealed", "title",
                "work__unit_id", "work__department", *JUDGED,
            )
            .iterator(chunk_size=size)
        )  # fmt: skip
        found = map(Found._make, rows)
        once = _once(found if connection.vendor == "postgresql" else map(_with_text, found))
        while chunk := list(islice(once, size)):
            yield chunk

    def _earlier_of_two(self) -> list[int]:
        """Who is employed twice on the day stands in the file once, with the later employment."""
        # Whether they are people of the scope does not matter, and asking costs more than looking through all.
        working = Employment.objects.filter(in_force(self.day)).values("person").annotate(n=Count("pk")).order_by()
        twice = list(working.filter(n__gt=1).values_list("person", flat=True))
        rows = Employment.objects.filter(in_force(self.day), person__in=twice).order_by("person", "begins", "pk")
        pairs = list(rows.values_list("pk", "person"))
        return [pk for (pk, person), (_later, follower) in pairwise(pairs) if person == follower]

    @cached_property
    def merged(self) -> frozenset[int]:
        """Who has the books of two accounts: no stored judgement is the whole of their year."""
        books = Book.objects.filter(is_primary=False, owner__in=self.keys)
        return frozenset(pk for pk in books.values_list("owner", flat=True) if pk is not None)

    @cached_property
    def states(self) -> dict[int, PersonState]:
        """Only of those who are something else than active."""
        rows = StatePeriod.objects.filter(in_force(self.day), person__in=self.keys).order_by("begins", "pk")
        found = {person: PersonState(state) for person, state in rows.values_list("person", "state")}
        return {person: state for person, state in found.items() if state != PersonState.ACTIVE}

    def state(self, pk: int) -> PersonState:
        return self.states.get(pk, PersonState.ACTIVE)

    @cached_property
    def titles(self) -> dict[str, str]:
        return {title.value: str(title.label) for title in ProfessionalTitle}

    def parts(self, rows: Sequence[Found]) -> list[PersonPart]:
        """The cells about some people."""
        if not rows:
            return []
        keys, public_ids, numbers, names, sealed, titles, *_work = zip(*rows, strict=True)
        of_title, active, states = self.titles, str(PersonState.ACTIVE.label), self.states
        ids = map(_in_full, rows) if self.full_numbers else masked_id_numbers(zip(sealed, public_ids, strict=True))
        told = [str(states[pk].label) if pk in states else active for pk in keys]
        return list(
            map(
                PersonPart._make,
                zip(numbers, names, ids, told, [of_title.get(one, one) for one in titles], strict=True),
            )
        )


def _once(rows: Iterator[Found]) -> Iterator[Found]:
    """Who has several books stands there as often, one after the other."""
    before = 0
    for row in rows:
        if row.pk != before:
            yield row
        before = row.pk


def _with_text(row: Found) -> Found:
    return row._replace(public_id=str(row.public_id))


def _in_full(row: Found) -> str:
    return full_id_number(Person(public_id=UUID(row.public_id), id_number_sealed=row.id_number_sealed))


class Places:
    """Places of work by unit and department; the hospital where somebody is employed at one of its departments."""

    def __init__(self) -> None:
        rows = Node.objects.values_list("pk", "path", "kind", "code", "name")
        self.nodes = {pk: (path, kind, code, name) for pk, path, kind, code, name in rows}
        self.by_path = {path: pk for pk, (path, *_rest) in self.nodes.items()}
        self.kept: dict[tuple[int | None, str | None], Place] = {}

    def of(self, unit: int | None, department: str | None) -> Place:
        key = (unit, department)
        found = self.kept.get(key)
        if found is None:
            found = self.kept[key] = self._made(unit, department or "")
        return found

    def _made(self, unit: int | None, department: str) -> Place:
        if unit is None or unit not in self.nodes:
            return Place(None, "", "", department)
        path, kind, code, name = self.nodes[unit]
        above = self.by_path.get(path[: -Node.steplen])
        if kind == NodeKind.DEPARTMENT and above is not None and self.nodes[above][1] == NodeKind.HOSPITAL:
            _path, _kind, hospital_code, hospital = self.nodes[above]
            return Place(above, hospital_code, hospital, name)
        return Place(unit, code, name, department)
