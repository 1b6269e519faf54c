"""Playlists and segments of fragmented MP4: read, checked, moved in time, written."""

import os
import re
import shutil
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from media_pipeline.enums import TranscodeFailure
from media_pipeline.ffmpeg import MediaError
from media_pipeline.ladder import Rung, Segment, bandwidth

INIT = "init.mp4"
AUDIO_CODEC = "mp4a.40.2"
_CONTAINERS = frozenset({b"moof", b"traf"})


@dataclass(frozen=True)
class Playlist:
    """`names` of the segments in order, `init` of the file that begins them all."""

    segments: list[Segment]
    names: list[str]
    init: str

    @property
    def duration_s(self) -> float:
        return sum(segment.duration_s for segment in self.segments)


def read_playlist(folder: Path) -> Playlist:
    """The segments of `folder`/i.m3u8, each seen on disk. Raises MediaError when the playlist is not whole."""
    try:
        text = (folder / "i.m3u8").read_text()
    except OSError as error:
        raise MediaError(TranscodeFailure.INCOMPLETE, f"no playlist in {folder.name}") from error
    if "#EXT-X-ENDLIST" not in text:
        raise MediaError(TranscodeFailure.ENCODER_FAILED, f"open playlist in {folder.name}", retry=True)
    inits = re.findall(r'^#EXT-X-MAP:URI="([^"]+)"', text, re.MULTILINE)
    found = re.findall(r"^#EXTINF:([0-9.]+),\s*\n([^#\n]+)$", text, re.MULTILINE)
    sizes = {name: _size(folder / name) for name in [*inits, *(name for _duration, name in found)]}
    if not found or len(inits) != 1 or not all(sizes.values()):
        lost = [name for name, size in sizes.items() if not size]
        raise MediaError(TranscodeFailure.ENCODER_FAILED, f"missing in {folder.name}: {lost[:5]}", retry=True)
    segments = [Segment(float(duration), sizes[name]) for duration, name in found]
    return Playlist(segments, [name for _duration, name in found], inits[0])


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def write_playlist(folder: Path, segments: Sequence[Segment]) -> None:
    """`folder`/i.m3u8 over s00000.m4s and what follows."""
    target = max(1, *(round(segment.duration_s) for segment in segments))
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{target}", "#EXT-X-MEDIA-SEQUENCE:0"]
    lines += ["#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-INDEPENDENT-SEGMENTS", f'#EXT-X-MAP:URI="{INIT}"']
    for number, segment in enumerate(segments):
        lines += [f"#EXTINF:{segment.duration_s:.6f},", segment_name(number)]
    (folder / "i.m3u8").write_text("\n".join([*lines, "#EXT-X-ENDLIST", ""]))


def segment_name(number: int) -> str:
    return f"s{number:05d}.m4s"


def settle(path: Path, *, later_s: Fraction, number: int) -> None:
    """Check that `path` is one whole segment and move it `later_s` seconds on, as number `number` of its playlist.

    Pieces of a recording are encoded from zero each; moved, they play as if one process had made them.
    Raises MediaError when its boxes do not fill the file or the time does not fall on a tick.
    """
    with path.open("r+b") as file:
        boxes = list(_boxes(file, 0, path.stat().st_size))
        kinds = [kind for kind, _begin, _end in boxes]
        if b"sidx" not in kinds or b"tfdt" not in kinds or kinds[-1] != b"mdat":
            raise MediaError(TranscodeFailure.ENCODER_FAILED, f"{path.name} is no segment: {kinds}", retry=True)
        places = {kind: begin for kind, begin, _end in boxes}
        file.seek(places[b"mfhd"] + 4)
        file.write(struct.pack(">I", number + 1))
        if not later_s:
            return
        file.seek(places[b"sidx"])
        version = file.read(1)[0]
        file.seek(places[b"sidx"] + 8)
        (timescale,) = struct.unpack(">I", file.read(4))
        ticks = later_s * timescale
        if ticks.denominator != 1:
            raise MediaError(TranscodeFailure.ENCODER_FAILED, f"{later_s} s is no tick of {timescale}")
        _add(file, places[b"sidx"] + 12, int(ticks), wide=version == 1)
        file.seek(places[b"tfdt"])
        _add(file, places[b"tfdt"] + 4, int(ticks), wide=file.read(1)[0] == 1)


