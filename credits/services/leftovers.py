"""Private files of this package that no row names any more. Papers of entries lie with those of people."""

from datetime import datetime

from cms.shared import leftovers
from credits.models import ExportJob, Statement

FOLDERS = ("exports", "official_lists", "project_imports", "statements")
KEYS = ((ExportJob, "file_key"), (Statement, "file_key"))


def sweep(*, now: datetime) -> int:
    """Delete files older than a day that no row names; how many. Other folders of the storage are not looked at."""
    return leftovers.sweep(FOLDERS, now=now, keys=KEYS)
