"""From an uploaded source to a finished folder of renditions."""

import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from media_pipeline import ffmpeg
from media_pipeline.enums import TranscodeFailure, TranscodeStage
from media_pipeline.ffmpeg import Limits, MediaError, Probe, Run
from media_pipeline.ladder import Rung, Segment, bandwidth, frame_rate, ladder

LONGEST_S = 12 * 3600
MIB = 1024**2
# Disk that a worker leaves to everybody else.
SPARE_BYTES = 256 * MIB

Report = Callable[[TranscodeStage, int], None]


@dataclass(frozen=True)
class Made:
    """A finished folder. `heights` greatest first; `damage` counts the errors that the decoder stepped over."""

    folder: Path
    duration_s: float
    heights: list[int]
    has_audio: bool
    total_bytes: int
    damage: int


@dataclass(frozen=True)
class Playlist:
    segments: list[Segment]

    @property
    def duration_s(self) -> float:
        return sum(segment.duration_s for segment in self.segments)


def transcode(source: Path, *, workspace: Path, report: Report) -> Made:
    """Make every rendition of `source` inside `workspace`, an existing empty folder of this attempt alone.

    `report` is called at least twice a second with stage and percent; it may raise to stop the work.
    Raises MediaError with the reason when there can be no complete result.
    """
    report(TranscodeStage.PROBING, 0)
    found = ffmpeg.probe(source, workdir=workspace)
    if found.duration_s and found.duration_s > LONGEST_S:
        raise MediaError(TranscodeFailure.TOO_LONG, f"{found.duration_s:.0f} s")
    rungs = ladder(found.width, found.height)
    _require_space(workspace, rungs, found.duration_s or 600)
    (workspace / "out").mkdir()
    rate = frame_rate(found.average_rate, found.nominal_rate)
    encoded = _encode(source, found, rungs, rate, workspace=workspace, report=report)
    report(TranscodeStage.PACKAGING, 96)
    out = workspace / "out"
    pictures = [read_playlist(out / str(rung.height)) for rung in rungs]
    sound = read_playlist(out / "audio") if found.audio is not None else None
    _check_duration(found, pictures, sound)
    _write_master(out, rungs, pictures, sound, rate)
    _add_progressive(rungs[-1], sound is not None, workspace=workspace, report=report)
    files = [path for path in out.rglob("*") if path.is_file()]
    return Made(
        folder=out,
        duration_s=round(pictures[0].duration_s, 3),
        heights=[rung.height for rung in rungs],
        has_audio=sound is not None,
        total_bytes=sum(path.stat().st_size for path in files),
        damage=encoded.error_lines,
    )


def _require_space(workspace: Path, rungs: Sequence[Rung], duration_s: float) -> None:
    # Slides stay far below their caps; a third of the caps holds what image stacks need.
    expected = int(duration_s * sum(rung.max_kbps for rung in rungs) * 1000 / 8 / 3)
    free = shutil.disk_usage(workspace).free
    if free < expected + SPARE_BYTES:
        raise MediaError(TranscodeFailure.NO_DISK, f"{free // MIB} MiB free, {expected // MIB} MiB expected")


def _encode(
    source: Path, found: Probe, rungs: Sequence[Rung], rate: Fraction, *, workspace: Path, report: Report
) -> Run:
    length_s = found.duration_s or LONGEST_S
    poster_s = min(10.0, (found.duration_s or 0) / 10)
    command = ffmpeg.encode_command(source, found, rungs, rate=rate, poster_s=poster_s, longest_s=LONGEST_S)
    done = ffmpeg.run(
        command,
        workdir=workspace,
        limits=Limits(
            cpu_s=int(600 + 30 * length_s),
            wall_s=1800 + 60 * length_s,
            file_bytes=int(256 * MIB + length_s * rungs[0].max_kbps * 1000 / 8),
            stall_s=ffmpeg.STALL_S,
        ),
        tick=lambda seconds: report(TranscodeStage.ENCODING, 2 + int(93 * min(1.0, seconds / length_s))),
    )
    if done.returncode != 0:
        raise _failure(done)
    return done


def _failure(done: Run) -> MediaError:
    detail = f"return code {done.returncode}\n{done.errors}"
    if "No space left on device" in done.errors:
        return MediaError(TranscodeFailure.NO_DISK, detail)
    if "Cannot allocate memory" in done.errors:
        return MediaError(TranscodeFailure.TOO_HEAVY, detail)
    if "not on whitelist" in done.errors:
        return MediaError(TranscodeFailure.UNSUPPORTED, detail)
    # Ended by a signal that was not ours: perhaps the machine was out of memory. Another try may do.
    return MediaError(TranscodeFailure.ENCODER_FAILED, detail, retry=done.returncode < 0)


