"""Small pictures for scrubbing: sheets of 25, and a WebVTT index that says which part of which sheet shows when."""

from collections.abc import Sequence
from pathlib import Path

from media_pipeline.commands import SPRITE_GRID
from media_pipeline.hls import link

SHEET = SPRITE_GRID * SPRITE_GRID


def assemble(
    parts: Sequence[Path],
    starts: Sequence[float],
    duration_s: float,
    interval_s: float,
    *,
    size: tuple[int, int],
    out: Path,
) -> None:
    """Bring the sheets of `parts`, which begin at `starts` seconds, to `out`/sprite, and write `out`/sprite.vtt.

    Within a part there is a picture every `interval_s` seconds. Part of the last sheet of a part may be empty.
    """
    folder = out / "sprite"
    folder.mkdir()
    cues = []
    sheets = 0
    for part, begin, end in zip(parts, starts, [*starts[1:], duration_s], strict=True):
        found = sorted((part / "sprite").glob("s*.jpg"))
        for number, sheet in enumerate(found):
            link(sheet, folder / f"s{sheets + number:05d}.jpg")
        for number in range(len(found) * SHEET):
            at = begin + number * interval_s
            if at >= end:
                break
            sheet_number, place = divmod(number, SHEET)
            row, column = divmod(place, SPRITE_GRID)
            where = f"{column * size[0]},{row * size[1]},{size[0]},{size[1]}"
            until = min(at + interval_s, end)
            cues.append(f"{_clock(at)} --> {_clock(until)}\nsprite/s{sheets + sheet_number:05d}.jpg#xywh={where}\n")
        sheets += len(found)
    (out / "sprite.vtt").write_text("\n".join(["WEBVTT\n", *cues]))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
