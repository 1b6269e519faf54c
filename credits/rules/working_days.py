"""Working days: Monday to Friday. Public holidays and the working weekends that make up for them are not known here."""

from datetime import date, timedelta

SATURDAY = 5


def working_day_after(day: date, count: int) -> date:
    """The last of the `count` working days that follow `day`. Raises ValueError if `count` < 1."""
    if count < 1:
        raise ValueError("count at least one working day")
    while count:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY:
            count -= 1
    return day
