"""Met, open, failed, undetermined: each with the figures it rests on."""

from datetime import date
from decimal import Decimal
from typing import Any

from credits.enums import JudgementState, Mark, RequirementReason, RequirementState
from credits.rules import Declared, Fact, Judged, Period, RuleSet, build, judge, rounded

YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
MET, OPEN, FAILED, UNDETERMINED = RequirementState


def rules(**changes: Any) -> RuleSet:
    """A small rule set of no country: one verified and one unverified activity type, 10 credits a year."""
    leave = {"mode": "deem_complete", "min_months": 6}
    hourly = {"mode": "per_unit", "unit": "hour", "qty": 1, "credits": 1, "role": "learner"}
    document: dict[str, Any] = {
        "id": "x",
        "version": "1",
        "title_zh": "规则",
        "authority": "机构",
        "jurisdiction": "XX",
        "effective_from": "2020-01-01",
        "effective_to": None,
        "conf": "A",
        "sources": ["https://example.org/rules"],
        "unit": "credit",
        "period": {"type": "calendar_year", "time_zone": "UTC"},
        "minutes_per_hour": {"value": 60, "conf": "A"},
        "categories": [{"code": "one"}, {"code": "two"}],
        "requirements": [{"id": "total", "kind": "min_total", "value": 10}],
        "activity_types": [
            {"code": "sure", "category": "one", "title_zh": "甲", "credit": hourly},
            {"code": "unsure", "category": "two", "title_zh": "乙", "credit": hourly, "conf": "B"},
            {"code": "assumed", "category": "two", "title_zh": "丙", "credit": hourly, "assumption": True},
            {"code": "decided", "category": "one", "title_zh": "丁", "credit": {"mode": "manual"}},
            {
                "code": "leave",
                "category": "one",
                "title_zh": "戊",
                "credit": leave,
            },
        ],
    }
    return build(document | changes)


def facts(**hours: float) -> list[Fact]:
    """`sure=3` is three hours of that type."""
    return [
        Fact(
            key=code,
            activity=f"course:{code}",
            activity_type=code,
            role="learner",
            quantity=Decimal(str(quantity)),
            unit="month" if code == "leave" else "hour",
            ends_on=date(2026, 5, 20),
            position=number,
        )
        for number, (code, quantity) in enumerate(hours.items(), 1)
    ]


def first(judged: Judged) -> tuple[RequirementState, RequirementState, RequirementReason]:
    result = judged.requirements[0]
    return result.running, result.closed, result.reason


def test_requirement_reached_with_verified_credit_is_met() -> None:
    judged = judge(rules(), YEAR, facts(sure=10))
    assert first(judged) == (MET, MET, RequirementReason.REACHED)
    assert (judged.running, judged.closed) == (JudgementState.MET, JudgementState.MET)


def test_requirement_not_reached_is_open_and_fails_with_the_period() -> None:
    assert first(judge(rules(), YEAR, facts(sure=9.99))) == (OPEN, FAILED, RequirementReason.NOT_REACHED)


def test_requirement_that_unverified_credit_decides_is_undetermined_with_both_figures() -> None:
    judged = judge(rules(), YEAR, facts(sure=6, unsure=3, assumed=2))
    assert first(judged) == (UNDETERMINED, UNDETERMINED, RequirementReason.UNVERIFIED_CREDIT)
    figures = judged.requirements[0].figures
    assert (rounded(figures.stated), rounded(figures.low), rounded(figures.high)) == (11, 6, 11)
    assert [line.mark for line in judged.lines.values()] == [Mark.A, Mark.B, Mark.M]


def test_requirement_that_unverified_credit_does_not_decide_stays_certain() -> None:
    assert first(judge(rules(), YEAR, facts(sure=10, unsure=3)))[0] == MET
    assert first(judge(rules(), YEAR, facts(sure=3, unsure=3)))[1] == FAILED


def test_requirement_whose_own_value_is_unverified_is_never_met_nor_failed() -> None:
    unsure = rules(requirements=[{"id": "total", "kind": "min_total", "value": 10, "conf": "M"}])
    assert first(judge(unsure, YEAR, facts(sure=30))) == (
        UNDETERMINED,
        UNDETERMINED,
        RequirementReason.UNVERIFIED_VALUE,
    )
    assert first(judge(unsure, YEAR, facts(sure=1))) == (OPEN, UNDETERMINED, RequirementReason.UNVERIFIED_VALUE)


def test_unverified_cap_that_decides_makes_the_total_undetermined() -> None:
    capped = rules(
        requirements=[
            {"id": "total", "kind": "min_total", "value": 10},
            {"id": "cap", "kind": "cap_category", "category": "one", "value": 8, "conf": "B"},
        ]
    )
    judged = judge(capped, YEAR, facts(sure=12))
    assert rounded(judged.credits) == 8
    assert first(judged) == (UNDETERMINED, UNDETERMINED, RequirementReason.UNVERIFIED_CREDIT)
    figures = judged.requirements[0].figures
    assert (rounded(figures.low), rounded(figures.high)) == (8, 12)


def test_entry_waiting_for_a_decision_keeps_a_closed_period_undetermined() -> None:
    judged = judge(rules(), YEAR, facts(sure=3, decided=5))
    assert first(judged) == (OPEN, UNDETERMINED, RequirementReason.AWAITING)
    assert rounded(judged.credits) == 3


