"""What the widgets of the question types show: a value, or what was typed, taken apart into their fields.

`item` is always an ItemView. What says "reviewed" is for closed attempts; it holds the key only if the item has it.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django import template

from quizzes.enums import QuestionType
from quizzes.grading import arrangements, hotspots, rubrics
from quizzes.models.bank import QUESTION_TYPES
from quizzes.selectors import ItemView, Sheet

register = template.Library()


def _typed(item: ItemView, name: str, otherwise: str = "") -> str:
    """The field as the posted form had it, if the page is shown again because of it."""
    return otherwise if item.typed is None else item.typed.get(name, "")


@register.filter
def type_name(item: ItemView) -> str:
    """The examinations' types by the codes that everybody knows, the others in words."""
    is_code = item.family == "choice" and item.type != QuestionType.TRUE_FALSE
    return item.type if is_code else str(dict(QUESTION_TYPES)[QuestionType(item.type)])


@register.filter
def number_parts(item: ItemView) -> dict[str, str]:
    number, _blank, unit = item.value.partition(" ")
    return {"number": _typed(item, "number", number), "unit": _typed(item, "unit", unit)}


@register.filter
def order_rows(item: ItemView) -> list[dict[str, Any]]:
    """The options with their places ("" without an answer), in the order of the answer."""
    rows = []
    for option in item.options:
        place = str(item.value.index(option.key) + 1) if option.key in item.value else ""
        rows.append({"key": option.key, "text": option.text, "place": _typed(item, option.key, place)})
    if item.typed is None and item.value:
        rows.sort(key=lambda row: int(row["place"]))
    return rows


@register.filter
def places(item: ItemView) -> list[str]:
    return [str(place) for place in range(1, len(item.options) + 1)]


@register.filter
def match_rows(item: ItemView) -> list[dict[str, str]]:
    chosen = arrangements.pairs(item.value)
    return [
        {"number": str(number), "prompt": prompt, "letter": chosen.get(number, "")}
        for number, prompt in enumerate(item.settings["prompts"], start=1)
    ]


@register.filter
def hotspot_points(item: ItemView) -> list[dict[str, Any]]:
    """As many points as may be set; those not set have no coordinates."""
    found = hotspots.points(item.value)
    rows: list[dict[str, Any]] = []
    for place in range(item.settings["points"]):
        across, down = found[place] if place < len(found) else ("", "")
        x, y = _typed(item, f"x{place}", str(across)), _typed(item, f"y{place}", str(down))
        rows.append({"number": place + 1, "x": x, "y": y})
    return rows


@register.filter
def rubric_rows(item: ItemView) -> list[dict[str, str]]:
    """The rubric's items; `sign` is "+" for met, "-" for not met, "" while not judged."""
    met = rubrics.read(item.value, item.settings["rubric"]).met
    return [
        {"code": row["code"], "text": row["text"], "sign": {True: "+", False: "-", None: ""}[met.get(row["code"])]}
        for row in item.settings["rubric"]["items"]
    ]


@register.filter
def rubric_grade(item: ItemView) -> str:
    return rubrics.read(item.value, item.settings["rubric"]).grade


# Reviewed


@register.filter
def number_reviewed(item: ItemView) -> dict[str, str]:
    key = item.key
    if key is None:
        return {}
    unit = "%" if key["tolerance_is"] == "percent" else key["unit"]
    tolerance = "" if key["tolerance"] == "0" else f"± {key['tolerance']} {unit}".strip()
    return {"right": f"{key['number']} {key['unit']}".strip(), "tolerance": tolerance}


@register.filter
def order_reviewed(item: ItemView) -> list[dict[str, Any]]:
    """Place by place what was given and what is right."""
    text = {option.key: option.text for option in item.options}
    rows = []
    for place in range(len(item.options)):
        given, right = item.value[place : place + 1], item.key[place] if item.key else ""
        rows.append(
            {
                "place": place + 1,
                "given": text.get(given, ""),
                "right": text.get(right, ""),
                "is_right": given == right if right else None,
            }
        )
    return rows


