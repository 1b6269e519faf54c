"""Lines: what counts, what does not, and why; and what holds for any facts at all."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from credits.enums import LineReason, LineState
from credits.rules import Anchors, Fact, Period, judge, period_for, rounded
from tests.credits.rules.shipped import read_books

BOOKS = read_books()
NEW, OLD = BOOKS["cn-henan-cme@2025.1"], BOOKS["cn-nhc-cme@2006.1"]
YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
OLD_YEAR = Period(date(2020, 1, 1), date(2021, 1, 1))


def fact(key: str = "a", **changes: Any) -> Fact:
    fields: dict[str, Any] = {
        "key": key,
        "activity": f"course:{key}",
        "activity_type": "project_attend",
        "role": "learner",
        "quantity": Decimal(180),
        "unit": "minute",
        "ends_on": date(2026, 5, 20),
    }
    return Fact(**(fields | changes))


@pytest.mark.parametrize(
    ("changes", "state", "reason", "credits", "hours"),
    [
        ({}, LineState.COUNTED, LineReason.COUNTED, "1", "3"),
        ({"time_scale": 30, "quantity": Decimal(6)}, LineState.COUNTED, LineReason.COUNTED, "1", "3"),
        ({"role": "teacher"}, LineState.NOT_COUNTED, LineReason.OTHER_ROLE, "0", "0"),
        ({"is_reversed": True}, LineState.NOT_COUNTED, LineReason.REVERSED, "0", "0"),
        ({"is_reversal": True}, LineState.NOT_COUNTED, LineReason.REVERSAL, "0", "0"),
        ({"activity_type": "leave_3m"}, LineState.UNDETERMINED, LineReason.AWAITING_DECISION, "0", "0"),
        ({"activity_type": "paper"}, LineState.UNDETERMINED, LineReason.AWAITING_LOCAL_RULE, "0", "0"),
        ({"activity_type": "hunting"}, LineState.UNDETERMINED, LineReason.UNKNOWN_TYPE, "0", "0"),
        ({"unit": "char_zh"}, LineState.UNDETERMINED, LineReason.UNKNOWN_UNIT, "0", "0"),
        (
            {"activity_type": "practice", "quantity": Decimal(59)},
            LineState.NOT_COUNTED,
            LineReason.BELOW_MINIMUM,
            "0",
            "0.98",
        ),
    ],
)
def test_line_says_why_it_counts(
    changes: dict[str, Any], state: LineState, reason: LineReason, credits: str, hours: str
) -> None:
    line = judge(NEW, YEAR, [fact(**changes)]).lines["a"]
    assert (line.state, line.reason, rounded(line.credits), rounded(line.hours)) == (
        state,
        reason,
        Decimal(credits),
        Decimal(hours),
    )
    assert line.clause.startswith(("国家卫生健康委办公厅", "河南省卫生健康委员会"))


def test_table_rule_finds_its_row_by_level() -> None:
    paper = fact(activity_type="paper", unit="article", quantity=Decimal(1), ends_on=date(2020, 5, 1))
    rows = {"provincial/2": LineReason.COUNTED, "provincial/9": LineReason.ROW_MISSING}
    for level, reason in rows.items():
        line = judge(OLD, OLD_YEAR, [Fact(**(vars(paper) | {"level": level}))]).lines["a"]
        assert (line.reason, rounded(line.credits)) == (reason, Decimal(4 if reason == LineReason.COUNTED else 0))


def test_flat_rule_counts_sessions_and_stops_at_the_cap_of_the_period() -> None:
    rounds = [
        fact(
            str(n),
            activity_type="dept_round",
            unit="session",
            quantity=Decimal(20),
            position=n,
            ends_on=date(2020, n, 1),
        )
        for n in (1, 2, 3)
    ]
    lines = judge(OLD, OLD_YEAR, rounds).lines
    assert [(rounded(line.credits), line.reason) for line in lines.values()] == [
        (Decimal(4), LineReason.COUNTED),
        (Decimal(4), LineReason.COUNTED),
        (Decimal(2), LineReason.CAP_TYPE),
    ]


def test_one_activity_gives_at_most_its_cap_over_all_occurrences() -> None:
    days = [
        fact(
            str(n), activity="course:same", activity_type="nat_attend", quantity=Decimal(1200), ends_on=date(2020, 3, n)
        )
        for n in (1, 2)
    ]
    judged = judge(OLD, OLD_YEAR, days)
    assert [rounded(line.credits) for line in judged.lines.values()] == [Decimal("6.66"), Decimal("3.33")]
    assert judged.credits == 10


def test_one_day_gives_at_most_its_cap() -> None:
    live = BOOKS["eu-eaccme-credit@2023.07"]
    period = period_for(live, date(2026, 5, 20))
    hours = [fact(str(n), activity_type="live", quantity=Decimal(359), position=n) for n in (1, 2)]
    lines = judge(live, period, hours).lines
    assert [(rounded(line.credits), line.reason) for line in lines.values()] == [
        (Decimal("5.5"), LineReason.COUNTED),
        (Decimal("2.5"), LineReason.CAP_DAY),
    ]


def test_three_thirds_are_one_credit_exactly() -> None:
    judged = judge(NEW, YEAR, [fact(str(n), quantity=Decimal(60)) for n in range(3)])
    assert judged.credits == 1
    assert [rounded(line.credits) for line in judged.lines.values()] == [Decimal("0.33")] * 3


def test_facts_of_another_period_say_so_and_change_nothing() -> None:
    judged = judge(NEW, YEAR, [fact("before", ends_on=date(2025, 12, 31)), fact("after", ends_on=date(2027, 1, 1))])
    assert {key: (line.state, line.reason) for key, line in judged.lines.items()} == {
        "before": (LineState.NOT_COUNTED, LineReason.WRONG_PERIOD),
        "after": (LineState.NOT_COUNTED, LineReason.WRONG_PERIOD),
    }
    assert (judged.credits, judged.hours, judged.requirements) == (0, 0, judge(NEW, YEAR, []).requirements)


@pytest.mark.parametrize(
    ("key", "day", "anchors", "begins", "ends"),
    [
        ("cn-henan-cme@2025.1", date(2026, 12, 31), Anchors(), date(2026, 1, 1), date(2027, 1, 1)),
        ("ca-sk-samrt-ce@2020.1", date(2024, 11, 30), Anchors(), date(2023, 12, 1), date(2024, 12, 1)),
        ("ca-sk-samrt-ce@2020.1", date(2030, 1, 1), Anchors(), date(2029, 12, 1), date(2030, 12, 1)),
        ("au-mrpba-cpd@2015.1", date(2016, 1, 1), Anchors(), date(2015, 12, 1), date(2018, 12, 1)),
        ("uk-cor-accreditation@2008.1", date(2026, 3, 31), Anchors(), date(2024, 4, 1), date(2026, 4, 1)),
        ("jp-jart-count@2003.1", date(2010, 1, 1), Anchors(), date(2003, 4, 1), date(2022, 4, 1)),
        (
            "jp-xct-nintei@2021.1",
            date(2027, 1, 1),
            Anchors(credential_earned_on=date(2022, 2, 28)),
            date(2022, 2, 28),
            date(2027, 2, 28),
        ),
        ("cn-satcm-cme@2026.1", date(2026, 5, 1), Anchors(), date(2026, 2, 11), date(2027, 1, 1)),
    ],
)
def test_period_of_a_day(key: str, day: date, anchors: Anchors, begins: date, ends: date) -> None:
    assert period_for(BOOKS[key], day, anchors) == Period(begins, ends)
