"""A version that is not in force yet, tried on the real book: what stays as it was reported, and who gets what."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from credits.enums import ChangeKind, JudgementState, OfficialState
from credits.models import Book, Entry, Feed, RuleSetChange, RuleSetProposal, RuleSetVersion
from credits.rules import AnchorMissing, Anchors, Period, is_fixed, period_for
from credits.rules.personal import hangs_on_person
from credits.selectors.beside import beside, supplements_of
from credits.selectors.judging import (
    JudgedFigures,
    doubled_entries,
    entries_of,
    judge_entries,
    requirement_state,
    with_official_state,
)
from credits.selectors.rule_sets import LoadedRuleSet, RuleBook, Text, book_of, texts
from credits.selectors.texts import plain, state
from organisations.models import Person

PEOPLE_AT_ONCE = 200
_REPORTED = (OfficialState.REPORTED.value, OfficialState.REGISTERED.value)


@dataclass(frozen=True)
class Kept:
    """A period of which something was reported to the authority: it stays with `version` for everybody."""

    rule_set_id: str
    begins: date
    ends: date
    version: str
    people: int

    def as_json(self) -> dict[str, Any]:
        return {
            "rule_set_id": self.rule_set_id,
            "begins": self.begins.isoformat(),
            "ends": self.ends.isoformat(),
            "version": self.version,
            "people": self.people,
        }


@dataclass(frozen=True)
class Trial:
    """The rule book as it is, and as it would be with the proposed version."""

    before: RuleBook
    after: RuleBook
    kept: tuple[Kept, ...]
    today: date

    def changed_days(self) -> dict[str, list[date]]:
        """Rule set → days with entries on which another version would hold, or another period."""
        found: dict[str, list[date]] = defaultdict(list)
        for rule_set_id, day in (
            Entry.objects.order_by("rule_set_id", "ends_on").values_list("rule_set_id", "ends_on").distinct()
        ):
            if _differs(self.before.in_force(rule_set_id, day), self.after.in_force(rule_set_id, day)):
                found[rule_set_id].append(day)
        return found


def rules_stamp() -> str:
    """Which versions are loaded, in which order."""
    rows = RuleSetVersion.objects.order_by("pk").values_list("pk", "document_sha256")
    return hashlib.sha256(repr(list(rows)).encode()).hexdigest()


def ledger_position() -> int:
    return Feed.objects.aggregate(last=Max("position"))["last"] or 0


def entries_since(proposal: RuleSetProposal) -> int:
    """Entries that the trial has not seen: they are judged when the version is published."""
    return ledger_position() - (proposal.ledger_position or 0)


def trial_of(document: Mapping[str, Any], sha256: str, *, today: date) -> Trial:
    """The trial of a valid document. Reads the versions and the days of reported entries."""
    loaded = texts()
    before = book_of(loaded)
    candidate = Text(0, f"{document['id']}@{document['version']}", document.get("parent") or "", document, sha256)
    kept = _kept(before, book_of([*loaded, candidate]))
    not_in = tuple(sorted({(one.begins, one.ends) for one in kept}))
    cut = Text(0, candidate.key, candidate.parent, document, sha256, not_in)
    return Trial(before, book_of([*loaded, cut]), kept, today)


def _differs(old: LoadedRuleSet | None, new: LoadedRuleSet | None) -> bool:
    """Also where one version is cut otherwise: its periods may be other ones."""
    return new is not None and (old is None or _span(old) != _span(new))


def _span(version: LoadedRuleSet) -> tuple[int, date, date | None]:
    return version.pk, version.rules.effective_from, version.rules.effective_to


def _kept(before: RuleBook, after: RuleBook) -> tuple[Kept, ...]:
    standing: Any = with_official_state(Entry.objects.filter(reverses__isnull=True, reversed_by__isnull=True))
    reported: QuerySet[Entry] = standing.filter(official_state__in=_REPORTED)
    people: dict[tuple[str, date, date, str], set[int]] = defaultdict(set)
    rows = reported.order_by("rule_set_id", "ends_on").values_list("rule_set_id", "ends_on", "book__owner", "book")
    for rule_set_id, day, owner, book in rows.distinct():
        old, new = before.in_force(rule_set_id, day), after.in_force(rule_set_id, day)
        if old is None or not _differs(old, new):
            continue
        period = _reported_period(old, day)
        # A version that is only cut, far from this period, is no change to it.
        if new is not None and new.pk == old.pk and _reported_period(new, day) == period:
            continue
        people[rule_set_id, period.begins, period.ends, old.rules.key].add(owner or -book)
    return tuple(Kept(*key, people=len(owners)) for key, owners in sorted(people.items()))


def _reported_period(version: LoadedRuleSet, day: date) -> Period:
    """Where the period is each person's own, or moves, the calendar year was reported."""
    if is_fixed(version.rules):
        return period_for(version.rules, day)
    return Period(date(day.year, 1, 1), date(day.year + 1, 1, 1))


