"""Small clips, made once a session by the real ffmpeg."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from tests.factories.organisations import PersonFactory

PICTURE = "testsrc2=size={size}:rate={rate}:duration={seconds}"
SOUND = "sine=frequency=440:duration={seconds}"
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]


def ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments], check=True, timeout=200)


class Clips:
    """`clips("good")` is the path of a clip; each is made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, name: str) -> Path:
        path = self.folder / f"{name}.mp4"
        if not path.exists():
            getattr(self, f"_{name}")(path)
        return path

    def make(
        self, path: Path, *, size: str = "320x180", rate: str = "25", seconds: float = 3, sound: bool = True
    ) -> None:
        inputs = ["-f", "lavfi", "-i", PICTURE.format(size=size, rate=rate, seconds=seconds)]
        if sound:
            inputs += ["-f", "lavfi", "-i", SOUND.format(seconds=seconds), "-c:a", "aac"]
        ffmpeg(*inputs, *H264, "-metadata", "title=Patient Wang", "-metadata", "location=+34.7+113.6/", str(path))

    def _small(self, path: Path) -> None:
        self.make(path)

    def _other(self, path: Path) -> None:
        self.make(path, seconds=2)

    def _good(self, path: Path) -> None:
        self.make(path, size="1280x720", rate="10", seconds=5)

    def _long(self, path: Path) -> None:
        self.make(path, size="1280x720", rate="10", seconds=20)

    def _silent(self, path: Path) -> None:
        self.make(path, sound=False)

    def _odd(self, path: Path) -> None:
        inputs = ["-f", "lavfi", "-i", PICTURE.format(size="637x361", rate="25", seconds=2)]
        ffmpeg(*inputs, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p", str(path))

    def _portrait(self, path: Path) -> None:
        self.make(path, size="180x320", seconds=2)

    def _rotated(self, path: Path) -> None:
        flat = self("small")
        ffmpeg("-i", str(flat), "-c", "copy", "-metadata:s:v:0", "rotate=90", str(path))

    def _variable(self, path: Path) -> None:
        choose = "select='not(mod(n,3))+lt(n,20)'"
        inputs = ["-f", "lavfi", "-i", PICTURE.format(size="320x180", rate="30", seconds=4), "-vf", choose]
        ffmpeg(*inputs, "-vsync", "vfr", *H264, str(path))

    def _sixty(self, path: Path) -> None:
        self.make(path, rate="60", seconds=2)

    def _surround(self, path: Path) -> None:
        sound = "sine=frequency=440:duration=2,pan=5.1|FL=0*c0|FR=0*c0|FC=0.5*c0|LFE=0*c0|BL=0*c0|BR=0*c0"
        ffmpeg(
            "-i", str(self("other")), "-f", "lavfi", "-i", sound, "-map", "0:v", "-map", "1", "-c:v", "copy", str(path)
        )

    def _hushed(self, path: Path) -> None:
        """With a sound track that is silent."""
        ffmpeg(
            "-i",
            str(self("other")),
            "-f",
            "lavfi",
            "-i",
            "anullsrc=d=2",
            "-map",
            "0:v",
            "-map",
            "1",
            "-c:v",
            "copy",
            str(path),
        )

    def _interlaced(self, path: Path) -> None:
        fields = ["-vf", "tinterlace=interleave_top,fieldorder=tff", "-flags", "+ildct+ilme", "-c:v", "mpeg2video"]
        inputs = ["-f", "lavfi", "-i", PICTURE.format(size="320x180", rate="50", seconds=2)]
        ffmpeg(*inputs, *fields, "-f", "mpegts", str(path))

    def _late(self, path: Path) -> None:
        """Its sound begins a second after its picture."""
        whole = str(self("small"))
        ffmpeg("-i", whole, "-itsoffset", "1", "-i", whole, "-map", "0:v", "-map", "1:a", "-c", "copy", str(path))

    def _hdr(self, path: Path) -> None:
        inputs = ["-f", "lavfi", "-i", PICTURE.format(size="320x180", rate="25", seconds=2)]
        tags = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"]
        ffmpeg(*inputs, *H264, *tags, str(path))

    def _sound_only(self, path: Path) -> None:
        ffmpeg("-f", "lavfi", "-i", SOUND.format(seconds=2), "-c:a", "aac", str(path))

    def _text(self, path: Path) -> None:
        path.write_text("这不是视频。\n" * 400)

    def _truncated(self, path: Path) -> None:
        """Its index is in front, half of its pictures are missing: ffmpeg itself calls that a success."""
        whole = self.folder / "whole.mp4"
        ffmpeg("-i", str(self("good")), "-c", "copy", "-movflags", "+faststart", str(whole))
        path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])

    def _flipped(self, path: Path) -> None:
        """Whole, with noise over some of its pictures."""
        raw = bytearray(self("good").read_bytes())
        begin = raw.index(b"mdat") + 60_000
        for place in range(begin, len(raw) * 3 // 4, 2_000):
            raw[place] ^= 0xFF
        path.write_bytes(raw)

    def _beheaded(self, path: Path) -> None:
        """Its index was at the end, which is missing."""
        whole = self("good").read_bytes()
        path.write_bytes(whole[: len(whole) // 2])

    def _playlist(self, path: Path) -> None:
        path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:3.0,\n{self('small')}\n#EXT-X-ENDLIST\n")

    def _concat(self, path: Path) -> None:
        self("small")
        path.write_text("ffconcat version 1.0\nfile small.mp4\n")

    def _rare_codec(self, path: Path) -> None:
        inputs = ["-f", "lavfi", "-i", PICTURE.format(size="64x64", rate="25", seconds=1)]
        ffmpeg(*inputs, "-c:v", "magicyuv", "-f", "matroska", str(path))


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return Clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture
def editor(db: None):
    return PersonFactory()


@pytest.fixture
def upload(clips: Clips) -> Callable[..., ContentFile]:
    """A clip as a file that a browser sends."""

    def made(name: str, *, as_name: str = "lecture.mp4") -> ContentFile:
        return ContentFile(clips(name).read_bytes(), name=as_name)

    return made
