"""Odd and hostile files, made here: each ends in its documented state, in its limits, and reaches nothing.

`whole`: prepared like any recording. A failure: the reason that an editor reads. `incomplete` and `damaged`: held back
with the facts. What a name promises is nothing: all of them are called lecture.mp4.
"""

import os
import socket
import stat
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from media_pipeline import transcoding
from media_pipeline.enums import Condition, TranscodeFailure
from media_pipeline.ffmpeg import MediaError

WHOLE, INCOMPLETE, DAMAGED = Condition.WHOLE.value, Condition.INCOMPLETE.value, Condition.DAMAGED.value
NOT_A_VIDEO, UNSUPPORTED = TranscodeFailure.NOT_A_VIDEO.value, TranscodeFailure.UNSUPPORTED.value
CUT = TranscodeFailure.INCOMPLETE.value
TOO_LARGE, NO_PICTURE = TranscodeFailure.PICTURE_TOO_LARGE.value, TranscodeFailure.NO_VIDEO_STREAM.value
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
# Small enough that thirty of them cost little; one second and a half.
PICTURE = "testsrc2=size=96x64:rate=10:duration=1.5"


class Maker:
    """Makes a file by name; `port` is where a listener waits that nobody may reach."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port

    def ffmpeg(self, *words: str) -> None:
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *words], check=True, timeout=120)

    def film(self, path: Path, *words: str, picture: str = PICTURE) -> None:
        self.ffmpeg("-f", "lavfi", "-i", picture, *(words or H264), "-f", "mp4", str(path))

    def bytes_of(self, *words: str) -> bytearray:
        plain = self.folder / "plain.mp4"
        self.film(plain, *words)
        return bytearray(plain.read_bytes())

    def __call__(self, name: str, path: Path) -> None:
        getattr(self, name)(path)

    def empty(self, path: Path) -> None:
        path.touch()

    def one_byte(self, path: Path) -> None:
        path.write_bytes(b"\0")

    def zeros(self, path: Path) -> None:
        path.write_bytes(bytes(100_000))

    def noise(self, path: Path) -> None:
        path.write_bytes(bytes((number * 7919 + number // 251) % 256 for number in range(100_000)))

    def text(self, path: Path) -> None:
        path.write_text("这不是视频。\n" * 400)

    def page(self, path: Path) -> None:
        path.write_text(f'<html><img src="http://127.0.0.1:{self.port}/a.png"></html>')

    def script(self, path: Path) -> None:
        path.write_text("#!/bin/sh\ntouch /tmp/hostile-file-was-run\n")

    def drawing(self, path: Path) -> None:
        path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:{self.port}/"/></svg>')

    def still(self, path: Path) -> None:
        self.ffmpeg("-f", "lavfi", "-i", PICTURE, "-frames:v", "1", "-f", "image2", "-c:v", "png", str(path))

    def moving_gif(self, path: Path) -> None:
        self.ffmpeg("-f", "lavfi", "-i", PICTURE, "-f", "gif", str(path))

    def archive(self, path: Path) -> None:
        path.write_bytes(b"PK\x03\x04" + bytes(2000))

    def playlist_of_a_file(self, path: Path) -> None:
        other = self.folder / "other.mp4"
        self.film(other)
        path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:1.5,\n{other}\n#EXT-X-ENDLIST\n")

    def playlist_of_an_address(self, path: Path) -> None:
        where = f"http://127.0.0.1:{self.port}/a.ts"
        path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:1.5,\n{where}\n#EXT-X-ENDLIST\n")

    def dash(self, path: Path) -> None:
        path.write_text(
            '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration='
            f'"PT2S"><Period><AdaptationSet><Representation id="1" bandwidth="1"><BaseURL>http://127.0.0.1:{self.port}/'
            "</BaseURL></Representation></AdaptationSet></Period></MPD>"
        )

    def concat_of_a_file(self, path: Path) -> None:
        self.film(self.folder / "sibling.mp4")
        path.write_text("ffconcat version 1.0\nfile sibling.mp4\n")

    def concat_of_an_address(self, path: Path) -> None:
        path.write_text(f"ffconcat version 1.0\nfile http://127.0.0.1:{self.port}/a.mp4\n")

    def session_description(self, path: Path) -> None:
        path.write_text(
            f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {self.port} RTP/AVP 96\n"
        )

    def reference_movie(self, path: Path) -> None:
        """A file that says of its own pictures that they lie elsewhere."""
        raw = self.bytes_of()
        place = raw.index(b"url \0\0\0\1")
        raw[place + 4 : place + 8] = b"\0\0\0\0"
        path.write_bytes(raw)

    def rare_codec(self, path: Path) -> None:
        self.ffmpeg("-f", "lavfi", "-i", PICTURE, "-c:v", "magicyuv", "-f", "matroska", str(path))

    def raw_picture(self, path: Path) -> None:
        self.ffmpeg("-f", "lavfi", "-i", PICTURE, "-c:v", "rawvideo", "-f", "avi", str(path))

    def wall(self, path: Path) -> None:
        """16384 × 8192, by what its header says: a picture of 200 MB in a file of some kilobytes."""
        self.film(path, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", picture="color=s=16384x8192:r=1:d=1")

    def header_of_a_wall(self, path: Path) -> None:
        raw = self.bytes_of()
        place = raw.index(b"avc1", raw.index(b"stsd")) + 4 + 24
        raw[place : place + 4] = struct.pack(">HH", 65000, 65000)
        path.write_bytes(raw)

    def cut_in_half(self, path: Path) -> None:
        raw = self.bytes_of(*H264, "-movflags", "+faststart", "-x264-params", "keyint=1")
        path.write_bytes(raw[: len(raw) // 4])

    def cut_before_its_index(self, path: Path) -> None:
        raw = self.bytes_of()
        path.write_bytes(raw[: len(raw) // 2])

    def flipped(self, path: Path) -> None:
        raw = self.bytes_of()
        begin = raw.index(b"mdat") + 2_000
        for place in range(begin, raw.index(b"moov") - 100, 97):
            raw[place] ^= 0xFF
        path.write_bytes(raw)

    def index_of_nonsense(self, path: Path) -> None:
        raw = self.bytes_of()
        place = raw.index(b"stsz")
        raw[place + 8 : place + 12] = b"\xff\xff\xff\xff"
        path.write_bytes(raw)

    def ten_hours_by_its_header(self, path: Path) -> None:
        raw = self.bytes_of()
        for box, offset in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
            place = raw.index(box) + offset
            (ticks,) = struct.unpack(">I", raw[place - 4 : place])
            scale = ticks if box != b"tkhd" else 1000
            raw[place : place + 4] = struct.pack(">I", min(2**32 - 1, 36_000 * scale))
        path.write_bytes(raw)

    def ten_hours_in_its_index(self, path: Path) -> None:
        self.ffmpeg("-f", "lavfi", "-i", PICTURE, *H264, "-f", "matroska", str(path))
        raw = bytearray(path.read_bytes())
        place = raw.index(b"\x44\x89\x88") + 3
        raw[place : place + 8] = struct.pack(">d", 36_000_000.0)
        path.write_bytes(raw)

    def thousand_frames(self, path: Path) -> None:
        self.film(path, picture="testsrc2=size=96x64:rate=1000:duration=1.5")

    def one_picture(self, path: Path) -> None:
        self.film(path, picture="testsrc2=size=96x64:rate=1:duration=1")

    def odd_size(self, path: Path) -> None:
        self.film(path, "-c:v", "libx264", "-pix_fmt", "yuv444p", picture="testsrc2=size=637x361:rate=5:duration=1.5")

    def two_pixels(self, path: Path) -> None:
        self.film(path, picture="color=s=2x2:r=10:d=1.5")

    def a_strip(self, path: Path) -> None:
        self.film(path, picture="testsrc2=size=1024x16:rate=10:duration=1.5")

    def pixels_of_no_shape(self, path: Path) -> None:
        self.film(path, *H264, "-aspect", "1000:1")

    def with_place_and_name(self, path: Path) -> None:
        self.film(path, *H264, "-metadata", "location=+34.7+113.6/", "-metadata", "title=Patient Wang")

    def with_attachment(self, path: Path) -> None:
        note = self.folder / "note.txt"
        note.write_text("Patient Wang")
        attached = ["-attach", str(note), "-metadata:s:t", "mimetype=text/plain"]
        self.ffmpeg("-f", "lavfi", "-i", PICTURE, *attached, *H264, "-f", "matroska", str(path))

    def with_subtitles(self, path: Path) -> None:
        words = self.folder / "words.srt"
        words.write_text("1\n00:00:00,000 --> 00:00:01,000\nPatient Wang\n")
        both = ["-f", "lavfi", "-i", PICTURE, "-i", str(words), "-map", "0", "-map", "1"]
        self.ffmpeg(*both, *H264, "-c:s", "ass", "-f", "matroska", str(path))

    def sound_alone(self, path: Path) -> None:
        self.ffmpeg("-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", "-f", "mp4", str(path))

    def sound_with_a_cover(self, path: Path) -> None:
        cover = self.folder / "cover.png"
        self.ffmpeg("-f", "lavfi", "-i", PICTURE, "-frames:v", "1", str(cover))
        both = ["-f", "lavfi", "-i", "sine=d=1", "-i", str(cover), "-map", "0", "-map", "1"]
        self.ffmpeg(*both, "-c:a", "aac", "-c:v", "copy", "-disposition:v", "attached_pic", "-f", "mp4", str(path))

    def transport_stream_cut_at_both_ends(self, path: Path) -> None:
        whole = self.folder / "whole.ts"
        self.ffmpeg("-f", "lavfi", "-i", PICTURE, *H264, "-g", "5", "-f", "mpegts", str(whole))
        raw = whole.read_bytes()
        path.write_bytes(raw[1000:-500])

    def old_film(self, path: Path) -> None:
        self.ffmpeg("-f", "lavfi", "-i", PICTURE, "-c:v", "wmv2", "-f", "asf", str(path))

    def flash(self, path: Path) -> None:
        self.ffmpeg("-f", "lavfi", "-i", PICTURE, *H264, "-f", "flv", str(path))

    def high_range(self, path: Path) -> None:
        self.film(path, *H264, "-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")


EXPECTED: dict[str, str] = {
    **dict.fromkeys(["empty", "one_byte", "zeros", "noise", "text", "page", "script", "drawing", "still"], NOT_A_VIDEO),
    **dict.fromkeys(["moving_gif", "archive", "playlist_of_a_file", "playlist_of_an_address", "dash"], NOT_A_VIDEO),
    **dict.fromkeys(["concat_of_a_file", "concat_of_an_address", "session_description"], NOT_A_VIDEO),
    **dict.fromkeys(["rare_codec", "raw_picture"], UNSUPPORTED),
    **dict.fromkeys(["wall"], TOO_LARGE),
    **dict.fromkeys(["sound_alone", "sound_with_a_cover"], NO_PICTURE),
    "cut_in_half": INCOMPLETE,
    "cut_before_its_index": CUT,
    "flipped": DAMAGED,
    "index_of_nonsense": TranscodeFailure.ENCODER_FAILED.value,
    "ten_hours_in_its_index": INCOMPLETE,
    "header_of_a_wall": DAMAGED,
    "transport_stream_cut_at_both_ends": DAMAGED,
    **dict.fromkeys(["thousand_frames", "one_picture", "odd_size", "two_pixels", "a_strip"], WHOLE),
    **dict.fromkeys(["pixels_of_no_shape", "with_place_and_name", "with_attachment", "with_subtitles"], WHOLE),
    **dict.fromkeys(["old_film", "flash", "high_range", "reference_movie", "ten_hours_by_its_header"], WHOLE),
}


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """Waits on loopback for whoever follows an address inside a file."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture
def maker(tmp_path: Path, listener: socket.socket) -> Maker:
    folder = tmp_path / "made"
    folder.mkdir()
    return Maker(folder, listener.getsockname()[1])