def changes(trial: Trial, proposal: RuleSetProposal) -> Iterator[tuple[int, int, list[RuleSetChange]]]:
    """Group by group of people: how many are done, of how many, and the changes (unsaved), people in order."""
    changed = trial.changed_days()
    owners = {name: _owners(name, days) for name, days in changed.items()}
    total, done = sum(len(found) for found in owners.values()), 0
    for rule_set_id, people in sorted(owners.items()):
        days = frozenset(changed[rule_set_id])
        for start in range(0, len(people), PEOPLE_AT_ONCE):
            chunk = people[start : start + PEOPLE_AT_ONCE]
            done += len(chunk)
            yield done, total, list(_changes_of(trial, proposal, rule_set_id, chunk, days))


def _owners(rule_set_id: str, days: Sequence[date]) -> list[int]:
    found: set[int] = set()
    for start in range(0, len(days), 500):
        entries = Entry.objects.filter(rule_set_id=rule_set_id, ends_on__in=days[start : start + 500])
        found.update(entries.filter(book__owner__isnull=False).values_list("book__owner", flat=True).distinct())
    return sorted(found)


def _changes_of(
    trial: Trial, proposal: RuleSetProposal, rule_set_id: str, owners: Sequence[int], days: frozenset[date]
) -> Iterator[RuleSetChange]:
    people = list(Person.objects.filter(pk__in=owners).order_by("pk"))
    books: dict[int, list[int]] = defaultdict(list)
    for pk, owner in Book.objects.filter(owner__in=people).order_by("pk").values_list("pk", "owner_id"):
        books[owner].append(pk)
    rows: dict[int, list[Entry]] = defaultdict(list)
    every = Period(date.min, date.max)
    for entry in entries_of([pk for own in books.values() for pk in own], rule_set_id, every):
        rows[entry.book_id].append(entry)
    known = beside(people, rule_set_id)
    written = supplements_of(entry for own in rows.values() for entry in own)
    doubled = doubled_entries(books.values(), rule_set_id)

    def judged(person: Person, version: LoadedRuleSet, period: Period) -> JudgedFigures:
        reach = version.prepared(period).reach
        entries = [entry for pk in books[person.pk] for entry in rows[pk] if entry.ends_on in reach]
        if not hangs_on_person(version.rules):
            return judge_entries(version, period, entries, doubled=doubled)
        declared = known.declared_in(person, version.rules, period)
        return judge_entries(version, period, entries, doubled=doubled, declared=declared, supplements=written)

    for person in people:
        anchors = known.anchors_of(person)
        own_days = sorted({entry.ends_on for pk in books[person.pk] for entry in rows[pk]} & days)
        seen: set[tuple[int, date]] = set()
        for day in own_days:
            new = _in_force(trial.after, rule_set_id, day, anchors, trial.today)
            old = _in_force(trial.before, rule_set_id, day, anchors, trial.today)
            if new is None or (new[0].pk, new[1].begins) in seen:
                continue
            seen.add((new[0].pk, new[1].begins))
            if old is not None and (old[0].pk, old[1]) == (new[0].pk, new[1]):
                continue
            after = judged(person, *new)
            before = None if old is None else judged(person, *old)
            change = _change(before, old, after, new, trial.today)
            if change is not None:
                change.proposal, change.person, change.rule_set_id = proposal, person, rule_set_id
                yield change


