"""What holds for any facts at all, under every shipped rule set and one that is tighter than all of them."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credits.enums import LineReason, Mark, RequirementState
from credits.rules import (
    Anchors,
    Declaration,
    Declared,
    Fact,
    Judged,
    Period,
    Prepared,
    RuleSet,
    build,
    earn,
    judge,
    period_for,
    rounded,
    rounded_ticks,
)
from tests.credits.rules.shipped import read_books

ANCHORS = Anchors(birth_month=5, biennium_start_year=2023, credential_earned_on=date(2022, 2, 28))
HOURLY = {"mode": "per_unit", "unit": "hour", "qty": 3, "credits": 1}


def _type(code: str, category: str | None, conf: str, **changes: Any) -> dict[str, Any]:
    return {"code": code, "category": category, "title_zh": code, "conf": conf, "credit": HOURLY} | changes


# Caps of every scope over one another, categories that stand in for each other, and an hour of unknown length.
TIGHT = build(
    {
        "id": "tight",
        "version": "1",
        "title_zh": "紧",
        "authority": "机构",
        "jurisdiction": "XX",
        "effective_from": "2020-01-01",
        "conf": "A",
        "sources": ["https://example.org/rules"],
        "unit": "credit",
        "period": {"type": "fixed_multi_year", "months": 24, "boundaries": ["2026-01-01"], "time_zone": "UTC"},
        "minutes_per_hour": {"value": 50, "alternatives": [45, 60], "conf": "B"},
        "categories": [{"code": "one"}, {"code": "two"}],
        "activity_types": [
            _type("a", "one", "A", caps=[{"scope": "activity", "max": 2}, {"scope": "period", "max": "7/3"}]),
            _type("b", "one", "B", caps=[{"scope": "day", "max": 1, "conf": "M"}], tags=["t"]),
            _type("c", "two", "A", caps=[{"scope": "day", "max": "0.7"}], tags=["t"]),
            _type("d", "two", "M", evidence_required=["certificate"]),
            _type("e", None, "A"),
            _type("f", "one", "A", credit={"mode": "deem_complete", "min_months": 6}),
        ],
        "requirements": [
            {"id": "total", "kind": "min_total", "value": 4},
            {"id": "one", "kind": "min_category", "category": "one", "value": 2},
            {"id": "two", "kind": "min_category", "category": "two", "value": "1.5"},
            {"id": "tagged", "kind": "min_tagged", "tag": "t", "value": 1},
            {"id": "share", "kind": "min_share", "category": "two", "value": "1/3"},
            {"id": "year", "kind": "min_each_year", "value": 1},
            {"id": "mix", "kind": "min_distinct_categories", "value": 2},
            {"id": "gap", "kind": "max_gap_months", "value": 9},
            {"id": "hours", "kind": "min_hours", "value": 9},
            {"id": "papers", "kind": "min_evidence", "value": 2, "with_category": {"one": 1}},
            {"id": "texts", "kind": "fields_present", "fields": ["reflection"]},
            {"id": "steps", "kind": "checklist", "items": ["plan"]},
            {"id": "outside", "kind": "external_minimum", "field": "clinical_hours", "value": 5},
            {"id": "new", "kind": "unheard_of", "value": 0},
            {"id": "swap", "kind": "substitution", "between": ["one", "two"], "max_share": "1/2"},
            {"id": "cap_one", "kind": "cap_category", "category": "one", "value": 3},
            {"id": "cap_two", "kind": "cap_category", "category": "two", "value": 3, "conf": "B"},
            {"id": "cap", "kind": "cap_total", "value": 5},
        ],
        "states": [{"code": "leave"}],
    }
)
BOOKS = {**read_books(), "tight@1": TIGHT}


def _period(book: RuleSet) -> Period:
    last = book.effective_to - timedelta(days=1) if book.effective_to is not None else date(2026, 6, 1)
    return period_for(book, min(last, date(2026, 6, 1)), ANCHORS)


PERIODS = {key: _period(book) for key, book in BOOKS.items()}


@dataclass(frozen=True)
class Case:
    book: RuleSet
    period: Period
    facts: tuple[Fact, ...]
    declared: Declared

    def judge(self, facts: tuple[Fact, ...] | None = None, book: RuleSet | None = None) -> Judged:
        return judge(book or self.book, self.period, self.facts if facts is None else facts, declared=self.declared)


def facts_of(book: RuleSet, period: Period) -> st.SearchStrategy[Fact]:
    days = min((period.ends - period.begins).days, 4000)
    kinds = sorted(book.types) or ["none"]
    return st.builds(
        Fact,
        key=st.uuids().map(str),
        activity=st.sampled_from(["course:1", "course:2", "session:3"]),
        activity_type=st.sampled_from([*kinds, *kinds, "unheard_of"]),
        role=st.sampled_from(["learner", "learner", "learner", "teacher"]),
        quantity=st.one_of(st.integers(0, 600).map(Decimal), st.decimals(0, 9000, places=3)),
        unit=st.sampled_from(["minute", "hour", "hour", "session", "activity", "char_zh", "credit", "month"]),
        ends_on=st.integers(-20, days + 20).map(lambda n: period.begins + timedelta(days=n)),
        position=st.integers(1, 5),
        level=st.sampled_from(["", "national/1", "provincial/2"]),
        time_scale=st.sampled_from([1, 1, 30]),
        is_reversed=st.sampled_from([False, False, False, True]),
        category=st.sampled_from(["", *book.categories]),
        tags=st.sampled_from([frozenset(), frozenset({"t", "sonography"})]),
        approvals=st.sampled_from([frozenset({"RCEEM"}), frozenset({"RCEEM"}), frozenset()]),
        attended=st.sampled_from([Fraction(1), Fraction(1), Fraction(1, 2), None]),
        evidence=st.sampled_from([None, frozenset(), frozenset({"certificate"})]),
        fields=st.sampled_from([None, frozenset(), frozenset({"reflection"})]),
    )


declared = st.builds(
    Declared,
    traits=st.sampled_from([{}, {"credential": "RRA"}, {"credential": "Sonography"}, {"employer_level": "省级"}]),
    figures=st.dictionaries(
        st.just("clinical_hours"), st.builds(Declaration, st.integers(0, 900).map(Decimal), st.booleans())
    ),
    steps=st.dictionaries(
        st.sampled_from(["plan", "profile"]), st.builds(Declaration, st.integers(0, 1).map(Decimal), st.booleans())
    ),
    is_excused=st.booleans(),
)


@st.composite
def cases(draw: st.DrawFn, keys: tuple[str, ...] = tuple(sorted(BOOKS))) -> Case:
    key = draw(st.sampled_from([*keys, *["tight@1"] * (len(keys) // 3)]))
    book, period = BOOKS[key], PERIODS[key]
    facts = draw(st.lists(facts_of(book, period), max_size=8, unique_by=lambda f: f.key))
    return Case(book, period, tuple(facts), draw(declared))


def met(judged: Judged) -> set[str]:
    return {r.id for r in judged.requirements if not r.is_limit and RequirementState.MET in (r.running, r.closed)}


@settings(max_examples=25)
@given(case=cases(), shuffled=st.randoms())
def test_judgement_does_not_depend_on_order(case: Case, shuffled: Any) -> None:
    other = list(case.facts)
    shuffled.shuffle(other)
    assert case.judge() == case.judge(tuple(other))


def naive_credits(case: Case) -> dict[str, Fraction]:
    """Earning and caps once more, plainly, in fractions: what each line must say."""
    book, found = case.book.amended(case.period.begins), {}
    for fact in sorted(case.facts, key=lambda f: (f.ends_on, f.position, f.key)):
        kind = book.types.get(fact.activity_type)
        earned = earn(fact, kind, book.minutes_per_hour.value).credits if kind is not None else None
        stands = fact.ends_on in case.period and not fact.is_reversed and earned is not None and kind is not None
        if stands and kind is not None and kind.approval is not None:
            stands = "RCEEM" in fact.approvals and fact.attended == 1
        if stands and kind is not None and kind.needs:
            stands = fact.evidence == kind.needs
        if stands and earned is not None:
            found[fact.key] = earned
    facts = [f for f in sorted(case.facts, key=lambda f: (f.ends_on, f.position, f.key)) if f.key in found]

    def clip(maximum: Fraction, group: Callable[[Fact], Any]) -> None:
        spent: dict[Any, Fraction] = defaultdict(Fraction)
        for fact in facts:
            if (name := group(fact)) is not None:
                found[fact.key] = min(found[fact.key], maximum - spent[name])
                spent[name] += found[fact.key]

    def category(fact: Fact) -> str:
        return book.types[fact.activity_type].category or fact.category

    for scope, inner in (("activity", lambda f: f.activity), ("day", lambda f: f.ends_on), ("period", lambda _f: 0)):
        for kind in book.types.values():
            for cap in (c for c in kind.caps if c.scope == scope):
                clip(cap.maximum, lambda f, k=kind, i=inner: i(f) if f.activity_type == k.code else None)
    for cap in (r for r in book.requirements if r.kind == "cap_category"):
        clip(cap.value, lambda f, c=cap: 0 if category(f) == c.category else None)
    for cap in (r for r in book.requirements if r.kind == "cap_total"):
        clip(cap.value, lambda _f: 0)
    return found


@settings(max_examples=40)
@given(case=cases())
def test_lines_are_what_plain_fractions_make_of_them_and_no_cap_is_exceeded(case: Case) -> None:
    judged = case.judge()
    expected = naive_credits(case)
    assert {key: line.credits for key, line in judged.lines.items()} == {
        fact.key: expected.get(fact.key, Fraction(0)) for fact in case.facts
    }
    assert judged.credits == sum(judged.by_category.values(), Fraction(0)) == sum(expected.values(), Fraction(0))
    assert judged.hours == sum((line.hours for line in judged.lines.values()), Fraction(0))
    assert all(0 <= line.credits <= line.earned for line in judged.lines.values())
    for cap in (r for r in judged.requirements if r.kind in {"cap_category", "cap_total"}):
        counted = judged.by_category.get(cap.category, Fraction(0)) if cap.category else judged.credits
        assert cap.required is not None
        assert counted <= cap.required
    for result in judged.requirements:
        assert result.figures.low <= result.figures.stated <= result.figures.high


@settings(max_examples=25)
@given(case=cases(), chosen=st.randoms())
def test_reversal_restores_and_a_new_award_works(case: Case, chosen: Any) -> None:
    facts = tuple(fact for fact in case.facts if not fact.is_reversed)
    if not facts:
        return
    taken = chosen.choice(facts)
    without = tuple(fact for fact in facts if fact is not taken)
    back = replace(taken, key="back", activity=f"reversal:{taken.key}", is_reversal=True)
    reversed_ = case.judge((*without, replace(taken, is_reversed=True), back))
    plain = case.judge(without)
    assert (reversed_.credits, reversed_.hours, reversed_.requirements) == (
        plain.credits,
        plain.hours,
        plain.requirements,
    )
    reasons = reversed_.lines[taken.key].reason, reversed_.lines["back"].reason
    assert reasons == (LineReason.REVERSED, LineReason.REVERSAL)
    again = case.judge((*without, replace(taken, is_reversed=True), back, replace(taken, key=f"{taken.key} again")))
    once = case.judge((*without, replace(taken, key=f"{taken.key} again")))
    assert (again.credits, again.requirements) == (once.credits, once.requirements)


@settings(max_examples=25)
@given(case=cases())
def test_nothing_unverified_is_ever_met(case: Case) -> None:
    for result in case.judge().requirements:
        if RequirementState.MET in (result.running, result.closed) and not result.is_limit:
            assert result.provenance.mark == Mark.A
            if result.required is not None and result.reason != "deemed_complete":
                assert result.figures.low >= result.required
    unsure = _with_marks(case.book, Mark.M, requirements=True)
    assert met(case.judge(book=unsure)) == set()


CREDIT_KINDS = {"min_total", "min_category", "min_tagged", "min_each_year", "min_distinct_categories", "max_gap_months"}


@settings(max_examples=40)
@given(case=cases(keys=("tight@1", "us-arrt-ce@2024.09", "au-mrpba-cpd@2015.1")), extra=st.data())
def test_adding_something_unverified_never_makes_anything_met(case: Case, extra: Any) -> None:
    """Neither a fact of an unverified type, nor a type that loses its mark, turns what was not met into met."""
    before = met(case.judge())
    fact = extra.draw(facts_of(case.book, case.period))
    kinds = {r.id for r in case.book.requirements if r.kind in CREDIT_KINDS or r.kind == "min_share"}
    unsure = {code for code, kind in case.book.types.items() if not kind.provenance.is_verified}
    if fact.activity_type in unsure:
        assert met(case.judge((*case.facts, fact))) & kinds <= before
    weaker = _with_marks(case.book, Mark.B, types={fact.activity_type})
    assert met(case.judge(book=weaker)) <= before


def _with_marks(book: RuleSet, mark: Mark, *, types: set[str] = frozenset(), requirements: bool = False) -> RuleSet:  # type: ignore[assignment]
    return replace(
        book,
        types={
            code: replace(kind, provenance=replace(kind.provenance, mark=mark)) if code in types else kind
            for code, kind in book.types.items()
        },
        requirements=tuple(
            replace(r, provenance=replace(r.provenance, mark=mark)) if requirements else r for r in book.requirements
        ),
    )


@settings(max_examples=25)
@given(people=st.lists(cases(keys=("tight@1", "cn-henan-cme@2025.1")), max_size=4), finer=st.integers(1, 9))
def test_rules_prepared_for_many_judge_as_for_each_alone(people: list[Case], finer: int) -> None:
    prepared = {key: Prepared(BOOKS[key], PERIODS[key]) for key in ("tight@1", "cn-henan-cme@2025.1")}
    for case in people:
        # Quantities finer than the book keeps them make the parts smaller; the figures stay.
        facts = [replace(fact, quantity=fact.quantity + Decimal(finer).scaleb(-6)) for fact in case.facts]
        many, alone = prepared[case.book.key].judge(facts, declared=case.declared), case.judge(tuple(facts))
        assert (many.credits, many.by_category, many.requirements) == (
            alone.credits,
            alone.by_category,
            alone.requirements,
        )
        assert many == alone
        assert prepared[case.book.key].judge(case.facts, declared=case.declared) == case.judge()


@pytest.mark.parametrize(
    "value", ["0", "0.005", "0.999999", "12.345", "1/3", "2/3", "999999999999999999999999/1000000"]
)
def test_amounts_are_shown_downwards_to_two_places(value: str) -> None:
    exact = Fraction(value)
    shown = rounded(exact)
    assert shown <= exact < shown + Decimal("0.01")
    assert shown.as_tuple().exponent == -2
    assert rounded_ticks(exact.numerator, exact.denominator) == str(shown)
