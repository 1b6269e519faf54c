from fractions import Fraction

import pytest

from media_pipeline.ladder import Rung, Segment, bandwidth, frame_rate, ladder


@pytest.mark.parametrize(
    ("width", "height", "frames"),
    [
        (1920, 1080, [(720, 1280, 720), (480, 852, 480), (360, 640, 360)]),
        (1280, 720, [(720, 1280, 720), (480, 852, 480), (360, 640, 360)]),
        (1080, 1920, [(720, 720, 1280), (480, 480, 852), (360, 360, 640)]),
        (1920, 804, [(720, 1280, 536), (480, 852, 356), (360, 640, 268)]),
        (1024, 768, [(720, 960, 720), (480, 640, 480), (360, 480, 360)]),
        (700, 500, [(500, 700, 500), (360, 504, 360), (240, 336, 240)]),
        (640, 480, [(480, 640, 480), (360, 480, 360), (240, 320, 240)]),
        (637, 361, [(360, 636, 360), (240, 422, 240)]),
        (320, 240, [(240, 320, 240)]),
        (161, 121, [(120, 160, 120)]),
        (1, 1, [(2, 2, 2)]),
    ],
)
def test_ladder_keeps_shape_and_never_exceeds_the_source(width, height, frames):
    assert [(rung.height, rung.width, rung.lines) for rung in ladder(width, height)] == frames


def test_ladder_caps_bit_rates():
    assert [rung.max_kbps for rung in ladder(1280, 720)] == [2500, 1000, 500]
    assert ladder(300, 200) == (Rung(200, 300, 200, 300),)


def test_ladder_refuses_an_empty_picture():
    with pytest.raises(ValueError, match="one pixel"):
        ladder(0, 720)


@pytest.mark.parametrize(
    ("average", "nominal", "rate"),
    [
        (Fraction(25), Fraction(25), Fraction(25)),
        (Fraction(30000, 1001), Fraction(30000, 1001), Fraction(30000, 1001)),
        (Fraction(60), Fraction(60), Fraction(30)),
        (Fraction(50), Fraction(50), Fraction(25)),
        (Fraction(120), Fraction(120), Fraction(30)),
        (Fraction(17), Fraction(1000), Fraction(25)),
        (Fraction(0), Fraction(0), Fraction(25)),
        (Fraction(1, 5), Fraction(1, 5), Fraction(1)),
    ],
)
def test_frame_rate_is_constant_and_at_most_thirty(average, nominal, rate):
    assert frame_rate(average, nominal) == rate


def test_bandwidth_counts_a_short_tail_with_its_neighbour():
    assert bandwidth([Segment(4, 1000), Segment(4, 3000), Segment(0.1, 500)]) == (6829, 4444)


def test_bandwidth_of_nothing_is_nothing():
    assert bandwidth([]) == (0, 0)
