"""Draws divided by matching agree with trying everything, on banks small enough for that."""

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import drawing

FITTING = st.lists(st.lists(st.integers(0, 7), max_size=7, unique=True), min_size=1, max_size=4)
COUNTS = st.lists(st.integers(0, 3), min_size=4, max_size=4)


def most(slots: list[list[int]], used: frozenset[int] = frozenset()) -> int:
    """As many slots as can be filled, by trying every question for each and none."""
    if not slots:
        return 0
    ways = (1 + most(slots[1:], used | {question}) for question in slots[0] if question not in used)
    return max(most(slots[1:], used), *ways, 0)


@given(fitting=FITTING, counts=COUNTS)
def test_draws_get_each_question_once_and_as_many_as_there_can_be(fitting, counts):
    counts = counts[: len(fitting)]
    told = drawing.allot(fitting, counts)
    flat = list(chain.from_iterable(told))
    assert len(flat) == len(set(flat))
    for questions, offered, count in zip(told, fitting, counts, strict=True):
        assert (questions, len(questions) <= count) == ([q for q in offered if q in questions], True)
    slots = [offered for offered, count in zip(fitting, counts, strict=True) for _n in range(count)]
    if len(slots) <= 6:
        assert len(flat) == most(slots)
    # Hall's theorem: what is missing is the worst that any set of draws lacks, by trying all sets.
    sets = chain.from_iterable(combinations(range(len(fitting)), size) for size in range(len(fitting) + 1))
    lack = max(sum(counts[d] for d in some) - len(set(chain.from_iterable(fitting[d] for d in some))) for some in sets)
    assert sum(counts) - len(flat) == lack


@given(fitting=FITTING, counts=COUNTS)
def test_shortage_names_draws_that_together_want_more_than_there_is(fitting, counts):
    counts = counts[: len(fitting)]
    told = drawing.allot(fitting, counts)
    missing = {draw: count - len(told[draw]) for draw, count in enumerate(counts)}
    found = drawing.shortages(fitting, counts, told)
    assert {short.draw: short.missing for short in found} == {d: n for d, n in missing.items() if n}
    for short in found:
        fits_any = set(chain.from_iterable(fitting[rival] for rival in short.rivals))
        assert (short.draw in short.rivals, short.found) == (True, len(fits_any))
        assert short.wanted == sum(counts[rival] for rival in short.rivals)
        # They want the same: nobody else could give, and whoever waived one would leave it to the one that lacks it.
        assert short.wanted - short.found == sum(missing[rival] for rival in short.rivals)


def test_later_draw_is_the_one_that_lacks_and_its_rival_is_named():
    fitting, counts = [[1, 2, 3, 4], [3, 4], [9]], [3, 2, 1]
    told = drawing.allot(fitting, counts)
    assert [len(questions) for questions in told] == [3, 1, 1]
    assert drawing.shortages(fitting, counts, told) == [drawing.Shortage(1, 1, (0, 1), 5, 4)]


@pytest.mark.parametrize("draws", [6, 8])
def test_many_draws_from_a_bank_that_is_too_small_are_divided(draws):
    # A chain over every question of every draw would be deeper than Python goes.
    fitting = [list(range(1000)) for _draw in range(draws)]
    told = drawing.allot(fitting, [200] * draws)
    assert sum(map(len, told)) == 1000
