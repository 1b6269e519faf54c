"""Scoring of answers: pure, Decimal, no framework. One scorer for each question type.

The value of an answer is what its type says: for A1, A2 and X the letters of the chosen options in alphabetical order
("B", "ABD"), "" for none. Rules: domain rules 3.1 and 3.2 of the examinations; marks are points × got ÷ possible.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from quizzes.enums import MultipleScoring, QuestionType

LETTERS = "ABCDEFGHIJKL"
CENT = Decimal("0.01")
NOTHING = Decimal(0)
HALF = Decimal("0.5")


@dataclass(frozen=True)
class Item:
    """What a scorer must know of a question. `keys` are the option letters shown, `answer` the right ones in order."""

    question: str
    type: str
    keys: str
    answer: str
    points: Decimal
    scoring: str = MultipleScoring.ALL_OR_NOTHING


@dataclass(frozen=True)
class Mark:
    points: Decimal
    is_right: bool


@dataclass(frozen=True)
class Grade:
    """`marks` by question; `points` of `possible`."""

    marks: Mapping[str, Mark]
    points: Decimal
    possible: Decimal
    is_passed: bool


def _single(value: str, item: Item) -> Decimal:
    return Decimal(value == item.answer)


def _multiple(value: str, item: Item) -> Decimal:
    chosen, right = set(value), set(item.answer)
    hits, wrong = len(chosen & right), len(chosen - right)
    if chosen == right:
        return Decimal(1)
    if item.scoring == MultipleScoring.RIGHT_MINUS_WRONG:
        return max(NOTHING, Decimal(hits - wrong) / len(right))
    if item.scoring == MultipleScoring.PARTIAL_NO_WRONG and not wrong:
        return HALF * hits / len(right)
    return NOTHING


# Type → share of the points (0 to 1) that a valid value earns.
SCORERS: Mapping[str, Callable[[str, Item], Decimal]] = {
    QuestionType.A1: _single,
    QuestionType.A2: _single,
    QuestionType.X: _multiple,
}
SEVERAL = frozenset({QuestionType.X})


def normalise(value: object, *, type: str, keys: str) -> str:
    """The value in its one written form ("DAB" → "ABD").

    Raises ValueError if it is no text, names an option that is not in `keys` or one twice, or several for a
    single-answer type.
    """
    if not isinstance(value, str):
        raise ValueError("not a text")
    if len(set(value)) != len(value):
        raise ValueError("an option twice")
    if not set(value) <= set(keys):
        raise ValueError("an unknown option")
    if len(value) > 1 and type not in SEVERAL:
        raise ValueError("several options for a single answer")
    return "".join(sorted(value))


def check_key(answer: str, *, type: str, keys: str) -> str:
    """The right answer in its one written form. Raises ValueError if no valid value, or too few letters for the type.

    X needs at least two right options (domain rules 3.1), the others exactly one.
    """
    if type not in SCORERS:
        raise ValueError("an unknown type")
    answer = normalise(answer, type=type, keys=keys)
    if len(answer) < (2 if type in SEVERAL else 1):
        raise ValueError("too few right options")
    return answer


def score(value: str, item: Item) -> Mark:
    """The mark that `value` earns: between 0 and `item.points`, to the cent. No answer earns nothing."""
    share = SCORERS[item.type](value, item) if value else NOTHING
    return Mark(points=(item.points * share).quantize(CENT, ROUND_HALF_UP), is_right=value == item.answer)


def grade(items: Sequence[Item], values: Mapping[str, str], *, pass_share: Decimal) -> Grade:
    """Grade a paper. `values` by question; what is missing counts as not answered. Raises ValueError without points."""
    possible = sum((item.points for item in items), NOTHING)
    if possible <= 0:
        raise ValueError("a paper without points")
    marks = {item.question: score(values.get(item.question, ""), item) for item in items}
    points = sum((mark.points for mark in marks.values()), NOTHING)
    return Grade(marks=marks, points=points, possible=possible, is_passed=points >= pass_share * possible)
