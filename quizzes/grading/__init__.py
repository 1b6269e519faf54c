"""Scoring of answers: pure, Decimal and Fraction, no framework. One kind for each question type.

The value of an answer is a text in the one written form of its kind ("B", "ABD", "120 kV", "1C,2A"), "" for none.
Rules: domain rules 3.1 of the examinations; marks are points × got ÷ possible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from quizzes.enums import Verdict
from quizzes.grading.base import LETTERS, Fault, InvalidItem, Item, Key, Kind, Mark, number
from quizzes.grading.kinds import KINDS, MARKED_BY_PEOPLE, SEVERAL

__all__ = [
    "KINDS",
    "LETTERS",
    "MARKED_BY_PEOPLE",
    "SEVERAL",
    "Fault",
    "Grade",
    "InvalidItem",
    "Item",
    "Key",
    "Kind",
    "Mark",
    "check_item",
    "grade",
    "normalise",
    "score",
    "shown",
]

CENT = Decimal("0.01")
NOTHING = Decimal(0)
MAX_POINTS = 100


@dataclass(frozen=True)
class Grade:
    """`marks` by item; `points` of `possible`. While people have still to mark, `marks` lacks these items.

    `points` and `is_passed` are then None.
    """

    marks: Mapping[str, Mark]
    points: Decimal | None
    possible: Decimal
    is_complete: bool
    is_passed: bool | None


def normalise(value: object, item: Item) -> str:
    """The value in its one written form ("DAB" → "ABD"). Raises ValueError if it does not fit the question."""
    if not isinstance(value, str):
        raise ValueError("not a text")
    return KINDS[item.type].normalise(value, item) if value.strip() else ""


def score(value: str, item: Item) -> Mark | None:
    """The mark that the written form `value` earns, between 0 and `item.points`, to the cent. None: people mark it.

    No answer earns nothing, whoever would mark it.
    """
    if not value:
        return Mark(points=NOTHING.quantize(CENT), is_right=False)
    kind = KINDS[item.type]
    if kind.is_marked_by_people:
        return None
    share = kind.share(value, item)
    points = (item.points * share.numerator / share.denominator).quantize(CENT, ROUND_HALF_UP)
    return Mark(points=points, is_right=kind.is_right(value, item))


def grade(
    items: Sequence[Item],
    values: Mapping[str, str],
    marks_by_people: Mapping[str, Decimal] | None = None,
    *,
    pass_share: Decimal,
) -> Grade:
    """Grade a paper. `values` and `marks_by_people` (points) by item; what is missing counts as not answered.

    What is omitted counts nowhere; of a paper of nothing else its points are given instead, so that nobody loses by it.
    Raises ValueError without points, or if people gave more than there are or less than nothing.
    """
    counted = [item for item in items if item.verdict != Verdict.OMITTED]
    if not counted:
        items = counted = [replace(item, verdict=Verdict.GIVEN) for item in items]
    possible = sum((item.points for item in counted), NOTHING)
    if possible <= 0:
        raise ValueError("a paper without points")
    marks: dict[str, Mark] = {}
    for item in items:
        mark = _by_verdict(item) or score(values.get(item.id, ""), item)
        if mark is None and marks_by_people and item.id in marks_by_people:
            mark = _by_people(marks_by_people[item.id], item)
        if mark is not None:
            marks[item.id] = mark
    if len(marks) < len(items):
        return Grade(marks=marks, points=None, possible=possible, is_complete=False, is_passed=None)
    points = sum((mark.points for mark in marks.values()), NOTHING)
    is_passed = points >= pass_share * possible
    return Grade(marks=marks, points=points, possible=possible, is_complete=True, is_passed=is_passed)


def _by_verdict(item: Item) -> Mark | None:
    if item.verdict == Verdict.GIVEN:
        return Mark(points=item.points.quantize(CENT), is_right=True)
    if item.verdict == Verdict.OMITTED:
        return Mark(points=NOTHING.quantize(CENT), is_right=False)
    return None


def _by_people(points: Decimal, item: Item) -> Mark:
    if not 0 <= points <= item.points:
        raise ValueError("more points than there are")
    return Mark(points=points.quantize(CENT, ROUND_HALF_UP), is_right=points == item.points)


def check_item(type: str, item: Item) -> Item:
    """`item` with settings and key in their one written form. Raises InvalidItem naming the field that is wrong.

    `item.keys` are the letters of its options, of the shared ones of its group, or "AB" for true and false.
    """
    if type not in KINDS:
        raise InvalidItem("type", Fault.UNKNOWN)
    kind = KINDS[type]
    if len(item.keys) < kind.min_options:
        raise InvalidItem("options", Fault.TOO_FEW)
    if len(item.keys) > kind.max_options:
        raise InvalidItem("options", Fault.TOO_MANY)
    points = number(item.points, "points", least=0, most=MAX_POINTS)
    if points < CENT or points != points.quantize(CENT):
        raise InvalidItem("points", Fault.OUT_OF_RANGE)
    settings = kind.check_settings(item.settings)
    key = kind.check_key(item.key, settings, item.keys)
    return replace(item, type=type, settings=settings, key=key)


def shown(key: Key, type: str, mapping: Mapping[str, str]) -> Key:
    """`key` for options in a new order; `mapping` is {letter in the revision: letter shown}."""
    return KINDS[type].shown(key, mapping)
