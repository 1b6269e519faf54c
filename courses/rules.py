"""Arithmetic of counted minutes: never more than was planned, never more than really passed, nothing twice."""

from datetime import datetime
from decimal import ROUND_DOWN, Decimal

THOUSANDTH = Decimal("0.001")


def counted_minutes(*, planned: int, seconds: float, counted_elsewhere: Decimal = Decimal(0)) -> Decimal:
    """Minutes that count of `seconds` really spent, in thousandths, rounded down.

    `counted_elsewhere` are minutes of the same material that another record already counts.
    Raises ValueError if anything is below 0.
    """
    if planned < 0 or seconds < 0 or counted_elsewhere < 0:
        raise ValueError("Minutes and seconds are not below 0.")
    spent = (Decimal(str(seconds)) / 60).quantize(THOUSANDTH, rounding=ROUND_DOWN)
    return max(min(Decimal(planned), spent - counted_elsewhere), Decimal(0))


def reading_seconds(*, opened_at: datetime, confirmed_at: datetime, previous_at: datetime | None) -> float:
    """Seconds that a reading may count: since it was opened, or since the reader's previous confirmation if that was
    later, so that pages opened side by side do not count the same time twice."""
    begin = max(opened_at, previous_at) if previous_at else opened_at
    return max((confirmed_at - begin).total_seconds(), 0.0)
