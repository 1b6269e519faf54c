"""Places on an image. Coordinates are thousandths of its width and height, from the upper left corner."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from quizzes.grading.base import (
    Fault,
    InvalidItem,
    Item,
    Key,
    Kind,
    clamped,
    counted_rules,
    known,
    number,
    plain,
    whole,
)

MAX_POINTS = 12
MAX_CORNERS = 60
SIDE = 1000
# A point within the image is at most this far from any place of it.
MAX_TOLERANCE = 200

Point = tuple[Fraction, Fraction]


def points(value: str) -> list[tuple[int, int]]:
    """[(412, 305)] of "412,305", in order, each once. Raises ValueError."""
    found = set()
    for part in value.split(";") if value else []:
        across, comma, down = part.partition(",")
        if not comma or not (_is_place(across.strip()) and _is_place(down.strip())):
            raise ValueError("not a point of the image")
        found.add((int(across), int(down)))
    return sorted(found)


def _is_place(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and len(typed) <= 4 and int(typed) <= SIDE


def joined(found: Sequence[tuple[int, int]]) -> str:
    return ";".join(f"{across},{down}" for across, down in found)


def contains(region: Mapping[str, Any], point: Point, tolerance: Fraction) -> bool:
    """Whether `point` lies in `region` or at most `tolerance` off; the edge belongs to it."""
    if region["shape"] == "ellipse":
        across = (point[0] - Fraction(region["x"])) / (Fraction(region["rx"]) + tolerance)
        down = (point[1] - Fraction(region["y"])) / (Fraction(region["ry"]) + tolerance)
        return across * across + down * down <= 1
    corners = [(Fraction(across), Fraction(down)) for across, down in region["points"]]
    sides = list(zip(corners, corners[1:] + corners[:1], strict=True))
    return _is_inside(point, sides) or any(
        _square_distance(point, one, other) <= tolerance * tolerance for one, other in sides
    )


def _is_inside(point: Point, sides: Sequence[tuple[Point, Point]]) -> bool:
    """Whether a ray to the right of `point` crosses an odd number of sides."""
    inside = False
    for (x1, y1), (x2, y2) in sides:
        if (y1 > point[1]) != (y2 > point[1]) and point[0] < x1 + (point[1] - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


def _square_distance(point: Point, one: Point, other: Point) -> Fraction:
    across, down = other[0] - one[0], other[1] - one[1]
    length = across * across + down * down
    along = clamped(((point[0] - one[0]) * across + (point[1] - one[1]) * down) / length) if length else Fraction(0)
    off = point[0] - one[0] - along * across, point[1] - one[1] - along * down
    return off[0] * off[0] + off[1] * off[1]


def hits(found: Sequence[tuple[int, int]], key: Mapping[str, Any]) -> tuple[int, int]:
    """How many regions of `key` are hit by a point of their own, and how many points lie in no region."""
    tolerance = Fraction(key["tolerance"])
    within = [
        [
            place
            for place, region in enumerate(key["regions"])
            if contains(region, (Fraction(point[0]), Fraction(point[1])), tolerance)
        ]
        for point in found
    ]
    # Regions may overlap: each point takes a free region, or makes the point that holds it move on to another.
    held: dict[int, int] = {}

    def take(point: int, tried: set[int]) -> bool:
        for region in within[point]:
            if region not in tried:
                tried.add(region)
                if region not in held or take(held[region], tried):
                    held[region] = point
                    return True
        return False

    return sum(take(point, set()) for point in range(len(found))), sum(not regions for regions in within)


class Hotspot(Kind):
    """One or several places to point at. Value: the points in order ("100,900;412,305")."""

    family = "hotspot"

    def normalise(self, value: str, item: Item) -> str:
        found = points(value)
        if len(found) > item.settings["points"]:
            raise ValueError("too many points")
        return joined(found)

    def share(self, value: str, item: Item) -> Fraction:
        found, missed = hits(points(value), item.key)
        plus, minus = Fraction(item.scoring["right"]), Fraction(item.scoring["wrong"])
        return clamped((plus * found + minus * missed) / (plus * len(item.key["regions"])))

    def is_right(self, value: str, item: Item) -> bool:
        return hits(points(value), item.key) == (len(item.key["regions"]), 0)

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        known(settings, "settings", (), optional=("points",))
        return {"points": whole(settings.get("points", 1), "settings.points", least=1, most=MAX_POINTS)}

    def check_key(self, key: Any, settings: Mapping[str, Any], keys: str) -> Key:
        known(key, "key", ("regions",), optional=("tolerance",))
        if not isinstance(key["regions"], list | tuple):
            raise InvalidItem("key.regions", Fault.WRONG_TYPE)
        if not key["regions"]:
            raise InvalidItem("key.regions", Fault.TOO_FEW)
        # Nobody can hit more regions than there are points to set.
        if len(key["regions"]) > settings["points"]:
            raise InvalidItem("settings.points", Fault.TOO_FEW)
        regions = [_region(region, f"key.regions.{place}") for place, region in enumerate(key["regions"], start=1)]
        tolerance = number(key.get("tolerance", "0"), "key.tolerance", least=0, most=MAX_TOLERANCE)
        return {"regions": regions, "tolerance": plain(tolerance)}

    def check_rules(self, rules: Mapping[str, Any]) -> dict[str, str]:
        return counted_rules(rules)


def _region(region: Any, path: str) -> dict[str, Any]:
    if not isinstance(region, Mapping):
        raise InvalidItem(path, Fault.WRONG_TYPE)
    if region.get("shape") == "ellipse":
        known(region, path, ("shape", "x", "y", "rx", "ry"))
        found = {name: number(region[name], f"{path}.{name}", least=0, most=SIDE) for name in ("x", "y", "rx", "ry")}
        for name in ("rx", "ry"):
            if not found[name]:
                raise InvalidItem(f"{path}.{name}", Fault.OUT_OF_RANGE)
        return {"shape": "ellipse", **{name: plain(value) for name, value in found.items()}}
    if region.get("shape") != "polygon":
        raise InvalidItem(f"{path}.shape", Fault.UNKNOWN)
    known(region, path, ("shape", "points"))
    corners = region["points"]
    if not isinstance(corners, list | tuple):
        raise InvalidItem(f"{path}.points", Fault.WRONG_TYPE)
    if not 3 <= len(corners) <= MAX_CORNERS:
        raise InvalidItem(f"{path}.points", Fault.TOO_FEW if len(corners) < 3 else Fault.TOO_MANY)
    return {"shape": "polygon", "points": [_corner(corner, f"{path}.points") for corner in corners]}


def _corner(corner: Any, path: str) -> list[str]:
    if not isinstance(corner, list | tuple) or len(corner) != 2:
        raise InvalidItem(path, Fault.WRONG_TYPE)
    return [plain(number(value, path, least=0, most=SIDE)) for value in corner]
