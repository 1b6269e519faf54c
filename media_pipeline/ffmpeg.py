"""The only file that starts ffmpeg or ffprobe.

Uploads are untrusted: formats, codecs and protocols are listed, the network is taken away where the kernel lets us, a
worker of root gives up its rights first, memory, CPU, file size and time have limits, and the process dies with its
worker.
"""

import json
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from media_pipeline.enums import TranscodeFailure

MAX_PIXELS = 8192 * 4320
# Names of demuxers: hls, dash, concat, tty and image lists could read other files of this machine.
SAFE_INPUT: dict[str, Any] = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,matroska,avi,mpegts,mpeg,flv,asf,ogg",
    "codec_whitelist": (
        "h264,hevc,vp8,vp9,av1,libdav1d,mpeg4,msmpeg4v3,mpeg1video,mpeg2video,mjpeg,prores,vc1,wmv2,wmv3,theora,"
        "aac,mp3,mp3float,mp2,mp2float,ac3,eac3,opus,libopus,vorbis,flac,alac,wmav2,"
        "pcm_s16le,pcm_s24le,pcm_s16be,pcm_u8,pcm_f32le,"
        # Never decoded, but ffprobe opens them: subtitles and covers that a recording brings along.
        "mov_text,subrip,srt,ass,ssa,text,webvtt,png"
    ),
    "max_pixels": MAX_PIXELS,
}
HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
GIB = 1024**3
STALL_S = 120.0

Tick = Callable[[float], None]


class MediaError(Exception):
    """A transcode that cannot go on: `failure` is for the editor, `detail` for the operator."""

    def __init__(self, failure: TranscodeFailure, detail: str = "", *, retry: bool = False) -> None:
        super().__init__(failure.value)
        self.failure = failure
        self.detail = detail
        self.retry = retry


@dataclass(frozen=True)
class Limits:
    """What one process may use. `stall_s`: longest time without progress, for commands that report it."""

    cpu_s: int
    wall_s: float
    file_bytes: int
    memory_bytes: int = 6 * GIB
    stall_s: float | None = None


@dataclass(frozen=True)
class Probe:
    """What ffprobe found. `width` × `height` as displayed; `duration_s` is None when the container does not say."""

    duration_s: float | None
    video: int
    audio: int | None
    width: int
    height: int
    average_rate: Fraction
    nominal_rate: Fraction
    is_interlaced: bool
    is_hdr: bool


@dataclass(frozen=True)
class Run:
    """How a process ended. `error_at`: seconds of media done when lines of errors were seen to come, at most 20."""

    returncode: int
    errors: str
    error_lines: int
    error_at: tuple[float, ...] = ()


# Where a process says how far it is, in its folder.
PROGRESS = "progress.txt"
# What a command writes among its errors when those count that follow: see commands.video_command.
FROM_HERE = b"errors_count_from_here=1\n"


@dataclass
class _Errors:
    """What is seen of a growing file of errors. Nothing of it is looked at before the line `begun_by`, if there is one.

    `begin`: where what counts begins in the file; None as long as that line has not come.
    """

    path: Path
    begun_by: bytes = b""
    begin: int | None = None
    size: int = 0
    at: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.begin = None if self.begun_by else 0

    def look(self, done: float) -> None:
        if self.begin is None:
            self._find()
        if self.begin is None:
            return
        size = self.path.stat().st_size
        if size == self.size:
            return
        self.size = size
        if len(self.at) < 20 and (not self.at or done - self.at[-1] >= 1):
            self.at.append(done)

    def _find(self) -> None:
        with self.path.open("rb") as file:
            file.seek(self.size)
            for line in file:
                if line == self.begun_by:
                    self.begin = self.size = file.tell()
                    return
                if line.endswith(b"\n"):
                    self.size += len(line)


@cache
def _cage() -> tuple[str, ...]:
    """The commands that shut a process off from the network, as far as this machine allows it."""
    for attempt in (("unshare", "--net"), ("unshare", "--net", "--map-current-user")):
        done = subprocess.run([*attempt, "true"], capture_output=True, check=False, timeout=10)
        if done.returncode == 0:
            return attempt
    return ()


