"""The authority's own book beside ours: marked by hand, or compared with the list that it gives out."""

from credits.services.official.lists import (
    ListBusy,
    ListUnreadable,
    apply,
    discard,
    erase_old,
    receive,
    run_official_list,
    undo,
)
from credits.services.official.marking import TooMany, mark_chosen, mark_place

__all__ = [
    "ListBusy",
    "ListUnreadable",
    "TooMany",
    "apply",
    "discard",
    "erase_old",
    "mark_chosen",
    "mark_place",
    "receive",
    "run_official_list",
    "undo",
]
