"""What an author's browser posts for a question of each type, and what it makes."""

from dataclasses import dataclass, field
from typing import Any

FIVE = {f"items-0-option_{letter}": text for letter, text in zip("abcde", "甲乙丙丁戊", strict=True)}
EIGHT = {f"items-0-option_{letter}": text for letter, text in zip("abcdefgh", "甲乙丙丁戊己庚辛", strict=True)}
CODES = ("COV", "ROT", "INS", "SCA", "EXP", "CNR", "MRK", "PID", "ART", "MOT", "POST", "SID")


@dataclass(frozen=True)
class Post:
    """`fields` beside those of every question; `key`, `settings`, `options` of the first item that is made."""

    fields: dict[str, Any]
    key: Any
    options: list[str] = field(default_factory=list)
    settings: dict[str, Any] | None = None
    stems: tuple[str, ...] = ("",)
    needs_picture: bool = False


def part(row: int, **values: Any) -> dict[str, Any]:
    return {f"items-{row}-{name}": value for name, value in values.items()}


def group(*stems: str) -> dict[str, Any]:
    said: dict[str, Any] = {"items-TOTAL": str(len(stems) + 1)}
    for row, stem in enumerate(stems):
        said |= part(row, id="", stem=stem, points="1", order=str(row + 1))
        said |= part(row, option_a="甲", option_b="乙", option_c="丙", right=["B"])
    # The row that the form offers besides stays empty.
    return said | part(len(stems), id="", stem="", points="1", order=str(len(stems) + 1))


SINGLE = ["甲", "乙", "丙", "丁", "戊"]
THREE = ["甲", "乙", "丙"]
POSTS: dict[str, Post] = {
    "A1": Post({**FIVE, "items-0-right": ["B"]}, "B", SINGLE),
    "A2": Post({**FIVE, "items-0-right": ["E"]}, "E", SINGLE),
    "X": Post({**FIVE, "items-0-right": ["A", "D"]}, "AD", SINGLE),
    "A3": Post(group("第一问", "第二问"), "B", THREE, stems=("第一问", "第二问")),
    "A4": Post({**group("第一问", "第二问"), "items-1-reveal": "复查所见"}, "B", THREE, stems=("第一问", "第二问")),
    "B1": Post(
        {
            **{k: v for k, v in group("甲题", "乙题").items() if "option" not in k},
            "shared_a": "水",
            "shared_b": "脂肪",
            "shared_c": "空气",
        },
        "B",
        stems=("甲题", "乙题"),
    ),
    "CASE": Post(
        {**group("第一问"), **EIGHT, "items-0-right": ["A", "B"], "items-0-weight_a": "2"},
        {"right": "AB", "weights": {"A": "2"}},
        list("甲乙丙丁戊己庚辛"),
        stems=("第一问",),
    ),
    "TRUE_FALSE": Post({"items-0-right": ["A"]}, "A"),
    "NUMERIC": Post(
        {
            "items-0-number": "120",
            "items-0-unit": "kV",
            "items-0-units": "kV, V",
            "items-0-tolerance": "5",
            "items-0-tolerance_is": "percent",
        },
        {"number": "120", "unit": "kV", "tolerance": "5", "tolerance_is": "percent"},
        settings={"units": ["kV", "V"]},
    ),
    "SHORT_TEXT": Post(
        {"items-0-accepted": "窗宽\n\nwindow width\n", "items-0-max_length": "40"},
        {"accepted": ["窗宽", "window width"]},
        settings={"max_length": 40},
    ),
    "ORDERING": Post({"items-0-ordered": "定位\n扫描\n重建\n"}, None),
    "MATCHING": Post(
        {
            "items-0-prompt_1": "水",
            "items-0-match_1": "0 HU",
            "items-0-prompt_2": "空气",
            "items-0-match_2": "-1000 HU",
            "items-0-others": "1000 HU",
        },
        None,
    ),
    "HOTSPOT": Post(
        {
            "items-0-points_allowed": "2",
            "items-0-tolerance": "10",
            "items-0-r1_shape": "ellipse",
            "items-0-r1_x": "400",
            "items-0-r1_y": "300",
            "items-0-r1_rx": "50",
            "items-0-r1_ry": "40.5",
            "items-0-r3_shape": "polygon",
            "items-0-r3_corners": "100,200 300,200, 200,400",
        },
        {
            "regions": [
                {"shape": "ellipse", "x": "400", "y": "300", "rx": "50", "ry": "40.5"},
                {"shape": "polygon", "points": [["100", "200"], ["300", "200"], ["200", "400"]]},
            ],
            "tolerance": "10",
        },
        settings={"points": 2},
        needs_picture=True,
    ),
    "IMAGE_GRADING": Post(
        {
            "items-0-rubric": "img-grade-dr-chest-pa@0.1-demo",
            "items-0-grade": "",
            **{f"items-0-met_{code}": "-" if code == "ROT" else "+" for code in CODES},
        },
        {"met": {code: code != "ROT" for code in CODES}, "grade": "甲"},
        needs_picture=True,
    ),
    "ESSAY": Post(
        {"items-0-max_length": "500", "items-0-guidance": "看要点"},
        {"guidance": "看要点"},
        settings={"max_length": 500},
    ),
    "FILE": Post(
        {"items-0-types": ["pdf", "jpg"], "items-0-max_megabytes": "5", "items-0-guidance": ""},
        {"guidance": ""},
        settings={"types": ["pdf", "jpg"], "max_bytes": 5 * 1024 * 1024},
    ),
}


def filled(type: str, *, bank: int, picture: int | None = None, **changes: Any) -> dict[str, Any]:
    post = POSTS[type]
    data: dict[str, Any] = {
        "bank": bank, "code": f"{type}-09", "subject": "CT成像原理", "type": type, "stem": "题干", "difficulty": "2",
        "source": "", "licence": "", "seen": "", "modality": "CT", "body_part": "chest", "bloom": "apply",
        "syllabus_codes": ["5", "14"], "items-TOTAL": "1", "images-TOTAL": "1", "images-0-image": "",
        "images-0-alt": "", "items-0-points": "1", "items-0-explanation": "量子噪声",
    }  # fmt: skip
    if picture is not None and post.needs_picture:
        data |= {"images-0-image": str(picture), "images-0-alt": "胸部正位片"}
    return {**data, **post.fields, **changes}
