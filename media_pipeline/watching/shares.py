"""When a lecture counts as watched."""

from decimal import Decimal

from media_pipeline.watching.intervals import Intervals, gaps, length

# Players cannot reach the very last frames of every file: a rule of 100 % is met one second before the end.
END_TOLERANCE_MS = 1_000
# A hole shorter than this is not worth going back to.
SHORTEST_MISSING_MS = 1_000


def share(covered: Intervals, duration_ms: int) -> float:
    """What part of the lecture is covered, 0 to 1, four places, rounded down."""
    if duration_ms <= 0:
        return 0.0
    return min(10_000, length(covered) * 10_000 // duration_ms) / 10_000


def is_reached(covered: Intervals, duration_ms: int, threshold: Decimal) -> bool:
    """Whether `covered` meets `threshold`, a share of 0 to 1."""
    required = min(threshold * duration_ms, Decimal(max(1, duration_ms - END_TOLERANCE_MS)))
    return duration_ms > 0 and length(covered) >= required


def missing(covered: Intervals, duration_ms: int) -> Intervals:
    """The stretches worth going back to, in order."""
    return gaps(covered, duration_ms, shortest=SHORTEST_MISSING_MS)