def _in_force(
    book: RuleBook, rule_set_id: str, day: date, anchors: Anchors, today: date
) -> tuple[LoadedRuleSet, Period] | None:
    version = book.in_force(rule_set_id, day)
    if version is not None and version.rules.period.type == "rolling":
        day, version = today, book.in_force(rule_set_id, today)
    if version is None:
        return None
    try:
        return version, period_for(version.rules, day, anchors)
    except AnchorMissing:
        return None


def _change(
    before: JudgedFigures | None,
    old: tuple[LoadedRuleSet, Period] | None,
    after: JudgedFigures,
    new: tuple[LoadedRuleSet, Period],
    today: date,
) -> RuleSetChange | None:
    """None where the person would see the same result."""
    state_after = after.state_on(today, new[1])
    states_after = _states(after, new[1], today)
    credits_before: Decimal | None = None
    state_before, states_before = "", dict[str, str]()
    if before is not None and old is not None:
        credits_before, state_before = before.credits, before.state_on(today, old[1])
        states_before = _states(before, old[1], today)
    names = [name for name in {**states_before, **states_after} if states_before.get(name) != states_after.get(name)]
    same_hours = before is not None and before.hours == after.hours
    if same_hours and credits_before == after.credits and state_before == state_after and not names:
        return None
    return RuleSetChange(
        period_begins=new[1].begins,
        period_ends=new[1].ends,
        kind=_kind(credits_before, after.credits, state_before, state_after),
        credits_before=credits_before,
        credits_after=after.credits,
        state_before=state_before,
        state_after=state_after,
        requirements=[
            {"id": name, "before": states_before.get(name, ""), "after": states_after.get(name, "")} for name in names
        ],
    )


def _states(figures: JudgedFigures, period: Period, today: date) -> dict[str, str]:
    return {row["id"]: requirement_state(row, today, period).value for row in figures.requirements}


def _kind(credits_before: Decimal | None, credits_after: Decimal, before: str, after: str) -> str:
    met = JudgementState.MET.value
    if after == met and before != met:
        return ChangeKind.NOW_MET
    if before == met and after != met:
        return ChangeKind.NO_LONGER_MET
    if credits_after != (credits_before or 0):
        return ChangeKind.MORE if credits_after > (credits_before or 0) else ChangeKind.LESS
    return ChangeKind.OTHER


def changes_shown(proposal: RuleSetProposal, people: QuerySet[Person], *, kind: str = "") -> QuerySet[RuleSetChange]:
    """Those of `people`, in a steady order."""
    rows = RuleSetChange.objects.filter(proposal=proposal, person__in=people.order_by().values("pk"))
    if kind:
        rows = rows.filter(kind=kind)
    return rows.select_related("person").order_by("kind", "person_id", "rule_set_id", "period_begins", "pk")


@dataclass(frozen=True)
class ChangeView:
    """A change in words."""

    change: RuleSetChange
    last_day: date
    kind: str
    credits_before: str
    credits_after: str
    state_before: str
    state_after: str
    turned: tuple[str, ...]

    @property
    def cells(self) -> list[str]:
        return [
            str(self.change.person), self.change.rule_set_id, self.change.period_begins.isoformat(),
            self.last_day.isoformat(), self.kind, self.credits_before, self.credits_after, self.state_before,
            self.state_after, "; ".join(self.turned), _("to be verified"),
        ]  # fmt: skip


def change_views(rows: Iterable[RuleSetChange]) -> Iterator[ChangeView]:
    for row in rows:
        yield ChangeView(
            change=row,
            last_day=row.period_ends - date.resolution,
            kind=str(row.get_kind_display()),
            credits_before=plain(row.credits_before),
            credits_after=plain(row.credits_after),
            state_before=_state(row.state_before),
            state_after=_state(row.state_after),
            turned=tuple(f"{one['id']}: {_state(one['before'])} → {_state(one['after'])}" for one in row.requirements),
        )


def _state(value: str) -> str:
    return state(value) if value else "–"
