"""Grading an image against a rubric: items that are met or not, weights, fatal defects, a grade.

An answer is scored by its agreement with the experts' key, item by item; a set of answers by the weighted kappa of the
grades, which takes off what would agree by chance.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from quizzes.grading.base import Fault, InvalidItem, Item, Key, Kind, known, number, plain, text, texts

DIRECTORY = Path(__file__).resolve().parent.parent / "rubrics"
_CODE = re.compile(r"[A-Z][A-Z0-9]{1,7}")
MAX_ITEMS = 30


@dataclass(frozen=True)
class RubricItem:
    """`fail_grade`: no image without this item is better than that grade; "" if its lack is not fatal."""

    code: str
    text: str
    weight: Fraction
    fail_grade: str = ""


@dataclass(frozen=True)
class Rubric:
    """`grades` from best to worst; `thresholds` the least share of each but the worst."""

    id: str
    version: str
    title: str
    source: str
    mark: str
    grades: tuple[str, ...]
    thresholds: tuple[Fraction, ...]
    items: tuple[RubricItem, ...]

    @property
    def name(self) -> str:
        return f"{self.id}@{self.version}"

    def grade(self, met: Mapping[str, bool]) -> str:
        """The grade of an image by the rule: the share of the weights that is met, and no better than a fatal lack."""
        weights = sum((item.weight for item in self.items), Fraction(0))
        share = sum((item.weight for item in self.items if met[item.code]), Fraction(0)) / weights
        by_share = next((place for place, least in enumerate(self.thresholds) if share >= least), len(self.thresholds))
        fatal = [self.grades.index(item.fail_grade) for item in self.items if item.fail_grade and not met[item.code]]
        return self.grades[max([by_share, *fatal])]

    def public(self) -> dict[str, Any]:
        """What those who grade may see: the items and grades, without weights and fatal defects."""
        return {
            "id": self.id,
            "version": self.version,
            "title": self.title,
            "mark": self.mark,
            "items": [{"code": item.code, "text": item.text} for item in self.items],
            "grades": list(self.grades),
        }


def parse(document: Any) -> Rubric:
    """The rubric of a JSON document. Raises InvalidItem with the path of what is wrong."""
    names = ("id", "version", "title", "source", "mark", "grades", "thresholds", "items")
    known(document, "", names)
    if document["mark"] not in ("A", "B", "M"):
        raise InvalidItem("mark", Fault.UNKNOWN)
    grades = texts(document["grades"], "grades", fewest=2, most=10, longest=10)
    if any(set(grade) & set(";,") for grade in grades):
        raise InvalidItem("grades", Fault.UNKNOWN)
    known(document["thresholds"], "thresholds", grades[:-1])
    thresholds = [
        Fraction(number(document["thresholds"][grade], f"thresholds.{grade}", least=0, most=1)) for grade in grades[:-1]
    ]
    if sorted(set(thresholds), reverse=True) != thresholds:
        raise InvalidItem("thresholds", Fault.DISAGREES)
    rows = document["items"]
    if not isinstance(rows, list):
        raise InvalidItem("items", Fault.WRONG_TYPE)
    if not 1 <= len(rows) <= MAX_ITEMS:
        raise InvalidItem("items", Fault.TOO_MANY if rows else Fault.TOO_FEW)
    items = tuple(_item(row, f"items.{place}", grades) for place, row in enumerate(rows, start=1))
    if len({item.code for item in items}) != len(items):
        raise InvalidItem("items", Fault.TWICE)
    return Rubric(
        **{name: text(document[name], name) for name in ("id", "version", "title", "source", "mark")},
        grades=tuple(grades),
        thresholds=tuple(thresholds),
        items=items,
    )


def _item(row: Any, path: str, grades: Sequence[str]) -> RubricItem:
    known(row, path, ("code", "text", "weight"), optional=("fail_grade",))
    if not isinstance(row["code"], str) or not _CODE.fullmatch(row["code"]):
        raise InvalidItem(f"{path}.code", Fault.UNKNOWN)
    weight = number(row["weight"], f"{path}.weight", least=0, most=100)
    if not weight:
        raise InvalidItem(f"{path}.weight", Fault.OUT_OF_RANGE)
    fatal = row.get("fail_grade", "")
    if fatal and fatal not in grades:
        raise InvalidItem(f"{path}.fail_grade", Fault.UNKNOWN)
    return RubricItem(row["code"], text(row["text"], f"{path}.text", longest=200), Fraction(weight), fatal)


@cache
def load() -> Mapping[str, Rubric]:
    """All rubrics of the platform by name ("img-grade-dr-chest-pa@0.1-demo")."""
    rubrics = [parse(json.loads(path.read_text("utf-8"))) for path in sorted(DIRECTORY.glob("*.json"))]
    return MappingProxyType({rubric.name: rubric for rubric in rubrics})


@dataclass(frozen=True)
class Judgement:
    """What somebody said of an image: the items judged, and the grade ("" if none was given)."""

    met: Mapping[str, bool]
    grade: str


def read(value: str, rubric: Mapping[str, Any]) -> Judgement:
    """The judgement that "COV+,ROT-;乙" writes; `rubric` is public. Raises ValueError."""
    codes = [item["code"] for item in rubric["items"]]
    signs, _semicolon, grade = value.partition(";")
    met: dict[str, bool] = {}
    for part in signs.split(",") if signs else []:
        code, sign = part[:-1], part[-1:]
        if code not in codes or sign not in ("+", "-"):
            raise ValueError("an unknown item of the rubric")
        if code in met:
            raise ValueError("an item of the rubric twice")
        met[code] = sign == "+"
    if grade and grade not in rubric["grades"]:
        raise ValueError("an unknown grade")
    return Judgement({code: met[code] for code in codes if code in met}, grade)


def write(judgement: Judgement) -> str:
    if not judgement.met and not judgement.grade:
        return ""
    signs = ",".join(f"{code}{'+' if met else '-'}" for code, met in judgement.met.items())
    return f"{signs};{judgement.grade}"


def weighted_kappa(
    pairs: Sequence[tuple[str, str]], grades: Sequence[str], *, quadratic: bool = False
) -> Decimal | None:
    """Agreement of two graders over a set of images, to four places: 1 for always, 0 for what chance would give.

    `pairs` are (one's grade, the other's); a disagreement weighs by how far apart the two grades stand (linear, or the
    square of it). None if it is not defined: no images, or both always gave the one same grade. Cohen 1968.
    """
    place = {grade: number for number, grade in enumerate(grades)}
    ones, others = Counter(one for one, _other in pairs), Counter(other for _one, other in pairs)

    def apart(one: str, other: str) -> int:
        return abs(place[one] - place[other]) ** (2 if quadratic else 1)

    expected = sum(apart(one, other) * ones[one] * others[other] for one in ones for other in others)
    if not expected:
        return None
    seen = sum(apart(one, other) for one, other in pairs)
    kappa = 1 - Fraction(seen * len(pairs), expected)
    return (Decimal(kappa.numerator) / kappa.denominator).quantize(Decimal("0.0001"), ROUND_HALF_UP)


class ImageGrading(Kind):
    """Value: the items judged in the rubric's order with + or -, a semicolon, the grade ("COV+,ROT-;乙").

    `settings["rubric"]` may be given by its name and is then filled in from the rubrics of the platform, `key["grade"]`
    by the rubric's rule; both are stored whole, so that a later rubric changes no question.
    """

    family = "grading"

    def normalise(self, value: str, item: Item) -> str:
        return write(read(value, item.settings["rubric"]))

    def share(self, value: str, item: Item) -> Fraction:
        judged, right = read(value, item.settings["rubric"]), item.key["met"]
        per_item, for_grade = Fraction(item.scoring["item"]), Fraction(item.scoring["grade"])
        same = sum(judged.met.get(code) == met for code, met in right.items())
        got = per_item * same + for_grade * (judged.grade == item.key["grade"])
        return Fraction(got, per_item * len(right) + for_grade)

    def is_right(self, value: str, item: Item) -> bool:
        return read(value, item.settings["rubric"]) == Judgement(item.key["met"], item.key["grade"])

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        known(settings, "settings", ("rubric",))
        return {"rubric": _rubric(settings["rubric"]).public()}

    def check_key(self, key: Any, settings: Mapping[str, Any], keys: str) -> Key:
        known(key, "key", ("met",), optional=("grade",))
        rubric = _rubric(settings["rubric"])
        codes = [item.code for item in rubric.items]
        known(key["met"], "key.met", codes)
        for code in codes:
            if not isinstance(key["met"][code], bool):
                raise InvalidItem(f"key.met.{code}", Fault.WRONG_TYPE)
        met = {code: key["met"][code] for code in codes}
        grade = rubric.grade(met)
        # An expert's grade that the rubric's own rule does not give would teach against the rubric.
        if key.get("grade", grade) != grade:
            raise InvalidItem("key.grade", Fault.DISAGREES)
        return {"met": met, "grade": grade}

    def check_rules(self, rules: Mapping[str, Any]) -> dict[str, str]:
        known(rules, "", ("item", "grade"))
        found = {name: number(rules[name], name, least=0, most=100) for name in ("item", "grade")}
        if not found["item"]:
            raise InvalidItem("item", Fault.OUT_OF_RANGE)
        return {name: plain(value) for name, value in found.items()}


def _rubric(named: Any) -> Rubric:
    """The rubric of a question, by its name or by its public part. Raises InvalidItem."""
    name = f"{named.get('id')}@{named.get('version')}" if isinstance(named, Mapping) else named
    if not isinstance(name, str) or name not in load():
        raise InvalidItem("settings.rubric", Fault.UNKNOWN)
    return load()[name]