def ended(source: Path, workspace: Path) -> tuple[str, transcoding.Made | None]:
    try:
        made = transcoding.transcode(source, workspace=workspace, report=lambda stage, percent: None)
    except MediaError as error:
        return error.failure.value, None
    return made.condition.value, made


def test_there_are_enough_of_them():
    assert len(EXPECTED) >= 30


@pytest.mark.parametrize("name", EXPECTED)
def test_file_ends_in_its_state_and_reaches_nothing(name: str, maker: Maker, listener: socket.socket, tmp_path: Path):
    source, workspace = tmp_path / "closed" / "lecture.mp4", tmp_path / "work"
    source.parent.mkdir(mode=0o700)
    workspace.mkdir(mode=0o700)
    maker(name, source)
    before = source.read_bytes()
    state, made = ended(source, workspace)
    assert (name, state) == (name, EXPECTED[name])
    with pytest.raises(BlockingIOError):
        listener.accept()
    # The source is as it was; all that was written lies in the workspace, as plain files of our own.
    assert source.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["closed", "made", "work"]
    left = [path.lstat() for path in workspace.rglob("*")]
    assert all(stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode) for found in left)
    assert {found.st_uid for found in left} <= {os.geteuid()}
    if made is not None:
        written = b"".join(path.read_bytes() for path in made.folder.rglob("*") if path.is_file())
        assert (b"Patient" in written, b"113.6" in written) == (False, False)
        assert made.duration_s < 5