def _add(file: BinaryIO, place: int, ticks: int, *, wide: bool) -> None:
    shape = ">Q" if wide else ">I"
    file.seek(place)
    (before,) = struct.unpack(shape, file.read(struct.calcsize(shape)))
    file.seek(place)
    file.write(struct.pack(shape, before + ticks))


def _boxes(file: BinaryIO, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, begin, end) of the content of every box, those inside containers after them."""
    while begin < end:
        file.seek(begin)
        head = file.read(8)
        if len(head) < 8:
            raise MediaError(TranscodeFailure.ENCODER_FAILED, "a box is cut", retry=True)
        size, kind = struct.unpack(">I4s", head)
        if size < 8 or begin + size > end:
            raise MediaError(TranscodeFailure.ENCODER_FAILED, f"box {kind!r} of {size} bytes is cut", retry=True)
        yield kind, begin + 8, begin + size
        if kind in _CONTAINERS:
            yield from _boxes(file, begin + 8, begin + size)
        begin += size


def codec(init: Path) -> str:
    """The CODECS word of an H.264 picture, from its configuration box. Raises MediaError without one."""
    data = init.read_bytes()
    place = data.find(b"avcC")
    if place < 0 or len(data) < place + 8:
        raise MediaError(TranscodeFailure.ENCODER_FAILED, f"{init.name} has no avcC", retry=True)
    return f"avc1.{data[place + 5 : place + 8].hex()}"


def join(parts: Sequence[Path], target: Path) -> Playlist:
    """Bring the segments of `parts`, playlists one after the other, together in `target`: by links, nothing is copied.

    Raises MediaError when the parts do not begin with the same bytes: they could not be played as one.
    """
    target.mkdir(parents=True)
    found = [read_playlist(part) for part in parts]
    heads = {(part / playlist.init).read_bytes() for part, playlist in zip(parts, found, strict=True)}
    if len(heads) != 1:
        raise MediaError(TranscodeFailure.ENCODER_FAILED, f"{len(heads)} kinds of head in {target.name}", retry=True)
    link(parts[0] / found[0].init, target / INIT)
    segments: list[Segment] = []
    names: list[str] = []
    for part, playlist in zip(parts, found, strict=True):
        for name, segment in zip(playlist.names, playlist.segments, strict=True):
            names.append(segment_name(len(segments)))
            link(part / name, target / names[-1])
            segments.append(segment)
    write_playlist(target, segments)
    return Playlist(segments, names, INIT)


def link(source: Path, target: Path) -> None:
    """`target` is `source` under a second name, or a copy where a file system has no second names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def write_master(
    out: Path, rungs: Sequence[Rung], pictures: Sequence[Playlist], sound: Playlist | None, rate: Fraction
) -> list[dict[str, int]]:
    """The master playlist with measured bit rates; returns height, width, lines, peak, average and bytes of each rung.

    ffmpeg declares its caps, up to eight times what slides need: players on a slow line would stay on the lowest rung.
    The lowest comes first, because that is where players without a measurement begin.
    """
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    sound_peak, sound_mean = bandwidth(sound.segments) if sound else (0, 0)
    sound_bytes = sum(segment.size for segment in sound.segments) if sound else 0
    if sound:
        lines.append(
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="sound",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="1",'
            'URI="audio/i.m3u8"'
        )
    qualities: list[dict[str, int]] = []
    for rung, playlist in reversed(list(zip(rungs, pictures, strict=True))):
        peak, mean = bandwidth(playlist.segments)
        words = [codec(out / str(rung.height) / playlist.init), *([AUDIO_CODEC] if sound else [])]
        attributes = [
            f"BANDWIDTH={peak + sound_peak}",
            f"AVERAGE-BANDWIDTH={mean + sound_mean}",
            f"RESOLUTION={rung.width}x{rung.lines}",
            f"FRAME-RATE={float(rate):.3f}",
            f'CODECS="{",".join(words)}"',
            *(['AUDIO="sound"'] if sound else []),
        ]
        lines += ["#EXT-X-STREAM-INF:" + ",".join(attributes), f"{rung.height}/i.m3u8"]
        qualities.append(
            {
                "height": rung.height,
                "width": rung.width,
                "lines": rung.lines,
                "peak": peak + sound_peak,
                "average": mean + sound_mean,
                "bytes": sum(segment.size for segment in playlist.segments) + sound_bytes,
            }
        )
    (out / "master.m3u8").write_text("\n".join([*lines, ""]))
    return list(reversed(qualities))
