"""From rows of the book to facts, from a judgement to rows: the seam between the tables and the rules."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from credits.enums import SENT_LATE, SHARED_PROOF, GrantMethod, OfficialState, RequirementState
from credits.models import Entry, EntryStatus
from credits.rules import (
    NOTHING_DECLARED,
    Declared,
    Fact,
    Judged,
    Line,
    Period,
    RequirementResult,
    RuleSet,
    Supplement,
    is_fixed,
    overall,
    rounded,
    rounded_ticks,
)
from credits.rules.doubles import repeated
from credits.rules.facts import WHOLE
from credits.rules.personal import hangs_on_person
from credits.selectors import briefs
from credits.selectors.briefs import Official
from credits.selectors.rule_sets import LoadedRuleSet

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class JudgedFigures:
    """A judgement as it is stored and shown: decimals, and plain values for the JSON columns.

    `brief`, `is_unverified` and `by_month` are empty until it is known by which rules and from which entries these
    figures come. `by_month` is in hundredths and adds up to `credits`.
    """

    credits: Decimal
    hours: Decimal
    credits_registered: Decimal
    closed: str
    by_category: dict[str, str]
    lines: dict[str, dict[str, Any]]
    requirements: list[dict[str, Any]]
    entries_judged: int
    brief: str = ""
    is_unverified: bool = False
    by_month: dict[str, int] = field(default_factory=dict)

    @property
    def missing_credits(self) -> Decimal:
        return self._missing("min_total")

    @property
    def missing_hours(self) -> Decimal:
        return self._missing("min_hours")

    def _missing(self, kind: str) -> Decimal:
        """What a total lacks as the document reads."""
        asked = [row for row in self.requirements if row["kind"] == kind and row["required"] and decides(row)]
        return max((Decimal(row["required"]) - Decimal(row["reached"]) for row in asked), default=ZERO).max(ZERO)

    def state_on(self, day: date, period: Period) -> str:
        """The state of the whole as it is on `day`."""
        if period.is_closed(day):
            return self.closed
        states = (requirement_state(row, day, period) for row in self.requirements if decides(row))
        return overall(states).value

    def turn(self, period: Period) -> tuple[date | None, str]:
        """The day from which on, while the period runs, the whole is in another state without anything new, and that
        state; None where it stays. It turns once at most: only what is open turns, and what is open makes all open."""
        before = self.state_on(period.begins, period)
        turns = (date.fromisoformat(day) for row in self.requirements if decides(row) for day, _to in row["turns"])
        for day in sorted(set(turns)):
            if (state := self.state_on(day, period)) != before:
                return day, state
        return None, ""


def requirement_state(row: Mapping[str, Any], day: date, period: Period) -> RequirementState:
    """The state of a requirement on `day`: from a stored judgement's row. While the period runs it may already have
    turned, as a year inside of it ended."""
    if period.is_closed(day):
        return RequirementState(row["closed"])
    turned = [state for since, state in row.get("turns", []) if date.fromisoformat(since) <= day]
    return RequirementState(turned[-1] if turned else row["running"])


def decides(row: Mapping[str, Any]) -> bool:
    """Whether a stored requirement is part of the whole result."""
    return not row["is_limit"] and not row.get("is_advice", False)


def is_stored(rules: RuleSet) -> bool:
    """Whether judgements by these rules are kept: not where the period moves, or hangs on more than the entries."""
    return is_fixed(rules) and not hangs_on_person(rules)


def with_official_state(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Entries with `official_state` (of the newest status; None: recorded), `official_on`, `official_reference`."""
    newest = EntryStatus.objects.filter(entry=OuterRef("pk")).order_by("-pk")
    return entries.annotate(
        official_state=Subquery(newest.values("state")[:1]),
        official_on=Subquery(newest.values("on")[:1]),
        official_reference=Subquery(newest.values("reference")[:1]),
    )


def by_version(rule_set_id: str, version: LoadedRuleSet, period: Period) -> dict[str, Any]:
    """The columns of the stored judgements by this version and period. They hold if they have a brief."""
    return {
        "rule_set_id": rule_set_id,
        "version": version.pk,
        "rules_sha256": version.sha256,
        "period_begins": period.begins,
        "period_ends": period.ends,
    }


