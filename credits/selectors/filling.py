"""What would fill a person's year. The book knows no course: each package above registers what it has open."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from credits.enums import Mark
from organisations.models import Person


@dataclass(frozen=True)
class Filler:
    """Something open that grants credit: `minutes` of real time for at most `credits`, before caps; until `ends`."""

    title: str
    url: str
    minutes: int
    credits: Decimal
    mark: Mark
    category: str
    ends: date
    is_begun: bool
    is_demo: bool


_tellers: list[Callable[[Person, str, date], list[Filler]]] = []
SHOWN = 5


def register(teller: Callable[[Person, str, date], list[Filler]]) -> None:
    """`teller(person, rule_set_id, on)` gives what is open to the person on a day, at any length."""
    if teller not in _tellers:
        _tellers.append(teller)


def fillers(*, person: Person, rule_set_id: str, on: date, missing: Decimal, by: date | None) -> list[Filler]:
    """What is open and would fill what is missing, the most credit for the time first, as few as fill it; at most 5.

    `by`: the last day that helps; what cannot be told apart by credit and time comes in the order of its end.
    """
    if missing <= 0 or (by is not None and by < on):
        return []
    found = [filler for teller in _tellers for filler in teller(person, rule_set_id, on) if filler.credits > 0]
    found.sort(key=lambda filler: (-filler.credits / max(filler.minutes, 1), filler.ends, filler.url))
    chosen: list[Filler] = []
    for filler in found[:SHOWN]:
        if sum((one.credits for one in chosen), Decimal(0)) >= missing:
            break
        chosen.append(filler)
    return chosen
