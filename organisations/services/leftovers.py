"""Private files of this package that no row names any more."""

from datetime import datetime

from cms.shared import leftovers

FOLDERS = ("own-data", "proofs", "rosters", "sheets")


def sweep(*, now: datetime) -> int:
    """Delete files older than a day that no row names; how many. Other folders of the storage are not looked at."""
    return leftovers.sweep(FOLDERS, now=now)
