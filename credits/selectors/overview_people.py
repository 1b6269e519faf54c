"""The people behind a figure of a year of a place, who lacks most first, a page at a time by what came last."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import DecimalField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from credits.enums import JudgementState
from credits.selectors.judging import ZERO
from credits.selectors.overview import Aside, asides_of, own_of_nobody, place_column, ties
from credits.selectors.overview_figures import PARTS, Figures, Question, edges, figures_of
from credits.selectors.standings import standings
from credits.selectors.texts import plain
from credits.selectors.views import Standing
from organisations.enums import PersonState
from organisations.models import Employment, Person
from organisations.selectors.departments import name_units

ANY = "any"
_AMOUNT = re.compile(r"[0-9]{1,8}(\.[0-9]{1,2})?")
_PARTS = {str(part): part for part in range(1, PARTS + 1)}


@dataclass(frozen=True)
class Cell:
    """Which figure: a state of the judgement or of the person, and how much is missing (a part, or `ANY`)."""

    state: str = ""
    short: str = ""

    @classmethod
    def told(cls, state: str, short: str) -> "Cell":
        """As it stands in an address; what is unknown narrows nothing."""
        states = {*JudgementState, *PersonState} - {PersonState.ACTIVE}
        return cls(state if state in states else "", short if short in {ANY, *_PARTS} else "")

    def holds(self, figures: Figures) -> bool:
        """Whether the one person of `figures` is in it."""
        if self.state and not (figures.states[self.state] or figures.away[self.state]):
            return False
        if self.short:
            return figures.short > 0 if self.short == ANY else figures.shortfall[_PARTS[self.short]] > 0
        return True


@dataclass(frozen=True)
class PersonRow:
    """`tie` is the employment or membership by which the person is here."""

    person: Person
    tie: Any
    missing: Decimal
    state: PersonState
    standing: Standing

    @property
    def is_assessed(self) -> bool:
        return self.state == PersonState.ACTIVE

    @property
    def needed(self) -> str:
        """What the person still lacks, in one line."""
        return " · ".join(
            _("%(amount)s more for “%(goal)s”") % {"amount": plain(goal.missing), "goal": goal.title}
            for goal in self.standing.goals
            if goal.missing > 0
        )

    @property
    def staff_number(self) -> str:
        return getattr(self.tie, "staff_number", "")

    @property
    def unit_name(self) -> str:
        return str(self.tie.unit_name if isinstance(self.tie, Employment) else self.tie.branch)

    @property
    def department_name(self) -> str:
        return self.tie.department_name if isinstance(self.tie, Employment) else ""


@dataclass(frozen=True)
class After:
    """The last person of the page before: what they lack, and who they are."""

    missing: Decimal
    public_id: UUID

    def __str__(self) -> str:
        return f"{self.missing}~{self.public_id}"

    @classmethod
    def told(cls, text: str) -> "After | None":
        """None for what is no such place in the list: then the list begins anew."""
        missing, _tilde, public_id = text.partition("~")
        if _AMOUNT.fullmatch(missing) is None:
            return None
        try:
            return cls(Decimal(missing), UUID(public_id))
        except ValueError:
            return None


class People:
    """Everybody in a cell of a year of a place. Raises TooManyToJudge."""

    def __init__(self, question: Question, cell: Cell) -> None:
        self.question, self.cell = question, cell
        every, self.blank = asides_of(question), own_of_nobody(question)
        self.aside = [one.person for one in every]
        self.asides = [one for one in every if cell.holds(figures_of(question, one.own, one.away))]
        self.asides.sort(key=lambda one: (-one.own.missing_credits, one.public_id))

    def summed(self) -> "QuerySet[Any]":
        """Those with a judgement that holds, or without entries: who lacks most first."""
        question, blank = self.question, self.blank
        state = Value(blank.state.value)
        lacking = Value(blank.missing_credits, output_field=DecimalField(max_digits=10, decimal_places=2))
        rows = ties(question).exclude(person__in=self.aside)
        if question.is_summed:
            rows = rows.annotate(
                result=Coalesce(question.state_in("judged"), state),
                missing=Coalesce(F("judged__missing_credits"), lacking),
            )
        else:
            rows = rows.annotate(result=state, missing=lacking)
        ordered: QuerySet[Any] = rows.filter(self._narrowed()).order_by("-missing", "person__public_id")
        return ordered

    def _narrowed(self) -> Q:
        cell, found = self.cell, Q()
        if cell.state in set(JudgementState):
            found &= Q(away="", result=cell.state)
        elif cell.state:
            found &= Q(away=cell.state)
        if cell.short:
            required = self.question.required
            low, most = ZERO, None
            if cell.short != ANY:
                low, most = edges(required or ZERO)[_PARTS[cell.short] - 1]
            found &= Q(away="", missing__gt=low)
            found &= Q(missing__lte=most) if most is not None else Q()
            found &= Q() if required else Q(pk__in=[])
        return found

    def count(self) -> int:
        return int(self.summed().count()) + len(self.asides)

    def page(self, after: After | None, size: int) -> tuple[list[PersonRow], After | None]:
        """The next `size` people; at most 10 queries."""
        rows, asides = self.summed(), self.asides
        if after is not None:
            rows = rows.filter(
                Q(missing__lt=after.missing) | Q(missing=after.missing, person__public_id__gt=after.public_id)
            )
            last = (-after.missing, after.public_id)
            asides = [one for one in asides if (-one.own.missing_credits, one.public_id) > last]
        at = place_column(self.question.node)
        found = [
            (tie.missing.quantize(ZERO), tie.person.public_id, tie, tie.away)
            for tie in rows.select_related("person", at)[: size + 1]
        ]
        found += self._of_asides(asides[: size + 1])
        found.sort(key=lambda one: (-one[0], one[1]))
        shown = found[:size]
        following = After(shown[-1][0], shown[-1][1]) if len(found) > size else None
        return self._rows(shown), following

    def _of_asides(self, asides: list[Aside]) -> list[tuple[Decimal, UUID, Any, str]]:
        if not asides:
            return []
        at = place_column(self.question.node)
        wanted = [one.ties[-1] for one in asides]
        by_pk = {tie.pk: tie for tie in ties(self.question).filter(pk__in=wanted).select_related("person", at)}
        return [(one.own.missing_credits, one.public_id, by_pk[one.ties[-1]], one.away) for one in asides]

    def _rows(self, shown: list[tuple[Decimal, UUID, Any, str]]) -> list[PersonRow]:
        question = self.question
        if not shown:
            return []
        name_units(tie for _missing, _id, tie, _away in shown if isinstance(tie, Employment))
        people = [tie.person for _missing, _id, tie, _away in shown]
        years = standings(people=people, rule_set_id=question.rule_set_id, year=question.year, on=question.on)
        return [
            PersonRow(tie.person, tie, missing, PersonState(away or PersonState.ACTIVE), year)
            for (missing, _id, tie, away), year in zip(shown, years, strict=True)
        ]

    def every(self, size: int = 1000) -> Iterator[PersonRow]:
        """All of them, a few hundred at a time: memory does not grow with the list."""
        after: After | None = None
        while True:
            rows, after = self.page(after, size)
            yield from rows
            if after is None:
                return
