"""Slides and diagrams drawn with Pillow: 1280 × 720 pixels, drawn at twice the size and reduced."""

import math
import re
import subprocess
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1280, 720
SCALE = 2

INK = "#12303b"
MUTED = "#5b7480"
ACCENT = "#0e7c86"
WARM = "#d9722e"
COOL = "#3b6fb6"
RED = "#b8323c"
GREEN = "#3c8d5a"
PAPER = "#f7faf9"
PANEL = "#ffffff"
RULE = "#d5e2e2"

Point = tuple[float, float]


class FontMissing(RuntimeError):
    """No Chinese font is installed; the message names the package that brings one."""


@lru_cache(maxsize=64)
def font(size: int, weight: str = "regular") -> ImageFont.FreeTypeFont:
    """Noto Sans CJK SC of `size` pixels (at the slide's own scale). Raises FontMissing."""
    pattern = f"Noto Sans CJK SC:{weight}"
    found = subprocess.run(
        ["fc-match", "-f", "%{file}|%{index}|%{family}", pattern], capture_output=True, text=True, check=False
    ).stdout
    file, _, rest = found.partition("|")
    number, _, family = rest.partition("|")
    if "CJK" not in family:
        raise FontMissing("No Chinese font is installed. Install the package fonts-noto-cjk.")
    return ImageFont.truetype(file, size * SCALE, index=int(number) & 0xFFFF)


