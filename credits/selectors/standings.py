"""Standings: the judgement by the version in force, of one person or of many in a constant number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from credits.enums import (
    JudgementState,
    LineReason,
    LineState,
    Mark,
    OfficialState,
    RequirementReason,
    RequirementState,
)
from credits.models import Book, Declaration, Entry, Following, Judgement
from credits.rules import Period, RuleSet
from credits.rules.documents import ActivityType
from credits.rules.personal import hangs_on_person
from credits.selectors.beside import Beside, beside, supplements_of
from credits.selectors.briefs import marks_of
from credits.selectors.judging import (
    JudgedFigures,
    doubled_entries,
    entries_of,
    is_stored,
    judge_entries,
    requirement_state,
)
from credits.selectors.rule_sets import LoadedRuleSet, period_of_year, rule_book, time_zone_of
from credits.selectors.texts import category
from credits.selectors.views import LineView, RequirementView, Standing, in_english, readable
from organisations.models import Person

CHUNK = 500


def today_in(rule_set_id: str) -> date:
    """The local day of the rule set. Raises NoRuleSetInForce for an unknown rule set."""
    return timezone.now().astimezone(time_zone_of(rule_set_id)).date()


def standing(*, person: Person, rule_set_id: str, year: int, on: date | None = None) -> Standing:
    """The person's year with every entry's line. `on` (default: today there) decides open or failed.

    Raises NoRuleSetInForce.
    """
    return standings(people=[person], rule_set_id=rule_set_id, year=year, on=on, with_lines=True)[0]


def standings(
    *, people: Sequence[Person], rule_set_id: str, year: int, on: date | None = None, with_lines: bool = False
) -> list[Standing]:
    """One standing per person, in their order; people without a book are judged on nothing. At most 5 queries,
    and one more where somebody owns two books.

    Raises NoRuleSetInForce.
    """
    on = on or today_in(rule_set_id)
    version, period = period_of_year(rule_set_id, year, on=on)
    books: dict[int, list[int]] = defaultdict(list)
    for pk, owner in Book.objects.filter(owner__in=people).order_by("pk").values_list("pk", "owner_id"):
        books[owner].append(pk)
    if hangs_on_person(version.rules):
        return _personal_standings(people, books, rule_set_id, year, on, with_lines)
    if period is None:
        raise ValueError(f"{version.rules.key} has a period that is neither fixed nor personal")
    every = [pk for own in books.values() for pk in own]
    counts = _counts(every, rule_set_id, period)
    stored = _stored(every, rule_set_id, version, period)
    fresh = {
        pk: judgement
        for pk, judgement in stored.items()
        if judgement.entries_judged == counts[pk][0] and judgement.rules_sha256 == version.sha256 and judgement.brief
    }
    # Where no stored judgement holds (two books, a moving period, changed rules) the entries are judged here and now.
    wanted = [
        pk for own in books.values() for pk in own if with_lines or len(own) > 1 or (counts[pk][0] and pk not in fresh)
    ]
    rows: dict[int, list[Entry]] = defaultdict(list)
    if wanted:
        for entry in entries_of(wanted, rule_set_id, version.prepared(period).reach):
            rows[entry.book_id].append(entry)
    nothing = judge_entries(version, period, [])
    doubled = doubled_entries(books.values(), rule_set_id)
    found = []
    for person in people:
        own = books[person.pk]
        entries = [entry for pk in own for entry in rows[pk]]
        if len(own) == 1 and own[0] in fresh:
            figures = _figures(fresh[own[0]])
        else:
            figures = (
                judge_entries(version, period, entries, doubled=doubled)
                if any(counts[pk][0] for pk in own)
                else nothing
            )
        is_demo = any(counts[pk][1] for pk in own)
        found.append(
            _standing(
                person,
                rule_set_id,
                year,
                version.rules,
                period,
                on,
                figures,
                [entry for entry in entries if entry.ends_on in period] if with_lines else [],
                is_demo,
            )
        )
    return found


def _personal_standings(
    people: Sequence[Person], books: dict[int, list[int]], rule_set_id: str, year: int, on: date, with_lines: bool
) -> list[Standing]:
    """By rules that hang on the person: each has a period of their own, and what they wrote and declared beside the
    book counts. Judged here and now; at most 6 queries, one more where somebody owns two books."""
    return _by_own_rules(people, books, beside(people, rule_set_id), rule_set_id, year, on, with_lines)


def standing_of_nobody(*, rule_set_id: str, year: int, on: date) -> Standing:
    """Of whoever has no entry and has said nothing, by rules that hang on the person. One query."""
    return _by_own_rules([Person()], defaultdict(list), Beside({}), rule_set_id, year, on, False)[0]


def something(rule_set_id: str) -> Q:
    """Rows that hang on a `person` who is not `standing_of_nobody` by these rules."""
    owner = OuterRef("person")
    return (
        Q(Exists(Entry.objects.filter(book__owner=owner, rule_set_id=rule_set_id)))
        | Q(Exists(Following.objects.filter(person=owner, rule_set_id=rule_set_id)))
        | Q(Exists(Declaration.objects.filter(person=owner, rule_set_id=rule_set_id)))
    )


def _by_own_rules(
    people: Sequence[Person],
    books: dict[int, list[int]],
    known: Beside,
    rule_set_id: str,
    year: int,
    on: date,
    with_lines: bool,
) -> list[Standing]:
    book = rule_book()
    periods = {
        person.pk: period_of_year(rule_set_id, year, on=on, anchors=known.anchors_of(person), book=book)
        for person in people
    }
    spans = [version.prepared(period).reach for version, period in periods.values() if period is not None]
    rows: dict[int, list[Entry]] = defaultdict(list)
    if spans:
        span = Period(min(one.begins for one in spans), max(one.ends for one in spans))
        for entry in entries_of([pk for own in books.values() for pk in own], rule_set_id, span):
            rows[entry.book_id].append(entry)
    written = supplements_of(entry for own in rows.values() for entry in own)
    doubled = doubled_entries(books.values(), rule_set_id)
    found = []
    for person in people:
        version, period = periods[person.pk]
        if period is None:
            found.append(_unknown_period(person, rule_set_id, year, version.rules))
            continue
        reach = version.prepared(period).reach
        entries = [entry for pk in books[person.pk] for entry in rows[pk] if entry.ends_on in reach]
        declared = known.declared_in(person, version.rules, period)
        figures = judge_entries(version, period, entries, doubled=doubled, declared=declared, supplements=written)
        entries = [entry for entry in entries if entry.ends_on in period]
        is_demo = any(entry.is_demo for entry in entries)
        shown = entries if with_lines else []
        found.append(_standing(person, rule_set_id, year, version.rules, period, on, figures, shown, is_demo))
    return found


def _counts(books: list[int], rule_set_id: str, period: Period) -> dict[int, tuple[int, bool]]:
    """Book → (entries in the period, whether any is a demo)."""
    found: dict[int, tuple[int, bool]] = defaultdict(lambda: (0, False))
    rows = (
        Entry.objects.filter(
            book__in=books, rule_set_id=rule_set_id, ends_on__gte=period.begins, ends_on__lt=period.ends
        )
        .values_list("book", "is_demo")
        .annotate(n=Count("pk"))
    )
    for book, is_demo, n in rows:
        count, demo = found[book]
        found[book] = (count + n, demo or is_demo)
    return found


def _stored(books: list[int], rule_set_id: str, version: LoadedRuleSet, period: Period) -> dict[int, Judgement]:
    if not is_stored(version.rules):
        return {}
    rows = Judgement.objects.filter(
        book__in=books,
        rule_set_id=rule_set_id,
        version=version.pk,
        period_begins=period.begins,
        period_ends=period.ends,
    )
    return {row.book_id: row for row in rows}


def _figures(judgement: Judgement) -> JudgedFigures:
    return JudgedFigures(
        credits=judgement.credits,
        hours=judgement.hours,
        credits_registered=judgement.credits_registered,
        closed=judgement.state_closed,
        by_category=judgement.by_category,
        lines=judgement.lines,
        requirements=judgement.requirements,
        entries_judged=judgement.entries_judged,
        brief=judgement.brief,
        is_unverified=judgement.is_unverified,
        by_month=judgement.by_month,
    )


def _standing(
    person: Person,
    rule_set_id: str,
    year: int,
    rules: RuleSet,
    period: Period,
    on: date,
    figures: JudgedFigures,
    entries: list[Entry],
    has_demo: bool,
) -> Standing:
    closed = period.is_closed(on)
    reasons = {entry.reverses_id: entry.reason for entry in entries if entry.reverses_id is not None}
    requirements = tuple(_requirement(rules, row, requirement_state(row, on, period)) for row in figures.requirements)
    return Standing(
        person=person,
        rule_set_id=rule_set_id,
        year=year,
        version=rules,
        period_begins=period.begins,
        period_ends=period.ends,
        is_closed=closed,
        state=JudgementState(figures.state_on(on, period)),
        credits=figures.credits,
        hours=figures.hours,
        credits_registered=figures.credits_registered,
        by_category={code: Decimal(value) for code, value in figures.by_category.items()},
        requirements=requirements,
        lines=tuple(
            _line(rules, entry, figures.lines[str(entry.public_id)], reasons.get(entry.pk, "")) for entry in entries
        ),
        marks=marks_of(rules, figures),
        has_demo=has_demo,
        entries=figures.entries_judged,
        brief=figures.brief,
    )


def _line(rules: RuleSet, entry: Entry, row: dict[str, Any], taken_back_because: str) -> LineView:
    kind = rules.types.get(row["activity_type"])
    official: Any = entry  # annotated by `with_official_state`
    return LineView(
        entry=entry,
        state=LineState(row["state"]),
        credits=Decimal(row["credits"]),
        earned=Decimal(row["earned"]),
        hours=Decimal(row["hours"]),
        reason=LineReason(row["reason"]),
        limit=None if row["limit"] is None else Decimal(row["limit"]),
        category=row["category"],
        category_title=category_title(rules, row["category"]),
        type_title=_type_title(kind, row),
        mark=Mark(row["mark"]),
        clause=row["clause"],
        source=row["source"],
        origin=row["origin"],
        official_state=OfficialState(official.official_state or OfficialState.RECORDED),
        official_on=official.official_on,
        official_reference=official.official_reference or "",
        taken_back_because=taken_back_because,
        clause_text=rules.authority if _is_unapproved(row) else readable(rules, row["clause"]),
        source_text=readable(rules, row["source"]),
    )


def _is_unapproved(row: dict[str, Any]) -> bool:
    return LineReason(row["reason"]) == LineReason.NO_APPROVAL


def _type_title(kind: ActivityType | None, row: dict[str, Any]) -> str:
    """What is not approved never bears the name of what is."""
    if _is_unapproved(row):
        return str(_("activity without a recognised approval"))
    if kind is None:
        return str(row["activity_type"])
    return (in_english() and kind.title_en) or kind.title


def _requirement(rules: RuleSet, row: dict[str, Any], state: RequirementState) -> RequirementView:
    return RequirementView(
        id=row["id"],
        kind=row["kind"],
        category=row["category"],
        category_title=category_title(rules, row["category"]),
        required=None if row["required"] is None else Decimal(row["required"]),
        reached=Decimal(row["reached"]),
        reached_verified=Decimal(row["reached_verified"]),
        reached_if_unverified=Decimal(row["reached_if_unverified"]),
        state=state,
        reason=RequirementReason(row["reason"]),
        mark=Mark(row["mark"]),
        clause=row["clause"],
        source=row["source"],
        origin=row["origin"],
        is_limit=row["is_limit"],
        is_advice=row.get("is_advice", False),
        unit=rules.unit,
        clause_text=readable(rules, row["clause"]),
        source_text=readable(rules, row["source"]),
    )


def category_title(rules: RuleSet, code: str) -> str:
    """A category in the reader's language, its code where it has no name."""
    titles = rules.categories_en if in_english() else rules.categories
    title = titles.get(code) or rules.categories.get(code, code)
    return category(code) if title == code else title