@cache
def sandbox_user() -> tuple[int, int] | None:
    """User and group that a worker of root runs a process as; None where the worker has no rights to give up."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return 65534, 65534
    return nobody.pw_uid, nobody.pw_gid


def run(
    argv: Sequence[str],
    *,
    workdir: Path,
    limits: Limits,
    tick: Tick | None = None,
    reads: Path | None = None,
    begun_by: bytes = b"",
    is_trusted: bool = False,
) -> Run:
    """Run `argv` in `workdir` within `limits`; its error lines end up in `workdir`/errors.txt.

    `reads` is the one file outside `workdir` that the process is handed, already open: "file:<reads>" in `argv` becomes
    that. `tick` is called about twice a second with the seconds of media done so far (read from
    `workdir`/progress.txt) and may raise to stop the work: the whole process group is killed before the exception goes
    on. Error lines up to the line `begun_by` are not counted, if that line comes. `is_trusted`: works on files of our
    own, and keeps the worker's user.
    Raises MediaError when the program is missing, stalls or passes a limit of time, or leaves what is no plain file.
    """
    if shutil.which(argv[0]) is None:
        raise MediaError(TranscodeFailure.ENCODER_MISSING, argv[0])
    user = None if is_trusted else sandbox_user()
    for name in (PROGRESS, "errors.txt", "output.txt"):
        (workdir / name).unlink(missing_ok=True)
    errors = workdir / "errors.txt"
    with _handed(reads, user) as (kept_open, named), errors.open("wb") as stderr:
        given = nullcontext() if is_trusted else _given(workdir, user)
        with (workdir / "output.txt").open("wb") as stdout, given:
            seen = _Errors(errors, begun_by)
            process = subprocess.Popen(
                [*_caged(limits, user), *(named if word == f"file:{reads}" else word for word in argv)],
                cwd=workdir,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                pass_fds=kept_open,
                env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "4"},
            )
            try:
                _watch(process, workdir, limits, tick, seen)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
    if process.returncode in (-signal.SIGXCPU, 128 + signal.SIGXCPU, -signal.SIGXFSZ, 128 + signal.SIGXFSZ):
        raise MediaError(TranscodeFailure.TOO_HEAVY, f"ended by signal, return code {process.returncode}")
    tail, lines = _read_errors(errors, seen.begin or 0)
    return Run(process.returncode, tail, lines, tuple(seen.at))


def _caged(limits: Limits, user: tuple[int, int] | None) -> list[str]:
    """The commands that take rights away, outermost first."""
    unprivileged = []
    if user is not None:
        uid, gid = user
        unprivileged = [f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    return [
        "prlimit",
        f"--as={limits.memory_bytes}",
        # The soft limit tells which one it was; only the hard one kills without a word.
        f"--cpu={limits.cpu_s}:{limits.cpu_s + 5}",
        f"--fsize={limits.file_bytes}",
        "--nofile=4096",
        "--core=0",
        *("nice", "-n", "10"),
        *_cage(),
        # Last, because changing credentials clears it: the process dies with the worker that started it.
        *("setpriv", *unprivileged, "--pdeathsig", "KILL", "--no-new-privs"),
    ]


@contextmanager
def _handed(reads: Path | None, user: tuple[int, int] | None) -> Iterator[tuple[tuple[int, ...], str]]:
    """`reads` as an open file and the name it has inside: its folders may be closed to the process."""
    if reads is None:
        yield (), ""
        return
    try:
        descriptor = os.open(reads, os.O_RDONLY)
    except OSError as error:
        raise MediaError(TranscodeFailure.SOURCE_MISSING, str(reads)) from error
    try:
        mode = os.fstat(descriptor).st_mode
        if user is not None and not mode & stat.S_IROTH:
            os.fchown(descriptor, -1, user[1])
            os.fchmod(descriptor, stat.S_IMODE(mode) | stat.S_IRGRP)
        yield (descriptor,), f"file:/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


@contextmanager
def _given(workdir: Path, user: tuple[int, int] | None) -> Iterator[None]:
    """Give `workdir` and its folders to `user` while the process runs; then look at what it left, and take it back."""
    if user is None:
        yield
        _require_plain(workdir)
        return
    before = {path: path.stat() for path in (workdir, *(found for found in workdir.rglob("*") if found.is_dir()))}
    for path in before:
        os.chown(path, *user)
    try:
        yield
    finally:
        for path, was in before.items():
            os.chown(path, was.st_uid, was.st_gid)
        _require_plain(workdir)
        for path in workdir.rglob("*"):
            if path.lstat().st_uid == user[0]:
                os.chown(path, os.geteuid(), os.getegid(), follow_symlinks=False)


def _require_plain(workdir: Path) -> None:
    """A decoder that was taken over might leave a link to another file of this machine, for us to serve."""
    for folder, folders, names in os.walk(workdir):
        for name in (*folders, *names):
            mode = Path(folder, name).lstat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                raise MediaError(TranscodeFailure.ENCODER_FAILED, f"{name} is no plain file")


def _watch(
    process: "subprocess.Popen[bytes]",
    workdir: Path,
    limits: Limits,
    tick: Tick | None,
    seen: _Errors,
) -> None:
    begun = moved = time.monotonic()
    last = -1.0
    while True:
        try:
            process.wait(timeout=0.5)
            seen.look(max(0.0, last))
            return
        except subprocess.TimeoutExpired:
            now = time.monotonic()
        if tick or limits.stall_s:
            done = progress_s(workdir / PROGRESS)
            if done != last:
                last, moved = done, now
            seen.look(done)
            if tick:
                tick(done)
        if limits.stall_s and now - moved > limits.stall_s:
            raise MediaError(TranscodeFailure.STALLED, f"no progress after {last:.1f} s of media", retry=True)
        if now - begun > limits.wall_s:
            raise MediaError(TranscodeFailure.TOO_HEAVY, f"not done after {limits.wall_s:.0f} s")


def progress_s(path: Path) -> float:
    """Seconds of media done: the last that ffmpeg or one of its filters wrote to `path`; 0 before the first."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 2048))
            told = re.findall(rb"out_time_us=([0-9]+)\s|pts_time:([0-9.]+)\s", file.read())
    except OSError:
        return 0.0
    if not told:
        return 0.0
    reported_us, seen_s = told[-1]
    return float(seen_s) if seen_s else int(reported_us) / 1_000_000


