"""The day that decides: midnight and New Year where the rules hold, with and without daylight saving."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from credits.enums import LineReason
from credits.rules import Anchors, Period, RuleSet, judge, period_for, version_for
from tests.credits.rules.test_kinds import hour

SHANGHAI = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("key", "instant", "day"),
    [
        ("cn-henan-cme@2025.1", datetime(2025, 12, 31, 23, 59, 59, tzinfo=SHANGHAI), date(2025, 12, 31)),
        ("cn-henan-cme@2025.1", datetime(2026, 1, 1, tzinfo=SHANGHAI), date(2026, 1, 1)),
        ("cn-henan-cme@2025.1", datetime(2025, 12, 31, 15, 59, 59, 999_999, tzinfo=UTC), date(2025, 12, 31)),
        ("cn-henan-cme@2025.1", datetime(2025, 12, 31, 16, tzinfo=UTC), date(2026, 1, 1)),
        ("us-arrt-ce@2024.09", datetime(2026, 1, 1, 5, 59, 59, tzinfo=UTC), date(2025, 12, 31)),
        ("us-arrt-ce@2024.09", datetime(2026, 1, 1, 6, tzinfo=UTC), date(2026, 1, 1)),
        # Summer time: midnight comes an hour earlier in UTC.
        ("us-arrt-ce@2024.09", datetime(2025, 7, 1, 4, 59, 59, tzinfo=UTC), date(2025, 6, 30)),
        ("us-arrt-ce@2024.09", datetime(2025, 7, 1, 5, tzinfo=UTC), date(2025, 7, 1)),
        # The night on which clocks go back has 25 hours.
        ("us-arrt-ce@2024.09", datetime(2025, 11, 2, 5, tzinfo=UTC), date(2025, 11, 2)),
        ("us-arrt-ce@2024.09", datetime(2025, 11, 3, 5, 59, 59, tzinfo=UTC), date(2025, 11, 2)),
        ("us-arrt-ce@2024.09", datetime(2025, 11, 3, 6, tzinfo=UTC), date(2025, 11, 3)),
        # The southern summer: 31 December 24:00 in Auckland is 11:00 in UTC.
        ("nz-mrtb-cpd@2023.1", datetime(2024, 12, 31, 10, 59, 59, tzinfo=UTC), date(2024, 12, 31)),
        ("nz-mrtb-cpd@2023.1", datetime(2024, 12, 31, 11, tzinfo=UTC), date(2025, 1, 1)),
    ],
)
def test_local_day_decides(books: dict[str, RuleSet], key: str, instant: datetime, day: date) -> None:
    assert books[key].day_of(instant) == day


def test_one_second_divides_two_years(books: dict[str, RuleSet]) -> None:
    book = books["cn-henan-cme@2025.1"]
    last = datetime(2025, 12, 31, 23, 59, 59, tzinfo=SHANGHAI)
    found = {}
    for instant in (last, last + timedelta(seconds=1)):
        fact = hour(book.day_of(instant), 6, "practice", key=instant.isoformat())
        found[instant] = [
            judge(book, period_for(book, date(year, 6, 1)), [fact]).lines[fact.key].reason for year in (2025, 2026)
        ]
    assert list(found.values()) == [
        [LineReason.COUNTED, LineReason.WRONG_PERIOD],
        [LineReason.WRONG_PERIOD, LineReason.COUNTED],
    ]


def test_new_year_of_a_new_version_changes_the_rules_with_the_second(books: dict[str, RuleSet]) -> None:
    versions = [books["cn-nhc-cme@2006.1"], books["cn-nhc-cme@2024.20"]]
    instant = datetime(2024, 12, 31, 16, tzinfo=UTC)
    days = [versions[0].day_of(moment) for moment in (instant - timedelta(seconds=1), instant)]
    assert [version_for(versions, day) for day in days] == versions


def test_personal_biennium_ends_with_the_month_at_local_midnight(books: dict[str, RuleSet]) -> None:
    book, anchors = books["us-arrt-ce@2024.09"], Anchors(birth_month=11, biennium_start_year=2023)
    instant = datetime(2025, 11, 1, 5, tzinfo=UTC)
    periods = [period_for(book, book.day_of(moment), anchors) for moment in (instant - timedelta(seconds=1), instant)]
    assert periods == [
        Period(date(2023, 11, 1), date(2025, 11, 1)),
        Period(date(2025, 11, 1), date(2027, 11, 1)),
    ]


def test_clipped_period_ends_with_its_version(books: dict[str, RuleSet]) -> None:
    book = books["nz-mrtb-cpd@2017.1"]
    period = period_for(book, date(2022, 12, 31))
    assert (period, period.whole_begins) == (Period(date(2020, 4, 1), date(2023, 1, 1)), date(2020, 4, 1))
    reasons = {day: judge(book, period, [hour(day, kind="sub")]) for day in (date(2022, 12, 31), date(2023, 1, 1))}
    assert [next(iter(judged.lines.values())).reason for judged in reasons.values()] == [
        LineReason.COUNTED,
        LineReason.WRONG_PERIOD,
    ]
    first = period_for(books["cn-satcm-cme@2026.1"], date(2026, 5, 1))
    assert (first.begins, first.whole_begins) == (date(2026, 2, 11), date(2026, 1, 1))
    with pytest.raises(ValueError, match="not in force"):
        period_for(book, date(2030, 1, 1))