class Canvas:
    """A slide being drawn. All coordinates are in slide pixels; `rgb` returns the finished picture."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT, background: str = PAPER) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), background)
        self.draw = ImageDraw.Draw(self.image)

    def rgb(self) -> Image.Image:
        return self.image.resize((self.width, self.height), Image.Resampling.LANCZOS)

    @staticmethod
    def _up(points: Sequence[Point]) -> list[Point]:
        return [(x * SCALE, y * SCALE) for x, y in points]

    def line(self, points: Sequence[Point], colour: str = INK, width: float = 3) -> None:
        self.draw.line(self._up(points), fill=colour, width=round(width * SCALE), joint="curve")

    def dashed(self, start: Point, end: Point, colour: str = MUTED, width: float = 2, dash: float = 9) -> None:
        length = math.dist(start, end)
        steps = max(1, int(length / dash))
        for i in range(0, steps, 2):
            a, b = i / steps, min(1.0, (i + 1) / steps)
            self.line([_between(start, end, a), _between(start, end, b)], colour, width)

    def arrow(self, start: Point, end: Point, colour: str = INK, width: float = 3) -> None:
        self.line([start, end], colour, width)
        angle = math.atan2(end[1] - start[1], end[0] - start[0])
        wings = [(end[0] - 14 * math.cos(angle + turn), end[1] - 14 * math.sin(angle + turn)) for turn in (-0.42, 0.42)]
        self.draw.polygon(self._up([end, *wings]), fill=colour)

    def box(
        self, x: float, y: float, w: float, h: float, fill: str | None = PANEL, outline: str | None = RULE,
        radius: float = 12, width: float = 2,
    ) -> None:  # fmt: skip
        self.draw.rounded_rectangle(
            (x * SCALE, y * SCALE, (x + w) * SCALE, (y + h) * SCALE),
            radius=radius * SCALE, fill=fill, outline=outline, width=round(width * SCALE),
        )  # fmt: skip

    def ellipse(
        self, cx: float, cy: float, rx: float, ry: float, fill: str | None = None, outline: str | None = INK,
        width: float = 3,
    ) -> None:  # fmt: skip
        self.draw.ellipse(
            ((cx - rx) * SCALE, (cy - ry) * SCALE, (cx + rx) * SCALE, (cy + ry) * SCALE),
            fill=fill, outline=outline, width=round(width * SCALE),
        )  # fmt: skip

    def polygon(self, points: Sequence[Point], fill: str) -> None:
        self.draw.polygon(self._up(points), fill=fill)

    def text(
        self, x: float, y: float, text: str, size: int = 24, colour: str = INK, weight: str = "regular",
        anchor: str = "la",
    ) -> None:  # fmt: skip
        self.draw.text((x * SCALE, y * SCALE), text, font=font(size, weight), fill=colour, anchor=anchor)

    def paragraph(
        self, x: float, y: float, text: str, width: float, size: int = 24, colour: str = INK, leading: float = 1.55
    ) -> float:
        """Text broken at `width`; returns the y below it. Latin words stay whole, closing marks begin no line."""
        typeface, line = font(size), ""
        for piece in re.findall(r"[!-~]+ ?|.", text):
            if typeface.getlength(line + piece.rstrip()) > width * SCALE and piece not in "，。、；：）”":
                self.text(x, y, line, size, colour)
                line, y = piece.lstrip(), y + size * leading
            else:
                line += piece
        self.text(x, y, line, size, colour)
        return y + size * leading

    def curve(
        self, box: tuple[float, float, float, float], function: Callable[[float], float], colour: str = ACCENT,
        width: float = 4, first: float = 0.0, last: float = 1.0,
    ) -> None:  # fmt: skip
        """`function` maps 0..1 to 0..1 (bottom to top of `box` = x, y, w, h)."""
        x, y, w, h = box
        steps = 160
        values = [first + (last - first) * i / steps for i in range(steps + 1)]
        self.line([(x + w * v, y + h - h * function(v)) for v in values], colour, width)

    def axes(self, box: tuple[float, float, float, float], across: str, up: str) -> None:
        x, y, w, h = box
        self.arrow((x, y + h), (x + w + 18, y + h), MUTED, 2)
        self.arrow((x, y + h), (x, y - 18), MUTED, 2)
        self.text(x + w + 18, y + h + 36, across, 19, MUTED, anchor="ra")
        self.text(x - 4, y - 46, up, 19, MUTED)


def _between(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share


def slide(
    *, talk: str, number: int, count: int, title: str, points: Sequence[str],
    diagram: Callable[[Canvas], None] | None, path: Path,
) -> None:  # fmt: skip
    """Draw one slide to `path` (PNG): title and points on the left, the diagram on the right."""
    canvas = Canvas()
    canvas.draw.rectangle((0, 0, 14 * SCALE, HEIGHT * SCALE), fill=ACCENT)
    canvas.text(64, 50, talk, 20, ACCENT, "bold")
    canvas.text(64, 86, title, 44, INK, "bold")
    canvas.line([(64, 158), (168, 158)], WARM, 5)
    y = 200.0
    width = 470 if diagram else 1100
    for point in points:
        canvas.ellipse(74, y + 18, 5, 5, fill=ACCENT, outline=None)
        y = canvas.paragraph(96, y, point, width, 27) + 14
    if diagram:
        canvas.box(620, 176, 600, 448)
        diagram(canvas)
    canvas.line([(64, 660), (1220, 660)], RULE, 2)
    canvas.text(64, 674, "影技学堂 · 演示课件 · 仅供教学演示，临床以本院制度为准", 17, MUTED)
    canvas.text(1220, 674, f"{number} / {count}", 17, MUTED, anchor="ra")
    canvas.rgb().save(path, optimize=False)


def cover(*, title: str, subtitle: str, code: str, path: Path) -> None:
    """Draw a talk's opening slide: the isocentre of three beams beside the title."""
    canvas = Canvas(background="#0d2f38")
    cx, cy = 1010, 360
    for radius, colour in ((250, "#17464f"), (180, "#1f5a63"), (110, "#2a727b")):
        canvas.ellipse(cx, cy, radius, radius, outline=colour, width=4)
    for degree in (90, 210, 330):
        angle = math.radians(degree)
        tip = (cx + 250 * math.cos(angle), cy - 250 * math.sin(angle))
        canvas.line([tip, (cx, cy)], "#3fb0b0", 4)
        canvas.ellipse(*tip, 13, 13, fill="#3fb0b0", outline=None)
    canvas.ellipse(cx, cy, 16, 16, fill="#f2a65a", outline=None)
    canvas.text(84, 190, f"影技学堂 · {code}", 26, "#8fd0cf", "bold")
    bottom = 250.0
    for part in title.split("\n"):
        canvas.text(84, bottom, part, 58, "#ffffff", "bold")
        bottom += 84
    canvas.paragraph(84, bottom + 18, subtitle, 600, 26, "#c8dedd")
    canvas.text(84, 640, "演示 · 合成语音 · 原创示意图", 20, "#8fb3b5")
    canvas.rgb().save(path, optimize=False)
