"""What the platform's transcode costs beside the plain ffmpeg command that makes the same renditions."""

import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from media_pipeline import transcoding
from tests.benchmarks.harness import Measured

SECONDS = 20
PAIRS = 3
CAPS = (("720", 2500), ("480", 1000), ("360", 500))
GRAPH = (
    "[0:v]format=yuv420p,split=2[v0][c0];[c0]scale=852:480:flags=bicubic,format=yuv420p,split=2[v1][c1];"
    "[c1]scale=640:360:flags=bicubic,format=yuv420p[v2]"
)


def source(folder: Path) -> Path:
    """Slides that change every five seconds, with a small moving picture and sound, like a recorded lecture."""
    path = folder / "source.mp4"
    slides = "color=c=0x203040:s=1280x720:r=25,format=yuv420p,drawgrid=w=64:h=64:t=2:c=white@0.5,hue=h='90*floor(t/5)'"
    graph = f"{slides}[slides];testsrc2=s=320x240:r=25[face];[slides][face]overlay=940:460[v]"
    sound = ["-f", "lavfi", "-i", "sine=frequency=300"]
    encode = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-c:a", "aac"]
    mapped = ["-filter_complex", graph, "-map", "[v]", "-map", "0:a", "-t", str(SECONDS)]
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *sound, *mapped, *encode, str(path)], check=True)
    return path


def floor(recording: Path, folder: Path) -> None:
    """The same three rungs and the sound, by one command written by hand."""
    rates = [
        word
        for position, (_name, kbps) in enumerate(CAPS)
        for word in (f"-maxrate:v:{position}", f"{kbps}k", f"-bufsize:v:{position}", f"{2 * kbps}k")
    ]
    names = " ".join(f"v:{position},agroup:aud,name:{name}" for position, (name, _kbps) in enumerate(CAPS))
    command = f"""
        ffmpeg -nostdin -v error -i {recording} -filter_complex {GRAPH} -map [v0] -map [v1] -map [v2] -map 0:a:0
        -c:v libx264 -preset veryfast -crf 23 -g 100 -keyint_min 100 -sc_threshold 0 -c:a aac -b:a 64k -ac 1
        -f hls -hls_time 4 -hls_playlist_type vod -hls_segment_type fmp4 -hls_flags independent_segments
        -master_pl_name master.m3u8 -hls_segment_filename {folder}/%v/s%d.m4s
    """.split()
    named = ["-var_stream_map", f"{names} a:0,agroup:aud,default:yes,name:audio"]
    subprocess.run([*command, *rates, *named, str(folder / "%v" / "i.m3u8")], check=True)


def platform(recording: Path, folder: Path) -> None:
    """All that a worker does: probe, encode, check, master, MP4, poster."""
    transcoding.transcode(recording, workspace=folder, report=lambda stage, percent: None)


def cost(work: Callable[[Path, Path], None], recording: Path) -> tuple[float, float]:
    """(CPU seconds of all processes, of this process alone)."""

    def used() -> tuple[float, float]:
        own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime, own.ru_utime + own.ru_stime

    with tempfile.TemporaryDirectory() as folder:
        before = used()
        work(recording, Path(folder))
        after = used()
    return after[0] - before[0], after[1] - before[1]


def measure() -> Measured:
    measured = Measured()
    with tempfile.TemporaryDirectory() as folder:
        recording = source(Path(folder))
        begun = time.perf_counter()
        pairs = [(cost(floor, recording), cost(platform, recording)) for _ in range(PAIRS)]
        measured.add("wall_of_all", time.perf_counter() - begun, "s")
    minute = 60 / SECONDS
    measured.add("floor", statistics.median(plain[0] for plain, _ours in pairs) * minute, "CPU s per minute")
    measured.add("platform", statistics.median(ours[0] for _plain, ours in pairs) * minute, "CPU s per minute")
    measured.add("platform_per_floor", statistics.median(ours[0] / plain[0] for plain, ours in pairs), "ratio")
    measured.add("outside_ffmpeg", statistics.median(ours[1] / ours[0] for _plain, ours in pairs), "share")
    return measured
