"""Why a line does not count although it was done: approval, attendance, evidence, the window of a period."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from credits.enums import LineReason, LineState, Mark, RequirementReason, RequirementState
from credits.rules import Fact, Line, Period, RuleSet, earn, judge
from tests.credits.rules.test_kinds import HOURLY, hour, only, states
from tests.credits.rules.test_requirements import rules

YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
BIENNIUM = Period(date(2025, 5, 1), date(2027, 5, 1))
RCEEM = frozenset({"RCEEM"})
COUNTED, NOT_COUNTED, WAITING = LineState.COUNTED, LineState.NOT_COUNTED, LineState.UNDETERMINED


def line(book: RuleSet, fact: Fact, period: Period = YEAR) -> Line:
    return judge(book, period, [fact]).lines[fact.key]


@pytest.mark.parametrize(
    ("changes", "state", "reason", "credits"),
    [
        ({"approvals": RCEEM}, COUNTED, LineReason.COUNTED, 3),
        ({}, NOT_COUNTED, LineReason.NO_APPROVAL, 0),
        ({"approvals": frozenset({"another"})}, NOT_COUNTED, LineReason.NO_APPROVAL, 0),
        ({"approvals": RCEEM, "role": "teacher"}, NOT_COUNTED, LineReason.OTHER_ROLE, 0),
        ({"approvals": RCEEM, "attended": Fraction(99, 100)}, NOT_COUNTED, LineReason.PARTLY_ATTENDED, 0),
        ({"approvals": RCEEM, "attended": None}, WAITING, LineReason.AWAITING_ATTENDANCE, 0),
        ({"approvals": RCEEM, "ends_on": date(2025, 4, 30)}, NOT_COUNTED, LineReason.WRONG_PERIOD, 0),
        ({"approvals": RCEEM, "is_doubled": True}, NOT_COUNTED, LineReason.DOUBLED, 0),
    ],
)
def test_biennial_credit_needs_an_approval_and_all_of_the_attendance(
    books: dict[str, RuleSet], changes: dict[str, Any], state: LineState, reason: LineReason, credits: int
) -> None:
    fact = hour(date(2025, 6, 1), 3, "rceem", key="a", **{k: v for k, v in changes.items() if k != "ends_on"})
    if "ends_on" in changes:
        fact = hour(changes["ends_on"], 3, "rceem", key="a", approvals=RCEEM)
    found = line(books["us-arrt-ce@2024.09"], fact, BIENNIUM)
    assert (found.state, found.reason, found.credits, found.hours) == (state, reason, credits, credits)
    assert found.clause.startswith("American Registry of Radiologic Technologists · ")
    assert (found.source, found.mark, found.origin) == (
        "https://www.arrt.org/pages/resources/maintaining-credentials/continuing-education",
        Mark.A,
        "us-arrt-ce@2024.09",
    )


def test_attendance_is_all_or_nothing_from_its_day_on(books: dict[str, RuleSet]) -> None:
    book = books["us-arrt-ce@2024.09"]
    period = Period(date(2020, 1, 1), date(2022, 5, 1))
    part = {"approvals": RCEEM, "attended": Fraction(1, 2)}
    before, after = (hour(day, 3, "rceem", **part) for day in (date(2021, 12, 31), date(2022, 1, 1)))
    assert [line(book, fact, period).reason for fact in (before, after)] == [
        LineReason.COUNTED,
        LineReason.PARTLY_ATTENDED,
    ]


@pytest.mark.parametrize(
    ("share", "reason"),
    [(Fraction(4, 5), LineReason.COUNTED), (Fraction(79, 100), LineReason.PARTLY_ATTENDED)],
)
def test_attendance_of_a_share_is_enough_where_the_rules_say_so(share: Fraction, reason: LineReason) -> None:
    book = rules(attendance={"mode": "share", "minimum": "4/5"})
    assert line(book, hour(date(2026, 5, 1), attended=share)).reason == reason


def test_condition_that_is_unverified_leaves_the_line_and_the_goal_undetermined() -> None:
    book = rules(requires_approval_reference={"kind": "X", "conf": "B"})
    fact = hour(date(2026, 5, 1), 10)
    judged = judge(book, YEAR, [fact])
    found = judged.lines[fact.key]
    assert (found.state, found.reason, found.credits) == (WAITING, LineReason.NO_APPROVAL, 0)
    assert (judged.credits, judged.hours) == (0, 0)
    total = only(judged)
    assert (total.figures.low, total.figures.stated, total.figures.high) == (0, 0, 10)
    assert states(total)[1] == RequirementState.UNDETERMINED


def test_type_may_need_no_approval_where_its_rule_set_does() -> None:
    free = {"code": "sure", "title_zh": "甲", "credit": HOURLY, "requires_approval_reference": None}
    book = rules(requires_approval_reference={"kind": "X"}, activity_types=[free, free | {"code": "bound"}])
    assert line(book, hour(date(2026, 5, 1))).reason == LineReason.COUNTED
    del free["requires_approval_reference"]
    book = rules(requires_approval_reference={"kind": "X"}, activity_types=[free])
    assert line(book, hour(date(2026, 5, 1))).reason == LineReason.NO_APPROVAL


@pytest.mark.parametrize(
    ("code", "unit", "quantity", "credits"),
    [("academic_sem", "semester_credit", 1, 16), ("academic_q", "quarter_credit", 2, 24), ("acls", "session", 1, 6)],
)
def test_biennium_takes_a_transcript_or_a_card_for_what_nobody_approves(
    books: dict[str, RuleSet], code: str, unit: str, quantity: int, credits: int
) -> None:
    book = books["us-arrt-ce@2024.09"]
    bare = replace(hour(date(2025, 6, 1), quantity, code), unit=unit)
    waiting = line(book, bare, BIENNIUM)
    assert (waiting.state, waiting.reason, waiting.credits) == (WAITING, LineReason.AWAITING_EVIDENCE, 0)
    proved = replace(bare, evidence=frozenset({"proof"}))
    found = line(book, proved, BIENNIUM)
    assert (found.state, found.reason, found.credits, found.mark) == (COUNTED, LineReason.COUNTED, credits, Mark.A)


def test_biennium_takes_life_support_once(books: dict[str, RuleSet]) -> None:
    proof = frozenset({"proof"})
    twice = [
        replace(hour(day, 1, "acls", evidence=proof), unit="session") for day in (BIENNIUM.begins, date(2026, 6, 1))
    ]
    judged = judge(books["us-arrt-ce@2024.09"], BIENNIUM, twice)
    assert [judged.lines[fact.key].credits for fact in twice] == [6, 0]
    assert judged.lines[twice[1].key].reason == LineReason.CAP_TYPE


def test_negative_amount_is_refused_by_every_way_of_crediting(books: dict[str, RuleSet]) -> None:
    modes = set()
    for book in books.values():
        for kind in book.types.values():
            modes.add(kind.credit.mode)
            for unit in (kind.credit.unit or "hour", "hour", "minute", "credit"):
                fact = replace(hour(date(2026, 5, 1), -1, kind.code), unit=unit, role=kind.credit.role)
                with pytest.raises(ValueError, match="never negative"):
                    earn(fact, kind, book.minutes_per_hour.value)
    assert {"per_unit", "step", "flat", "table", "deem_complete", "manual"} <= modes


def test_credit_waits_for_the_evidence_that_its_type_needs() -> None:
    kind = {"code": "sure", "category": "one", "title_zh": "甲", "credit": HOURLY, "evidence_required": ["certificate"]}
    book = rules(activity_types=[kind])
    for evidence, reason in (
        (None, LineReason.AWAITING_EVIDENCE),
        (frozenset({"photo"}), LineReason.AWAITING_EVIDENCE),
        (frozenset({"photo", "certificate"}), LineReason.COUNTED),
    ):
        assert line(book, hour(date(2026, 5, 1), evidence=evidence)).reason == reason
    waiting = only(judge(book, YEAR, [hour(date(2026, 5, 1), 10)]))
    assert states(waiting)[1:] == (RequirementState.UNDETERMINED, RequirementReason.UNVERIFIED_CREDIT)


def test_only_the_last_months_of_a_period_count_where_the_rules_say_so() -> None:
    book = rules(period={"type": "calendar_year", "time_zone": "UTC", "window_last_months": 3})
    facts = {day: line(book, hour(day)).reason for day in (date(2026, 9, 30), date(2026, 10, 1))}
    assert list(facts.values()) == [LineReason.WRONG_PERIOD, LineReason.COUNTED]


def test_deemed_period_is_not_deemed_by_what_waits_for_evidence() -> None:
    leave = {
        "code": "leave",
        "category": "one",
        "title_zh": "戊",
        "credit": {"mode": "deem_complete", "min_months": 6},
        "evidence_required": ["certificate"],
    }
    book = rules(activity_types=[leave])
    fact = hour(date(2026, 5, 1), 6, "leave", unit="month")
    judged = judge(book, YEAR, [fact])
    assert judged.lines[fact.key].reason == LineReason.AWAITING_EVIDENCE
    assert only(judged).closed == RequirementState.UNDETERMINED
    proved = hour(date(2026, 5, 1), 6, "leave", unit="month", evidence=frozenset({"certificate"}))
    assert only(judge(book, YEAR, [proved])).closed == RequirementState.MET
