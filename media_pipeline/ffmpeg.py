"""The only file that starts ffmpeg or ffprobe.

ffmpeg-python builds the argument lists; our own runner runs them. Uploads are untrusted: formats, codecs and protocols
are listed, the network is taken away where the kernel lets us, memory, CPU, file size and time have limits, and the
process dies with its worker.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import ffmpeg

from media_pipeline.enums import TranscodeFailure
from media_pipeline.ladder import AUDIO_KBPS, SEGMENT_S, Rung

MAX_PIXELS = 8192 * 4320
# Names of demuxers: hls, dash, concat, tty and image lists could read other files of this machine.
SAFE_INPUT: dict[str, Any] = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,matroska,avi,mpegts,mpeg,flv,asf,ogg",
    "codec_whitelist": (
        "h264,hevc,vp8,vp9,av1,libdav1d,mpeg4,msmpeg4v3,mpeg1video,mpeg2video,mjpeg,prores,vc1,wmv2,wmv3,theora,"
        "aac,mp3,mp3float,mp2,mp2float,ac3,eac3,opus,libopus,vorbis,flac,alac,wmav2,"
        "pcm_s16le,pcm_s24le,pcm_s16be,pcm_u8,pcm_f32le,mov_text,subrip,webvtt"
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
    returncode: int
    errors: str
    error_lines: int


@cache
def _cage() -> tuple[str, ...]:
    """The commands that shut a process off from the network, as far as this machine allows it."""
    for attempt in (("unshare", "--net"), ("unshare", "--net", "--map-current-user")):
        done = subprocess.run([*attempt, "true"], capture_output=True, check=False, timeout=10)
        if done.returncode == 0:
            return attempt
    return ()


def run(argv: Sequence[str], *, workdir: Path, limits: Limits, tick: Tick | None = None) -> Run:
    """Run `argv` in `workdir` within `limits`; its error lines end up in `workdir`/errors.txt.

    `tick` is called about twice a second with the seconds of media done so far (read from `workdir`/progress.txt) and
    may raise to stop the work: the whole process group is killed before the exception goes on.
    Raises MediaError when the program is missing, stalls or passes a limit of time.
    """
    if shutil.which(argv[0]) is None:
        raise MediaError(TranscodeFailure.ENCODER_MISSING, argv[0])
    caged = [
        "prlimit",
        f"--as={limits.memory_bytes}",
        f"--cpu={limits.cpu_s}",
        f"--fsize={limits.file_bytes}",
        "--nofile=4096",
        "--core=0",
        *("nice", "-n", "10"),
        *_cage(),
        # Last, because changing credentials clears it: the process dies with the worker that started it.
        *("setpriv", "--pdeathsig", "KILL", "--no-new-privs"),
        *argv,
    ]
    errors = workdir / "errors.txt"
    (workdir / "progress.txt").unlink(missing_ok=True)
    with errors.open("wb") as stderr, (workdir / "output.txt").open("wb") as stdout:
        process = subprocess.Popen(
            caged,
            cwd=workdir,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "4"},
        )
        try:
            _watch(process, workdir, limits, tick)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if process.returncode in (-signal.SIGXCPU, 128 + signal.SIGXCPU, -signal.SIGXFSZ, 128 + signal.SIGXFSZ):
        raise MediaError(TranscodeFailure.TOO_HEAVY, f"ended by signal, return code {process.returncode}")
    tail, lines = _read_errors(errors)
    return Run(process.returncode, tail, lines)


def _watch(process: "subprocess.Popen[bytes]", workdir: Path, limits: Limits, tick: Tick | None) -> None:
    begun = moved = time.monotonic()
    last = -1.0
    while True:
        try:
            process.wait(timeout=0.5)
            return
        except subprocess.TimeoutExpired:
            now = time.monotonic()
        if tick or limits.stall_s:
            done = progress_s(workdir / "progress.txt")
            if done != last:
                last, moved = done, now
            if tick:
                tick(done)
        if limits.stall_s and now - moved > limits.stall_s:
            raise MediaError(TranscodeFailure.STALLED, f"no progress after {last:.1f} s of media", retry=True)
        if now - begun > limits.wall_s:
            raise MediaError(TranscodeFailure.TOO_HEAVY, f"not done after {limits.wall_s:.0f} s")


def progress_s(path: Path) -> float:
    """Seconds of media done, from the end of an ffmpeg progress file; 0 before the first report."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 2048))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return 0.0
    for line in reversed(lines):
        key, _, value = line.partition("=")
        if key == "out_time_us" and value.lstrip("-").isdigit():
            return max(0, int(value)) / 1_000_000
    return 0.0


