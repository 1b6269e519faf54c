"""Numeric answers: a number, a unit if the question names some, and a tolerance."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from quizzes.grading.base import (
    MAX_DIGITS,
    Fault,
    InvalidItem,
    Item,
    Key,
    Kind,
    known,
    number,
    plain,
    printable,
    text,
    texts,
)
from quizzes.grading.units import MAX_UNIT, offered, unit, written

MAX_UNITS = 6
# Signs that look like a minus; full width digits, points and commas become plain ones before.
_MINUS = str.maketrans({"−": "-", "–": "-", "。": "."})
_VALUE = re.compile(
    r"(?P<sign>[+-]?) ?(?P<digits>[0-9]+(?:[,.][0-9]*)*|[,.][0-9]+)(?:[eE](?P<power>[+-]?[0-9]{1,2}))?(?P<unit>.*)"
)
_GROUPS = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?")


def read(typed: str) -> tuple[Decimal, str]:
    """The number that `typed` begins with, and what follows it. Raises ValueError.

    A comma is a decimal sign, except between groups of three digits ("1,200" is 1200).
    """
    match = _VALUE.fullmatch(unicodedata.normalize("NFKC", printable(typed)).translate(_MINUS).strip())
    if match is None:
        raise ValueError("not a number")
    digits = match["digits"]
    if len(digits) > 2 * MAX_DIGITS:
        raise ValueError("too long a number")
    digits = digits.replace(",", "") if _GROUPS.fullmatch(digits) else digits.replace(",", ".")
    if digits.count(".") > 1:
        raise ValueError("not a number")
    power = match["power"] or "0"
    value = Decimal(f"{match['sign']}{digits}") * Decimal(10) ** int(power)
    if value and (value.adjusted() >= MAX_DIGITS or len(plain(abs(value))) > 2 * MAX_DIGITS):
        raise ValueError("too long a number")
    return value, match["unit"].strip()


class Numeric(Kind):
    """Value: the number without exponent or superfluous zeros, a blank, the unit ("120 kV"; none if none is asked)."""

    family = "number"

    def normalise(self, value: str, item: Item) -> str:
        units = item.settings["units"]
        amount, symbol = read(value)
        if not symbol:
            # The only unit goes without saying; of several none is guessed, and the answer is not right.
            return f"{plain(amount)} {units[0]}" if len(units) == 1 else plain(amount)
        chosen = offered(symbol, units)
        if chosen is None:
            raise ValueError("an unknown unit")
        return f"{plain(amount)} {chosen}"

    def share(self, value: str, item: Item) -> Fraction:
        amount, _blank, symbol = value.partition(" ")
        given, wanted = unit(symbol), unit(item.key["unit"])
        if bool(symbol) != bool(item.key["unit"]) or not given.is_related(wanted):
            return Fraction(0)
        right, tolerance = Fraction(item.key["number"]), Fraction(item.key["tolerance"])
        if item.key["tolerance_is"] == "percent":
            tolerance = abs(right) * tolerance / 100
        return Fraction(abs(Fraction(amount) * given.factor / wanted.factor - right) <= tolerance)

    def check_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        known(settings, "settings", (), optional=("units",))
        units = texts(settings.get("units", []), "settings.units", fewest=0, most=MAX_UNITS, longest=MAX_UNIT)
        if len({written(symbol) for symbol in units}) != len(units):
            raise InvalidItem("settings.units", Fault.TWICE)
        # What follows the number must not look like more of it.
        if any(re.match(r"[0-9.,+-]|[eE][0-9+-]", written(symbol)) for symbol in units):
            raise InvalidItem("settings.units", Fault.UNKNOWN)
        return {"units": units}

    def check_key(self, key: Any, settings: Mapping[str, Any], keys: str) -> Key:
        known(key, "key", ("number", "tolerance", "tolerance_is"), optional=("unit",))
        right = number(key["number"], "key.number")
        tolerance = number(key["tolerance"], "key.tolerance", least=0)
        if key["tolerance_is"] not in ("absolute", "percent"):
            raise InvalidItem("key.tolerance_is", Fault.UNKNOWN)
        # A percentage of nothing is nothing.
        if key["tolerance_is"] == "percent" and (tolerance > 100 or (tolerance and not right)):
            raise InvalidItem("key.tolerance", Fault.OUT_OF_RANGE)
        symbol = text(key.get("unit", ""), "key.unit", longest=MAX_UNIT, may_be_empty=True)
        if (symbol or settings["units"]) and symbol not in settings["units"]:
            raise InvalidItem("key.unit", Fault.UNKNOWN if symbol else Fault.MISSING)
        return {
            "number": plain(right),
            "unit": symbol,
            "tolerance": plain(tolerance),
            "tolerance_is": str(key["tolerance_is"]),
        }
