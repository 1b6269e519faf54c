from decimal import Decimal

from media_pipeline.watching.shares import is_reached, missing, share


def test_share_rounds_down():
    assert share(((0, 89_999),), 100_000) == 0.8999
    assert share(((0, 100_000),), 100_000) == 1.0
    assert share((), 0) == 0.0


def test_is_reached_at_the_threshold_and_not_before():
    assert is_reached(((0, 90_000),), 100_000, Decimal("0.9"))
    assert not is_reached(((0, 89_999),), 100_000, Decimal("0.9"))


def test_is_reached_forgives_slivers_up_to_a_fiftieth():
    slivered = tuple((begin * 10_000 + 400, begin * 10_000 + 10_000) for begin in range(10))
    assert is_reached(slivered, 100_000, Decimal("0.98"))
    assert not is_reached(slivered, 100_000, Decimal("0.99"))
    assert not is_reached(((0, 97_000),), 100_000, Decimal("0.98"))
    assert not is_reached((), 600, Decimal("0.9"))


def test_is_reached_of_everything_forgives_the_last_second_only():
    assert is_reached(((0, 99_000),), 100_000, Decimal("1"))
    assert not is_reached(((0, 98_999),), 100_000, Decimal("1"))
    assert not is_reached((), 0, Decimal("0.9"))


def test_missing_leaves_out_holes_not_worth_a_visit():
    assert missing(((0, 10_000), (10_400, 50_000)), 100_000) == ((50_000, 100_000),)
    assert missing(((0, 50_000), (50_400, 100_000)), 100_000) == ((50_000, 50_400),)
    assert missing(((0, 50_000), (50_400, 100_000)), 100_000, is_complete=True) == ()
    assert missing((), 100_000) == ((0, 100_000),)