def that_hold(rule_set_id: str, version: LoadedRuleSet, period: Period) -> dict[str, Any]:
    """The columns of the stored judgements by this version and period that hold."""
    return by_version(rule_set_id, version, period) | {"brief__gt": ""}


def entries_of(books: Iterable[int], rule_set_id: str, period: Period) -> QuerySet[Entry]:
    """The entries that a judgement rests on, in the order of the books, with their official state."""
    chosen = Entry.objects.filter(
        book__in=list(books), rule_set_id=rule_set_id, ends_on__gte=period.begins, ends_on__lt=period.ends
    )
    return with_official_state(chosen).order_by("book", "position")


def doubled_entries(books: Iterable[Sequence[int]], rule_set_id: str) -> frozenset[int]:
    """Of people with several books (each item one person's): the entries whose activity counts from another of them.

    What the authority has registered counts first, then what was recorded first. One query, none without such people.
    """
    owner_of = {book: number for number, own in enumerate(books) if len(own) > 1 for book in own}
    if not owner_of:
        return frozenset()
    chosen = Entry.objects.filter(
        book__in=owner_of, rule_set_id=rule_set_id, reverses__isnull=True, reversed_by__isnull=True
    )
    rows: dict[int, list[Entry]] = defaultdict(list)
    for entry in with_official_state(chosen):
        rows[owner_of[entry.book_id]].append(entry)
    found: set[int] = set()
    for own in rows.values():
        own.sort(key=lambda e: (_official(e) != OfficialState.REGISTERED, e.recorded_at, e.pk))
        found |= {entry.pk for entry in repeated([(entry.book_id, entry) for entry in own])}
    return frozenset(found)


def _official(entry: Entry) -> str | None:
    state: str | None = getattr(entry, "official_state", None)
    return state


def fact_of(
    entry: Entry, reversed_ids: set[int], doubled: Collection[int] = (), supplement: Supplement | None = None
) -> Fact:
    """`evidence` of an entry may also hold {"kind": "approval", "scheme": "RCEEM", "reference": …} and
    {"kind": "attendance", "share": "0.75"}; where attendance granted it without a share, that share is not known."""
    items: list[dict[str, Any]] = entry.evidence
    share = next(
        (Fraction(item["share"]) for item in items if item.get("kind") == "attendance" and "share" in item), None
    )
    fact = Fact(
        key=str(entry.public_id),
        activity=f"{entry.activity_kind}:{entry.activity_id}",
        activity_type=entry.activity_type,
        role=entry.role,
        quantity=entry.quantity,
        unit=entry.unit,
        ends_on=entry.ends_on,
        position=entry.position,
        level=entry.level,
        time_scale=entry.time_scale,
        is_reversed=entry.pk in reversed_ids,
        is_reversal=entry.reverses_id is not None,
        is_doubled=entry.pk in doubled,
        category=entry.category,
        approvals=frozenset(
            str(item.get("scheme", "")) for item in items if item.get("kind") == "approval" and item.get("reference")
        ),
        attended=WHOLE if share is None and entry.granted_how != GrantMethod.ATTENDANCE else share,
        evidence=_proved_by(items) or None,
    )
    return fact if supplement is None else supplement.added_to(fact)


