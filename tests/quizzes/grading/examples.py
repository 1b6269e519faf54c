"""A question of every type for the tests: as an author writes it, and as a paper holds it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from quizzes import grading
from quizzes.enums import QuestionType
from quizzes.grading import scorings

RUBRIC = "img-grade-dr-chest-pa@0.1-demo"
CODES = ["COV", "ROT", "INS", "SCA", "EXP", "CNR", "MRK", "PID", "ART", "MOT", "POST", "SID"]
FIVE = ["水", "脂肪", "空气", "骨", "肌肉"]
SEVEN = [*FIVE, "肝", "脾"]

# Type → (what an author writes, the right value in its one written form).
EXAMPLES: dict[str, tuple[dict[str, Any], str]] = {
    **{type: ({"options": FIVE, "key": "B"}, "B") for type in ("A1", "A2", "A3", "A4", "B1")},
    "X": ({"options": FIVE, "key": "ABD"}, "ABD"),
    "CASE": ({"options": SEVEN, "key": "ABCDE"}, "ABCDE"),
    "TRUE_FALSE": ({"key": "A"}, "A"),
    "NUMERIC": (
        {
            "settings": {"units": ["kV", "V"]},
            "key": {"number": "120", "unit": "kV", "tolerance": "1", "tolerance_is": "absolute"},
        },
        "120 kV",
    ),
    "SHORT_TEXT": ({"key": {"accepted": ["CT 值", "Hounsfield unit"]}}, "CT值"),
    "ORDERING": ({"options": FIVE[:4], "key": "CABD"}, "CABD"),
    "MATCHING": ({"options": FIVE, "settings": {"prompts": ["一", "二", "三"]}, "key": "1C,2A,3B"}, "1C,2A,3B"),
    "HOTSPOT": (
        {
            "settings": {"points": 2},
            "key": {
                "regions": [
                    {"shape": "ellipse", "x": "300", "y": "400", "rx": "50", "ry": "100"},
                    {"shape": "polygon", "points": [["600", "600"], ["800", "600"], ["700", "900"]]},
                ],
                "tolerance": "10",
            },
        },
        "300,400;700,700",
    ),
    "IMAGE_GRADING": (
        {"settings": {"rubric": RUBRIC}, "key": {"met": {code: code != "ROT" for code in CODES}}},
        ",".join(f"{code}{'-' if code == 'ROT' else '+'}" for code in CODES) + ";甲",
    ),
    "ESSAY": ({"key": {"guidance": "三点各 1 分"}}, "先停注射"),
    "FILE": ({"key": {}}, "2f1f6a1e-6a2b-4a3e-9d0e-1d2f3a4b5c6d"),
}
assert list(EXAMPLES) == list(QuestionType)
AUTOMATIC = [type for type in EXAMPLES if type not in grading.MARKED_BY_PEOPLE]


def draft_item(type: str, points: str = "1", id: str = "q", **change: Any) -> grading.Item:
    """An example as its author wrote it."""
    written = {**EXAMPLES[type][0], **change}
    keys = "AB" if type == "TRUE_FALSE" else grading.LETTERS[: len(written.get("options", []))]
    settings = written.get("settings", {})
    return grading.Item(id=id, type=type, key=written["key"], settings=settings, points=Decimal(points), keys=keys)


def paper_item(
    type: str, points: str = "1", id: str = "q", scoring: dict[str, str] | None = None, **change: Any
) -> grading.Item:
    """An example as it stands on a paper, by the default scoring."""
    checked = grading.check_item(type, draft_item(type, points, id, **change))
    return replace(checked, scoring=scorings.default().rules[type] if scoring is None else scoring)