@register.filter
def match_reviewed(item: ItemView) -> list[dict[str, Any]]:
    text = {option.key: option.text for option in item.options}
    given, right = arrangements.pairs(item.value), arrangements.pairs(item.key or "")
    return [
        {
            "prompt": prompt,
            "given": text.get(given.get(number, ""), ""),
            "right": text.get(right.get(number, ""), ""),
            "is_right": given.get(number) == right[number] if right else None,
        }
        for number, prompt in enumerate(item.settings["prompts"], start=1)
    ]


@register.filter
def hotspot_reviewed(item: ItemView) -> dict[str, Any]:
    """Points and, with the key, regions, in pixels of the picture for an SVG of its size."""
    width, height = (item.images[0].width, item.images[0].height) if item.images else (hotspots.SIDE, hotspots.SIDE)
    key = item.key
    regions = [_drawn(region, width, height) for region in key["regions"]] if key else []
    marks = []
    for number, (x, y) in enumerate(hotspots.points(item.value), start=1):
        is_hit = None
        if key:
            point, tolerance = (Fraction(x), Fraction(y)), Fraction(key["tolerance"])
            is_hit = any(hotspots.contains(region, point, tolerance) for region in key["regions"])
        marks.append(
            {"number": number, "x": x, "y": y, "left": _pixel(x, width), "top": _pixel(y, height), "is_hit": is_hit}
        )
    return {"width": width, "height": height, "marks": marks, "regions": regions, "radius": max(width // 60, 4)}


def _drawn(region: Mapping[str, Any], width: int, height: int) -> dict[str, Any]:
    if region["shape"] == "polygon":
        corners = " ".join(f"{_pixel(x, width)},{_pixel(y, height)}" for x, y in region["points"])
        return {"shape": "polygon", "corners": corners}
    return {
        "shape": "ellipse",
        "left": _pixel(region["x"], width),
        "top": _pixel(region["y"], height),
        "across": _pixel(region["rx"], width),
        "down": _pixel(region["ry"], height),
    }


def _pixel(thousandths: int | str, side: int) -> str:
    tenths = round(Fraction(thousandths) * side * 10 / hotspots.SIDE)
    return f"{tenths // 10}.{tenths % 10}"


@register.filter
def rubric_reviewed(item: ItemView) -> dict[str, Any]:
    """The judgement beside the experts'; what was not judged is None."""
    judged, key = rubrics.read(item.value, item.settings["rubric"]), item.key
    rows = []
    for row in item.settings["rubric"]["items"]:
        given, right = judged.met.get(row["code"]), key["met"][row["code"]] if key else None
        rows.append({"text": row["text"], "given": given, "right": right, "is_right": given == right if key else None})
    right_grade = key["grade"] if key else ""
    return {"rows": rows, "grade": judged.grade, "right_grade": right_grade, "is_right": judged.grade == right_grade}


@register.filter
def grades_agreement(sheet: Sheet) -> dict[str, Any] | None:
    """The weighted kappa of the grades given and the experts', over all pictures with one rubric; None before review.

    Below two pictures, or where everybody gives one grade to all, there is none.
    """
    items = [item for item in sheet.items if item.family == "grading" and item.key]
    if len(items) < 2 or len({item.settings["rubric"]["id"] for item in items}) > 1:
        return None
    pairs = [(rubric_grade(item), item.key["grade"]) for item in items]
    given = [pair for pair in pairs if pair[0]]
    kappa = rubrics.weighted_kappa(given, items[0].settings["rubric"]["grades"])
    return None if kappa is None or len(given) < 2 else {"kappa": kappa, "pictures": len(given)}


@register.filter
def of_item(told: Mapping[str, Any], item: ItemView) -> Any:
    """What a page's mapping by item says of this one; nothing if it says nothing."""
    return told.get(item.id, ())
