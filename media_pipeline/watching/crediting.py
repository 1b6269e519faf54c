"""What a player's claim is worth.

A piece says: this stretch of the lecture was played during that stretch of time. Each of a person's milliseconds is
spent at most once, over all lectures and players, and buys at most `max_speed` milliseconds of a lecture. So twenty
players at once earn no more than one, and no order of messages, loss or repetition earns more than the time that
really passed. What was watched before costs nothing and earns nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from media_pipeline.watching.intervals import Intervals, clip, length, subtract, unite

# A player's clock may run ahead of the server's by so much; such a piece is moved back, never stretched.
CLOCK_TOLERANCE_MS = 2_000
# Readings of a video's position jitter; a claim may exceed the allowed speed by so much. The excess earns nothing.
SPEED_TOLERANCE = Fraction(5, 100)
POSITION_TOLERANCE_MS = 250
# The video file may be that much longer than the length stored with it.
DURATION_TOLERANCE_MS = 1_000
# Time older than this is no longer accepted, so what was spent then may be forgotten.
HORIZON_MS = 12 * 60 * 60 * 1000
# Pauses shorter than this between two stretches of spent time count as spent, to keep the record short.
SPENT_BRIDGE_MS = 1_000
# No honest viewing scatters into more stretches than this.
MAX_STRETCHES = 1_000


class Refusal(StrEnum):
    """Why played time was not credited."""

    INVALID = "invalid"
    BEFORE_OPENING = "before_opening"
    AHEAD_OF_TIME = "ahead_of_time"
    TOO_LATE = "too_late"
    BEYOND_THE_END = "beyond_the_end"
    TOO_FAST = "too_fast"
    SPENT_ELSEWHERE = "spent_elsewhere"
    SCATTERED = "scattered"


@dataclass(frozen=True)
class Piece:
    """[from_ms, to_ms) of the lecture, played from `began_ms` to `ended_ms` after the session's opening."""

    from_ms: int
    to_ms: int
    began_ms: int
    ended_ms: int


@dataclass(frozen=True)
class Frame:
    """What bounds a claim: when its session was opened and what time it is (ms since the epoch), the lecture's length
    and the greatest speed that counts."""

    opened_ms: int
    now_ms: int
    duration_ms: int
    max_speed: Decimal


@dataclass(frozen=True)
class Refused:
    index: int
    reason: Refusal
    missed_ms: int


@dataclass(frozen=True)
class Credited:
    """`covered` and `spent` after the claim; `credited_ms` is what `covered` grew by."""

    covered: Intervals
    spent: Intervals
    credited_ms: int
    refused: tuple[Refused, ...]


def credit(pieces: Sequence[Piece], *, frame: Frame, covered: Intervals, spent: Intervals) -> Credited:
    """Credit `pieces` in their order. Never more than `max_speed` × the growth of `spent`; deterministic."""
    before = length(covered)
    refused: list[Refused] = []
    for index, piece in enumerate(pieces):
        problem = _problem(piece, frame)
        if problem is not None:
            refused.append(Refused(index, problem, max(0, piece.to_ms - piece.from_ms)))
            continue
        wanted, earned, paid = _settle(piece, frame, covered, spent)
        grown = unite(covered, earned)
        if len(grown) > max(MAX_STRETCHES, len(covered)):
            refused.append(Refused(index, Refusal.SCATTERED, wanted))
            continue
        if wanted > length(earned):
            refused.append(Refused(index, Refusal.SPENT_ELSEWHERE, wanted - length(earned)))
        covered, spent = grown, unite(spent, paid)
    return Credited(covered, _remembered(spent, frame.now_ms), length(covered) - before, tuple(refused))


def _problem(piece: Piece, frame: Frame) -> Refusal | None:
    media, wall = piece.to_ms - piece.from_ms, piece.ended_ms - piece.began_ms
    if piece.from_ms < 0 or media <= 0 or wall < 0:
        return Refusal.INVALID
    if piece.to_ms > frame.duration_ms + DURATION_TOLERANCE_MS:
        return Refusal.BEYOND_THE_END
    if piece.began_ms < 0:
        return Refusal.BEFORE_OPENING
    if frame.opened_ms + piece.ended_ms > frame.now_ms + CLOCK_TOLERANCE_MS:
        return Refusal.AHEAD_OF_TIME
    if frame.opened_ms + piece.began_ms < frame.now_ms - HORIZON_MS:
        return Refusal.TOO_LATE
    if media > Fraction(frame.max_speed) * wall * (1 + SPEED_TOLERANCE) + POSITION_TOLERANCE_MS:
        return Refusal.TOO_FAST
    return None


def _settle(piece: Piece, frame: Frame, covered: Intervals, spent: Intervals) -> tuple[int, Intervals, Intervals]:
    """(milliseconds of the lecture that are new, those that are earned, the time paid for them)."""
    began, ended = frame.opened_ms + piece.began_ms, frame.opened_ms + piece.ended_ms
    ahead = max(0, ended - frame.now_ms)
    began, ended = max(frame.opened_ms, began - ahead), ended - ahead
    wall = ended - began
    to_ms = min(piece.to_ms, piece.from_ms + int(Fraction(frame.max_speed) * wall))
    if wall <= 0 or to_ms <= piece.from_ms:
        return 0, (), ()
    rate = Fraction(to_ms - piece.from_ms, wall)
    new = clip(subtract([(piece.from_ms, to_ms)], covered), 0, frame.duration_ms)
    earned: list[tuple[int, int]] = []
    paid: list[tuple[int, int]] = []
    for first, last in new:
        # Outwards in time, inwards in the lecture: rounding never favours the claim.
        slot_begin = began + (first - piece.from_ms) * wall // (to_ms - piece.from_ms)
        slot_end = began - ((piece.from_ms - last) * wall // (to_ms - piece.from_ms))
        for free_begin, free_end in subtract([(slot_begin, slot_end)], unite(spent, paid)):
            media_begin = first if free_begin == slot_begin else piece.from_ms + -(-((free_begin - began) * rate) // 1)
            media_end = last if free_end == slot_end else piece.from_ms + (free_end - began) * rate // 1
            media_begin, media_end = max(first, int(media_begin)), min(last, int(media_end))
            if media_begin < media_end:
                earned.append((media_begin, media_end))
                paid.append((free_begin, free_end))
    return length(new), unite(earned), unite(paid)


def _remembered(spent: Intervals, now_ms: int) -> Intervals:
    """`spent` without what can no longer be claimed, short pauses closed, at most MAX_STRETCHES long."""
    oldest = now_ms - HORIZON_MS - CLOCK_TOLERANCE_MS
    kept = unite([interval for interval in spent if interval[1] > oldest], bridge=SPENT_BRIDGE_MS)
    surplus = len(kept) - MAX_STRETCHES
    return kept if surplus <= 0 else ((kept[0][0], kept[surplus][1]), *kept[surplus + 1 :])
