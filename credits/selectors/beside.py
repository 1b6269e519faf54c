"""What is known of people beside the book, for the rules that ask: anchors, traits, reflections, steps, figures."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from credits.models import Declaration, Entry, Following, Reflection
from credits.rules import Anchors, Declared, Period, RuleSet, Supplement
from credits.rules import Declaration as Stated
from credits.rules.personal import figures_asked, steps_asked
from credits.selectors.rule_sets import NoRuleSetInForce, rule_book, time_zone_of, zone_in
from organisations.enums import QualificationState
from organisations.models import Person
from organisations.selectors import in_force

_FIELDS = {
    "learned": "reflection",
    "practice": "benefit_to_practice",
    "service_user": "benefit_to_service_user",
    "outcome": "outcome_tag",
}


@dataclass(frozen=True)
class Beside:
    """`anchors` of each person's own period; `declared` by person is read with `declared_in`."""

    followings: Mapping[int, Following]
    declarations: Mapping[int, Sequence[Declaration]] = field(default_factory=dict)

    def anchors_of(self, person: Person) -> Anchors:
        following = self.followings.get(person.pk)
        return Anchors() if following is None else anchors_from(following)

    def declared_in(self, person: Person, rules: RuleSet, period: Period) -> Declared:
        """What the person declared for one period. A statement for another period says nothing about it."""
        own = [row for row in self.declarations.get(person.pk, ()) if row.period_begins == period.begins]
        stated = {row.name: Stated(row.value, row.state == QualificationState.CONFIRMED) for row in own}
        steps, figures = steps_asked(rules), figures_asked(rules)
        return Declared(
            traits=_traits(self.followings.get(person.pk)),
            steps={name: value for name, value in stated.items() if name in steps},
            figures={name: value for name, value in stated.items() if name in figures},
        )


def anchors_from(following: Following) -> Anchors:
    return Anchors(following.birth_month, following.biennium_start_year, following.credential_earned_on)


def _traits(following: Following | None) -> dict[str, str | date]:
    found: dict[str, str | date] = {}
    if following is not None and following.credential:
        found["credential"] = following.credential
    if following is not None and following.credential_earned_on is not None:
        found["credential_earned"] = following.credential_earned_on
    return found


def beside(people: Sequence[Person], rule_set_id: str) -> Beside:
    """Two queries. The newest following holds, also where it has ended: past periods hang on it still."""
    rows = Following.objects.filter(person__in=list(people), rule_set_id=rule_set_id).order_by("begins", "pk")
    declarations: dict[int, list[Declaration]] = defaultdict(list)
    stated = Declaration.objects.filter(person__in=list(people), rule_set_id=rule_set_id)
    for row in stated.exclude(state=QualificationState.REFUSED).order_by("pk"):
        declarations[row.person_id].append(row)
    return Beside({row.person_id: row for row in rows}, declarations)


def supplements_of(entries: Iterable[Entry]) -> dict[int, Supplement]:
    """By entry: what its person wrote about it. One query, none without entries."""
    keys = [entry.pk for entry in entries]
    if not keys:
        return {}
    return {row.entry_id: supplement_of(row) for row in Reflection.objects.filter(entry__in=keys)}


def supplement_of(row: Reflection) -> Supplement:
    written = frozenset(name for column, name in _FIELDS.items() if str(getattr(row, column)).strip())
    evidence = frozenset({"reflection"}) if "reflection" in written or len(written) > 1 else frozenset()
    return Supplement(category=row.category, fields=written, evidence=evidence)


def followed(person: Person) -> list[Following]:
    """The rule sets that a person follows today, by their id. What day it is depends on the rule set's zone."""
    ever = Following.objects.filter(person=person).order_by("rule_set_id", "pk")
    if not (rows := [row for row in ever if row.ends is None or row.begins < row.ends]):
        return []
    book, now = rule_book(), timezone.now()
    days = {row.rule_set_id: now.astimezone(zone_in(book, row.rule_set_id)).date() for row in rows}
    return [row for row in rows if row.holds_on(days[row.rule_set_id])]


def follows(person: Person, rule_set_id: str, at: datetime) -> bool:
    """Whether the person follows a rule set at an instant, by the day that it is there. No for an unknown one."""
    try:
        day = at.astimezone(time_zone_of(rule_set_id)).date()
    except NoRuleSetInForce:
        return False
    return Following.objects.filter(in_force(day), person=person, rule_set_id=rule_set_id).exists()