def test_study_leave_deems_the_credits_complete_but_not_the_hours() -> None:
    both = rules(
        requirements=[
            {"id": "total", "kind": "min_total", "value": 10},
            {"id": "hours", "kind": "min_hours", "value": 5},
        ]
    )
    assert [r.closed for r in judge(both, YEAR, facts(leave=6)).requirements] == [MET, FAILED]
    assert [r.closed for r in judge(both, YEAR, facts(leave=5)).requirements] == [FAILED, FAILED]


def test_length_of_an_hour_that_decides_leaves_the_hours_undetermined() -> None:
    unsure = rules(
        minutes_per_hour={"value": 60, "alternatives": [45], "conf": "M"},
        requirements=[{"id": "hours", "kind": "min_hours", "value": 90}],
    )

    def minutes(amount: int) -> list[Fact]:
        return [Fact("a", "course:a", "sure", "learner", Decimal(amount), "minute", date(2026, 5, 1))]

    assert first(judge(unsure, YEAR, minutes(5400))) == (MET, MET, RequirementReason.REACHED)
    assert first(judge(unsure, YEAR, minutes(4100)))[:2] == (UNDETERMINED, UNDETERMINED)
    assert first(judge(unsure, YEAR, minutes(4000)))[:2] == (OPEN, FAILED)


def test_hours_of_an_undecided_entry_are_not_counted_but_may_decide() -> None:
    ninety = rules(requirements=[{"id": "hours", "kind": "min_hours", "value": 90}])
    judged = judge(ninety, YEAR, facts(sure=60, decided=40))
    figures = judged.requirements[0].figures
    assert (rounded(judged.hours), rounded(figures.low), rounded(figures.high)) == (60, 60, 100)
    assert first(judged)[:2] == (UNDETERMINED, UNDETERMINED)


def test_kind_that_the_engine_does_not_know_never_passes() -> None:
    judged = judge(rules(requirements=[{"id": "z", "kind": "something_new", "value": 0}]), YEAR, facts(sure=99))
    assert first(judged) == (UNDETERMINED, UNDETERMINED, RequirementReason.UNKNOWN_KIND)
    assert judged.closed == JudgementState.UNDETERMINED


def test_rule_set_without_requirements_only_records() -> None:
    assert judge(rules(requirements=[]), YEAR, facts(sure=99)).closed == JudgementState.RECORD_ONLY


def test_condition_on_what_is_not_known_is_undetermined_and_known_ones_hold() -> None:
    conditional = rules(
        requirements=[{"id": "t", "kind": "min_total", "value": 10, "applies_if": {"credential_in": ["S"]}}]
    )
    assert first(judge(conditional, YEAR, []))[2] == RequirementReason.UNKNOWN_TRAIT
    assert judge(conditional, YEAR, [], declared=Declared({"credential": "R"})).requirements == ()
    assert first(judge(conditional, YEAR, [], declared=Declared({"credential": "S"})))[1] == FAILED


def test_override_raises_what_is_required(books: dict[str, RuleSet]) -> None:
    biennium = Period(date(2025, 5, 1), date(2027, 5, 1))
    plain, special = (
        judge(books["us-arrt-ce@2024.09"], biennium, [], declared=Declared({"credential": credential}))
        for credential in ("R.T.", "RRA")
    )
    assert (plain.requirements[0].required, special.requirements[0].required) == (24, 50)


def test_share_is_taken_of_the_required_total(books: dict[str, RuleSet]) -> None:
    share = judge(books["cn-mohrss-pro@2015.25"], YEAR, []).requirements[1]
    assert (share.id, share.required) == ("pro_share", 60)


def test_amendment_lets_classes_stand_in_for_each_other_from_its_day(books: dict[str, RuleSet]) -> None:
    old = books["cn-nhc-cme@2006.1"]

    def class_one(year: int) -> Decimal:
        taught = Fact("a", "x:a", "city_teach", "teacher", Decimal(10), "hour", date(year, 5, 1), 1)
        also = Fact("b", "x:b", "city_teach", "teacher", Decimal(10), "hour", date(year, 6, 1), 2)
        judged = judge(old, Period(date(year, 1, 1), date(year + 1, 1, 1)), [taught, also])
        return rounded(next(r for r in judged.requirements if r.id == "I").figures.stated)

    assert (class_one(2019), class_one(2020)) == (Decimal(0), Decimal("2.5"))


def test_overlay_inherits_requirements_and_resolves_the_local_rule(books: dict[str, RuleSet]) -> None:
    overlay = books["cn-henan-cme@2025.1"]
    assert [r.id for r in overlay.requirements] == ["total", "hours", "self_cap"]
    assert {r.provenance.origin for r in overlay.requirements} == {"cn-nhc-cme@2024.20"}
    practice, project = overlay.types["practice"], overlay.types["project_attend"]
    assert (practice.credit.mode, practice.provenance.origin) == ("step", "cn-henan-cme@2025.1")
    assert (project.provenance.mark, project.provenance.origin) == (Mark.M, "cn-nhc-cme@2024.20")
    assert books["cn-nhc-cme@2024.20"].types["practice"].credit.mode == "inherit_local"
