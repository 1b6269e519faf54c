"""The figures that the research into the rules asks every engine to reproduce."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from credits.enums import LineReason, LineState
from credits.rules import Anchors, Fact, Period, RuleSet, judge, period_for, rounded, version_for

YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))


def fact(key: str = "a", **changes: Any) -> Fact:
    fields: dict[str, Any] = {
        "key": key,
        "activity": f"course:{key}",
        "activity_type": "project_attend",
        "role": "learner",
        "quantity": Decimal(1),
        "unit": "hour",
        "ends_on": date(2026, 5, 20),
    }
    return Fact(**(fields | changes))


@pytest.mark.parametrize(
    ("hours", "credits"),
    [
        (0, "0"),
        (1, "0.2"),
        (5, "0.2"),
        (6, "1"),
        (7, "1.2"),
        (11, "1.2"),
        (12, "2"),
        (13, "2.2"),
        (18, "3"),
        (20, "3.2"),
        (24, "4"),
        (29, "4.2"),
        (30, "5"),
        (40, "5"),
    ],
)
def test_in_house_hours_follow_the_step_table(books: dict[str, RuleSet], hours: int, credits: str) -> None:
    judged = judge(books["cn-henan-cme@2025.1"], YEAR, [fact(activity_type="practice", quantity=Decimal(hours))])
    assert rounded(judged.credits) == Decimal(credits)


def test_in_house_hours_begun_do_not_count_as_full_ones(books: dict[str, RuleSet]) -> None:
    almost_six = fact(activity_type="practice", quantity=Decimal(359), unit="minute")
    assert rounded(judge(books["cn-henan-cme@2025.1"], YEAR, [almost_six]).credits) == Decimal("0.2")


def test_characters_are_counted_in_full_thousands(books: dict[str, RuleSet]) -> None:
    review = fact(activity_type="self_review", quantity=Decimal(9999), unit="char_zh", ends_on=date(2020, 3, 1))
    judged = judge(books["cn-nhc-cme@2006.1"], Period(date(2020, 1, 1), date(2021, 1, 1)), [review])
    assert rounded(judged.credits) == Decimal(4)


def test_self_study_counts_up_to_its_category_cap(books: dict[str, RuleSet]) -> None:
    facts = [
        fact("one", activity_type="book", quantity=Decimal(8), unit="credit", position=1),
        fact("two", activity_type="popsci", quantity=Decimal(7), unit="credit", position=2),
    ]
    judged = judge(books["cn-nhc-cme@2024.20"], YEAR, facts)
    assert rounded(judged.credits) == Decimal(10)
    assert {key: (line.state, line.reason, rounded(line.credits)) for key, line in judged.lines.items()} == {
        "one": (LineState.COUNTED, LineReason.COUNTED, Decimal(8)),
        "two": (LineState.PARTLY_COUNTED, LineReason.CAP_CATEGORY, Decimal(2)),
    }


def test_biennium_begins_with_the_month_of_birth(books: dict[str, RuleSet]) -> None:
    period = period_for(books["us-arrt-ce@2024.09"], date(2026, 4, 1), Anchors(birth_month=5, biennium_start_year=2023))
    assert period == Period(date(2025, 5, 1), date(2027, 5, 1))


def test_versions_are_chosen_by_day_and_clip_their_period(books: dict[str, RuleSet]) -> None:
    versions = [books["nz-mrtb-cpd@2017.1"], books["nz-mrtb-cpd@2023.1"]]
    old, new = version_for(versions, date(2021, 6, 1)), version_for(versions, date(2024, 6, 1))
    assert old is versions[0]
    assert new is versions[1]
    assert period_for(versions[0], date(2021, 6, 1)) == Period(date(2020, 4, 1), date(2023, 1, 1))
    assert period_for(versions[1], date(2024, 6, 1)) == Period(date(2023, 1, 1), date(2025, 1, 1))
    assert version_for(versions, date(2022, 12, 31)) is versions[0]
    assert version_for(versions, date(2017, 3, 31)) is None


def test_every_shipped_version_is_read(books: dict[str, RuleSet]) -> None:
    assert len(books) == 17