def _unknown_period(person: Person, rule_set_id: str, year: int, rules: RuleSet) -> Standing:
    zero = Decimal(0)
    return Standing(
        person=person,
        rule_set_id=rule_set_id,
        year=year,
        version=rules,
        period_begins=None,
        period_ends=None,
        is_closed=False,
        state=JudgementState.UNDETERMINED,
        credits=zero,
        hours=zero,
        credits_registered=zero,
        by_category={},
        requirements=(),
        lines=(),
        marks=(),
        has_demo=False,
        entries=0,
    )


def years_with_entries(person: Person, rule_set_id: str | None = None) -> list[int]:
    """Years in which the person's books have entries, newest first."""
    entries = Entry.objects.filter(book__owner=person)
    if rule_set_id is not None:
        entries = entries.filter(rule_set_id=rule_set_id)
    return sorted({day.year for day in entries.dates("ends_on", "year")}, reverse=True)


def rule_sets_of(person: Person) -> list[str]:
    """Rule sets under which the person has entries, the most recent first."""
    rows = Entry.objects.filter(book__owner=person).values("rule_set_id").annotate(last=Max("ends_on"))
    return [row["rule_set_id"] for row in sorted(rows, key=lambda r: (r["last"], r["rule_set_id"]), reverse=True)]