def read_playlist(folder: Path) -> Playlist:
    """The segments of `folder`/i.m3u8, each seen on disk. Raises MediaError when the playlist is not whole."""
    try:
        text = (folder / "i.m3u8").read_text()
    except OSError as error:
        raise MediaError(TranscodeFailure.INCOMPLETE, f"no playlist in {folder.name}") from error
    if "#EXT-X-ENDLIST" not in text:
        raise MediaError(TranscodeFailure.ENCODER_FAILED, f"open playlist in {folder.name}", retry=True)
    names = re.findall(r'^#EXT-X-MAP:URI="([^"]+)"', text, re.MULTILINE)
    pieces = re.findall(r"^#EXTINF:([0-9.]+),\s*\n([^#\n]+)$", text, re.MULTILINE)
    sizes = {name: _size(folder / name) for name in [*names, *(name for _duration, name in pieces)]}
    if not pieces or not names or not all(sizes.values()):
        lost = [name for name, size in sizes.items() if not size]
        raise MediaError(TranscodeFailure.ENCODER_FAILED, f"missing in {folder.name}: {lost[:5]}", retry=True)
    return Playlist([Segment(float(duration), sizes[name]) for duration, name in pieces])


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _check_duration(found: Probe, pictures: Iterable[Playlist], sound: Playlist | None) -> None:
    """ffmpeg ends well on a file whose end is missing, and makes hours out of damaged times: compare both ways."""
    lengths = [playlist.duration_s for playlist in pictures]
    if max(lengths) - min(lengths) > 0.5:
        raise MediaError(TranscodeFailure.ENCODER_FAILED, f"rungs differ: {lengths}", retry=True)
    if found.duration_s is None:
        return
    made = max(lengths[0], sound.duration_s if sound else 0)
    tolerance = max(1.0, found.duration_s * 0.005)
    detail = f"{made:.2f} s made of {found.duration_s:.2f} s"
    if made < found.duration_s - tolerance:
        raise MediaError(TranscodeFailure.INCOMPLETE, detail)
    if made > found.duration_s + tolerance:
        raise MediaError(TranscodeFailure.BAD_TIMING, detail)


def _write_master(
    out: Path, rungs: Sequence[Rung], pictures: Sequence[Playlist], sound: Playlist | None, rate: Fraction
) -> None:
    """The master playlist with measured bit rates.

    ffmpeg declares its caps, up to eight times what slides need: players on a slow line would stay on the lowest rung.
    The lowest comes first, because that is where players without a measurement begin.
    """
    declared = (out / "master.m3u8").read_text()
    codecs = {height: codec for codec, height in re.findall(r'CODECS="([^"]+)"[^\n]*\n(\d+)/i\.m3u8', declared)}
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    sound_peak, sound_mean = bandwidth(sound.segments) if sound else (0, 0)
    if sound:
        lines.append(
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="sound",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="1",'
            'URI="audio/i.m3u8"'
        )
    for rung, playlist in reversed(list(zip(rungs, pictures, strict=True))):
        peak, mean = bandwidth(playlist.segments)
        attributes = [
            f"BANDWIDTH={peak + sound_peak}",
            f"AVERAGE-BANDWIDTH={mean + sound_mean}",
            f"RESOLUTION={rung.width}x{rung.lines}",
            f"FRAME-RATE={float(rate):.3f}",
            f'CODECS="{codecs[str(rung.height)]}"',
            *(['AUDIO="sound"'] if sound else []),
        ]
        lines += ["#EXT-X-STREAM-INF:" + ",".join(attributes), f"{rung.height}/i.m3u8"]
    (out / "master.m3u8").write_text("\n".join([*lines, ""]))


def _add_progressive(lowest: Rung, has_sound: bool, *, workspace: Path, report: Report) -> None:
    """The lowest rung as one MP4 for browsers without Media Source, and the poster if the encode left none."""
    limits = Limits(cpu_s=900, wall_s=1800, file_bytes=8 * 1024**3)
    commands = [
        ffmpeg.progressive_command(f"out/{lowest.height}/i.m3u8", "out/audio/i.m3u8" if has_sound else None),
    ]
    if not _size(workspace / "out" / "poster.jpg"):
        commands.append(ffmpeg.first_picture_command("out/lowest.mp4"))
    for command in commands:
        done = ffmpeg.run(
            command, workdir=workspace, limits=limits, tick=lambda _seconds: report(TranscodeStage.PACKAGING, 98)
        )
        if done.returncode != 0:
            raise _failure(done)
    for name in ("lowest.mp4", "poster.jpg"):
        if not _size(workspace / "out" / name):
            raise MediaError(TranscodeFailure.ENCODER_FAILED, f"{name} is empty", retry=True)