def _read_errors(path: Path) -> tuple[str, int]:
    """(last 4,000 characters, number of lines) of an error file, however large a hostile input made it."""
    count = 0
    with path.open("rb") as file:
        for _line in file:
            count += 1
        file.seek(max(0, file.tell() - 4000))
        return file.read().decode(errors="replace").strip(), count


def probe(source: Path, *, workdir: Path) -> Probe:
    """Look into an untrusted file. Raises MediaError with the reason when it is not a video that can be prepared."""
    safe = [word for key, value in SAFE_INPUT.items() for word in (f"-{key}", str(value))]
    argv = ["ffprobe", "-v", "error", *safe, "-show_format", "-show_streams", "-of", "json", f"file:{source}"]
    found = run(argv, workdir=workdir, limits=Limits(cpu_s=40, wall_s=45, file_bytes=16 * 1024**2))
    if found.returncode != 0:
        raise MediaError(_probe_failure(found.errors, source), found.errors)
    try:
        data = json.loads((workdir / "output.txt").read_text(errors="replace"))
    except ValueError as error:
        raise MediaError(TranscodeFailure.NOT_A_VIDEO, str(error)) from error
    return _read_probe(data)


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
    """The longer of picture and sound; the container's word where the streams do not say."""
    lengths = [_seconds(stream.get("duration")) for stream in (picture, *sounds)]
    known = [length for length in lengths if length]
    return max(known) if len(known) == len(lengths) else _seconds(container.get("duration"))


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


def encode_command(
    source: Path, found: Probe, rungs: Sequence[Rung], *, rate: Fraction, poster_s: float, longest_s: float
) -> list[str]:
    """One process, one decode: fragmented MP4 HLS of every rung, the sound once for all of them, and a poster.

    Each rung is scaled from the one above it. Writes out/<height>/, out/audio/, out/master.m3u8, out/poster.jpg.
    """
    start = ffmpeg.input(f"file:{source}", t=longest_s, **SAFE_INPUT)
    picture = start[str(found.video)]
    if found.is_interlaced:
        picture = picture.filter("yadif", deint="interlaced")
    picture = picture.filter("fps", fps=f"{rate.numerator}/{rate.denominator}")
    ends, poster = [], None
    for position, rung in enumerate(rungs):
        picture = picture.filter("scale", w=rung.width, h=rung.lines, flags="bicubic").filter("setsar", 1)
        if found.is_hdr and position == 0:
            picture = _tone_map(picture)
        branches = picture.filter("format", "yuv420p").split()
        ends.append(branches[0])
        if position == 0:
            # The branch closes after one second, so that it costs one scaled frame.
            poster = branches[2].filter("trim", start=poster_s, duration=1).filter("format", "yuvj420p")
        picture = branches[1]
    names = [f"v:{position},name:{rung.height}" for position, rung in enumerate(rungs)]
    options: dict[str, Any] = {
        "c:v": "libx264",
        "preset": "veryfast",
        "crf": 23,
        "g": 250,
        "sc_threshold": 0,
        "force_key_frames": f"expr:gte(t,n_forced*{SEGMENT_S})",
    }
    for position, rung in enumerate(rungs):
        options[f"maxrate:v:{position}"] = f"{rung.max_kbps}k"
        options[f"bufsize:v:{position}"] = f"{2 * rung.max_kbps}k"
    if found.audio is not None:
        ends.append(start[str(found.audio)].filter("aresample", **{"async": 1, "first_pts": 0}))
        options |= {"c:a": "aac", "b:a": f"{AUDIO_KBPS}k", "ac": 1, "ar": 48000}
        names = [f"{name},agroup:sound" for name in names] + ["a:0,agroup:sound,default:yes,name:audio"]
    hls = ffmpeg.output(
        *ends,
        "out/%v/i.m3u8",
        f="hls",
        hls_time=SEGMENT_S,
        hls_playlist_type="vod",
        hls_segment_type="fmp4",
        hls_flags="independent_segments+temp_file",
        hls_segment_filename="out/%v/s%05d.m4s",
        master_pl_name="master.m3u8",
        var_stream_map=" ".join(names),
        max_muxing_queue_size=1024,
        **_BARE,
        **options,
    )
    still = {"f": "image2", "update": 1, "frames:v": 1, "c:v": "mjpeg", "q:v": 4}
    outputs = ffmpeg.merge_outputs(hls, ffmpeg.output(poster, "out/poster.jpg", **_BARE, **still))
    return _compiled(outputs)