def _read_errors(path: Path, begin: int) -> tuple[str, int]:
    """(last 4,000 characters, lines from byte `begin` on) of an error file, however large a hostile input made it."""
    with path.open("rb") as file:
        file.seek(begin)
        count = sum(1 for _line in file)
        file.seek(max(0, file.tell() - 4000))
        return file.read().decode(errors="replace").strip(), count


def probe(source: Path, *, workdir: Path) -> Probe:
    """Look into an untrusted file. Raises MediaError with the reason when it is not a video that can be prepared."""
    safe = [word for key, value in SAFE_INPUT.items() for word in (f"-{key}", str(value))]
    argv = ["ffprobe", "-v", "error", *safe, "-show_format", "-show_streams", "-of", "json", f"file:{source}"]
    found = run(argv, workdir=workdir, limits=Limits(cpu_s=40, wall_s=45, file_bytes=16 * 1024**2), reads=source)
    if found.returncode != 0:
        raise MediaError(_probe_failure(found.errors, source), found.errors)
    try:
        data = json.loads((workdir / "output.txt").read_text(errors="replace"))
    except ValueError as error:
        raise MediaError(TranscodeFailure.NOT_A_VIDEO, str(error)) from error
    try:
        return _read_probe(data)
    except MediaError as error:
        # Nothing is known of a picture that is too large to be looked at.
        if _probe_failure(found.errors, source) == TranscodeFailure.PICTURE_TOO_LARGE:
            raise MediaError(TranscodeFailure.PICTURE_TOO_LARGE, found.errors) from error
        raise


