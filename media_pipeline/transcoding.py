"""From an uploaded source to a finished folder of renditions."""

import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from media_pipeline import commands, ffmpeg, hls, sprites
from media_pipeline.commands import Side, sprite_size
from media_pipeline.enums import Condition, TranscodeFailure, TranscodeStage
from media_pipeline.ffmpeg import Limits, MediaError, Probe, Run
from media_pipeline.hls import Playlist
from media_pipeline.ladder import (
    AUTOMATIC,
    CONSOLE,
    PROFILES,
    SLIDES,
    Piece,
    Plan,
    Profile,
    Rung,
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

LONGEST_S = 12 * 3600
MIB = 1024**2
# Disk that a worker leaves to everybody else.
SPARE_BYTES = 256 * MIB
MARK = "mark.json"

Report = Callable[[TranscodeStage, int], None]


@dataclass(frozen=True)
class Made:
    """A finished folder. `heights` greatest first; `qualities` as hls.write_master returns them, greatest first.

    `condition` is whole only if every second that the source announces (`announced_s`) was read without an error;
    `damage` counts the errors that the decoder stepped over, near the seconds `damage_at`. `lufs`: how loud the sound
    was before `gain_db` was added; None for silence and for no sound.
    """

    folder: Path
    duration_s: float
    heights: list[int]
    has_audio: bool
    total_bytes: int
    damage: int
    damage_at: list[float]
    condition: Condition
    announced_s: float | None
    picture_kind: str
    qualities: list[dict[str, int]]
    lufs: float | None
    gain_db: float


@dataclass(frozen=True)
class _Mark:
    """What a finished part of the work says of itself, in the folder that appears by one rename."""

    error_lines: int = 0
    error_at: list[float] = field(default_factory=list)
    kind: str = ""
    frames: int = 0
    lufs: float | None = None
    gain_db: float = 0.0


@dataclass(frozen=True)
class _Work:
    """One recording on its way. `scratch` is this attempt's alone; `kept` outlives a killed worker."""

    source: Path
    found: Probe
    rungs: tuple[Rung, ...]
    rate: Fraction
    plan: Plan
    wish: str
    scratch: Path
    kept: Path
    report: Report

    @property
    def length_s(self) -> float:
        return self.found.duration_s or LONGEST_S

    def limits(self, seconds: float) -> Limits:
        """For a process that works on `seconds` of the recording."""
        return Limits(
            cpu_s=int(600 + 30 * seconds),
            wall_s=1800 + 60 * seconds,
            file_bytes=int(256 * MIB + seconds * 8000 * 1000 / 8),
            stall_s=ffmpeg.STALL_S,
        )


def transcode(
    source: Path,
    *,
    workspace: Path,
    report: Report,
    kept: Path | None = None,
    wish: str = AUTOMATIC,
    plan: Plan | None = None,
) -> Made:
    """Make every rendition of `source` inside `workspace`, an existing empty folder of this attempt alone.

    `kept` is a folder of the same recording and `wish` on the same file system: parts of the work finished there by an
    earlier attempt are not done again. `wish` is a profile's name, or AUTOMATIC.
    `report` is called at least twice a second with stage and percent; it may raise to stop the work.
    Raises MediaError with the reason when there can be no result at all.
    """
    report(TranscodeStage.PROBING, 0)
    found = ffmpeg.probe(source, workdir=workspace)
    if found.duration_s and found.duration_s > LONGEST_S:
        raise MediaError(TranscodeFailure.TOO_LONG, f"{found.duration_s:.0f} s")
    rungs = ladder(found.width, found.height)
    _require_space(workspace, rungs, found.duration_s or 600)
    rate = frame_rate(found.average_rate, found.nominal_rate)
    folder = kept or workspace / "kept"
    folder.mkdir(exist_ok=True)
    work = _Work(source, found, rungs, rate, plan or Plan(), wish, workspace, folder, report)
    sound = _sound(work) if found.audio is not None else None
    done = _pictures(work)
    return _package(work, sound, done)


def _require_space(workspace: Path, rungs: Sequence[Rung], duration_s: float) -> None:
    # Slides stay far below their caps; a third of the caps holds what image stacks need.
    expected = int(duration_s * sum(rung.max_kbps for rung in rungs) * 1000 / 8 / 3)
    free = shutil.disk_usage(workspace).free
    if free < expected + SPARE_BYTES:
        raise MediaError(TranscodeFailure.NO_DISK, f"{free // MIB} MiB free, {expected // MIB} MiB expected")


def _read_mark(folder: Path) -> _Mark | None:
    path = folder / MARK
    return _Mark(**json.loads(path.read_text())) if path.is_file() else None


def _keep(work: _Work, name: str, mark: _Mark) -> None:
    """Move the finished piece/ of the scratch folder to `kept`/`name`, whole or not at all."""
    made = work.scratch / "piece"
    (made / MARK).write_text(json.dumps(asdict(mark)))
    try:
        made.rename(work.kept / name)
    except OSError:  # Somebody who held the job before us was as fast: what he left is as good.
        if _read_mark(work.kept / name) is None:
            raise
        shutil.rmtree(made)


def _fresh(work: _Work, *folders: str) -> None:
    shutil.rmtree(work.scratch / "piece", ignore_errors=True)
    for folder in ("", *folders):
        (work.scratch / "piece" / folder).mkdir()


def _run(work: _Work, command: Sequence[str], seconds: float, tick: Callable[[float], None], **options: Any) -> Run:
    done = ffmpeg.run(
        command, workdir=work.scratch, limits=work.limits(seconds), tick=tick, reads=work.source, **options
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


# --- sound ---


def _sound(work: _Work) -> _Mark:
    """Measure the sound, then encode it once for all rungs, as loud as that of other lectures."""
    kept = _read_mark(work.kept / "audio")
    if kept is not None:
        return kept

    def tick(seconds: float, *, begin: int, share: int) -> None:
        work.report(TranscodeStage.SOUND, begin + int(share * min(1.0, seconds / work.length_s)))

    longest_s = min(LONGEST_S, work.length_s * 1.01 + 3)
    command = commands.loudness_command(work.source, work.found, longest_s=longest_s)
    lufs = _loudness(_run(work, command, work.length_s, partial(tick, begin=1, share=1)))
    gain = gain_db(lufs)
    _fresh(work, "audio")
    command = commands.audio_command(work.source, work.found, gain_db=gain, rate=work.rate, longest_s=longest_s)
    done = _run(work, command, work.length_s, partial(tick, begin=2, share=3))
    folder = work.scratch / "piece" / "audio"
    if not (folder / "i.m3u8").is_file():
        # Announced, and nothing of it could be read: the recording is shown without sound, and is not whole.
        mark = _Mark(max(1, done.error_lines), [0.0])
    else:
        for number, name in enumerate(hls.read_playlist(folder).names):
            hls.settle(folder / name, later_s=Fraction(0), number=number)
        mark = _Mark(done.error_lines, list(done.error_at), lufs=lufs, gain_db=gain, frames=1)
    _keep(work, "audio", mark)
    return mark


def _loudness(done: Run) -> float | None:
    """LUFS of the whole, from the summary at the end of ebur128's messages; None for silence."""
    found = re.findall(r"I:\s+(-?[0-9.]+|-inf|nan) LUFS", done.errors)
    if not found or found[-1] in {"-inf", "nan"} or float(found[-1]) <= -70:
        return None
    return float(found[-1])


# --- pictures ---


def _pictures(work: _Work) -> list[_Mark]:
    """Encode every piece that is not kept yet; ends early where the recording does."""
    step = sprite_step(work.found.duration_s)
    marks = []
    planned = pieces(work.found.duration_s, work.rate, work.plan)
    for piece in planned:
        mark = _read_mark(work.kept / _name(piece))
        if mark is None:
            mark = _picture(work, piece, step)
        marks.append(mark)
        if piece.count is not None and mark.frames < piece.count * group(work.rate):
            break
    return [mark for mark in marks if mark.frames]


def _name(piece: Piece) -> str:
    return f"piece-{piece.number:04d}"


def _picture(work: _Work, piece: Piece, step: int) -> _Mark:
    """Encode one piece, settle its segments in time and keep it."""
    size = sprite_size(work.rungs[-1])
    poster_s = min(10.0, (work.found.duration_s or 0) / 10) if piece.number == 0 else None
    profile = CONSOLE if work.wish == AUTOMATIC else PROFILES[work.wish]
    _fresh(work, "sprite", *(str(rung.height) for rung in work.rungs))
    done = _encode(work, work.rungs, piece, profile, Side(step, *size, poster_s))
    made = work.scratch / "piece"
    top = made / str(work.rungs[0].height)
    if not (top / "i.m3u8").is_file():
        if piece.number == 0:
            raise MediaError(TranscodeFailure.INCOMPLETE, f"no picture\n{done.errors}")
        _keep(work, _name(piece), _Mark(done.error_lines, list(done.error_at)))
        return _Mark(done.error_lines, list(done.error_at))
    kind = work.wish
    if work.wish == AUTOMATIC:
        kind = _judged(work, piece, top)
    found = [hls.read_playlist(made / str(rung.height)) for rung in work.rungs]
    _require_alike(found)
    start_s = piece.first * segment_s(work.rate)
    for rung, playlist in zip(work.rungs, found, strict=True):
        for number, name in enumerate(playlist.names):
            hls.settle(made / str(rung.height) / name, later_s=start_s, number=piece.first + number)
    frames = round(Fraction(found[0].duration_s) * work.rate)
    mark = _Mark(done.error_lines, [float(start_s) + at for at in done.error_at], kind=kind, frames=frames)
    _keep(work, _name(piece), mark)
    return mark


def _encode(work: _Work, rungs: Sequence[Rung], piece: Piece, profile: Profile, side: Side | None) -> Run:
    command = commands.video_command(
        work.source, work.found, rungs, profile=profile, rate=work.rate, piece=piece, side=side, longest_s=LONGEST_S
    )
    start_s = float(piece.first * segment_s(work.rate))
    seconds = float(piece.count * segment_s(work.rate)) if piece.count else work.length_s - start_s

    def tick(done_s: float) -> None:
        far = (start_s + min(done_s, seconds)) / work.length_s
        work.report(TranscodeStage.ENCODING, 5 + int(90 * min(1.0, far)))

    tick(0.0)
    begun_by = ffmpeg.FROM_HERE if piece.first else b""
    return _run(work, command, max(1.0, seconds), tick, begun_by=begun_by)


def _judged(work: _Work, piece: Piece, top: Path) -> str:
    """What the picture is by the bits that its first rung took; slides lose the few segments that took too many.

    Everything is encoded once with the room of a console capture. Slides never need it: for them nothing is done twice.
    """
    cap = work.rungs[0].max_kbps
    segments = hls.read_playlist(top).segments
    if needs_console(segments, cap):
        return CONSOLE.name
    for first, count in too_heavy(segments, cap):
        _lighten(work, Piece(0, piece.first + first, count), first, top)
    return SLIDES.name


def _lighten(work: _Work, piece: Piece, first: int, top: Path) -> None:
    """Encode some segments of the first rung again, within the cap of slides."""
    aside = work.scratch / "heavy"
    shutil.rmtree(aside, ignore_errors=True)
    (work.scratch / "piece").rename(aside)
    _fresh(work, top.name)
    try:
        _encode(work, work.rungs[:1], piece, SLIDES, None)
        folder = work.scratch / "piece" / top.name
        again = hls.read_playlist(folder)
        for number, name in enumerate(again.names):
            # Their times begin at zero; moved to where the piece has them.
            hls.settle(folder / name, later_s=first * segment_s(work.rate), number=number)
            (folder / name).rename(aside / top.name / name)
    finally:
        shutil.rmtree(work.scratch / "piece")
        aside.rename(work.scratch / "piece")


def _require_alike(found: Sequence[Playlist]) -> None:
    lengths = [playlist.duration_s for playlist in found]
    if max(lengths) - min(lengths) > 0.5 or len({len(playlist.names) for playlist in found}) != 1:
        raise MediaError(TranscodeFailure.ENCODER_FAILED, f"rungs differ: {lengths}", retry=True)


# --- packaging ---


def _package(work: _Work, sound: _Mark | None, marks: Sequence[_Mark]) -> Made:
    work.report(TranscodeStage.PACKAGING, 96)
    out = work.scratch / "out"
    out.mkdir()
    parts = [work.kept / f"piece-{number:04d}" for number in range(len(marks))]
    pictures = [hls.join([part / str(rung.height) for part in parts], out / str(rung.height)) for rung in work.rungs]
    heard = hls.join([work.kept / "audio" / "audio"], out / "audio") if sound and sound.frames else None
    duration_s = round(pictures[0].duration_s, 3)
    is_short = _is_short(work.found, duration_s, heard)
    qualities = hls.write_master(out, work.rungs, pictures, heard, work.rate)
    starts = [float(n * work.plan.segments * segment_s(work.rate)) for n in range(len(parts))]
    interval_s = float(sprite_step(work.found.duration_s) * segment_s(work.rate))
    sprites.assemble(parts, starts, duration_s, interval_s, size=sprite_size(work.rungs[-1]), out=out)
    if (parts[0] / "poster.jpg").is_file():
        hls.link(parts[0] / "poster.jpg", out / "poster.jpg")
    _add_progressive(work, has_sound=heard is not None)
    lines = [*marks, *([sound] if sound else [])]
    damage = sum(mark.error_lines for mark in lines)
    condition = Condition.INCOMPLETE if is_short else Condition.DAMAGED if damage else Condition.WHOLE
    kinds = {mark.kind for mark in marks}
    return Made(
        folder=out,
        duration_s=duration_s,
        heights=[rung.height for rung in work.rungs],
        has_audio=heard is not None,
        total_bytes=sum(path.stat().st_size for path in out.rglob("*") if path.is_file()),
        damage=damage,
        damage_at=sorted(round(at, 1) for mark in lines for at in mark.error_at)[:20],
        condition=condition,
        announced_s=work.found.duration_s,
        picture_kind=CONSOLE.name if CONSOLE.name in kinds else min(kinds),
        qualities=qualities,
        lufs=sound.lufs if sound else None,
        gain_db=sound.gain_db if sound else 0.0,
    )


def _is_short(found: Probe, picture_s: float, sound: Playlist | None) -> bool:
    """ffmpeg ends well on a file whose end is missing, and makes hours out of damaged times: compare both ways.

    Raises MediaError for the latter.
    """
    if found.duration_s is None:
        return False
    made = max(picture_s, sound.duration_s if sound else 0)
    tolerance = max(1.0, found.duration_s * 0.005)
    if made > found.duration_s + tolerance:
        raise MediaError(TranscodeFailure.BAD_TIMING, f"{made:.2f} s made of {found.duration_s:.2f} s")
    return made < found.duration_s - tolerance


def _add_progressive(work: _Work, *, has_sound: bool) -> None:
    """The lowest rung as one MP4 for browsers without Media Source, and the poster if the encode left none."""
    limits = replace(work.limits(0), file_bytes=8 * 1024**3, stall_s=None)
    out = work.scratch / "out"
    audio = "out/audio/i.m3u8" if has_sound else None
    asked = [commands.progressive_command(f"out/{work.rungs[-1].height}/i.m3u8", audio)]
    if not (out / "poster.jpg").is_file():
        asked.append(commands.first_picture_command("out/lowest.mp4"))
    for command in asked:
        done = ffmpeg.run(
            command,
            workdir=work.scratch,
            limits=limits,
            tick=lambda _seconds: work.report(TranscodeStage.PACKAGING, 98),
        )
        if done.returncode != 0:
            raise _failure(done)
    for name in ("lowest.mp4", "poster.jpg"):
        if not (out / name).is_file() or not (out / name).stat().st_size:
            raise MediaError(TranscodeFailure.ENCODER_FAILED, f"{name} is empty", retry=True)
