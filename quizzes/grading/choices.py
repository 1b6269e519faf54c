"""Questions with options to choose: one of them (A1 to B1, true or false) or several (X, case analysis)."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from quizzes.enums import MultipleScoring
from quizzes.grading.base import (
    LETTERS,
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
)


def right_letters(key: Key) -> str:
    """The right letters of a key of this family."""
    return key if isinstance(key, str) else str(key["right"])


def letters(value: Any, path: str, keys: str, *, fewest: int, most: int) -> str:
    """Letters of `keys`, each at most once, in alphabetical order. Raises InvalidItem."""
    if not isinstance(value, str):
        raise InvalidItem(path, Fault.WRONG_TYPE)
    if len(set(value)) != len(value):
        raise InvalidItem(path, Fault.TWICE)
    if not set(value) <= set(keys):
        raise InvalidItem(path, Fault.UNKNOWN)
    if len(value) < fewest:
        raise InvalidItem(path, Fault.TOO_FEW)
    if len(value) > most:
        raise InvalidItem(path, Fault.TOO_MANY)
    return "".join(sorted(value))


class Single(Kind):
    """One best option. Value: its letter."""

    family = "choice"
    min_options, max_options = 2, len(LETTERS)
    # How many options may be chosen, and how many must be right.
    most, fewest_right = 1, 1

    def normalise(self, value: str, item: Item) -> str:
        if len(set(value)) != len(value):
            raise ValueError("an option twice")
        if not set(value) <= set(item.keys):
            raise ValueError("an unknown option")
        if len(value) > self.most:
            raise ValueError("several options for a single answer")
        return "".join(sorted(value))

    def share(self, value: str, item: Item) -> Fraction:
        return Fraction(value == right_letters(item.key))

    def is_right(self, value: str, item: Item) -> bool:
        return value == right_letters(item.key)

    def check_key(self, key: Any, settings: Mapping[str, Any], keys: str) -> Key:
        return letters(key, "key", keys, fewest=self.fewest_right, most=self.most)

    def shown(self, key: Key, mapping: Mapping[str, str]) -> Key:
        right = "".join(sorted(mapping[letter] for letter in right_letters(key)))
        if isinstance(key, str):
            return right
        return {"right": right, "weights": {mapping[letter]: weight for letter, weight in key["weights"].items()}}


class TrueFalse(Single):
    """A for true, B for false; the two words are the interface's."""

    min_options, max_options = 2, 2


class Several(Single):
    """Several right options (X). Value: the chosen letters in order. The bank's mode says what a part is worth."""

    most, fewest_right = len(LETTERS), 2

    def share(self, value: str, item: Item) -> Fraction:
        chosen, right = set(value), set(right_letters(item.key))
        hits, wrong = len(chosen & right), len(chosen - right)
        if chosen == right:
            return Fraction(1)
        mode = item.scoring["mode"]
        if mode == MultipleScoring.RIGHT_MINUS_WRONG:
            return clamped(Fraction(hits - wrong, len(right)))
        if mode == MultipleScoring.PARTIAL_NO_WRONG and not wrong:
            return Fraction(item.scoring["each"]) * hits / len(right)
        return Fraction(0)

    def check_rules(self, rules: Mapping[str, Any]) -> dict[str, str]:
        known(rules, "", ("mode", "each"))
        if rules["mode"] not in set(MultipleScoring):
            raise InvalidItem("mode", Fault.UNKNOWN)
        return {"mode": str(rules["mode"]), "each": plain(number(rules["each"], "each", least=0, most=1))}


class Case(Several):
    """Case analysis: each right option counts for, each wrong one against, by its weight; never below nothing."""

    min_options = 6
    fewest_right = 1

    def share(self, value: str, item: Item) -> Fraction:
        right = set(right_letters(item.key))
        weights = {} if isinstance(item.key, str) else item.key["weights"]
        plus, minus = Fraction(item.scoring["right"]), Fraction(item.scoring["wrong"])

        def weight(chosen: Sequence[str] | set[str]) -> Fraction:
            return sum((Fraction(weights.get(letter, "1")) for letter in chosen), Fraction(0))

        chosen = set(value)
        got = plus * weight(chosen & right) + minus * weight(chosen - right)
        return clamped(got / (plus * weight(right)))

    def check_key(self, key: Any, settings: Mapping[str, Any], keys: str) -> Key:
        if isinstance(key, str):
            return letters(key, "key", keys, fewest=self.fewest_right, most=self.most)
        known(key, "key", ("right",), optional=("weights",))
        right = letters(key["right"], "key.right", keys, fewest=self.fewest_right, most=self.most)
        weights = known(key.get("weights", {}), "key.weights", (), optional=tuple(keys))
        checked = {}
        for letter in sorted(weights):
            weight = number(weights[letter], f"key.weights.{letter}", least=0, most=100)
            if not weight:
                raise InvalidItem(f"key.weights.{letter}", Fault.OUT_OF_RANGE)
            checked[letter] = plain(weight)
        return {"right": right, "weights": checked} if checked else right

    def check_rules(self, rules: Mapping[str, Any]) -> dict[str, str]:
        return counted_rules(rules)