# What a QuickTime or MP4 file may begin with; anything may be called .mp4.
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})


def _probe_failure(errors: str, source: Path) -> TranscodeFailure:
    if "moov atom not found" in errors or "partial file" in errors:
        with source.open("rb") as file:
            return TranscodeFailure.INCOMPLETE if file.read(8)[4:] in _BOXES else TranscodeFailure.NOT_A_VIDEO
    if "Picture size" in errors or "max_pixels" in errors:
        return TranscodeFailure.PICTURE_TOO_LARGE
    if "not on whitelist" in errors and "Codec" in errors:
        return TranscodeFailure.UNSUPPORTED
    return TranscodeFailure.NOT_A_VIDEO


def _read_probe(data: dict[str, Any]) -> Probe:
    streams = data.get("streams", [])
    pictures = [
        stream
        for stream in streams
        if stream.get("codec_type") == "video" and not stream.get("disposition", {}).get("attached_pic")
    ]
    sounds = [stream for stream in streams if stream.get("codec_type") == "audio" and stream.get("codec_name")]
    if not pictures:
        failure = TranscodeFailure.NO_VIDEO_STREAM if sounds else TranscodeFailure.NOT_A_VIDEO
        raise MediaError(failure, json.dumps([stream.get("codec_type") for stream in streams]))
    picture = pictures[0]
    width, height = _displayed(picture)
    if width < 2 or height < 2:
        raise MediaError(TranscodeFailure.NOT_A_VIDEO, "no picture size")
    if width * height > MAX_PIXELS:
        raise MediaError(TranscodeFailure.PICTURE_TOO_LARGE, f"{width} × {height}")
    return Probe(
        duration_s=_length(picture, sounds[:1], data.get("format", {})),
        video=int(picture["index"]),
        audio=int(sounds[0]["index"]) if sounds else None,
        width=width,
        height=height,
        average_rate=_ratio(picture.get("avg_frame_rate")) or Fraction(0),
        nominal_rate=_ratio(picture.get("r_frame_rate")) or Fraction(0),
        is_interlaced=picture.get("field_order") in {"tt", "bb", "tb", "bt"},
        is_hdr=picture.get("color_transfer") in HDR_TRANSFERS,
    )


def _length(picture: dict[str, Any], sounds: list[dict[str, Any]], container: dict[str, Any]) -> float | None:
    """From the beginning of the file to the end of picture or sound; the container's word if these do not say."""
    streams = (picture, *sounds)
    ends = [_seconds(stream.get("duration")) for stream in streams]
    begins = [_seconds(stream.get("start_time")) or 0.0 for stream in streams]
    known = [begin + end for begin, end in zip(begins, ends, strict=True) if end]
    if len(known) != len(ends):
        return _seconds(container.get("duration"))
    return max(known) - min(begins)


def _displayed(picture: dict[str, Any]) -> tuple[int, int]:
    """Width and height as a player shows them: pixel shape and rotation applied."""
    width, height = int(picture.get("width") or 0), int(picture.get("height") or 0)
    shape = _ratio(str(picture.get("sample_aspect_ratio", "")).replace(":", "/"))
    if shape and Fraction(1, 4) <= shape <= 4:
        width = round(width * shape)
    turns = [side.get("rotation", 0) for side in picture.get("side_data_list", [])]
    turned = any(round(float(turn) / 90) % 2 for turn in turns)
    return (height, width) if turned else (width, height)


def _ratio(text: Any) -> Fraction | None:
    try:
        return Fraction(str(text)) or None
    except (ValueError, ZeroDivisionError):
        return None


def _seconds(text: Any) -> float | None:
    try:
        seconds = float(text)
    except (TypeError, ValueError):
        return None
    return seconds if 0 < seconds < float("inf") else None
