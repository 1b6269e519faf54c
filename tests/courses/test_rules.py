from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.rules import counted_minutes, reading_seconds

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
moments = st.integers(min_value=0, max_value=10**6).map(lambda seconds: NOON + timedelta(seconds=seconds))


@given(
    planned=st.integers(0, 1000),
    seconds=st.floats(0, 10**6, allow_nan=False),
    elsewhere=st.decimals(0, 1000, places=3),
)
def test_counted_minutes_never_exceed_plan_or_time_spent(planned: int, seconds: float, elsewhere: Decimal) -> None:
    minutes = counted_minutes(planned=planned, seconds=seconds, counted_elsewhere=elsewhere)
    assert 0 <= minutes <= planned
    assert minutes * 60 <= Decimal(str(seconds))
    assert minutes == 0 or minutes + elsewhere <= Decimal(str(seconds)) / 60


def test_counted_minutes_round_down() -> None:
    assert counted_minutes(planned=10, seconds=59.999) == Decimal("0.999")


@pytest.mark.parametrize("wrong", [{"planned": -1, "seconds": 0}, {"planned": 1, "seconds": -1}])
def test_counted_minutes_refuses_what_is_below_zero(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="not below 0"):
        counted_minutes(**wrong)  # type: ignore[arg-type]


@given(confirmations=st.lists(st.tuples(moments, moments), min_size=1, max_size=20))
def test_reading_seconds_of_pages_read_side_by_side_never_exceed_the_clock(
    confirmations: list[tuple[datetime, datetime]],
) -> None:
    spans = sorted(((min(a, b), max(a, b)) for a, b in confirmations), key=lambda span: span[1])
    previous, total = None, 0.0
    for opened_at, confirmed_at in spans:
        total += reading_seconds(opened_at=opened_at, confirmed_at=confirmed_at, previous_at=previous)
        previous = confirmed_at
    assert total <= (spans[-1][1] - min(span[0] for span in spans)).total_seconds()
