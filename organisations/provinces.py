"""The prefecture-level units of a province and which of them have a branch of the society: data with its source.

No framework.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "data" / "provinces"


@dataclass(frozen=True)
class City:
    """A prefecture-level unit with its division code."""

    code: str
    name: str
    short_name: str
    name_en: str


@dataclass(frozen=True)
class Province:
    """`cities` in the order of their codes; `branches`: those of them that have a branch of the society."""

    code: str
    name: str
    name_en: str
    cities: tuple[City, ...]
    branches: tuple[City, ...]
    branch_naming: str

    def branch_name(self, city: City) -> str:
        return self.branch_naming.format(short_name=city.short_name)


@cache
def province(code: str) -> Province | None:
    """What is known of the province with this division code (GB/T 2260, six digits); None where nothing is."""
    path = _FOLDER / f"{code}.json"
    if not code.isdecimal() or not path.is_file():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    cities = tuple(City(**item) for item in told["cities"]["items"])
    by_code = {city.code: city for city in cities}
    return Province(
        code=told["code"],
        name=told["name"],
        name_en=told["name_en"],
        cities=cities,
        branches=tuple(by_code[code] for code in told["branches"]["cities"]),
        branch_naming=told["branches"]["naming"],
    )
