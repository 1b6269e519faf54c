"""Conditions of rules on what is known of a person: {"credential_in": ["RRA"], "earned_on_or_after": "2011-01-01"}."""

from collections.abc import Mapping
from datetime import date
from typing import Any

SUFFIXES = ("_in", "_on_or_after")


def trait_of(name: str) -> str:
    """The trait that a condition asks about. Raises ValueError for a name of another form."""
    for suffix in SUFFIXES:
        if name.endswith(suffix):
            return name.removeprefix("or_").removesuffix(suffix)
    raise ValueError(f"{name!r} is no condition")


def holds(condition: Mapping[str, Any] | None, traits: Mapping[str, Any]) -> bool | None:
    """Whether all of `condition` holds, or any part that begins with "or_"; None if what decides is not known."""
    if not condition:
        return True
    alternatives = [_part(name, wanted, traits) for name, wanted in condition.items() if name.startswith("or_")]
    together = [_part(name, wanted, traits) for name, wanted in condition.items() if not name.startswith("or_")]
    if together:
        alternatives.append(False if False in together else None if None in together else True)
    return True if True in alternatives else None if None in alternatives else False


def _part(name: str, wanted: Any, traits: Mapping[str, Any]) -> bool | None:
    try:
        trait = trait_of(name)
    except ValueError:
        return None
    known = traits.get(trait)
    if known is None:
        return None
    if name.endswith("_in"):
        return known in wanted
    day = known if isinstance(known, date) else date.fromisoformat(str(known))
    return day >= date.fromisoformat(str(wanted))
