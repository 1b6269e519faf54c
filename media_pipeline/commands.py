"""The argument lists of ffmpeg: what is asked of one process. ffmpeg-python builds them, nothing here runs them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from media_pipeline.ffmpeg import FROM_HERE, PROGRESS, SAFE_INPUT, Probe
from media_pipeline.ladder import AUDIO_KBPS, Piece, Profile, Rung, caps, group, segment_s

# Small pictures for scrubbing: so wide at most, so many a sheet.
SPRITE_SIDE = 160
SPRITE_GRID = 5
# Decoded before a piece begins, so that a slide shown for long is there at its first frame.
PREROLL = 5
# Frames at most that a decoder of many threads is ahead of what leaves it.
AHEAD = 25
# Frames by which x264 with the settings below delays its first picture: the sound begins as much later.
DELAY_FRAMES = 2
# The limiter's peak: AAC overshoots by up to 3 dB.
PEAK = 0.7

# Patients' names and places stand in metadata, chapters and data tracks: nothing of them is kept.
_BARE: dict[str, Any] = {"map_metadata": -1, "map_chapters": -1, "sn": None, "dn": None}


@dataclass(frozen=True)
class Side:
    """What else comes out of the same decode: small pictures every `step` segments, a poster at `poster_s`."""

    step: int
    width: int
    height: int
    poster_s: float | None


def sprite_size(rung: Rung) -> tuple[int, int]:
    """Width and height of a small picture in the shape of `rung`."""
    longer = max(rung.width, rung.lines)
    width, height = (max(2, side * SPRITE_SIDE // longer // 2 * 2) for side in (rung.width, rung.lines))
    return width, height


def video_command(
    source: Path,
    found: Probe,
    rungs: Sequence[Rung],
    *,
    profile: Profile,
    rate: Fraction,
    piece: Piece,
    side: Side | None = None,
    longest_s: float,
) -> list[str]:
    """One process, one decode: fragmented MP4 HLS of every rung, without sound, and `side` beside it.

    Each rung is scaled from the one above it. Writes piece/<height>/, piece/sprite/ and piece/poster.jpg.
    """
    frames = group(rate)
    before = min(piece.first, PREROLL)
    begin = (piece.first - before) * segment_s(rate)
    seek = {"ss": f"{float(begin):.6f}"} if begin else {}
    end_s = min(longest_s, found.duration_s * 1.01 + 3) if found.duration_s else longest_s
    end = (before + piece.count) * frames if piece.count else max(1, int((Fraction(end_s) - begin) * rate))
    picture = ffmpeg.input(f"file:{source}", **seek, **SAFE_INPUT)[str(found.video)]
    if found.is_interlaced:
        picture = picture.filter("yadif", deint="interlaced")
    picture = picture.filter("fps", fps=f"{rate.numerator}/{rate.denominator}", start_time=0)
    if before:
        picture = _begin_to_count(picture, max(0, before * frames - max(AHEAD, round(rate))))
    # Reading stops with the last frame wanted: an end by time would cut a slide that stands across it.
    picture = picture.filter("trim", start_frame=before * frames, end_frame=end).filter("setpts", "PTS-STARTPTS")
    picture = _tell_seconds(picture, rate)
    ends, poster = [], None
    poster_at = next((n for n, rung in enumerate(rungs) if rung.height <= 720), len(rungs) - 1)
    for position, rung in enumerate(rungs):
        picture = picture.filter("scale", w=rung.width, h=rung.lines, flags="bicubic").filter("setsar", 1)
        if found.is_hdr and position == 0:
            picture = _tone_map(picture)
        picture = picture.filter("format", "yuv420p")
        is_last = position == len(rungs) - 1
        wants_poster = side is not None and side.poster_s is not None and position == poster_at
        if is_last and side is None:
            ends.append(picture)
            break
        branches = picture.split()
        ends.append(branches[0])
        if wants_poster and side is not None:
            # The branch closes after one second, so that it costs one scaled frame.
            poster = branches[2].filter("trim", start=side.poster_s, duration=1).filter("format", "yuvj420p")
        picture = branches[1]
    options: dict[str, Any] = {"c:v": "libx264", "preset": "veryfast", "crf": profile.crf}
    options |= {"g": frames, "keyint_min": frames, "sc_threshold": 0}
    for position, cap in enumerate(caps(rungs, profile)):
        options[f"maxrate:v:{position}"] = f"{cap}k"
        options[f"bufsize:v:{position}"] = f"{2 * cap}k"
    names = " ".join(f"v:{position},name:{rung.height}" for position, rung in enumerate(rungs))
    outputs = [_hls(ends, "piece", names, rate, start_number=piece.first, **options)]
    if side is not None:
        still = {"f": "image2", "c:v": "mjpeg"}
        every = picture.filter("select", f"not(mod(n,{side.step * frames}))")
        small = every.filter("scale", w=side.width, h=side.height, flags="area").filter("format", "yuvj420p")
        sheets = small.filter("tile", f"{SPRITE_GRID}x{SPRITE_GRID}")
        sprite: dict[str, Any] = {"start_number": 0, "fps_mode": "passthrough", "q:v": 6}
        outputs.append(ffmpeg.output(sheets, "piece/sprite/s%05d.jpg", **_BARE, **still, **sprite))
        if poster is not None:
            one: dict[str, Any] = {"update": 1, "frames:v": 1, "q:v": 4}
            outputs.append(ffmpeg.output(poster, "piece/poster.jpg", **_BARE, **still, **one))
    return _compiled(ffmpeg.merge_outputs(*outputs), reports=False)


def _begin_to_count(picture: Any, frame: int) -> Any:
    """Write FROM_HERE among the errors when `frame` comes by.

    Where reading begins in the middle, the decoder complains of pictures it never had; those of a piece's own pictures
    come after this line, however fast the machine is.
    """
    key, _, value = FROM_HERE.decode().strip().partition("=")
    marked = picture.filter("metadata", mode="add", key=key, value=value, enable=f"eq(n,{frame})")
    return marked.filter("metadata", mode="print", key=key, file="pipe:2", direct=1)


def _tell_seconds(picture: Any, rate: Fraction) -> Any:
    """Write the time of a frame in every second to progress.txt.

    ffmpeg's own reports begin when every output has begun, which is the first full sheet of small pictures.
    """
    marked = picture.filter("metadata", mode="add", key="done", value="1", enable=f"not(mod(n,{math.ceil(rate)}))")
    return marked.filter("metadata", mode="print", key="done", file=PROGRESS, direct=1)


def _hls(ends: Sequence[Any], folder: str, names: str, rate: Fraction, **options: Any) -> Any:
    return ffmpeg.output(
        *ends,
        f"{folder}/%v/i.m3u8",
        f="hls",
        hls_time=f"{float(segment_s(rate)) - 0.001:.6f}",
        hls_playlist_type="vod",
        hls_segment_type="fmp4",
        hls_flags="independent_segments+temp_file",
        hls_segment_filename=f"{folder}/%v/s%05d.m4s",
        var_stream_map=names,
        max_muxing_queue_size=1024,
        **_BARE,
        **options,
    )


def _tone_map(picture: Any) -> Any:
    linear = picture.filter("zscale", t="linear", npl=100).filter("format", "gbrpf32le").filter("zscale", p="bt709")
    return linear.filter("tonemap", "hable", desat=0).filter("zscale", t="bt709", m="bt709", r="tv")


def _sound(source: Path, found: Probe, longest_s: float) -> Any:
    start = ffmpeg.input(f"file:{source}", t=longest_s, **SAFE_INPUT)
    sound = start[str(found.audio)].filter("aresample", **{"async": 1, "first_pts": 0})
    return sound.filter("aformat", sample_rates=48000, channel_layouts="mono")


def loudness_command(source: Path, found: Probe, *, longest_s: float) -> list[str]:
    """Decodes the sound alone and measures it as two speakers will play it; the figures end up among the messages."""
    measured = _sound(source, found, longest_s).filter("ebur128", framelog="verbose", dualmono=1)
    return _compiled(ffmpeg.output(measured, "-", f="null"), loglevel="info")


def audio_command(source: Path, found: Probe, *, gain_db: float, rate: Fraction, longest_s: float) -> list[str]:
    """The sound once for all rungs, one channel, as loud as the others: writes piece/audio/."""
    sound = _sound(source, found, longest_s).filter("volume", f"{gain_db}dB")
    sound = sound.filter("alimiter", limit=PEAK, level=0)
    options = {"c:a": "aac", "b:a": f"{AUDIO_KBPS}k", "ac": 1, "ar": 48000}
    late = f"{float(DELAY_FRAMES / rate):.6f}"
    return _compiled(_hls([sound], "piece", "a:0,name:audio", rate, output_ts_offset=late, **options))


def _compiled(outputs: Any, *, loglevel: str = "error", reports: bool = True) -> list[str]:
    told = outputs.global_args("-nostdin", "-hide_banner", "-loglevel", loglevel, "-nostats")
    if reports:
        told = told.global_args("-progress", PROGRESS)
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
