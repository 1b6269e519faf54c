import itertools

from hypothesis import given
from hypothesis import strategies as st

from media_pipeline.watching.intervals import clip, from_seconds, gaps, length, subtract, to_seconds, unite

END = 60
ends = st.integers(0, END)
sets = st.lists(st.tuples(ends, ends), max_size=8)


def milliseconds(intervals) -> set[int]:
    """The plain meaning of a set of intervals: every millisecond in it."""
    return {moment for begin, end in intervals for moment in range(begin, end)}


@given(sets, sets)
def test_unite_holds_what_either_holds_and_nothing_else(these, those):
    united = unite(these, those)
    assert milliseconds(united) == milliseconds(these) | milliseconds(those)
    assert all(begin < end for begin, end in united)
    assert all(earlier[1] < later[0] for earlier, later in itertools.pairwise(united))
    assert length(united) == len(milliseconds(united))


@given(sets, st.integers(0, 10))
def test_unite_bridges_gaps_up_to_the_bridge(these, bridge):
    holes = gaps(unite(these), END)
    kept = [hole for hole in gaps(unite(these, bridge=bridge), END) if hole[0] > 0 and hole[1] < END]
    assert kept == [hole for hole in holes if hole[0] > 0 and hole[1] < END and hole[1] - hole[0] > bridge]


@given(sets, sets)
def test_subtract_leaves_what_only_the_first_holds(these, those):
    left = subtract(these, those)
    assert milliseconds(left) == milliseconds(these) - milliseconds(those)
    assert left == unite(left)


@given(sets, ends, ends)
def test_clip_keeps_what_lies_inside(these, begin, end):
    assert milliseconds(clip(these, begin, end)) == milliseconds(these) & set(range(begin, end))


@given(sets, st.integers(0, 20))
def test_gaps_are_the_rest_without_short_holes(these, shortest):
    rest = subtract([(0, END)], these)
    assert gaps(these, END, shortest=shortest) == tuple(hole for hole in rest if hole[1] - hole[0] >= shortest)


def test_seconds_come_back_as_they_were_stored():
    stored = [[0.0, 12.345], [20.001, 600.0]]
    assert to_seconds(from_seconds(stored)) == stored
