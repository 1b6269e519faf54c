"""Rosters: received, mapped, compared, decided, entered, undone."""

from organisations.services.rosters.applying import NothingToApply, RowsUnclear, apply
from organisations.services.rosters.decisions import (
    NEW,
    SKIP,
    AnotherPerson,
    NoCandidate,
    NothingToDecide,
    NumberTaken,
    decide,
    decide_many,
)
from organisations.services.rosters.error_files import NotYourFile, error_file
from organisations.services.rosters.intake import (
    BadDay,
    BadMapping,
    FileGone,
    NoIdentityColumn,
    NoSheetTaken,
    NothingToUndo,
    RosterBusy,
    RosterTooLarge,
    RosterUnreadable,
    confirm_mapping,
    discard,
    receive,
)
from organisations.services.rosters.runs import erase_old, run_roster
from organisations.services.rosters.undoing import undo

__all__ = [
    "NEW",
    "SKIP",
    "AnotherPerson",
    "BadDay",
    "BadMapping",
    "FileGone",
    "NoCandidate",
    "NoIdentityColumn",
    "NoSheetTaken",
    "NotYourFile",
    "NothingToApply",
    "NothingToDecide",
    "NothingToUndo",
    "NumberTaken",
    "RosterBusy",
    "RosterTooLarge",
    "RosterUnreadable",
    "RowsUnclear",
    "apply",
    "confirm_mapping",
    "decide",
    "decide_many",
    "discard",
    "erase_old",
    "error_file",
    "receive",
    "run_roster",
    "undo",
]
