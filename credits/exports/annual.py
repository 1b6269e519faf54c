"""A row for each person's year, also of those without entries. No model is made of a row: a province is large."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from credits import selectors
from credits.exports.cells import Row, YearContext
from credits.exports.people import CHUNK, Crowd, Places
from credits.exports.totals import Totals
from credits.models import Entry
from credits.rules import Period
from credits.rules.personal import hangs_on_person
from credits.selectors import LoadedRuleSet, Standing, briefs
from credits.selectors.judging import by_version, is_stored
from organisations.enums import PersonState
from organisations.models import Person

Step = Callable[[int], None]


@dataclass(frozen=True)
class Asked:
    """The year that a file is about. `period` is None where it hangs on what is not known of people."""

    rule_set_id: str
    year: int
    as_of: date
    version: LoadedRuleSet
    period: Period | None
    categories: frozenset[str]

    @property
    def is_closed(self) -> bool:
        return self.period is not None and self.period.is_closed(self.as_of)

    @property
    def state_column(self) -> str:
        """The column of a stored judgement that says how the year stands."""
        return "state_closed" if self.is_closed else "state"

    @property
    def day(self) -> date:
        """The last day of the period so far: where people work and what they are is told as of it."""
        period = self.period or Period(date(self.year, 1, 1), date(self.year + 1, 1, 1))
        return self.as_of if self.as_of in period else max(period.ends - date.resolution, period.begins)

    @cached_property
    def context(self) -> YearContext:
        return YearContext(self.year, self.version.rules, self.as_of, self.period, self.categories)


def asked(*, rule_set_id: str, year: int, as_of: date, categories: frozenset[str]) -> Asked:
    """Raises NoRuleSetInForce."""
    version, period = selectors.period_of_year(rule_set_id, year, on=as_of)
    return Asked(rule_set_id, year, as_of, version, period, categories)


def rows(crowd: Crowd, wish: Asked, totals: Totals, step: Step) -> Iterator[Row]:
    """In the order of person numbers. `step` is told how many rows were made; it may raise to stop."""
    place_of, context, states, merged, made = Places().of, wish.context, crowd.states, crowd.merged, 0
    usual = context.years(PersonState.ACTIVE)
    judged = None
    if wish.period is not None and is_stored(wish.version.rules):
        judged = by_version(wish.rule_set_id, wish.version, wish.period)
    for chunk in crowd.chunks(CHUNK, judged=judged, state=wish.state_column):
        others = _others([person.pk for person in chunk if not person.brief or person.pk in merged], wish)
        apart = {
            place: others.get(person.pk, (person.brief or "", context))
            for place, person in enumerate(chunk)
            if person.pk in others or person.pk in states
        }
        years = usual.years([briefs.UNKNOWN if n in apart else one.brief or "" for n, one in enumerate(chunk)])
        for place, (brief, own) in apart.items():
            years[place] = own.years(crowd.state(chunk[place].pk)).year(brief)
        judged_now = [years[place] for place in apart if chunk[place].pk in others]
        kept = [place for place, one in enumerate(chunk) if one.pk not in others] if others else range(len(chunk))
        totals.add([years[place] for place in kept], judged_now)
        totals.add_judged([chunk[place] for place in kept])
        places = [place_of(person.unit, person.department) for person in chunk]
        yield from zip(crowd.parts(chunk), places, years, strict=True)
        made += len(chunk)
        step(made)


def _others(missing: list[int], wish: Asked) -> dict[int, tuple[str, YearContext]]:
    """Everybody else's year: judged now, or nothing where there are no entries. By rules that hang on the person each
    has a period of their own."""
    if not missing:
        return {}
    version, period, context = wish.version, wish.period, wish.context
    people = Person.objects.filter(pk__in=missing).order_by("pk")
    found: dict[int, tuple[str, YearContext]] = {}
    if period is not None and not hangs_on_person(version.rules):
        found = dict.fromkeys(missing, (selectors.judge_entries(version, period, []).brief, context))
        entries = Entry.objects.filter(
            book__owner__in=missing, rule_set_id=wish.rule_set_id, ends_on__gte=period.begins, ends_on__lt=period.ends
        )
        people = people.filter(pk__in=entries.values("book__owner"))
    if judged := list(people):
        standings = selectors.standings(people=judged, rule_set_id=wish.rule_set_id, year=wish.year, on=wish.as_of)
        found |= {one.person.pk: (one.brief or briefs.UNKNOWN, context_of(wish, one)) for one in standings}
    return found


def context_of(wish: Asked, standing: Standing) -> YearContext:
    """What a person's own row is read in: their version and period."""
    begins, ends = standing.period_begins, standing.period_ends
    period = Period(begins, ends) if begins is not None and ends is not None else None
    if (period, standing.version.key) == (wish.period, wish.version.rules.key):
        return wish.context
    return replace(wish.context, rules=standing.version, period=period)
