"""Units of measurement and their SI prefixes, exactly: 1 kV is 1000 V and 1 ml is 1 cm³."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

_PREFIXES = {
    "p": Fraction(1, 10**12), "n": Fraction(1, 10**9), "μ": Fraction(1, 10**6), "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000), "c": Fraction(1, 100), "d": Fraction(1, 10), "k": Fraction(1000),
    "M": Fraction(10**6), "G": Fraction(10**9), "T": Fraction(10**12),
}  # fmt: skip
# Symbol → (factor, dimensions). Gy and Sv, As and C stay apart: their values must not be taken for each other's.
_BASES: dict[str, tuple[Fraction, dict[str, int]]] = {
    "V": (Fraction(1), {"V": 1}),
    "A": (Fraction(1), {"A": 1}),
    "s": (Fraction(1), {"s": 1}),
    "As": (Fraction(1), {"A": 1, "s": 1}),
    "min": (Fraction(60), {"s": 1}),
    "h": (Fraction(3600), {"s": 1}),
    "m": (Fraction(1), {"m": 1}),
    "g": (Fraction(1), {"g": 1}),
    "l": (Fraction(1, 1000), {"m": 3}),
    "L": (Fraction(1, 1000), {"m": 3}),
    "Gy": (Fraction(1), {"Gy": 1}),
    "Sv": (Fraction(1), {"Sv": 1}),
    "Bq": (Fraction(1), {"Bq": 1}),
    "Hz": (Fraction(1), {"s": -1}),
    "T": (Fraction(1), {"T": 1}),
    "W": (Fraction(1), {"W": 1}),
    "J": (Fraction(1), {"J": 1}),
    "eV": (Fraction(1), {"eV": 1}),
    "mol": (Fraction(1), {"mol": 1}),
    "Pa": (Fraction(1), {"Pa": 1}),
    "%": (Fraction(1, 100), {}),
    "°": (Fraction(1), {"°": 1}),
    "°C": (Fraction(1), {"°C": 1}),
    "HU": (Fraction(1), {"HU": 1}),
    "dB": (Fraction(1), {"dB": 1}),
}
_NO_PREFIX = frozenset({"min", "h", "%", "°", "°C", "HU", "dB"})
_PART = re.compile(r"(?P<symbol>[^0-9^-]+)\^?(?P<power>-?[1-9])?")
MAX_UNIT = 20


@dataclass(frozen=True)
class Unit:
    """So many of the base units; two units are related if their dimensions are the same."""

    factor: Fraction
    dimensions: frozenset[tuple[str, int]]

    def is_related(self, other: "Unit") -> bool:
        return self.dimensions == other.dimensions


def written(symbol: str) -> str:
    """`symbol` with one form for what looks the same (µ and μ, ㎜ and mm, · and ⋅ and *)."""
    plain = unicodedata.normalize("NFKC", symbol.strip()).replace("µ", "μ")
    return re.sub(r"\s*[·⋅∙*×]\s*", "·", plain)


def unit(symbol: str) -> Unit:
    """What `symbol` means. One that is not known here stands for itself alone. `symbol` may be "" for a bare number."""
    factor, dimensions = Fraction(1), Counter[str]()
    for number, quotient in enumerate(written(symbol).split("/")):
        for part in quotient.split("·") if quotient else []:
            known = _part(part)
            if known is None:
                return Unit(Fraction(1), frozenset({(written(symbol), 1)}))
            size, dims, power = known
            power = -power if number else power
            factor *= size**power
            for name, exponent in dims.items():
                dimensions[name] += exponent * power
    return Unit(factor, frozenset((name, power) for name, power in dimensions.items() if power))


def _part(part: str) -> tuple[Fraction, dict[str, int], int] | None:
    match = _PART.fullmatch(part.strip())
    if match is None:
        return None
    symbol, power = match["symbol"].strip(), int(match["power"] or 1)
    if symbol in _BASES:
        return *_BASES[symbol], power
    prefix, base = symbol[:1], symbol[1:]
    if prefix in _PREFIXES and base in _BASES and base not in _NO_PREFIX:
        factor, dimensions = _BASES[base]
        return _PREFIXES[prefix] * factor, dimensions, power
    return None


def offered(symbol: str, among: Sequence[str]) -> str | None:
    """The unit of `among` that `symbol` writes; capitals count only where they tell two of them apart (mS and MS)."""
    wanted = written(symbol)
    for candidate in among:
        if written(candidate) == wanted:
            return candidate
    alike = [candidate for candidate in among if written(candidate).casefold() == wanted.casefold()]
    return alike[0] if len(alike) == 1 else None
