"""What a person has watched, and what a player needs to know."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from cms.shared.errors import NotFound
from media_pipeline.models import Lecture, PlaySession, WatchedTime
from media_pipeline.watching import intervals, shares
from organisations.models import Person


@dataclass(frozen=True)
class WatchedView:
    """What a person has watched of a lecture. Intervals are [from_s, to_s] in order; `share` is 0 to 1, rounded down.

    `is_completed` says whether the share asked about is reached; without one, whether any was.
    """

    duration_s: float
    position_s: float
    covered_s: float
    share: float
    intervals: list[list[float]]
    missing: list[list[float]]
    is_completed: bool
    completed_at: datetime | None


def watched_view(row: WatchedTime | None, *, duration_s: float, threshold: Decimal | None = None) -> WatchedView:
    """What `row` says of a lecture `duration_s` long."""
    duration_ms = round(duration_s * 1000)
    covered = intervals.clip(intervals.from_seconds(row.intervals if row else []), 0, duration_ms)
    completed_at = row.completed_at if row else None
    position_s = row.position_s if row else 0.0
    return WatchedView(
        duration_s=duration_s,
        # Somebody who had reached the end starts again from the beginning.
        position_s=0.0 if position_s > duration_s - 3 else position_s,
        covered_s=intervals.length(covered) / 1000,
        share=shares.share(covered, duration_ms),
        intervals=intervals.to_seconds(covered),
        missing=intervals.to_seconds(shares.missing(covered, duration_ms)),
        is_completed=(
            completed_at is not None if threshold is None else shares.is_reached(covered, duration_ms, threshold)
        ),
        completed_at=completed_at,
    )


def watched(*, person: Person, lecture: Lecture, threshold: Decimal | None = None) -> WatchedView:
    """What `person` has watched of `lecture` (select its `renditions` with it)."""
    row = WatchedTime.objects.filter(person=person, lecture=lecture).first()
    return watched_view(row, duration_s=lecture.duration_s, threshold=threshold)


def play_session(*, person: Person, public_id: uuid.UUID) -> PlaySession:
    """The person's own session. Raises NotFound."""
    session = PlaySession.objects.filter(public_id=public_id, person=person).first()
    if session is None:
        raise NotFound
    return session
