"""Rosters: received, mapped, compared, decided, entered, undone."""

from organisations.services.rosters.intake import (
    BadDay,
    BadMapping,
    NoIdentityColumn,
    NoSheetTaken,
    RosterBusy,
    RosterTooLarge,
    RosterUnreadable,
    confirm_mapping,
    discard,
    receive,
)
from organisations.services.rosters.runs import erase_old, run_roster

__all__ = [
    "BadDay",
    "BadMapping",
    "NoIdentityColumn",
    "NoSheetTaken",
    "RosterBusy",
    "RosterTooLarge",
    "RosterUnreadable",
    "confirm_mapping",
    "discard",
    "erase_old",
    "receive",
    "run_roster",
]
