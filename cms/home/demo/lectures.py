"""Makes the demonstration's recorded lectures: slides, synthetic speech and captions, assembled to one video."""

import subprocess
import wave
from dataclasses import dataclass
from pathlib import Path

from cms.home.demo import drawing
from cms.home.demo.talks import Talk
from media_pipeline.services import slideshows

# espeak-ng's Mandarin voice at a calm pace; 155 words a minute keeps each talk between two and three minutes.
VOICE, WORDS_PER_MINUTE = "cmn", 155
PAUSE_S = 1.2


class SpeechMissing(RuntimeError):
    """espeak-ng is not installed; the message names the package that brings it."""


@dataclass(frozen=True)
class LectureSource:
    video: Path
    captions: Path
    poster: Path
    duration_s: float


def make(talk: Talk, folder: Path) -> LectureSource:
    """Draw, speak and assemble `talk` into `folder`. Raises FontMissing, SpeechMissing or a media error."""
    folder.mkdir(parents=True, exist_ok=True)
    opening = folder / "slide-00.png"
    drawing.cover(title=talk.title, subtitle=f"{talk.lecturer} · {talk.title_en}", code=talk.code, path=opening)
    slides: list[tuple[Path, float]] = [(opening, 3.0)]
    cues: list[tuple[float, float, str]] = []
    sounds: list[bytes] = []
    clock = slides[0][1]
    for number, slide in enumerate(talk.slides, start=1):
        picture = folder / f"slide-{number:02}.png"
        drawing.slide(
            talk=talk.heading, number=number, count=len(talk.slides), title=slide.title,
            points=slide.points, diagram=slide.diagram, path=picture,
        )  # fmt: skip
        spoken, rate = _speak(slide.speech, folder / f"speech-{number:02}.wav")
        seconds = len(spoken) / 2 / rate
        cues.extend(_sentences(slide.speech, clock, seconds))
        slides.append((picture, seconds + PAUSE_S))
        sounds.append(spoken + _silence(PAUSE_S, rate))
        clock += seconds + PAUSE_S
    speech = folder / "speech.wav"
    with wave.open(str(speech), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(_silence(slides[0][1], rate) + b"".join(sounds))
    captions = folder / "captions.vtt"
    captions.write_text(_webvtt(cues), encoding="utf-8")
    video = folder / "lecture.mp4"
    slideshows.assemble(slides=slides, speech=speech, output=video)
    return LectureSource(video=video, captions=captions, poster=opening, duration_s=clock)


def _silence(seconds: float, rate: int) -> bytes:
    return b"\0\0" * round(seconds * rate)


def _speak(text: str, path: Path) -> tuple[bytes, int]:
    """16-bit mono samples of `text` and their rate in Hz."""
    try:
        subprocess.run(
            ["espeak-ng", "-v", VOICE, "-s", str(WORDS_PER_MINUTE), "-w", str(path), text],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise SpeechMissing("espeak-ng is not installed. Install the package espeak-ng.") from error
    with wave.open(str(path)) as spoken:
        return spoken.readframes(spoken.getnframes()), spoken.getframerate()


def _sentences(text: str, begin: float, seconds: float) -> list[tuple[float, float, str]]:
    """Captions: each sentence gets its share of the slide's time by its length."""
    parts = [part + "。" for part in text.split("。") if part]
    total, clock, cues = sum(map(len, parts)), begin, []
    for part in parts:
        length = seconds * len(part) / total
        cues.append((clock, clock + length, part))
        clock += length
    return cues


def _webvtt(cues: list[tuple[float, float, str]]) -> str:
    def stamp(second: float) -> str:
        hours, rest = divmod(round(second * 1000), 3_600_000)
        minutes, rest = divmod(rest, 60_000)
        return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"

    blocks = [f"{stamp(begin)} --> {stamp(end)}\n{text}" for begin, end, text in cues]
    return "WEBVTT\n\n" + "\n\n".join(blocks) + "\n"
