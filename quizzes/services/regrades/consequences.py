"""What a pass that comes or goes brings about. This package knows no course: whoever owns a context says so here.

A package registers a composer for the kind of its contexts when it is loaded, and settles the outcomes itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quizzes.enums import Consequence
from quizzes.models import Attempt


@dataclass(frozen=True)
class Flip:
    """An attempt whose pass would come (`is_passed`) or go. Nothing is written yet."""

    attempt: Attempt
    is_passed: bool


@dataclass(frozen=True)
class Told:
    """`facts` are plain values for the page: {title, credits, mark, year}, each only where it is known."""

    consequence: Consequence
    facts: Mapping[str, Any] = field(default_factory=dict)


# The consequence of each flip by the key of its attempt; who is left out has none.
Composer = Callable[[Sequence[Flip]], Mapping[int, Told]]
_composers: dict[str, Composer] = {}


def register(kind: str, composer: Composer) -> None:
    _composers[kind] = composer


def compose(flips: Sequence[Flip]) -> dict[int, Told]:
    found: dict[int, Told] = {}
    for kind in sorted({flip.attempt.context_kind for flip in flips}):
        composer = _composers.get(kind)
        if composer is not None:
            found |= composer([flip for flip in flips if flip.attempt.context_kind == kind])
    return found
