"""A course across New Year: what of it was done in which local year of a rule set."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from zoneinfo import ZoneInfo

from courses.enums import LessonKind
from courses.models import Enrolment, LessonProgress
from credits.selectors import time_zone_of
from credits.services.awards import Activity
from media_pipeline.selectors.watching import watched_by_year
from organisations.models import Person

THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True)
class Part:
    """Minutes of one lesson in one year, and the last instant of the work in it."""

    year: int
    minutes: Decimal
    until: datetime


def by_year(
    enrolment: Enrolment, done: list[LessonProgress], activity: Activity, rule_set_id: str
) -> Iterator[Activity]:
    """`activity` once for each local year in which something of it was done, the oldest first.

    The last one keeps the occurrence; earlier ones carry their year in it. Their times do not overlap.
    """
    zone = time_zone_of(rule_set_id)
    last = activity.ends_at.astimezone(zone).year
    minutes: dict[int, Decimal] = defaultdict(Decimal)
    until: dict[int, datetime] = {last: activity.ends_at}
    for progress in done:
        for part in parts_of(enrolment.person, progress, zone):
            minutes[part.year] += part.minutes
            if part.year != last:
                until[part.year] = max(part.until, until.get(part.year, part.until))
    for year in sorted(minutes):
        if minutes[year] <= 0:
            continue
        begins = min(max(activity.begins_at, datetime(year, 1, 1, tzinfo=zone)), until[year])
        occurrence = activity.occurrence if year == last else f"{activity.occurrence.replace('-', '')}:{year}"
        yield replace(activity, quantity=minutes[year], begins_at=begins, ends_at=until[year], occurrence=occurrence)


def parts_of(person: Person, progress: LessonProgress, zone: ZoneInfo) -> list[Part]:
    """A lesson's minutes by year. A lecture watched across New Year is shared out by what was credited when, rounded
    down for the old years; every other lesson belongs to the year in which it ended."""
    assert progress.completed_at is not None  # noqa: S101 - only completed lessons come here
    last, first = progress.completed_at.astimezone(zone).year, progress.opened_at.astimezone(zone).year
    whole = Part(last, progress.minutes, progress.completed_at)
    if first >= last or progress.kind != LessonKind.LECTURE or progress.lecture_id_copy is None:
        return [whole]
    found = watched_by_year(person=person, lecture_id=progress.lecture_id_copy, zone=zone)
    total = sum((year.seconds for year in found.values()), Decimal(0))
    earlier = [
        Part(year, (progress.minutes * row.seconds / total).quantize(THOUSANDTH, ROUND_DOWN), row.until)
        for year, row in sorted(found.items())
        if first <= year < last and row.seconds > 0
    ]
    rest = progress.minutes - sum((part.minutes for part in earlier), Decimal(0))
    return [*earlier, replace(whole, minutes=rest)]
