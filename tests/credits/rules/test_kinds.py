"""Every kind of requirement: met, open, failed, undetermined, and what that rests on."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from credits.enums import JudgementState, RequirementReason, RequirementState
from credits.rules import Declaration, Declared, Fact, Judged, Period, RequirementResult, RuleSet, judge, period_for
from tests.credits.rules.test_requirements import rules

YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
MET, OPEN, FAILED, UNDETERMINED = RequirementState
Reason = RequirementReason


def hour(day: date, hours: str | int = 1, kind: str = "sure", **changes: Any) -> Fact:
    fields: dict[str, Any] = {
        "key": f"{kind} {day} {hours}",
        "activity": f"course:{day} {kind}",
        "activity_type": kind,
        "role": "learner",
        "quantity": Decimal(hours),
        "unit": "hour",
        "ends_on": day,
    }
    return Fact(**(fields | changes))


def only(judged: Judged) -> RequirementResult:
    (result,) = judged.requirements
    return result


def of(book: RuleSet, requirement: str, period: Period, facts: Iterable[Fact] = (), **known: Any) -> RequirementResult:
    judged = judge(book, period, facts, **known)
    return next(result for result in judged.requirements if result.id == requirement)


def states(result: RequirementResult) -> tuple[RequirementState, RequirementState, RequirementReason]:
    return result.running, result.closed, result.reason


# A minimum in each year


AUSTRALIA = "au-mrpba-cpd@2015.1"


def test_each_year_of_a_triennium_has_its_minimum(books: dict[str, RuleSet]) -> None:
    book = books[AUSTRALIA]
    period = period_for(book, date(2022, 6, 1))
    assert period == Period(date(2021, 12, 1), date(2024, 12, 1))
    full = [hour(date(year, 12, 1), 20, "sub") for year in (2021, 2022, 2023)]
    assert states(of(book, "year", period, full)) == (MET, MET, Reason.REACHED)
    # The last hour of the second year is a day late: it counts in the third.
    late = [full[0], hour(date(2023, 12, 1), "9", "sub", position=1), hour(date(2023, 12, 1), 20, "gen")]
    result = of(book, "year", period, late)
    assert states(result) == (OPEN, FAILED, Reason.YEAR_MISSED)
    assert (result.required, result.figures.stated) == (10, 0)


def test_year_that_ended_below_its_minimum_fails_while_the_period_still_runs(books: dict[str, RuleSet]) -> None:
    book = books[AUSTRALIA]
    period = period_for(book, date(2022, 6, 1))
    facts = [hour(date(2022, 1, 1), 9, "sub"), hour(date(2023, 1, 1), 60, "sub")]
    judged = judge(book, period, facts)
    year = next(r for r in judged.requirements if r.id == "year")
    assert year.turns == ((date(2022, 12, 1), FAILED),)
    assert [year.state_on(day) for day in (date(2022, 11, 30), date(2022, 12, 1))] == [OPEN, FAILED]
    assert judged.state_on(date(2022, 11, 30)) == JudgementState.OPEN
    assert judged.state_on(date(2022, 12, 1)) == JudgementState.FAILED
    assert judged.state_on(date(2024, 12, 1)) == judged.closed == JudgementState.FAILED


def test_year_clipped_by_the_end_of_a_version_is_undetermined_unless_it_reaches_it_all(
    books: dict[str, RuleSet],
) -> None:
    book = books["nz-mrtb-cpd@2017.1"]
    period = period_for(book, date(2022, 6, 1))
    assert [(year.begins, year.ends, whole) for year, whole in period.years()] == [
        (date(2020, 4, 1), date(2021, 4, 1), True),
        (date(2021, 4, 1), date(2022, 4, 1), True),
        (date(2022, 4, 1), date(2023, 1, 1), False),
    ]
    two = [hour(date(2020, 5, 1), 30, "sub"), hour(date(2021, 5, 1), 30, "sub")]
    assert states(of(book, "year", period, two)) == (OPEN, UNDETERMINED, Reason.CLIPPED_YEAR)
    assert states(of(book, "year", period, [*two, hour(date(2022, 12, 31), 10, "sub")])) == (MET, MET, Reason.REACHED)
    assert states(of(book, "year", period, two[:1])) == (OPEN, FAILED, Reason.YEAR_MISSED)


# A tag over several years


def test_tagged_minimum_looks_back_over_its_window(books: dict[str, RuleSet]) -> None:
    book = books["cn-nhc-cme@2006.1"]
    period = period_for(book, date(2020, 6, 1))
    known = Declared({"employer_level": "三级医院"}, complete_since=date(2010, 1, 1))

    def national(year: int, hours: int) -> Fact:
        return hour(date(year, 3, 1), hours, "nat_attend")

    own = [national(2020, 6)]
    before = [national(2016, 6), national(2018, 6), national(2015, 300)]
    result = of(book, "nat5y", period, own, declared=known, history=before)
    # 2 + 2 + 2 of the window 2016–2020; 2015 lies outside of it. The value is B, so it cannot fail.
    assert (result.figures.stated, result.required) == (6, 10)
    assert states(result) == (OPEN, UNDETERMINED, Reason.UNVERIFIED_VALUE)
    capped = of(book, "nat5y", period, own, declared=known, history=[national(2019, 300)])
    assert capped.figures.stated == 12  # One project gives at most 10.
    assert states(capped)[1] == UNDETERMINED


@pytest.mark.parametrize(
    ("complete_since", "expected"),
    [
        (None, (OPEN, UNDETERMINED, Reason.UNKNOWN_HISTORY)),
        (date(2022, 1, 2), (OPEN, UNDETERMINED, Reason.UNKNOWN_HISTORY)),
        (date(2022, 1, 1), (OPEN, FAILED, Reason.NOT_REACHED)),
    ],
)
def test_history_that_may_be_incomplete_never_fails(complete_since: date | None, expected: tuple[Any, ...]) -> None:
    kind = {"code": "sure", "category": "one", "title_zh": "甲", "tags": ["t"], "credit": HOURLY}
    rolling = {"id": "five", "kind": "min_tagged_rolling", "tag": "t", "value": 10, "window_years": 5}
    book = rules(activity_types=[kind], requirements=[rolling])
    known = Declared(complete_since=complete_since)
    history = [hour(date(2022, 1, 1), 4), hour(date(2021, 12, 31), 99)]
    result = only(judge(book, YEAR, [hour(date(2026, 5, 1), 5)], declared=known, history=history))
    # 2020 is when the version came into force: before the window's first day it does not matter.
    assert (result.figures.stated, states(result)) == (9, expected)
    more = [*history, hour(date(2023, 1, 1), 1)]
    reached = only(judge(book, YEAR, [hour(date(2026, 5, 1), 5)], declared=known, history=more))
    assert states(reached) == (MET, MET, Reason.REACHED)


HOURLY = {"mode": "per_unit", "unit": "hour", "qty": 1, "credits": 1, "role": "learner"}


# Gaps


def gaps(*days: date, conf: str = "A", **changes: Any) -> RequirementResult:
    book = rules(requirements=[{"id": "gap", "kind": "max_gap_months", "value": 3, "conf": conf}])
    return only(judge(book, YEAR, [hour(day, **changes) for day in days]))


def test_gap_is_measured_between_activities_and_to_the_ends_of_the_period() -> None:
    quarterly = gaps(date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1))
    assert (states(quarterly), quarterly.turns) == ((OPEN, MET, Reason.REACHED), ())
    a_day_more = gaps(date(2026, 4, 1), date(2026, 7, 2), date(2026, 10, 1))
    assert states(a_day_more) == (OPEN, FAILED, Reason.GAP_TOO_LONG)
    assert a_day_more.turns == ((date(2026, 7, 2), FAILED),)
    nothing = gaps()
    assert (nothing.turns, nothing.figures.stated) == (((date(2026, 4, 2), FAILED),), 12)


def test_gap_that_an_unverified_activity_would_close_is_undetermined() -> None:
    unsure = gaps(date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1), kind="unsure")
    assert states(unsure) == (OPEN, UNDETERMINED, Reason.UNVERIFIED_CREDIT)
    figures = unsure.figures
    assert (figures.low, figures.stated, figures.high) == (3, 3, 12)
    assert states(gaps(date(2026, 4, 1), conf="M")) == (OPEN, UNDETERMINED, Reason.UNVERIFIED_VALUE)


def test_advice_is_judged_but_decides_nothing(books: dict[str, RuleSet]) -> None:
    period = Period(date(2024, 3, 1), date(2026, 3, 1))
    advice = of(books[HCPC], "continuous", period)
    assert (advice.is_advice, advice.decides, advice.closed) == (True, False, UNDETERMINED)


# Kinds of activity, evidence, written texts


HCPC = "uk-hcpc-cpd@2006.1"
WRITTEN = frozenset({"benefit_to_practice", "benefit_to_service_user"})


def test_mixture_and_reflections_are_judged_without_hours(books: dict[str, RuleSet]) -> None:
    book, period = books[HCPC], Period(date(2024, 3, 1), date(2026, 3, 1))

    def activity(day: int, category: str, fields: frozenset[str] | None) -> Fact:
        return hour(date(2024, 5, day), 1, "any", unit="activity", category=category, fields=fields)

    two = [activity(1, "formal", WRITTEN), activity(2, "work_based", WRITTEN)]
    judged = judge(book, period, two)
    assert (judged.closed, judged.running) == (JudgementState.MET, JudgementState.MET)
    assert [(r.id, r.closed) for r in judged.requirements if r.decides] == [("mix", MET), ("reflect", MET)]
    one_kind = [activity(1, "formal", WRITTEN), activity(2, "formal", WRITTEN)]
    assert states(of(book, "mix", period, one_kind)) == (OPEN, FAILED, Reason.NOT_REACHED)
    unnamed = [activity(1, "formal", WRITTEN), activity(2, "", WRITTEN)]
    mix = of(book, "mix", period, unnamed)
    assert (states(mix)[1], mix.figures.low, mix.figures.high) == (UNDETERMINED, 1, 2)
    assert states(of(book, "mix", period, [activity(1, "invented", WRITTEN)]))[1] == FAILED


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (WRITTEN, (MET, MET, Reason.REACHED)),
        (None, (UNDETERMINED, UNDETERMINED, Reason.AWAITING_FIELDS)),
        (frozenset({"benefit_to_practice"}), (OPEN, FAILED, Reason.NOT_REACHED)),
    ],
)
def test_every_activity_needs_its_written_texts(
    books: dict[str, RuleSet], fields: frozenset[str] | None, expected: tuple[Any, ...]
) -> None:
    period = Period(date(2024, 3, 1), date(2026, 3, 1))
    facts = [hour(date(2024, 5, 1), 1, "any", fields=WRITTEN), hour(date(2024, 6, 1), 1, "any", fields=fields)]
    assert states(of(books[HCPC], "reflect", period, facts)) == expected
    assert states(of(books[HCPC], "reflect", period)) == (OPEN, FAILED, Reason.NOT_REACHED)


def test_texts_are_asked_of_the_types_that_name_them(books: dict[str, RuleSet]) -> None:
    book, period = books[AUSTRALIA], Period(date(2021, 12, 1), date(2024, 12, 1))
    facts = [
        hour(date(2022, 1, 1), 40, "sub", fields=frozenset({"reflection"})),
        hour(date(2022, 1, 1), 20, "gen", fields=frozenset()),
    ]
    assert states(of(book, "reflect", period, facts)) == (MET, MET, Reason.REACHED)


def test_evidence_is_counted_by_activity_and_category(books: dict[str, RuleSet]) -> None:
    book, period = books["nz-mrtb-cpd@2017.1"], Period(date(2017, 4, 1), date(2020, 4, 1))

    def items(substantive: int, general: int, evidence: frozenset[str] | None) -> list[Fact]:
        kinds = ["sub"] * substantive + ["gen"] * general
        return [
            hour(date(2018, 1, 1 + n), 1, kind, evidence=evidence, key=f"{kind}{n}", position=n)
            for n, kind in enumerate(kinds)
        ]

    paper = frozenset({"certificate", "photo"})
    assert states(of(book, "evidence", period, items(6, 4, paper))) == (MET, MET, Reason.REACHED)
    assert states(of(book, "evidence", period, items(5, 6, paper))) == (OPEN, FAILED, Reason.NOT_REACHED)
    assert states(of(book, "evidence", period, items(6, 3, paper))) == (OPEN, FAILED, Reason.NOT_REACHED)
    unknown = of(book, "evidence", period, items(6, 4, None))
    assert states(unknown) == (UNDETERMINED, UNDETERMINED, Reason.AWAITING_EVIDENCE)
    assert (unknown.figures.low, unknown.figures.high) == (0, 10)
    assert states(of(book, "evidence", period, items(6, 4, frozenset())))[1] == FAILED


# Steps and figures from outside


def step(value: int, *, confirmed: bool = True) -> Declaration:
    return Declaration(Decimal(value), confirmed)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (step(1), (MET, MET, Reason.REACHED)),
        (step(1, confirmed=False), (UNDETERMINED, UNDETERMINED, Reason.UNCONFIRMED)),
        (None, (UNDETERMINED, UNDETERMINED, Reason.AWAITING_STEPS)),
        (step(0), (OPEN, FAILED, Reason.NOT_REACHED)),
    ],
)
def test_checklist_needs_every_step_confirmed(
    books: dict[str, RuleSet], last: Declaration | None, expected: tuple[Any, ...]
) -> None:
    steps = {"renewal_elearning": step(1)} | ({"confirmation_test": last} if last is not None else {})
    period = Period(date(2022, 4, 1), date(2027, 4, 1))
    assert states(of(books["jp-xct-nintei@2021.1"], "el", period, declared=Declared(steps=steps))) == expected


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (Declaration(Decimal(880), is_confirmed=True), (MET, MET, Reason.REACHED)),
        (Declaration(Decimal("879.9"), is_confirmed=True), (OPEN, FAILED, Reason.NOT_REACHED)),
        (Declaration(Decimal(900)), (UNDETERMINED, UNDETERMINED, Reason.UNCONFIRMED)),
        (Declaration(Decimal(100)), (OPEN, UNDETERMINED, Reason.UNCONFIRMED)),
        (None, (UNDETERMINED, UNDETERMINED, Reason.AWAITING_FIGURE)),
    ],
)
def test_figure_from_outside_counts_once_it_is_confirmed(
    books: dict[str, RuleSet], hours: Declaration | None, expected: tuple[Any, ...]
) -> None:
    known = Declared(figures={"clinical_hours": hours} if hours is not None else {})
    result = of(books["nz-mrtb-cpd@2017.1"], "practice", Period(date(2017, 4, 1), date(2020, 4, 1)), declared=known)
    assert (states(result), result.required) == (expected, 880)


# Conditions, overrides, exemptions


def test_override_that_may_apply_leaves_the_figures_between_undetermined(books: dict[str, RuleSet]) -> None:
    book, period = books["us-arrt-ce@2024.09"], Period(date(2025, 5, 1), date(2027, 5, 1))

    def total(hours: int, **known: Any) -> tuple[Any, ...]:
        fact = hour(date(2025, 6, 1), hours, "rceem", approvals=frozenset({"RCEEM"}))
        return states(of(book, "total", period, [fact], **known))

    assert total(23) == (OPEN, FAILED, Reason.NOT_REACHED)
    assert total(24) == (UNDETERMINED, UNDETERMINED, Reason.UNKNOWN_TRAIT)
    assert total(50) == (MET, MET, Reason.REACHED)
    assert total(24, declared=Declared({"credential": "R.T."})) == (MET, MET, Reason.REACHED)
    assert total(49, declared=Declared({"credential": "RRA"})) == (OPEN, FAILED, Reason.NOT_REACHED)


def test_tag_of_the_activity_itself_counts_like_one_of_its_type(books: dict[str, RuleSet]) -> None:
    book, period = books["us-arrt-ce@2024.09"], Period(date(2025, 5, 1), date(2027, 5, 1))
    known = Declared({"credential": "Sonography"})
    fact = hour(date(2025, 6, 1), 16, "rceem", approvals=frozenset({"RCEEM"}), tags=frozenset({"sonography"}))
    assert states(of(book, "sono", period, [fact], declared=known)) == (MET, MET, Reason.REACHED)


@pytest.mark.parametrize(
    ("traits", "state"),
    [
        ({}, JudgementState.UNDETERMINED),
        ({"credential_earned": date(2010, 12, 31)}, JudgementState.UNDETERMINED),
        ({"credential_earned": date(2010, 12, 31), "credential": "R.T."}, JudgementState.RECORD_ONLY),
        ({"credential_earned": "2010-12-31", "credential": "RRA"}, JudgementState.MET),
        ({"credential_earned": date(2011, 1, 1)}, JudgementState.MET),
    ],
)
def test_rule_set_applies_to_whom_it_says(
    books: dict[str, RuleSet], traits: dict[str, Any], state: JudgementState
) -> None:
    items = ["professional_profile", "structured_self_assessment", "prescribed_ce"]
    known = Declared(traits, steps={item: step(1) for item in items})
    period = Period(date(2011, 1, 1), date(2021, 1, 1))
    assert judge(books["us-arrt-cqr@2024.09"], period, [], declared=known).closed == state


def test_person_in_an_exempt_state_is_never_said_to_have_failed() -> None:
    excused = Declared(is_excused=True)
    exempting = rules(states=[{"code": "leave_6m"}])
    assert states(only(judge(exempting, YEAR, [], declared=excused))) == (OPEN, UNDETERMINED, Reason.EXCUSED)
    assert states(only(judge(exempting, YEAR, [])))[1] == FAILED
    assert states(only(judge(rules(), YEAR, [], declared=excused)))[1] == FAILED
    reached = judge(exempting, YEAR, [hour(date(2026, 5, 1), 10)], declared=excused)
    assert states(only(reached)) == (MET, MET, Reason.REACHED)


# Shares, totals and shared room


def test_share_of_nothing_is_not_reached() -> None:
    share = {"id": "s", "kind": "min_share", "category": "one", "value": "1/2"}
    assert states(only(judge(rules(requirements=[share]), YEAR, []))) == (OPEN, FAILED, Reason.NOT_REACHED)
    less = [hour(date(2026, 5, 1), 3), hour(date(2026, 5, 2), 4, "unsure")]
    result = only(judge(rules(requirements=[share]), YEAR, less))
    assert (result.required, result.figures.stated, result.closed) == (Fraction(7, 2), 3, UNDETERMINED)
    certain = only(judge(rules(requirements=[share]), YEAR, less[:1]))
    assert (certain.required, certain.closed) == (Fraction(3, 2), MET)


def test_category_is_not_met_by_credit_that_others_may_take_from_it() -> None:
    """Under a cap on the total, unverified credits of another category may fill the room before a category's own."""
    book = rules(
        categories=[{"code": "one"}, {"code": "two"}],
        activity_types=[
            {"code": code, "category": category, "title_zh": code, "credit": HOURLY, "conf": conf}
            for code, category, conf in (("sure", "one", "A"), ("unsure", "one", "B"), ("other", "two", "B"))
        ],
        requirements=[
            {"id": "one", "kind": "min_category", "category": "one", "value": 4},
            {"id": "cap", "kind": "cap_total", "value": 8},
        ],
    )
    own, other, late = (
        hour(date(2026, 1, 1), 4, "unsure"),
        hour(date(2026, 2, 1), 8, "other"),
        hour(date(2026, 3, 1), 5),
    )
    # As the text reads 4 + 4 + 0 count; without the first one it is 8 of the other category and nothing of this.
    result = of(book, "one", YEAR, [own, other, late])
    assert (result.figures.low, result.figures.stated, result.figures.high) == (0, 4, 8)
    assert result.closed == UNDETERMINED
    assert states(of(book, "one", YEAR, [late])) == (MET, MET, Reason.REACHED)