# Patients' names and places stand in metadata, chapters and data tracks: nothing of them is kept.
_BARE: dict[str, Any] = {"map_metadata": -1, "map_chapters": -1, "sn": None, "dn": None}


def _tone_map(picture: Any) -> Any:
    linear = picture.filter("zscale", t="linear", npl=100).filter("format", "gbrpf32le").filter("zscale", p="bt709")
    return linear.filter("tonemap", "hable", desat=0).filter("zscale", t="bt709", m="bt709", r="tv")


def _compiled(outputs: Any) -> list[str]:
    told = outputs.global_args(
        "-nostdin", "-hide_banner", "-loglevel", "error", "-nostats", "-progress", "progress.txt"
    )
    return [str(word) for word in ffmpeg.compile(told, overwrite_output=True)]


def progressive_command(video: str, audio: str | None) -> list[str]:
    """Copies our own playlists into out/lowest.mp4, which plays while it loads. Nothing is encoded again."""
    own: dict[str, Any] = {"protocol_whitelist": "file", "format_whitelist": "hls,mov", "allowed_extensions": "ALL"}
    streams = [ffmpeg.input(video, **own)["v:0"]]
    if audio:
        streams.append(ffmpeg.input(audio, **own)["a:0"])
    return _compiled(ffmpeg.output(*streams, "out/lowest.mp4", c="copy", movflags="+faststart", **_BARE))


def first_picture_command(video: str) -> list[str]:
    """Makes out/poster.jpg of the first picture of our own MP4."""
    picture = ffmpeg.input(video, protocol_whitelist="file", format_whitelist="mov")["v:0"]
    return _compiled(
        ffmpeg.output(picture, "out/poster.jpg", f="image2", update=1, **{"frames:v": 1, "q:v": 4}, **_BARE)
    )


def slideshow_command(slides: Sequence[tuple[Path, float]], speech: Path, output: Path) -> list[str]:
    """Shows each picture for its seconds, in order, to the sound of `speech`, as one MP4 of 5 frames a second."""
    pictures = [
        ffmpeg.input(f"file:{path}", loop=1, framerate=5, t=round(seconds, 3), f="image2") for path, seconds in slides
    ]
    joined = ffmpeg.concat(*pictures, v=1, a=0).filter("format", "yuv420p")
    made = ffmpeg.output(
        joined, ffmpeg.input(f"file:{speech}"), f"file:{output}", vcodec="libx264", preset="superfast", crf=20,
        tune="stillimage", g=25, acodec="aac", audio_bitrate="64k", movflags="+faststart", shortest=None, **_BARE,
    )  # fmt: skip
    return _compiled(made)
