"""Recorded lectures made from pictures and speech, where no camera was."""

from collections.abc import Sequence
from pathlib import Path

from media_pipeline import commands, ffmpeg
from media_pipeline.enums import TranscodeFailure

LIMITS = ffmpeg.Limits(cpu_s=900, wall_s=1800, file_bytes=ffmpeg.GIB)


def assemble(*, slides: Sequence[tuple[Path, float]], speech: Path, output: Path) -> None:
    """Write `output` (MP4): each picture (path, seconds) in order, with `speech` (WAV) from the beginning.

    Raises MediaError. `output`'s folder also receives the encoder's reports.
    """
    done = ffmpeg.run(
        commands.slideshow_command(slides, speech, output), workdir=output.parent, limits=LIMITS, is_trusted=True
    )
    if done.returncode != 0:
        raise ffmpeg.MediaError(TranscodeFailure.ENCODER_FAILED, done.errors)
