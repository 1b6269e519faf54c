from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_pipeline.watching.crediting import (
    HORIZON_MS,
    MAX_STRETCHES,
    Credited,
    Frame,
    Piece,
    Refusal,
    Refused,
    credit,
)
from media_pipeline.watching.intervals import clip, length, unite

OPENED = 1_800_000_000_000
DURATION = 600_000


def frame(elapsed_ms: int, *, opened_ms: int = OPENED, max_speed: str = "2") -> Frame:
    return Frame(opened_ms=opened_ms, now_ms=opened_ms + elapsed_ms, duration_ms=DURATION, max_speed=Decimal(max_speed))


def claim(*pieces: Piece, elapsed_ms: int = 60_000, covered=(), spent=(), max_speed: str = "2") -> Credited:
    return credit(pieces, frame=frame(elapsed_ms, max_speed=max_speed), covered=covered, spent=spent)


def test_credit_counts_what_was_played_at_normal_speed():
    result = claim(Piece(0, 10_000, 500, 10_500))
    assert result == Credited(((0, 10_000),), ((OPENED + 500, OPENED + 10_500),), 10_000, ())


def test_credit_counts_double_speed_where_it_is_allowed():
    assert claim(Piece(0, 20_000, 0, 10_000)).credited_ms == 20_000
    too_fast = claim(Piece(0, 20_000, 0, 10_000), max_speed="1.5")
    assert (too_fast.credited_ms, too_fast.refused) == (0, (Refused(0, Refusal.TOO_FAST, 20_000),))


def test_credit_trims_a_claim_that_jitters_over_the_allowed_speed():
    result = claim(Piece(0, 20_200, 0, 10_000))
    assert (result.covered, result.refused) == (((0, 20_000),), ())


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        (Piece(0, 10_000, -1, 9_999), Refusal.BEFORE_OPENING),
        (Piece(0, 10_000, 53_000, 63_000), Refusal.AHEAD_OF_TIME),
        (Piece(0, 600_000, 0, 60_000), Refusal.TOO_FAST),
        (Piece(0, 600_000, 0, 600_000), Refusal.AHEAD_OF_TIME),
        (Piece(595_000, 602_000, 0, 10_000), Refusal.BEYOND_THE_END),
        (Piece(10_000, 10_000, 0, 1_000), Refusal.INVALID),
        (Piece(10_000, 5_000, 0, 5_000), Refusal.INVALID),
        (Piece(-5_000, 5_000, 0, 10_000), Refusal.INVALID),
        (Piece(0, 10_000, 20_000, 10_000), Refusal.INVALID),
    ],
)
def test_credit_refuses_what_cannot_have_happened(piece, reason):
    result = claim(piece)
    assert (result.covered, result.spent, result.credited_ms) == ((), (), 0)
    assert [refusal.reason for refusal in result.refused] == [reason]


def test_credit_refuses_time_of_more_than_twelve_hours_ago():
    late = Piece(0, 10_000, 0, 10_000)
    assert claim(late, elapsed_ms=HORIZON_MS).credited_ms == 10_000
    assert claim(late, elapsed_ms=HORIZON_MS + 1).refused == (Refused(0, Refusal.TOO_LATE, 10_000),)


def test_credit_moves_a_fast_clock_back_and_never_stretches_it():
    result = claim(Piece(0, 10_000, 51_500, 61_500))
    assert (result.credited_ms, result.spent) == (10_000, ((OPENED + 50_000, OPENED + 60_000),))
    at_opening = claim(Piece(0, 2_000, 0, 2_000), elapsed_ms=1_000, max_speed="1")
    assert at_opening.credited_ms == 1_000


def test_credit_ends_at_the_lectures_length():
    assert claim(Piece(595_000, 600_800, 0, 5_800)).covered == ((595_000, 600_000),)


def test_credit_gives_nothing_and_takes_nothing_for_what_was_watched_before():
    first = claim(Piece(0, 10_000, 0, 10_000))
    again = claim(Piece(0, 10_000, 20_000, 30_000), covered=first.covered, spent=first.spent)
    assert (again.credited_ms, again.spent, again.refused) == (0, first.spent, ())
    overlap = claim(Piece(8_000, 12_000, 20_000, 24_000), covered=first.covered, spent=first.spent)
    assert (overlap.covered, overlap.credited_ms) == (((0, 12_000),), 2_000)
    assert overlap.spent == ((OPENED, OPENED + 10_000), (OPENED + 22_000, OPENED + 24_000))


