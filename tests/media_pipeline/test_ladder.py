from fractions import Fraction

import pytest

from media_pipeline.enums import PictureKind
from media_pipeline.ladder import (
    AUTOMATIC,
    CAMERA,
    CONSOLE,
    PROFILES,
    SLIDES,
    Piece,
    Plan,
    Rung,
    Segment,
    bandwidth,
    caps,
    frame_rate,
    gain_db,
    group,
    ladder,
    needs_console,
    pieces,
    segment_s,
    sprite_step,
    too_heavy,
)


@pytest.mark.parametrize(
    ("width", "height", "frames"),
    [
        (3840, 2160, [(1080, 1920, 1080), (720, 1280, 720), (480, 852, 480), (360, 640, 360)]),
        (1920, 1080, [(1080, 1920, 1080), (720, 1280, 720), (480, 852, 480), (360, 640, 360)]),
        (1600, 900, [(900, 1600, 900), (720, 1280, 720), (480, 852, 480), (360, 640, 360)]),
        (1280, 720, [(720, 1280, 720), (480, 852, 480), (360, 640, 360)]),
        (1080, 1920, [(1080, 1080, 1920), (720, 720, 1280), (480, 480, 852), (360, 360, 640)]),
        (1920, 804, [(1080, 1920, 804), (720, 1280, 536), (480, 852, 356), (360, 640, 268)]),
        (1024, 768, [(768, 1024, 768), (480, 640, 480), (360, 480, 360)]),
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
    assert [rung.max_kbps for rung in ladder(1920, 1080)] == [4500, 2500, 1000, 500]
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


def test_only_a_console_gets_more_bits_and_only_on_its_first_rung():
    assert [caps(ladder(1920, 1080), profile) for profile in (SLIDES, CAMERA, CONSOLE)] == [
        [4500, 2500, 1000, 500],
        [4500, 2500, 1000, 500],
        [8000, 2500, 1000, 500],
    ]
    assert caps(ladder(1280, 720), CONSOLE) == [8000, 1000, 500]
    assert caps(ladder(640, 480), CONSOLE) == [1000, 500, 300]


def test_every_picture_that_an_editor_can_choose_has_a_profile():
    assert PictureKind.values == [AUTOMATIC, *PROFILES]


def test_console_is_known_by_more_than_a_fifth_of_its_segments():
    calm, full = Segment(4, 200_000), Segment(4, 2_250_000)  # 400 and 4500 kbit/s
    assert needs_console([calm] * 8 + [full] * 2, 4500) is False
    assert needs_console([calm] * 7 + [full] * 3, 4500) is True
    assert needs_console([calm] * 7 + [full] * 3, 4501) is False


def test_segments_beyond_the_buffer_of_slides_are_found_in_runs():
    calm, heavy = Segment(4, 200_000), Segment(4, 3_400_000)  # 400 and 6800 kbit/s
    assert too_heavy([calm, heavy, heavy, calm, heavy], 4500) == [(1, 2), (4, 1)]
    assert too_heavy([calm, Segment(4, 3_375_000)], 4500) == []


@pytest.mark.parametrize(
    ("rate", "frames", "seconds"),
    [
        (Fraction(25), 100, Fraction(4)),
        (Fraction(30000, 1001), 120, Fraction(1001, 250)),
        (Fraction(24000, 1001), 96, Fraction(1001, 250)),
        (Fraction(173, 10), 70, Fraction(700, 173)),
        (Fraction(1), 4, Fraction(4)),
    ],
)
def test_segment_is_a_whole_number_of_frames_and_not_shorter_than_four_seconds(rate, frames, seconds):
    assert (group(rate), segment_s(rate)) == (frames, seconds)


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [
        (None, [(0, None)]),
        (900, [(0, None)]),
        (901, [(0, 75), (75, 75), (150, None)]),
        (1320, [(0, 75), (75, 75), (150, 75), (225, None)]),
        (1340, [(0, 75), (75, 75), (150, 75), (225, None)]),
        (1400, [(0, 75), (75, 75), (150, 75), (225, 75), (300, None)]),
    ],
)
def test_long_recordings_are_worked_in_pieces_of_five_minutes(duration_s, expected):
    found = pieces(duration_s, Fraction(25), Plan())
    assert [(piece.first, piece.count) for piece in found] == expected
    assert [piece.number for piece in found] == list(range(len(expected)))


def test_pieces_follow_the_plan():
    assert pieces(20, Fraction(25), Plan(after_s=0, segments=2)) == (Piece(0, 0, 2), Piece(1, 2, None))


@pytest.mark.parametrize("minutes", [1, 40, 45, 100, 180, 240, 720])
def test_sprite_has_at_most_720_pictures(minutes):
    assert minutes * 60 / (4 * sprite_step(minutes * 60)) <= 720


@pytest.mark.parametrize(
    ("lufs", "gain"), [(-32.4, 16.4), (-16.0, 0.0), (-9.5, -6.5), (-45.0, 24.0), (-61.0, 0.0), (None, 0.0)]
)
def test_gain_brings_speech_to_its_loudness_and_leaves_silence_alone(lufs, gain):
    assert gain_db(lufs) == gain
