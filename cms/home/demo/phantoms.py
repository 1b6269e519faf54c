"""Pictures for questions, drawn by us: a water phantom and schematic chests. None shows a patient."""

import io
import math
import random
from dataclasses import dataclass

from PIL import Image

from cms.home.demo.drawing import Canvas

BLACK, LUNG, TISSUE, BONE, WHITE = "#050505", "#2c2c2c", "#8f8f8f", "#d4d4d4", "#f4f4f4"
SIDE = 600


def png(picture: Image.Image) -> bytes:
    data = io.BytesIO()
    picture.save(data, "PNG", optimize=True)
    return data.getvalue()


def _grained(picture: Image.Image, strength: int) -> Image.Image:
    """With the grain of few photons; the same every time."""
    chance = random.Random(7)  # noqa: S311
    grain = bytes(max(0, min(255, round(chance.gauss(128, strength)))) for _place in range((SIDE // 2) ** 2))
    noise = Image.frombytes("L", (SIDE // 2, SIDE // 2), grain).resize(picture.size, Image.Resampling.BILINEAR)
    return Image.blend(picture.convert("L"), noise, 0.16)


def water_phantom() -> Image.Image:
    """A disc of water with four rods: air on top, fat on the right, bone below left, a faint one on the left."""
    canvas = Canvas(SIDE, SIDE, BLACK)
    canvas.ellipse(300, 300, 250, 250, fill="#787878", outline="#a0a0a0", width=6)
    canvas.ellipse(300, 140, 34, 34, fill=BLACK, outline=None)
    canvas.ellipse(450, 300, 34, 34, fill="#585858", outline=None)
    canvas.ellipse(210, 430, 34, 34, fill=WHITE, outline=None)
    canvas.ellipse(150, 270, 34, 34, fill="#848484", outline=None)
    return _grained(canvas.rgb(), 60)


@dataclass(frozen=True)
class Chest:
    """How a schematic chest deviates: `turn` in pixels to the side, `cut` pixels missing below, its letters."""

    turn: int = 0
    cut: int = 0
    marker: str = "R"
    has_coin: bool = False


def chest(how: Chest) -> Image.Image:
    canvas = Canvas(SIDE, SIDE, BLACK)
    canvas.polygon([(60, 600), (70, 210), (170, 110), (430, 110), (530, 210), (540, 600)], TISSUE)
    canvas.box(262, 20, 76, 130, fill=TISSUE, outline=None, radius=30)
    for side in (-1, 1):
        wide = 1 + side * how.turn / 300
        centre = 300 + side * 118
        lung = _lung(centre, side, wide)
        canvas.polygon(lung, LUNG)
        for rib in range(7):
            top = 165 + rib * 48
            arc = [
                (300 + side * (24 + 186 * wide * step / 20), top + 46 * math.sin(math.pi * step / 26))
                for step in range(21)
            ]
            canvas.line(arc, "#6f6f6f", 9)
        canvas.line([(300 + side * 22 + how.turn, 158), (300 + side * 205, 120)], BONE, 15)
    canvas.box(286 + how.turn / 3, 90, 28, 470, fill="#b4b4b4", outline=None, radius=8)
    canvas.polygon([(272, 300), (330, 290), (352, 360), (418, 470), (396, 492), (272, 492), (250, 420)], "#a6a6a6")
    if how.has_coin:
        canvas.ellipse(182, 350, 17, 17, fill=WHITE, outline=None)
    if how.marker:
        canvas.text(84, 40, how.marker, 44, WHITE, "bold")
    return canvas.rgb().crop((0, 0, SIDE, SIDE - how.cut))


def _lung(centre: float, side: int, wide: float) -> list[tuple[float, float]]:
    """Outline of a lung from its apex: the outer wall, the costophrenic angle, the dome, the inner wall."""
    outer, inner = centre + side * 92 * wide, centre - side * 66
    width = abs(outer - inner)
    dome = [(outer - side * step * width / 12, 500 - 62 * math.sin(math.pi * (step + 1) / 14)) for step in range(13)]
    wall = [(centre, 132.0), (centre + side * 60 * wide, 180.0), (outer, 300.0)]
    return [*wall, *dome, (inner, 300), (centre - side * 40, 170)]
