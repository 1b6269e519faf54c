"""Options to put in order, and options to match to prompts."""

import re
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from quizzes.grading.base import LETTERS, Fault, InvalidItem, Item, Key, Kind, known, mode_rules, texts

_PAIR = re.compile(r"([1-9][0-9]?)([A-L])")


class Ordering(Kind):
    """Value: the letters of all options from first to last ("CABD")."""

    family = "order"
    min_options, max_options = 2, len(LETTERS)

    def normalise(self, value: str, item: Item) -> str:
        if sorted(value) != sorted(item.keys):
            raise ValueError("not every option once")
        return value

    def share(self, value: str, item: Item) -> Fraction:
        if item.scoring["mode"] == "all_or_nothing":
            return Fraction(value == item.key)
        same = sum(given == right for given, right in zip(value, item.key, strict=True))
        return Fraction(same, len(item.key))

    def check_key(self, key: Any, settings: Mapping[str, Any], keys: str) -> Key:
        if not isinstance(key, str):
            raise InvalidItem("key", Fault.WRONG_TYPE)
        if sorted(key) != sorted(keys):
            raise InvalidItem("key", Fault.UNKNOWN if set(key) - set(keys) else Fault.DISAGREES)
        return key

    def check_rules(self, rules: Mapping[str, Any]) -> dict[str, str]:
        return mode_rules(rules, ("all_or_nothing", "positions"))

    def shown(self, key: Key, mapping: Mapping[str, str]) -> Key:
        return "".join(mapping[letter] for letter in key)


def pairs(value: str) -> dict[int, str]:
    """{1: "C", 2: "A"} of "1C,2A". Raises ValueError."""
    found: dict[int, str] = {}
    for part in value.split(",") if value else []:
        match = _PAIR.fullmatch(part.strip())
        if match is None:
            raise ValueError("not a prompt and an option")
        if int(match[1]) in found:
            raise ValueError("a prompt twice")
        found[int(match[1])] = match[2]
    return dict(sorted(found.items()))


def joined(found: Mapping[int, str]) -> str:
    return ",".join(f"{prompt}{letter}" for prompt, letter in sorted(found.items()))


class Matching(Kind):
    """Value: the prompts in order, each with its option ("1C,2A"); a prompt without an option is left out.

    `settings["repeats"]` says whether an option may be used again. Where it may not, an answer that does so is kept as
    it is, but counts for none of these prompts: the same guess everywhere wins nothing.
    """

    family = "match"
    min_options, max_options = 2, len(LETTERS)

    def normalise(self, value: str, item: Item) -> str:
        found = pairs(value)
        if not set(found.values()) <= set(item.keys):
            raise ValueError("an unknown option")
        if max(found, default=0) > len(item.settings["prompts"]):
            raise ValueError("an unknown prompt")
        return joined(found)

    def share(self, value: str, item: Item) -> Fraction:
        given, right = pairs(value), pairs(item.key)
        used = Counter(given.values())
        hits = sum(
            given.get(prompt) == letter and (item.settings["repeats"] or used[letter] == 1)
            for prompt, letter in right.items()
        )
        if item.scoring["mode"] == "all_or_nothing":
            return Fraction(hits == len(right))
        return Fraction(hits, len(right))

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        known(settings, "settings", ("prompts",), optional=("repeats",))
        prompts = texts(settings["prompts"], "settings.prompts", fewest=2, most=len(LETTERS))
        repeats = settings.get("repeats", False)
        if not isinstance(repeats, bool):
            raise InvalidItem("settings.repeats", Fault.WRONG_TYPE)
        return {"prompts": prompts, "repeats": repeats}

    def check_key(self, key: Any, settings: Mapping[str, Any], keys: str) -> Key:
        if not isinstance(key, str):
            raise InvalidItem("key", Fault.WRONG_TYPE)
        try:
            found = pairs(key)
        except ValueError as error:
            raise InvalidItem("key", Fault.DISAGREES) from error
        if not set(found.values()) <= set(keys):
            raise InvalidItem("key", Fault.UNKNOWN)
        if list(found) != list(range(1, len(settings["prompts"]) + 1)):
            raise InvalidItem("key", Fault.DISAGREES)
        if len(set(found.values())) != len(found) and not settings["repeats"]:
            raise InvalidItem("settings.repeats", Fault.DISAGREES)
        return joined(found)

    def check_rules(self, rules: Mapping[str, Any]) -> dict[str, str]:
        return mode_rules(rules, ("each", "all_or_nothing"))

    def shown(self, key: Key, mapping: Mapping[str, str]) -> Key:
        return joined({prompt: mapping[letter] for prompt, letter in pairs(key).items()})
