"""What a regrade says over a frozen paper: pure, no framework. The paper itself never changes.

A ruling of an item is {key, scoring, verdict}, each only where it differs from the paper: a key in the letters that the
learner saw, rules of scoring, or a verdict that stands over any mark.
"""

from collections.abc import Mapping
from typing import Any

from quizzes.enums import QuestionType
from quizzes.grading.base import InvalidItem
from quizzes.grading.kinds import KINDS, MARKED_BY_PEOPLE

Rulings = dict[str, dict[str, Any]]
# Their options keep their letters: two questions share them, or their words go with their letters.
_UNSHUFFLED = frozenset({QuestionType.B1, QuestionType.TRUE_FALSE})


def shown_key(key: Any, type: str, frozen: Mapping[str, Any]) -> Any:
    """The key of a revision in the letters of a frozen item, whose options may have been shuffled."""
    options = frozen["options"]
    if not options or type in _UNSHUFFLED:
        return key
    return KINDS[type].shown(key, {option["origin"]: option["key"] for option in options})


def fits(type: str, old: Mapping[str, Any], new: Mapping[str, Any], *, options: int) -> bool:
    """Whether answers to the item `old` of one revision may be judged by the key of the item `new` of another one.

    `options` is how many the group shares. Nothing that people mark has a key that judges; otherwise what is right must
    be sayable of the old item: as many options, settings that take the key.
    """
    if type in MARKED_BY_PEOPLE or len(old["options"]) != len(new["options"]):
        return False
    letters = 2 if type == QuestionType.TRUE_FALSE else len(old["options"]) or options
    try:
        KINDS[type].check_key(new["key"], old["settings"], "ABCDEFGHIJKL"[:letters])
    except InvalidItem:
        return False
    return True


def with_key(ruling: Mapping[str, Any], key: Any, frozen: Mapping[str, Any]) -> dict[str, Any]:
    """Judged by `key`, which lifts a verdict of before."""
    said = {name: value for name, value in ruling.items() if name == "scoring"}
    return said if key == frozen["key"] else said | {"key": key}


def with_verdict(ruling: Mapping[str, Any], verdict: str) -> dict[str, Any]:
    return {**ruling, "verdict": verdict}


def with_scoring(ruling: Mapping[str, Any], scoring: Mapping[str, Any], frozen: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in ruling.items() if name != "scoring"}
    return said if scoring == frozen["scoring"] else said | {"scoring": dict(scoring)}


def merged(rulings: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]) -> Rulings:
    """`rulings` with those of `new` in their place; what says nothing is left out."""
    together = {**rulings, **new}
    return {item: dict(ruling) for item, ruling in together.items() if ruling}
