"""What a scorer knows of a question and says of an answer, and what every kind of question must be able to do."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar

LETTERS = "ABCDEFGHIJKL"
MAX_TEXT = 2000
MAX_DIGITS = 12

# What is secret of a question, as JSON: the letters of the right options, or an object for the kinds that need more.
Key = Any


class Fault(StrEnum):
    """What is wrong with a field of a question or of a scoring rule."""

    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_FEW = "too_few"
    TOO_MANY = "too_many"
    TWICE = "twice"
    UNKNOWN = "unknown"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    DISAGREES = "disagrees"


class InvalidItem(ValueError):
    """`field` is the path of what is wrong ("options", "key.tolerance", "CASE.wrong"), `fault` says how."""

    def __init__(self, field: str, fault: Fault) -> None:
        super().__init__(f"{field}: {fault}")
        self.field, self.fault = field, fault


@dataclass(frozen=True)
class Item:
    """A question as it stands on a paper.

    `keys` are the option letters shown, `key` what is right in these letters, `settings` what the learner may know of
    the question, `scoring` the bank's rules for its type, `points` the most that it can earn.
    """

    id: str
    type: str
    key: Key
    points: Decimal
    keys: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    scoring: Mapping[str, Any] = field(default_factory=dict)
    verdict: str = ""


@dataclass(frozen=True)
class Mark:
    points: Decimal
    is_right: bool


class Kind(ABC):
    """One way to ask, to read an answer and to score it. `family` names its widget; options 0 to 0 means none."""

    family: ClassVar[str]
    min_options: ClassVar[int] = 0
    max_options: ClassVar[int] = 0
    is_marked_by_people: ClassVar[bool] = False

    @abstractmethod
    def normalise(self, value: str, item: Item) -> str:
        """`value`, which is not empty, in its one written form. Raises ValueError if it does not fit the question."""

    @abstractmethod
    def share(self, value: str, item: Item) -> Fraction:
        """The share of the points, 0 to 1, that the written form `value` earns."""

    def is_right(self, value: str, item: Item) -> bool:
        return self.share(value, item) == 1

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The public settings in their one written form. Raises InvalidItem."""
        known(settings, "settings", ())
        return {}

    @abstractmethod
    def check_key(self, key: Any, settings: Mapping[str, Any], keys: str) -> Key:
        """The key in its one written form; `settings` are checked, `keys` the option letters. Raises InvalidItem."""

    def check_rules(self, rules: Mapping[str, Any]) -> dict[str, str]:
        """The scoring rules of this kind. Raises InvalidItem with a path inside the rules."""
        return exact_rules(rules)

    def shown(self, key: Key, mapping: Mapping[str, str]) -> Key:
        """`key` in the letters that the learner sees; `mapping` says which letter each original one became."""
        return key


def known(values: Any, path: str, names: Sequence[str], optional: Sequence[str] = ()) -> Mapping[str, Any]:
    """`values` if it is an object with all of `names` and nothing but these and `optional`. Raises InvalidItem."""
    if not isinstance(values, Mapping):
        raise InvalidItem(path, Fault.WRONG_TYPE)
    for name in names:
        if name not in values:
            raise InvalidItem(_under(path, name), Fault.MISSING)
    for name in values:
        if name not in names and name not in optional:
            raise InvalidItem(_under(path, str(name)), Fault.UNKNOWN)
    return values


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def text(value: Any, path: str, *, longest: int = MAX_TEXT, may_be_empty: bool = False) -> str:
    if not isinstance(value, str):
        raise InvalidItem(path, Fault.WRONG_TYPE)
    stripped = printable(value).strip()
    if not stripped and not may_be_empty:
        raise InvalidItem(path, Fault.EMPTY)
    if len(stripped) > longest:
        raise InvalidItem(path, Fault.TOO_LONG)
    return stripped


def texts(values: Any, path: str, *, fewest: int, most: int, longest: int = MAX_TEXT) -> list[str]:
    """A list of different texts."""
    if not isinstance(values, list | tuple):
        raise InvalidItem(path, Fault.WRONG_TYPE)
    if len(values) < fewest:
        raise InvalidItem(path, Fault.TOO_FEW)
    if len(values) > most:
        raise InvalidItem(path, Fault.TOO_MANY)
    found = [text(value, f"{path}.{number}", longest=longest) for number, value in enumerate(values, start=1)]
    if len(set(found)) != len(found):
        raise InvalidItem(path, Fault.TWICE)
    return found


def number(value: Any, path: str, *, least: int | None = None, most: int | None = None) -> Decimal:
    """A whole number, or a decimal number written as text; never a binary fraction, which cannot hold 0.1."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise InvalidItem(path, Fault.NOT_A_NUMBER)
    try:
        found = Decimal(value)
    except InvalidOperation as error:
        raise InvalidItem(path, Fault.NOT_A_NUMBER) from error
    if not found.is_finite():
        raise InvalidItem(path, Fault.NOT_A_NUMBER)
    if (least is not None and found < least) or (most is not None and found > most) or not _is_short(found):
        raise InvalidItem(path, Fault.OUT_OF_RANGE)
    return found


def whole(value: Any, path: str, *, least: int, most: int) -> int:
    found = number(value, path, least=least, most=most)
    if found != int(found):
        raise InvalidItem(path, Fault.NOT_A_NUMBER)
    return int(found)


def _is_short(value: Decimal) -> bool:
    # Bounds what is computed with and stored: at most MAX_DIGITS before and behind the point.
    exponent = value.as_tuple().exponent
    return not value or (value.adjusted() < MAX_DIGITS and isinstance(exponent, int) and exponent >= -MAX_DIGITS)


def plain(value: Decimal) -> str:
    """`value` in its one written form: without exponent, trailing zeros and a minus before nothing."""
    if not value:
        return "0"
    written = f"{value:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def printable(value: str) -> str:
    """`value` without what no database keeps and nobody sees: control characters and halves of characters."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        letter
        for letter in lines
        if letter in "\n\t" or (ord(letter) >= 32 and not "\x7f" <= letter <= "\x9f")
        if not "\ud800" <= letter <= "\udfff"
    )


def exact_rules(rules: Mapping[str, Any]) -> dict[str, str]:
    """One point or none (domain rules 3.1: right 1, wrong 0, no deduction)."""
    known(rules, "", ("right", "wrong"))
    number(rules["right"], "right", least=1, most=1)
    number(rules["wrong"], "wrong", least=0, most=0)
    return {"right": "1", "wrong": "0"}


def counted_rules(rules: Mapping[str, Any]) -> dict[str, str]:
    """So much for every right mark, so much off for every wrong one, never below nothing."""
    known(rules, "", ("right", "wrong", "floor_per_item"))
    right = number(rules["right"], "right", least=0, most=100)
    if not right:
        raise InvalidItem("right", Fault.OUT_OF_RANGE)
    wrong = number(rules["wrong"], "wrong", least=-100, most=0)
    number(rules["floor_per_item"], "floor_per_item", least=0, most=0)
    return {"right": plain(right), "wrong": plain(wrong), "floor_per_item": "0"}


def mode_rules(rules: Mapping[str, Any], modes: Sequence[str]) -> dict[str, str]:
    known(rules, "", ("mode",))
    if rules["mode"] not in modes:
        raise InvalidItem("mode", Fault.UNKNOWN)
    return {"mode": str(rules["mode"])}


def clamped(share: Fraction) -> Fraction:
    return min(max(share, Fraction(0)), Fraction(1))
