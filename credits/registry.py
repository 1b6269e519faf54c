"""The register of accredited projects: its closed lists, which are dated data, and what a project has to say.

No framework, no clock.
"""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("vocabularies") / "projects@2026.1.json"

LENGTHS: Mapping[str, int] = {
    "number": 60, "title": 200, "level": 20, "kind": 20, "form": 20, "discipline": 60, "subdiscipline": 60,
    "place": 120, "organiser": 200, "person_in_charge": 60, "remark": 300,
}  # fmt: skip
NEEDED = ("number", "year", "title", "level", "organiser", "begins", "ends")
YEARS = range(1990, 2101)
MOST_HOURS, MOST_CREDITS, MOST_PLACES = Decimal("9999.99"), Decimal("999.99"), 1_000_000
CENT = Decimal("0.01")


class TermKind(StrEnum):
    """A closed list of the register, by the field that it is for."""

    LEVEL = "level"
    KIND = "kind"
    FORM = "form"


@dataclass(frozen=True)
class Term:
    """One value of a closed list. `words` is how sheets call it too."""

    code: str
    zh: str
    en: str
    mark: str
    words: frozenset[str]

    def label(self, language: str) -> str:
        return self.en if language.startswith("en") else self.zh


def plain(text: str) -> str:
    """A text without width, case and space, to compare by."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


@lru_cache(maxsize=1)
def _lists() -> Mapping[str, Mapping[str, Term]]:
    document = json.loads(FILE.read_text(encoding="utf-8"))
    return {kind: {term.code: term for term in map(_term, document[f"{kind.value}s"])} for kind in TermKind}


def _term(row: Mapping[str, Any]) -> Term:
    words = {plain(word) for word in (row["code"], row["zh"], row["en"], *row["words"])}
    return Term(row["code"], row["zh"], row["en"], row["mark"], frozenset(words))


def terms(kind: TermKind) -> tuple[Term, ...]:
    return tuple(_lists()[kind].values())


def label(kind: TermKind, code: str, language: str) -> str:
    """What a code is called; a text that is none stands as it is."""
    found = _lists()[kind].get(code)
    return found.label(language) if found is not None else code


def code_of(kind: TermKind, text: str) -> str:
    """The code that a text means; a text that means none comes back as it is."""
    word = plain(text)
    return next((term.code for term in terms(kind) if word in term.words), text.strip())


@dataclass(frozen=True)
class Stated:
    """What is said of a project; None: it is not told. Both days are included."""

    number: str = ""
    year: int | None = None
    title: str = ""
    level: str = ""
    kind: str = ""
    form: str = ""
    discipline: str = ""
    subdiscipline: str = ""
    begins: date | None = None
    ends: date | None = None
    days: int | None = None
    place: str = ""
    theory_hours: Decimal | None = None
    practice_hours: Decimal | None = None
    hours: Decimal | None = None
    credits: Decimal | None = None
    quota: int | None = None
    organiser: str = ""
    person_in_charge: str = ""
    remark: str = ""


FIELDS = tuple(field.name for field in fields(Stated))


class ProblemCode(StrEnum):
    MISSING = "missing"
    TOO_LONG = "too_long"
    NOT_PRINTABLE = "not_printable"
    UNKNOWN_TERM = "unknown_term"
    OUT_OF_RANGE = "out_of_range"
    NEGATIVE = "negative"
    TOO_FINE = "too_fine"
    ENDS_FIRST = "ends_first"
    MORE_DAYS = "more_days"
    DOES_NOT_ADD_UP = "does_not_add_up"


@dataclass(frozen=True)
class Problem:
    """What is wrong, with the field that it is wrong in."""

    field: str
    code: ProblemCode
    params: Mapping[str, str]


def completed(stated: Stated) -> Stated:
    """Texts without spaces around them; a total that is not told is the sum of its two parts, where there are any."""
    texts: dict[str, Any] = {name: " ".join(getattr(stated, name).split()) for name in LENGTHS}
    stated = replace(stated, **texts)
    if stated.hours is None and (stated.theory_hours, stated.practice_hours) != (None, None):
        stated = replace(stated, hours=_sum(stated))
    return stated


def _sum(stated: Stated) -> Decimal:
    return (stated.theory_hours or Decimal(0)) + (stated.practice_hours or Decimal(0))


def problems(stated: Stated, *, kept: Mapping[str, str] | None = None) -> list[Problem]:
    """All that is wrong, in the order of the fields. `kept`: texts of closed lists that stand there already."""
    found = [Problem(name, ProblemCode.MISSING, {}) for name in NEEDED if getattr(stated, name) in ("", None)]
    found += _texts(stated, kept or {})
    found += _figures(stated)
    if stated.begins is not None and stated.ends is not None:
        found += _days(stated, stated.begins, stated.ends)
    return sorted(found, key=lambda problem: FIELDS.index(problem.field))


def _texts(stated: Stated, kept: Mapping[str, str]) -> list[Problem]:
    found = []
    for name, longest in LENGTHS.items():
        text = getattr(stated, name)
        if len(text) > longest:
            found.append(Problem(name, ProblemCode.TOO_LONG, {"most": str(longest)}))
        elif not text.isprintable():
            found.append(Problem(name, ProblemCode.NOT_PRINTABLE, {}))
    for kind in TermKind:
        code = getattr(stated, kind.value)
        if code and code not in _lists()[kind] and code != kept.get(kind.value) and len(code) <= LENGTHS[kind.value]:
            found.append(Problem(kind.value, ProblemCode.UNKNOWN_TERM, {"text": code}))
    return found


def _figures(stated: Stated) -> list[Problem]:
    found = []
    if stated.year is not None and stated.year not in YEARS:
        found.append(_beyond("year", YEARS[0], YEARS[-1]))
    for name, most in (
        ("theory_hours", MOST_HOURS), ("practice_hours", MOST_HOURS), ("hours", MOST_HOURS), ("credits", MOST_CREDITS),
    ):  # fmt: skip
        value = getattr(stated, name)
        if value is None:
            continue
        if value < 0:
            found.append(Problem(name, ProblemCode.NEGATIVE, {}))
        elif value > most:
            found.append(_beyond(name, 0, most))
        elif value != value.quantize(CENT):
            found.append(Problem(name, ProblemCode.TOO_FINE, {}))
    if stated.quota is not None and not 1 <= stated.quota <= MOST_PLACES:
        found.append(_beyond("quota", 1, MOST_PLACES))
    has_parts = (stated.theory_hours, stated.practice_hours) != (None, None)
    if has_parts and stated.hours is not None and _sum(stated) != stated.hours and not found:
        params = {
            "theory": _shown(stated.theory_hours), "practice": _shown(stated.practice_hours),
            "sum": _shown(_sum(stated)), "total": _shown(stated.hours),
        }  # fmt: skip
        found.append(Problem("hours", ProblemCode.DOES_NOT_ADD_UP, params))
    return found


def _beyond(name: str, least: object, most: object) -> Problem:
    return Problem(name, ProblemCode.OUT_OF_RANGE, {"least": str(least), "most": str(most)})


def _shown(value: Decimal | None) -> str:
    return format((value or Decimal(0)).normalize(), "f")


def _days(stated: Stated, begins: date, ends: date) -> list[Problem]:
    if ends < begins:
        return [Problem("ends", ProblemCode.ENDS_FIRST, {"begins": begins.isoformat()})]
    span = (ends - begins).days + 1
    if stated.days is not None and not 1 <= stated.days <= span:
        return [Problem("days", ProblemCode.MORE_DAYS, {"span": str(span)})]
    return []
