"""Which heights and bit rates a lecture is encoded in, and in which pieces the work is done."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

# Bump when anything that changes the files does: a new version makes new sets beside the old ones.
VERSION = "h264-4"
SEGMENT_S = 4
MAX_RUNGS = 4
# Nominal height → cap in kbit/s. Slides need a tenth of it; the cap binds on scrolled image stacks only.
CAPS_KBPS = {1080: 4500, 720: 2500, 480: 1000, 360: 500, 240: 300}
AUDIO_KBPS = 64
# EBU R 128 counts in LUFS; -16 is what phones and laptops are listened to at.
TARGET_LUFS = -16.0
# Quieter than this nobody speaks: ebur128 gives -70 for silence.
SILENCE_LUFS = -60.0
MOST_GAIN_DB = 24.0


@dataclass(frozen=True)
class Profile:
    """How a kind of picture is encoded. `top_kbps` is the cap of the first rung where it is not the table's.

    `mark`: A measured on such pictures, B taken over from a near measurement, M a house decision not yet measured.
    """

    name: str
    crf: int
    top_kbps: int | None
    mark: str
    source: str


SLIDES = Profile(
    "slides", 23, None, "A", "Measured on text slides in two languages: VMAF 95.4 at 0.33 Mb/s; crf 26 loses 1."
)
CAMERA = Profile("camera", 25, None, "M", "House decision: noise of a filmed room costs bits and holds no text.")
CONSOLE = Profile(
    "console", 23, 8000, "A", "Measured on scrolled CT: 4.5 Mb/s falls to VMAF 61 on bursts, 8 Mb/s stays above 86."
)
PROFILES = {profile.name: profile for profile in (SLIDES, CAMERA, CONSOLE)}
# Left to measured bits: begun with the room of a console capture, kept where more than this share of segments needs it.
AUTOMATIC = "auto"
CONSOLE_SHARE = Fraction(1, 5)


@dataclass(frozen=True)
class Rung:
    """One rendition. `height` names it: the shorter side of the 16:9 box it fits in; `width` × `lines` is its frame."""

    height: int
    width: int
    lines: int
    max_kbps: int


def ladder(width: int, height: int) -> tuple[Rung, ...]:
    """Rungs for a picture of `width` × `height` as displayed (rotation and pixel shape applied), greatest first.

    Never larger than the source; 1080, 720, 480 and 360 for most; 240 below small sources, and below that one rung of
    the source's own size. Portrait pictures keep their shape: 720 means the shorter side. Raises ValueError for an
    empty picture.
    """
    if width < 1 or height < 1:
        raise ValueError("a picture has at least one pixel")
    # The height of the 16:9 box (9:16 for portrait) that just holds the source.
    box = max(min(width, height), -(-max(width, height) * 9 // 16))
    top = min(box, 1080)
    heights = [top]
    if top >= 360:
        heights += [lower for lower in CAPS_KBPS if lower * 5 <= top * 4 and (lower >= 360 or top < 600)]
    return tuple(_rung(width, height, nominal, box) for nominal in heights[:MAX_RUNGS])


def _rung(width: int, height: int, nominal: int, box: int) -> Rung:
    scale = Fraction(nominal, box)
    cap = min((kbps for lines, kbps in CAPS_KBPS.items() if lines >= nominal), default=CAPS_KBPS[1080])
    return Rung(max(2, nominal // 2 * 2), _even(width * scale), _even(height * scale), cap)


def _even(length: Fraction) -> int:
    """The greatest even number not above `length`: chroma is stored at half size."""
    return max(2, int(length) // 2 * 2)


def caps(rungs: Sequence[Rung], profile: Profile) -> list[int]:
    """The cap of each rung in kbit/s. Only a first rung of 720 lines or more has the room that a console needs."""
    found = [rung.max_kbps for rung in rungs]
    if profile.top_kbps and rungs[0].height >= 720:
        found[0] = profile.top_kbps
    return found


def frame_rate(average: Fraction, nominal: Fraction) -> Fraction:
    """Constant rate to encode in: the source's own up to 30; 25 when it varies or is unknown."""
    if average <= 0 or abs(average - nominal) * 100 > average:
        return Fraction(25)
    if average <= 30:
        return max(average, Fraction(1))
    return average / 2 if average <= 60 else Fraction(30)


