"""When a lecture counts as watched."""

from decimal import Decimal

from media_pipeline.watching.intervals import Intervals, gaps, length

# Players cannot reach the very last frames of every file: a rule of 100 % is met one second before the end.
END_TOLERANCE_MS = 1_000
# A hole shorter than this is not worth going back to. Starting and jumping leaves such holes; together they are
# forgiven up to a fiftieth of the lecture.
SHORTEST_MISSING_MS = 1_000
FORGIVEN_PART = 50


def share(covered: Intervals, duration_ms: int) -> float:
    """What part of the lecture is covered, 0 to 1, four places, rounded down."""
    if duration_ms <= 0:
        return 0.0
    return min(10_000, length(covered) * 10_000 // duration_ms) / 10_000


def is_reached(covered: Intervals, duration_ms: int, threshold: Decimal) -> bool:
    """Whether `covered` meets `threshold`, a share of 0 to 1."""
    if duration_ms <= 0:
        return False
    required = min(threshold * duration_ms, Decimal(max(1, duration_ms - END_TOLERANCE_MS)))
    slivers = length(gaps(covered, duration_ms)) - length(_holes(covered, duration_ms))
    return length(covered) > 0 and length(covered) + min(slivers, duration_ms // FORGIVEN_PART) >= required


def missing(covered: Intervals, duration_ms: int, *, is_complete: bool = False) -> Intervals:
    """The stretches to go back to, in order: those worth it; where only slivers are left to complete it, these."""
    holes = _holes(covered, duration_ms)
    return holes if holes or is_complete else gaps(covered, duration_ms)


def _holes(covered: Intervals, duration_ms: int) -> Intervals:
    return gaps(covered, duration_ms, shortest=SHORTEST_MISSING_MS)
