"""What the platform's transcode costs, keeps and declares, beside one plain command and one process a rendition.

A slide lecture and a scrolled console of 60 s, made here; the four rungs 1080, 720, 480, 360 and the sound on all
sides; the same caps on all sides, those of the profile. MEDIA_SECONDS and MEDIA_PAIRS in the environment make it
shorter: the goals are meant for 60 s and five pairs, and the shares of a short recording are other ones.
"""

import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from django.core.files import File
from django.db import connections

from cms.shared.storage import local_path, private_storage
from media_pipeline import commands, ffmpeg, hls, ladder
from media_pipeline.models import Lecture
from media_pipeline.services import lectures
from tests.benchmarks import media_sources
from tests.benchmarks.harness import Measured

SECONDS = int(os.environ.get("MEDIA_SECONDS", "60"))
PAIRS = int(os.environ.get("MEDIA_PAIRS", "5"))
RUNGS = ((1920, 1080), (1280, 720), (852, 480), (640, 360))
CAPS = {"slides": (4500, 2500, 1000, 500), "console": (8000, 2500, 1000, 500)}


@dataclass(frozen=True)
class Cost:
    """Processor seconds of all processes and of the worker's own; memory in MB: the worker's and the largest other."""

    cpu_s: float
    own_s: float
    memory_mb: float


def say(text: str) -> None:
    print(f"  media: {text}", flush=True)


# --- the ways to do it; each is handed the kind of picture, the recording and an empty folder ---


def floor(kind: str, recording: Path, folder: Path) -> None:
    """The rungs and the sound by one plain command: one decode, each rung scaled from the one above it."""
    graph, last = "[0:v]format=yuv420p", len(RUNGS) - 1
    for position, (width, height) in enumerate(RUNGS):
        if position:
            graph += f";[c{position - 1}]scale={width}:{height}:flags=bicubic,format=yuv420p"
        graph += f",split=2[v{position}][c{position}]" if position < last else f"[v{position}]"
    rates = [
        word
        for position, kbps in enumerate(CAPS[kind])
        for word in (f"-maxrate:v:{position}", f"{kbps}k", f"-bufsize:v:{position}", f"{2 * kbps}k")
    ]
    mapped = [word for position in range(len(RUNGS)) for word in ("-map", f"[v{position}]")]
    names = " ".join(f"v:{position},agroup:aud,name:{rung[1]}" for position, rung in enumerate(RUNGS))
    fixed = "-c:v libx264 -preset veryfast -crf 23 -g 100 -keyint_min 100 -sc_threshold 0 -c:a aac -b:a 64k -ac 1"
    packed = "-f hls -hls_time 4 -hls_playlist_type vod -hls_segment_type fmp4 -hls_flags independent_segments"
    media_sources.run(
        *("-i", recording, "-filter_complex", graph, *mapped, "-map", "0:a:0", *fixed.split(), *rates),
        *(*packed.split(), "-master_pl_name", "master.m3u8"),
        *("-var_stream_map", f"{names} a:0,agroup:aud,default:yes,name:audio"),
        *("-hls_segment_filename", folder / "%v" / "s%d.m4s", folder / "%v" / "i.m3u8"),
    )


def apart(kind: str, recording: Path, folder: Path) -> None:
    """One process a rendition at preset medium, capped half as high again; an MP4 and its HLS are kept of each."""
    for (width, height), kbps in zip(RUNGS, CAPS[kind], strict=True):
        movie, packed = folder / f"{height}.mp4", folder / f"hls{height}"
        packed.mkdir()
        rate = f"-c:v libx264 -preset medium -crf 23 -maxrate {kbps * 3 // 2}k -bufsize {kbps * 3 // 2}k"
        keys = ["-force_key_frames", "expr:gte(t,n_forced*4)", "-c:a", "aac", "-b:a", "128k"]
        media_sources.run("-i", recording, "-vf", f"scale={width}:{height}", *rate.split(), *keys, movie)
        hls_options = "-c copy -f hls -hls_time 4 -hls_playlist_type vod -hls_segment_type fmp4"
        media_sources.run(
            "-i", movie, *hls_options.split(), "-hls_segment_filename", packed / "s%d.m4s", packed / "i.m3u8"
        )


def encode_only(kind: str, recording: Path, folder: Path) -> None:
    """The platform's own commands for pictures and sound, and nothing beside."""
    found = ffmpeg.probe(recording, workdir=folder)
    rungs, rate = ladder.ladder(found.width, found.height), Fraction(25)
    limits = ffmpeg.Limits(cpu_s=6000, wall_s=60_000, file_bytes=ffmpeg.GIB)
    for name in ("", "audio", *(str(rung.height) for rung in rungs)):
        (folder / "piece" / name).mkdir()
    video = commands.video_command(
        recording,
        found,
        rungs,
        profile=ladder.CONSOLE,
        rate=rate,
        piece=ladder.Piece(0, 0, None),
        longest_s=3600.0,
    )
    audio = commands.audio_command(recording, found, gain_db=0.0, rate=rate, longest_s=3600.0)
    for command in (audio, video):
        if ffmpeg.run(command, workdir=folder, limits=limits, reads=recording).returncode:
            raise RuntimeError((folder / "errors.txt").read_text())


def platform(kind: str, recording: Path, folder: Path) -> None:
    """The whole job of a worker, from its claim to the finished set: probe, sound, pictures, sprite, checks, MP4."""
    lecture = Lecture.objects.get(title=folder.name)
    lectures.run_transcode(lecture.jobs.get().pk)
    lecture.refresh_from_db()
    if lecture.renditions is None:
        raise RuntimeError(f"{lecture.jobs.get().error_code}: {lecture.jobs.get().last_words}")
    made = local_path(private_storage(), lecture.renditions.folder)
    shutil.move(str(made), folder / "out")
    (folder / "kind").write_text(lecture.renditions.picture_kind)