def group(rate: Fraction) -> int:
    """Frames of one segment, which is one group of pictures: never shorter than four seconds."""
    return math.ceil(SEGMENT_S * rate)


def segment_s(rate: Fraction) -> Fraction:
    """Seconds of one segment at `rate`."""
    return group(rate) / rate


@dataclass(frozen=True)
class Plan:
    """Sources longer than `after_s` are encoded in pieces of `segments` segments."""

    after_s: float = 900
    segments: int = 75


@dataclass(frozen=True)
class Piece:
    """Segments `first` to `first` + `count`; `count` None: to the end."""

    number: int
    first: int
    count: int | None


def pieces(duration_s: float | None, rate: Fraction, plan: Plan) -> tuple[Piece, ...]:
    """The pieces that a recording is worked in, one after the other; one where its length is short or unknown."""
    if duration_s is None or duration_s <= plan.after_s:
        return (Piece(0, 0, None),)
    total = math.ceil(Fraction(duration_s) / segment_s(rate))
    count = max(1, round(total / plan.segments))
    return tuple(
        Piece(number, number * plan.segments, plan.segments if number < count - 1 else None) for number in range(count)
    )


def sprite_step(duration_s: float | None) -> int:
    """Segments between two small pictures of the scrub sprite: at most 720 of them for twelve hours."""
    minutes = (duration_s or 0) / 60
    return 1 if minutes <= 40 else 3 if minutes <= 120 else 5 if minutes <= 200 else 15


def gain_db(lufs: float | None) -> float:
    """What brings speech of `lufs` to the target; silence is left alone."""
    if lufs is None or lufs < SILENCE_LUFS:
        return 0.0
    return round(max(-MOST_GAIN_DB, min(MOST_GAIN_DB, TARGET_LUFS - lufs)), 1)


@dataclass(frozen=True)
class Segment:
    duration_s: float
    size: int

    @property
    def kbps(self) -> float:
        return self.size * 8 / 1000 / max(self.duration_s, 0.001)


def needs_console(segments: Sequence[Segment], cap_kbps: int) -> bool:
    """Whether more than a fifth of `segments` would hit `cap_kbps`: then it is a scrolled console, not slides."""
    hit = sum(segment.kbps >= cap_kbps for segment in segments)
    return hit > CONSOLE_SHARE * len(segments)


def too_heavy(segments: Sequence[Segment], cap_kbps: int) -> list[tuple[int, int]]:
    """(first, count) of runs that a buffer of two seconds under `cap_kbps` would never have let through."""
    runs: list[tuple[int, int]] = []
    for number, segment in enumerate(segments):
        if segment.kbps * 2 > cap_kbps * 3:
            if runs and sum(runs[-1]) == number:
                runs[-1] = (runs[-1][0], runs[-1][1] + 1)
            else:
                runs.append((number, 1))
    return runs


def bandwidth(segments: Sequence[Segment]) -> tuple[int, int]:
    """(peak, average) bits per second, as RFC 8216 §4.3.4.2 wants them: the peak over runs of at least half a
    target duration, so that a last segment of three frames does not count alone. (0, 0) without segments."""
    total_s = sum(segment.duration_s for segment in segments)
    if not segments or total_s <= 0:
        return 0, 0
    runs: list[Segment] = []
    for segment in segments:
        if runs and segment.duration_s < SEGMENT_S / 2:
            runs[-1] = Segment(runs[-1].duration_s + segment.duration_s, runs[-1].size + segment.size)
        else:
            runs.append(segment)
    peak = max(run.size * 8 / max(run.duration_s, 0.001) for run in runs)
    return round(peak), round(sum(segment.size for segment in segments) * 8 / total_s)