def test_credit_counts_the_same_time_once_for_two_lectures():
    first = claim(Piece(0, 10_000, 0, 10_000))
    second = claim(Piece(300_000, 310_000, 5_000, 15_000), spent=first.spent)
    assert second.covered == ((305_000, 310_000),)
    assert second.refused == (Refused(0, Refusal.SPENT_ELSEWHERE, 5_000),)


def test_credit_stops_where_claims_scatter():
    covered = tuple((begin * 100, begin * 100 + 50) for begin in range(MAX_STRETCHES))
    result = claim(Piece(500_000, 500_020, 0, 20), covered=covered)
    assert result.refused == (Refused(0, Refusal.SCATTERED, 20),)
    assert claim(Piece(50, 100, 0, 50), covered=covered).credited_ms == 50


def test_credit_forgets_spent_time_that_can_no_longer_be_claimed():
    spent = ((OPENED, OPENED + 10_000), (OPENED + HORIZON_MS, OPENED + HORIZON_MS + 5_000))
    result = claim(elapsed_ms=HORIZON_MS + 60_000, spent=spent)
    assert result.spent == spent[1:]


def test_credit_keeps_the_record_of_spent_time_short_by_the_cautious_side():
    spent = tuple((OPENED + begin * 5_000, OPENED + begin * 5_000 + 1_000) for begin in range(MAX_STRETCHES + 50))
    kept = claim(elapsed_ms=HORIZON_MS - 1, spent=spent).spent
    assert len(kept) == MAX_STRETCHES
    assert clip(spent, kept[0][0], kept[-1][1]) == spent
    assert unite(kept, spent) == kept


offsets = st.integers(-1_000, 70_000)
media = st.integers(-500, DURATION + 2_000)
claimed = st.lists(
    st.one_of(
        st.builds(Piece, media, media, offsets, offsets),
        # Claims of the kind a player makes, so that many are credited.
        st.builds(
            lambda start, share, began, wall: Piece(start, start + wall * share // 100, began, began + wall),
            st.integers(0, DURATION),
            st.integers(50, 210),
            st.integers(0, 60_000),
            st.integers(0, 15_000),
        ),
    ),
    max_size=4,
)
batches = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 20_000), claimed), max_size=5)


@given(batches, st.sampled_from(["1", "1.25", "1.5", "2"]))
def test_credit_never_exceeds_speed_times_elapsed_in_any_interleaving(sent, max_speed):
    """Three lectures, sessions opened together, batches in any order and of any content, repeated as they like."""
    covered = {0: (), 1: (), 2: ()}
    spent: tuple[tuple[int, int], ...] = ()
    elapsed = 0
    for lecture, wait_ms, pieces in sent:
        elapsed += wait_ms
        before = length(unite(spent))
        at = frame(elapsed, max_speed=max_speed)
        result = credit(pieces, frame=at, covered=covered[lecture], spent=spent)
        assert unite(result.covered, covered[lecture]) == result.covered
        assert result.credited_ms == length(result.covered) - length(covered[lecture])
        assert result.credited_ms <= Decimal(max_speed) * (length(result.spent) - before)
        assert clip(result.covered, 0, DURATION) == result.covered
        assert clip(result.spent, OPENED, OPENED + elapsed) == result.spent
        covered[lecture], spent = result.covered, result.spent
    assert sum(length(each) for each in covered.values()) <= Decimal(max_speed) * elapsed


@given(batches)
def test_credit_earns_nothing_for_a_batch_sent_twice(sent):
    covered: tuple[tuple[int, int], ...] = ()
    spent: tuple[tuple[int, int], ...] = ()
    for _lecture, _wait, pieces in sent:
        once = credit(pieces, frame=frame(60_000), covered=covered, spent=spent)
        twice = credit(pieces, frame=frame(60_000), covered=once.covered, spent=once.spent)
        assert length(twice.covered) - length(once.covered) <= 2 * (length(twice.spent) - length(once.spent))
        covered, spent = twice.covered, twice.spent
    assert length(covered) <= 2 * 60_000
