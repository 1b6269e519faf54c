"""Points that people give, as one mark: pure, Decimal, no framework.

One marker's points stand. Two whose points lie within the gap make their mean. Two that lie further apart call a third
marker: then the mean of the two nearest stands; where the third lies exactly between them, what the rule says of ties.
How many markers, whether blind, the gap and the tie are data: the scoring rules of a bank for its essays and files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import combinations
from typing import Any

from quizzes.grading.base import Fault, InvalidItem, known, number, plain

CENT = Decimal("0.01")
NOTHING = Decimal(0)
MOST_ROUNDS = 3


class Tie(StrEnum):
    """Which two count where the third marker lies exactly between the others."""

    HIGHER = "higher"
    ALL = "all"


_ALLOWED = {"markers": ("1", "2"), "blind": ("yes", "no"), "tie": tuple(Tie)}


class Basis(StrEnum):
    """How a final mark came about."""

    ONE = "one"
    MEAN = "mean"
    NEAREST = "nearest"
    TIE = "tie"


@dataclass(frozen=True)
class Rules:
    """`gap` is the greatest difference, as a share of the points, that two marks may have without a third marker."""

    markers: int
    is_blind: bool
    gap: Decimal
    tie: Tie


@dataclass(frozen=True)
class Verdict:
    """`points` is None while marks are missing; `calls_third` says that two are in and lie too far apart."""

    points: Decimal | None
    basis: Basis | None = None
    calls_third: bool = False


def check_rules(rules: Mapping[str, Any]) -> dict[str, str]:
    """{"markers": "1" or "2", "blind": "yes" or "no", "gap": "0.2", "tie": "higher" or "all"}. Raises InvalidItem."""
    known(rules, "", (*_ALLOWED, "gap"))
    for name, allowed in _ALLOWED.items():
        if rules[name] not in allowed:
            raise InvalidItem(name, Fault.UNKNOWN)
    gap = number(rules["gap"], "gap", least=0, most=1)
    return {**{name: str(rules[name]) for name in _ALLOWED}, "gap": plain(gap)}


def rules_from(rules: Mapping[str, str]) -> Rules:
    """Rules that `check_rules` has passed."""
    return Rules(
        markers=int(rules["markers"]),
        is_blind=rules["blind"] == "yes",
        gap=Decimal(rules["gap"]),
        tie=Tie(rules["tie"]),
    )


def gap_points(rules: Rules, maximum: Decimal) -> Decimal:
    """The gap in points of an item with `maximum`, to the cent."""
    return (rules.gap * maximum).quantize(CENT, ROUND_HALF_UP)


def check_points(points: Decimal, *, maximum: Decimal) -> Decimal:
    """`points` to the cent. Raises ValueError if they are no number, lie outside 0 … `maximum`, or are finer."""
    if not points.is_finite() or not NOTHING <= points <= maximum:
        raise ValueError("outside of the points of the item")
    if points != points.quantize(CENT):
        raise ValueError("finer than a hundredth")
    return points.quantize(CENT)


def settle(marks: Sequence[Decimal], *, markers: int, gap: Decimal, tie: str) -> Verdict:
    """What `marks` (in the order of their rounds) make; `gap` in points. The mean is rounded half up to the cent.

    Raises ValueError for more marks than there are rounds, or a third one that nothing called.
    """
    if len(marks) > (MOST_ROUNDS if markers == 2 else 1):
        raise ValueError("more marks than rounds")
    if len(marks) < markers:
        return Verdict(None)
    if markers == 1:
        return Verdict(marks[0].quantize(CENT), Basis.ONE)
    first, second, *third = marks
    is_far = abs(first - second) > gap
    if not is_far:
        if third:
            raise ValueError("a third mark without a gap")
        return Verdict(_mean(first, second), Basis.MEAN)
    if not third:
        return Verdict(None, calls_third=True)
    return _of_three(marks, tie)


def _of_three(marks: Sequence[Decimal], tie: str) -> Verdict:
    pairs = sorted(combinations(sorted(marks), 2), key=lambda pair: (pair[1] - pair[0], -pair[0]))
    if pairs[0][1] - pairs[0][0] != pairs[1][1] - pairs[1][0]:
        return Verdict(_mean(*pairs[0]), Basis.NEAREST)
    # Equally near: by `tie` the higher two, for the learner's benefit, or all three.
    return Verdict(_mean(*(pairs[0] if tie == Tie.HIGHER else marks)), Basis.TIE)


def _mean(*marks: Decimal) -> Decimal:
    return (sum(marks, NOTHING) / len(marks)).quantize(CENT, ROUND_HALF_UP)