def _proved_by(items: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The kinds of paper: one that several people share proves as one's own does."""
    kinds = frozenset(str(item.get("kind", "")) for item in items) - {"approval", "attendance", SENT_LATE}
    return frozenset("proof" if kind == SHARED_PROOF else kind for kind in kinds)


def judge_entries(
    version: LoadedRuleSet,
    period: Period,
    entries: Iterable[Entry],
    *,
    doubled: Collection[int] = (),
    declared: Declared = NOTHING_DECLARED,
    supplements: Mapping[int, Supplement] | None = None,
) -> JudgedFigures:
    """Judge `entries` (from `entries_of`: a reversal lies in the period of what it reverses).

    `doubled` (from `doubled_entries`) are those that count from another book; `supplements` by the entry's pk.
    Where a requirement looks back (`Prepared.reach`), entries of earlier periods among them are read for it alone.
    """
    prepared, every = version.prepared(period), list(entries)
    looks_back = prepared.reach.begins < period.begins
    rows = [row for row in every if row.ends_on >= period.begins] if looks_back else every
    taken_back = {row.reverses_id for row in every if row.reverses_id is not None}
    later = supplements or {}
    facts = [fact_of(row, taken_back, doubled, later.get(row.pk)) for row in rows]
    earlier = (row for row in every if looks_back and row.ends_on < period.begins)
    history = [fact_of(row, taken_back, doubled, later.get(row.pk)) for row in earlier]
    judged = prepared.judge(facts, declared=declared, history=history)
    registered = {
        str(row.public_id) for row in rows if _official(row) == OfficialState.REGISTERED and row.pk not in taken_back
    }
    figures = figures_of(judged, registered)
    marks = briefs.marks_of(version.rules, figures)
    brief = briefs.text_of(figures, marks, _in_the_authoritys_book(rows, taken_back))
    return replace(figures, brief=brief, is_unverified=bool(marks), by_month=_by_month(judged, rows))


def _by_month(judged: Judged, rows: Iterable[Entry]) -> dict[str, int]:
    """What every month of the activities added to the credits, in hundredths: they add up to the rounded credits."""
    ticks: dict[str, int] = defaultdict(int)
    for row in rows:
        if counted := judged.lines[str(row.public_id)].credits_ticks:
            ticks[f"{row.ends_on.year}-{row.ends_on.month:02}"] += counted
    found, reached, told = {}, 0, 0
    for month in sorted(ticks):
        reached += ticks[month]
        found[month] = reached * 100 // judged.scale - told
        told += found[month]
    return found


def _in_the_authoritys_book(rows: Iterable[Entry], taken_back: Collection[int]) -> list[Official]:
    """How many of `rows` are in which official state, without what was taken back."""
    found: dict[OfficialState, list[Any]] = defaultdict(list)
    for row in rows:
        if row.reverses_id is None and row.pk not in taken_back:
            found[OfficialState(_official(row) or OfficialState.RECORDED)].append(row)
    official = []
    for state in OfficialState:
        if own := found[state]:
            dated = [row for row in own if getattr(row, "official_on", None) is not None]
            newest = max(dated, key=lambda row: (row.official_on, row.position), default=None)
            on, reference = (newest.official_on, newest.official_reference or "") if newest else (None, "")
            official.append(Official(state, len(own), on, reference))
    return official


def figures_of(judged: Judged, registered: set[str]) -> JudgedFigures:
    scale = judged.scale
    official = sum(line.credits_ticks for key, line in judged.lines.items() if key in registered)
    return JudgedFigures(
        credits=Decimal(rounded_ticks(judged.credits_ticks, scale)),
        hours=Decimal(rounded_ticks(judged.hours_ticks, scale)),
        credits_registered=Decimal(rounded_ticks(official, scale)),
        closed=judged.closed.value,
        by_category={code: rounded_ticks(ticks, scale) for code, ticks in judged.category_ticks.items()},
        lines={key: _line(line) for key, line in judged.lines.items()},
        requirements=[_requirement(result) for result in judged.requirements],
        entries_judged=len(judged.lines),
    )


def _line(line: Line) -> dict[str, Any]:
    return {
        "state": line.state.value,
        "credits": rounded_ticks(line.credits_ticks, line.scale),
        "earned": rounded_ticks(line.earned_ticks, line.scale),
        "hours": rounded_ticks(line.hours_ticks, line.scale),
        "reason": line.reason.value,
        "limit": None if line.limit is None else str(rounded(line.limit)),
        "category": line.category,
        "activity_type": line.activity_type,
        "mark": line.mark.value,
        "clause": line.clause,
        "source": line.source,
        "origin": line.origin,
    }


def _requirement(result: RequirementResult) -> dict[str, Any]:
    return {
        "id": result.id,
        "kind": result.kind,
        "category": result.category,
        "required": None if result.required_ticks is None else rounded_ticks(result.required_ticks, result.scale),
        "reached": rounded_ticks(result.ticks.stated, result.scale),
        "reached_verified": rounded_ticks(result.ticks.low, result.scale),
        "reached_if_unverified": rounded_ticks(result.ticks.high, result.scale),
        "running": result.running.value,
        "closed": result.closed.value,
        "turns": [[day.isoformat(), state.value] for day, state in result.turns],
        "reason": result.reason.value,
        "mark": result.provenance.mark.value,
        "clause": result.provenance.clause,
        "source": result.provenance.source,
        "origin": result.provenance.origin,
        "is_limit": result.is_limit,
        "is_advice": result.is_advice,
    }
