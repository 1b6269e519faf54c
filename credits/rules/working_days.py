"""Working days: Monday to Friday, but for public holidays, and the weekends that are worked to make up for them.

Holidays are dated data, a file for each country (`credits/holidays`), every year with its source and its mark.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from credits.enums import Mark
from credits.rules.documents import worst

FOLDER = Path(__file__).resolve().parent.parent / "holidays"
SATURDAY = 5
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Holidays:
    """`off`: public holidays, weekends among them; `worked`: weekends that are working days; `marks`: year → how well
    its holidays are known. Of other years weekends alone are known."""

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()
    marks: Mapping[int, Mark] = field(default_factory=dict)

    def is_working_day(self, day: date) -> bool:
        return day in self.worked or (day.weekday() < SATURDAY and day not in self.off)

    def mark(self, begins: date, ends: date) -> Mark:
        """How well the holidays of the years from `begins` to `ends` are known; M where a year is not."""
        return worst(*(self.marks.get(year, Mark.M) for year in range(begins.year, ends.year + 1)))


WEEKENDS = Holidays()


@lru_cache(maxsize=8)
def holidays(name: str) -> Holidays:
    """Those of the file `name` (country@version); "": none are known. Raises OSError, ValueError."""
    if not name:
        return WEEKENDS
    years = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["years"]
    return Holidays(
        frozenset(day for year in years for first, last in year["off"] for day in _days(year, first, last)),
        frozenset(day for year in years for text in year["worked"] for day in _days(year, text, text)),
        {year["year"]: Mark(year["mark"]) for year in years},
    )


def _days(year: Mapping[str, Any], first: str, last: str) -> list[date]:
    begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    if not begins.year == ends.year == year["year"] or begins > ends:
        raise ValueError(f"{first} to {last} is no run of days in {year['year']}")
    return [begins + n * DAY for n in range((ends - begins).days + 1)]


def working_day_after(day: date, count: int, known: Holidays) -> date:
    """The last of the `count` working days that follow `day`. Raises ValueError if `count` < 1."""
    if count < 1:
        raise ValueError("count at least one working day")
    while count:
        day += DAY
        count -= known.is_working_day(day)
    return day
