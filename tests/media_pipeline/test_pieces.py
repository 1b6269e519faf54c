"""Pieces of a long recording, made apart, play as if one process had made them; what is finished is not done again."""

import json
import re
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from media_pipeline import commands, ffmpeg, hls, ladder, transcoding
from media_pipeline.enums import Condition
from media_pipeline.ffmpeg import MediaError
from media_pipeline.ladder import Plan

SHORT = Plan(after_s=0, segments=1)


def quiet(stage: str, percent: int) -> None:
    pass


def make(source: Path, folder: Path, **options) -> transcoding.Made:
    folder.mkdir()
    return transcoding.transcode(source, workspace=folder, report=quiet, **options)


def packets(playlist: Path) -> list[str]:
    """Presentation and decoding times of every frame."""
    shown = ["-select_streams", "v", "-show_entries", "packet=pts,dts", "-of", "csv=p=0"]
    done = subprocess.run(["ffprobe", "-v", "error", *shown, str(playlist)], capture_output=True, check=True, text=True)
    return done.stdout.split()


def likeness(one: Path, other: Path) -> float:
    """SSIM of the two, frame by frame."""
    command = ["ffmpeg", "-nostdin", "-i", str(one), "-i", str(other), "-lavfi", "ssim", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return float(re.findall(r"SSIM Y:([0-9.]+)", done.stderr)[0])


def loudness(path: Path) -> float:
    command = ["ffmpeg", "-nostdin", "-i", str(path), "-af", "ebur128=dualmono=1", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return float(re.findall(r"I:\s+(-?[0-9.]+) LUFS", done.stderr)[-1])


@pytest.fixture(scope="module")
def source(clips) -> Path:
    """Nine seconds at 29.97 frames: three pieces of which the last is short, cut where no keyframe is."""
    path = clips.folder / "nine.mp4"
    if not path.exists():
        clips.make(path, rate="30000/1001", seconds=9)
    return path


@pytest.fixture(scope="module")
def whole(source, tmp_path_factory) -> transcoding.Made:
    return make(source, tmp_path_factory.mktemp("whole") / "w")


@pytest.fixture(scope="module")
def joined(source, tmp_path_factory) -> transcoding.Made:
    return make(source, tmp_path_factory.mktemp("joined") / "w", plan=SHORT)


def test_joined_pieces_have_the_times_and_the_pictures_of_one(whole, joined):
    assert len(packets(whole.folder / "180" / "i.m3u8")) == 270
    assert packets(joined.folder / "180" / "i.m3u8") == packets(whole.folder / "180" / "i.m3u8")
    assert likeness(joined.folder / "180" / "i.m3u8", whole.folder / "180" / "i.m3u8") > 0.97
    for name in ("180", "audio"):
        one, other = ((made.folder / name / "i.m3u8").read_text() for made in (joined, whole))
        assert one == other
    assert (joined.duration_s, joined.condition) == (whole.duration_s, Condition.WHOLE)


def test_sprite_shows_every_segment_in_both(whole, joined):
    times = ["00:00:00.000 --> 00:00:04.004", "00:00:04.004 --> 00:00:08.008", "00:00:08.008 --> 00:00:09.009"]
    for made, places in ((whole, [(0, 0), (0, 160), (0, 320)]), (joined, [(0, 0), (1, 0), (2, 0)])):
        text = (made.folder / "sprite.vtt").read_text()
        assert re.findall(r"^(\S+ --> \S+)$", text, re.MULTILINE) == times
        shown = re.findall(r"^sprite/s(\d{5})\.jpg#xywh=(\d+),0,160,90$", text, re.MULTILINE)
        assert [(int(sheet), int(left)) for sheet, left in shown] == places
        sheets = sorted(path.name for path in (made.folder / "sprite").iterdir())
        assert sheets == [f"s{number:05d}.jpg" for number in range(places[-1][0] + 1)]


def test_sound_is_as_loud_as_that_of_other_lectures(whole):
    assert whole.lufs is not None and whole.gain_db == round(-16 - whole.lufs, 1)
    assert loudness(whole.folder / "lowest.mp4") == pytest.approx(-16, abs=1.0)


def test_sound_begins_where_the_source_has_it(clips, tmp_path):
    made = make(clips("late"), tmp_path / "w")
    silent = ["ffmpeg", "-nostdin", "-i", str(made.folder / "lowest.mp4"), "-af", "silencedetect=n=-40dB:d=0.3"]
    done = subprocess.run([*silent, "-f", "null", "-"], capture_output=True, check=True, text=True)
    [end] = re.findall(r"silence_end: ([0-9.]+)", done.stderr)
    assert float(end) == pytest.approx(1.0, abs=0.08)


def test_finished_parts_are_not_made_again(source, tmp_path):
    class Stopped(Exception):
        pass

    def stop(stage: str, percent: int) -> None:
        if (tmp_path / "kept" / "piece-0001").exists():
            raise Stopped

    kept = tmp_path / "kept"
    with pytest.raises(Stopped):
        for attempt in range(4):
            (tmp_path / f"try-{attempt}").mkdir()
            transcoding.transcode(source, workspace=tmp_path / f"try-{attempt}", kept=kept, report=stop, plan=SHORT)
    marks = {path: path.stat().st_mtime_ns for path in kept.glob("*/mark.json")}
    assert sorted(path.parent.name for path in marks) == ["audio", "piece-0000", "piece-0001"]
    (tmp_path / "last").mkdir()
    made = transcoding.transcode(source, workspace=tmp_path / "last", kept=kept, report=quiet, plan=SHORT)
    assert (made.condition, made.duration_s) == (Condition.WHOLE, 9.009)
    assert {path: path.stat().st_mtime_ns for path in marks} == marks


def test_source_that_ends_in_its_second_piece_is_incomplete(source, tmp_path):
    moved, cut = tmp_path / "moved.mp4", tmp_path / "cut.mp4"
    command = ["ffmpeg", "-v", "error", "-i", str(source), "-c", "copy", "-movflags", "+faststart", str(moved)]
    subprocess.run(command, check=True)
    cut.write_bytes(moved.read_bytes()[: moved.stat().st_size * 6 // 10])
    made = make(cut, tmp_path / "w", plan=SHORT)
    assert (made.condition, round(made.announced_s)) == (Condition.INCOMPLETE, 9)
    assert 4.004 < made.duration_s < 7
    assert [path.name for path in sorted((tmp_path / "w" / "kept").glob("piece-*"))] == ["piece-0000", "piece-0001"]


def test_heavy_segments_of_slides_are_made_lighter_in_place(clips, tmp_path):
    """Six segments of still picture and one of noise: no console, and its noise is held to the cap of slides."""
    path = tmp_path / "burst.mp4"
    still = "color=c=navy:s=1280x720:r=10:d=28,format=yuv420p"
    noise = "noise=alls=90:allf=t:enable='between(t,8,12)'"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"{still},{noise}", "-c:v", "libx264", "-preset"]
    subprocess.run([*command, "ultrafast", "-crf", "20", str(path)], check=True)
    made = make(path, tmp_path / "w")
    found = hls.read_playlist(made.folder / "720")
    assert (made.picture_kind, made.condition, len(found.segments)) == ("slides", Condition.WHOLE, 7)
    assert max(segment.kbps for segment in found.segments) < 2500 * 1.5
    assert max(range(7), key=lambda number: found.segments[number].size) == 2
    by_hand = make(path, tmp_path / "hand", wish="console")
    loose = hls.read_playlist(by_hand.folder / "720")
    assert (by_hand.picture_kind, loose.segments[2].kbps > 2500 * 1.5) == ("console", True)
    assert packets(made.folder / "720" / "i.m3u8") == packets(by_hand.folder / "720" / "i.m3u8")


@pytest.mark.parametrize("change", ["cut", "text"])
def test_segment_that_is_not_whole_is_refused(whole, tmp_path, change):
    path = tmp_path / "s00000.m4s"
    shutil.copyfile(whole.folder / "180" / "s00000.m4s", path)
    data = path.read_bytes()
    path.write_bytes(data[:-1] if change == "cut" else b"nothing of the kind" * 100)
    with pytest.raises(MediaError):
        hls.settle(path, later_s=Fraction(4), number=1)


def test_time_between_two_ticks_is_refused(whole, tmp_path):
    path = tmp_path / "s00000.m4s"
    shutil.copyfile(whole.folder / "180" / "s00000.m4s", path)
    with pytest.raises(MediaError):
        hls.settle(path, later_s=Fraction(1, 7), number=1)


def test_marks_are_plain_facts(joined):
    mark = json.loads((joined.folder.parent / "kept" / "piece-0002" / "mark.json").read_text())
    assert (mark["frames"], mark["error_lines"], mark["kind"]) == (30, 0, "slides")


def test_damage_in_the_first_second_of_a_later_piece_is_seen(source, tmp_path):
    """Reading begins long before a piece does; only complaints about what came before it are let pass."""
    shown = ["-select_streams", "v", "-show_entries", "packet=pts_time,pos,size", "-of", "csv=p=0"]
    done = subprocess.run(["ffprobe", "-v", "error", *shown, str(source)], capture_output=True, check=True, text=True)
    raw = bytearray(source.read_bytes())
    for line in done.stdout.split():
        at, size, place = line.split(",")
        if 4.2 < float(at) < 4.7:
            begin, end = int(place) + 40, int(place) + int(size)
            raw[begin:end] = bytes(255 - byte for byte in raw[begin:end])
    path = tmp_path / "damaged.mp4"
    path.write_bytes(raw)
    made = make(path, tmp_path / "w", plan=SHORT)
    kept = [json.loads(mark.read_text()) for mark in sorted((tmp_path / "w" / "kept").glob("piece-*/mark.json"))]
    assert (made.condition, [mark["error_lines"] > 0 for mark in kept]) == (Condition.DAMAGED, [False, True, False])
    # How far the piece was when somebody looked, twice a second: a short one may be done by then.
    assert {4 <= at <= 8 for at in made.damage_at} == {True}


def test_progress_is_told_from_the_first_second(clips, tmp_path):
    """Not only when the first sheet of small pictures is full, after 100 s: long work would seem to hang."""
    found = ffmpeg.probe(clips("small"), workdir=tmp_path)
    rungs = ladder.ladder(found.width, found.height)
    command = commands.video_command(
        clips("small"),
        found,
        rungs,
        profile=ladder.SLIDES,
        rate=Fraction(25),
        piece=ladder.Piece(0, 0, None),
        side=commands.Side(1, *commands.sprite_size(rungs[-1]), 1.0),
        longest_s=60,
    )
    for folder in ("180", "sprite"):
        (tmp_path / "piece" / folder).mkdir(parents=True)
    limits = ffmpeg.Limits(cpu_s=600, wall_s=600, file_bytes=ffmpeg.GIB)
    done = ffmpeg.run(command, workdir=tmp_path, limits=limits, reads=clips("small"))
    assert (done.returncode, done.errors) == (0, "")
    assert re.findall(r"pts_time:(\S+)", (tmp_path / "progress.txt").read_text()) == ["0", "1", "2"]
    assert ffmpeg.progress_s(tmp_path / "progress.txt") == 2