# --- figures ---


def cost(work: Callable[[str, Path, Path], None], kind: str, recording: Path, keep: Path) -> Cost:
    """What `work` takes in a process of its own, forked off this warm one. Its files stay in `keep`."""
    keep.mkdir()
    if work is platform:
        with recording.open("rb") as file:
            lectures.receive_lecture(by=None, title=keep.name, upload=File(file, name=recording.name))
    connections.close_all()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            before = resource.getrusage(resource.RUSAGE_SELF)
            work(kind, recording, keep)
            after = resource.getrusage(resource.RUSAGE_SELF)
            own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            largest = after.ru_maxrss + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            os.write(writing, json.dumps([own, largest / 1024]).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    _pid, status, spent = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{work.__name__} ended with {status}")
    own, largest = json.loads(text)
    return Cost(spent.ru_utime + spent.ru_stime, own, largest)


def size(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file())


def likeness(made: Path, recording: Path) -> float:
    """SSIM (Y) of the 1080 lines against the source."""
    words = ["ffmpeg", "-nostdin", "-i", str(made), "-i", str(recording), "-lavfi", "[0:v][1:v]ssim", "-f", "null", "-"]
    done = subprocess.run(words, capture_output=True, check=True, text=True)
    return float(re.findall(r"SSIM Y:([0-9.]+)", done.stderr)[-1])


def declared_per_real(out: Path) -> list[float]:
    """Of every rung: BANDWIDTH over the most bits a second of any segment with the sound that plays beside it."""
    master = (out / "master.m3u8").read_text()
    spans, at = [], 0.0
    for segment in hls.read_playlist(out / "audio").segments:
        spans.append((at, at + segment.duration_s, segment.size))
        at += segment.duration_s
    ratios = []
    for declared, height in re.findall(r"[:,]BANDWIDTH=(\d+)[^\n]*\n(\d+)/i\.m3u8", master):
        at, real = 0.0, 0.0
        for segment in hls.read_playlist(out / height).segments:
            end = at + segment.duration_s
            beside = sum(
                held * max(0.0, min(end, until) - max(at, begin)) / (until - begin) for begin, until, held in spans
            )
            if segment.duration_s >= ladder.SEGMENT_S / 2:
                real = max(real, (segment.size + beside) * 8 / segment.duration_s)
            at = end
        ratios.append(int(declared) / real)
    return ratios


def measure() -> Measured:
    measured = Measured()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say(f"{SECONDS} s of each source, {PAIRS} alternated pairs")
        for kind, recording in (
            ("slides", media_sources.slides(folder, SECONDS)),
            ("console", media_sources.console(folder, SECONDS)),
        ):
            _measure(measured, kind, recording, folder)
    return measured


def _measure(measured: Measured, kind: str, recording: Path, folder: Path) -> None:
    ways = (floor, encode_only, platform)
    taken: dict[str, list[Cost]] = {way.__name__: [] for way in ways}
    for number in range(PAIRS):
        for way in ways if number % 2 == 0 else reversed(ways):
            spent = cost(way, kind, recording, folder / f"{kind}-{way.__name__}-{number}")
            taken[way.__name__].append(spent)
            say(f"{kind}, pair {number + 1}: {way.__name__} {spent.cpu_s:.1f} CPU s")
    separate = cost(apart, kind, recording, folder / f"{kind}-apart")
    say(f"{kind}: one process a rendition at medium {separate.cpu_s:.1f} CPU s")

    def over_floor(name: str) -> float:
        return statistics.median(
            mine.cpu_s / plain.cpu_s for mine, plain in zip(taken[name], taken["floor"], strict=True)
        )

    ours, theirs, mine = folder / f"{kind}-platform-0", folder / f"{kind}-apart", taken["platform"]
    kept = size(ours / "out", "**/*")
    plain_s = statistics.median(run.cpu_s for run in taken["floor"])
    measured.add(f"{kind}_floor", plain_s * 60 / SECONDS, "CPU s per minute")
    measured.add(f"{kind}_encode_per_floor", over_floor("encode_only"), "ratio")
    measured.add(f"{kind}_platform_per_floor", over_floor("platform"), "ratio")
    measured.add(f"{kind}_outside_ffmpeg", statistics.median(run.own_s / run.cpu_s for run in mine), "share")
    measured.add(f"{kind}_platform_per_apart", statistics.median(run.cpu_s for run in mine) / separate.cpu_s, "ratio")
    measured.add(f"{kind}_mb", kept / 1_000_000, "MB")
    measured.add(f"{kind}_bytes_per_apart", kept / size(theirs, "**/*"), "ratio")
    measured.add(f"{kind}_bytes_per_its_hls", kept / size(theirs, "hls*/*"), "ratio")
    drop = likeness(theirs / "1080.mp4", recording) - likeness(ours / "out" / "1080" / "i.m3u8", recording)
    measured.add(f"{kind}_ssim_drop", drop, "SSIM")
    ratios = declared_per_real(ours / "out")
    measured.add(f"{kind}_declared_per_real_least", min(ratios), "ratio")
    measured.add(f"{kind}_declared_per_real_most", max(ratios), "ratio")
    measured.add(f"{kind}_memory_mb", max(run.memory_mb for run in mine), "MB")
    measured.add(f"{kind}_known_as_console", (ours / "kind").read_text() == "console", "yes is 1")
