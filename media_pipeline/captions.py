"""Captions: SubRip or WebVTT in, plain WebVTT out. Own parser; styles, positions and markup are dropped."""

import html
import re

MAX_BYTES = 2 * 1024 * 1024
MAX_CUES = 20_000
_TIMES = re.compile(
    r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})\s*-->\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})(?:\s.*)?"
)
_MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")


def to_webvtt(raw: bytes) -> str:
    """Sanitised WebVTT of SubRip or WebVTT `raw` (UTF-8, UTF-16 or GB 18030), cues in order of their beginning.

    Raises ValueError when it is too large, not text, or holds no cue.
    """
    if len(raw) > MAX_BYTES:
        raise ValueError("too large")
    cues: list[tuple[int, int, str]] = []
    for block in re.split(r"\n[ \t]*\n", _decode(raw).replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip("\n").split("\n")
        # A cue may have a number or a name before its times.
        for position, line in enumerate(lines[:2]):
            times = _TIMES.fullmatch(line.strip())
            if times:
                text = _plain("\n".join(lines[position + 1 :]))
                begins, ends = _milliseconds(times.groups()[:4]), _milliseconds(times.groups()[4:])
                if text and ends > begins:
                    cues.append((begins, ends, text))
                break
    if not cues or len(cues) > MAX_CUES:
        raise ValueError("no captions" if not cues else "too many captions")
    cues.sort(key=lambda cue: cue[:2])
    return "WEBVTT\n\n" + "\n".join(f"{_clock(begins)} --> {_clock(ends)}\n{text}\n" for begins, ends, text in cues)


def _decode(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")  # its UnicodeDecodeError is a ValueError
    if "\0" in text:
        raise ValueError("not text")
    return text


def _plain(text: str) -> str:
    shown = html.unescape(_MARKUP.sub("", text))
    lines = (" ".join(line.split()) for line in shown.split("\n"))
    return html.escape("\n".join(line for line in lines if line), quote=False).replace("--&gt;", "→")


def _milliseconds(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(fraction.ljust(3, "0"))


def _clock(milliseconds: int) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}"
