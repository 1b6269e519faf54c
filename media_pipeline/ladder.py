"""Which heights and bit rates a lecture is encoded in."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

# Bump when anything that changes the files does: a new profile makes new sets beside the old ones.
PROFILE = "h264-3"
SEGMENT_S = 4
MAX_RUNGS = 3
# Nominal height → cap in kbit/s. Slides need a tenth of it; the cap binds on scrolled image stacks only.
CAPS_KBPS = {720: 2500, 480: 1000, 360: 500, 240: 300}
AUDIO_KBPS = 64


@dataclass(frozen=True)
class Rung:
    """One rendition. `height` names it: the shorter side of the 16:9 box it fits in; `width` × `lines` is its frame."""

    height: int
    width: int
    lines: int
    max_kbps: int


def ladder(width: int, height: int) -> tuple[Rung, ...]:
    """Rungs for a picture of `width` × `height` as displayed (rotation and pixel shape applied), greatest first.

    Never larger than the source; 720, 480 and 360 for most; below 360 one rung of the source's own size.
    Portrait pictures keep their shape: 720 means the shorter side. Raises ValueError for an empty picture.
    """
    if width < 1 or height < 1:
        raise ValueError("a picture has at least one pixel")
    # The height of the 16:9 box (9:16 for portrait) that just holds the source.
    box = max(min(width, height), -(-max(width, height) * 9 // 16))
    top = min(box, 720)
    heights = [top]
    if top >= 360:
        heights += [lower for lower in CAPS_KBPS if lower * 5 <= top * 4]
    return tuple(_rung(width, height, nominal, box) for nominal in heights[:MAX_RUNGS])


def _rung(width: int, height: int, nominal: int, box: int) -> Rung:
    scale = Fraction(nominal, box)
    cap = min((kbps for lines, kbps in CAPS_KBPS.items() if lines >= nominal), default=CAPS_KBPS[720])
    return Rung(max(2, nominal // 2 * 2), _even(width * scale), _even(height * scale), cap)


def _even(length: Fraction) -> int:
    """The greatest even number not above `length`: chroma is stored at half size."""
    return max(2, int(length) // 2 * 2)


def frame_rate(average: Fraction, nominal: Fraction) -> Fraction:
    """Constant rate to encode in: the source's own up to 30; 25 when it varies or is unknown."""
    if average <= 0 or abs(average - nominal) * 100 > average:
        return Fraction(25)
    if average <= 30:
        return max(average, Fraction(1))
    return average / 2 if average <= 60 else Fraction(30)


@dataclass(frozen=True)
class Segment:
    duration_s: float
    size: int


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
