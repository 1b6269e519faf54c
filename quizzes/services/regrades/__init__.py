"""Regrades: made by one person, counted without writing, confirmed by a second one, applied attempt by attempt."""

from quizzes.services.regrades.deciding import (
    AlreadyDecided,
    BadTarget,
    NotCounted,
    NothingChosen,
    NothingToApply,
    Outdated,
    OwnAttempt,
    OwnRegrade,
    ReasonMissing,
    Wish,
    confirm,
    count_again,
    make,
    withdraw,
)
from quizzes.services.regrades.runs import run_regrade

__all__ = [
    "AlreadyDecided",
    "BadTarget",
    "NotCounted",
    "NothingChosen",
    "NothingToApply",
    "Outdated",
    "OwnAttempt",
    "OwnRegrade",
    "ReasonMissing",
    "Wish",
    "confirm",
    "count_again",
    "make",
    "run_regrade",
    "withdraw",
]
