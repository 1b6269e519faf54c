"""Private files of this package that no row names any more: a killed process leaves one, or a storage that was away."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from django.db.models import Model

from cms.shared.storage import files_below, private_storage
from organisations.models import ActivationSheet, PersonExport, Qualification, RosterImport, StatePeriod

logger = structlog.get_logger(__name__)

# No form and no job takes longer from its file to its row.
AGE = timedelta(days=1)
_NAMED_BY: dict[str, tuple[tuple[type[Model], str], ...]] = {
    "own-data": ((PersonExport, "file"),),
    "proofs": ((StatePeriod, "proof"), (Qualification, "proof")),
    "rosters": ((RosterImport, "file"),),
    "sheets": ((ActivationSheet, "file"),),
}


def sweep(*, now: datetime) -> int:
    """Delete files older than a day that no row names; how many. Other folders of the storage are not looked at."""
    deleted = 0
    for folder, columns in _NAMED_BY.items():
        old = [key for key, written_at in files_below(folder) if written_at < now - AGE]
        # Read after the list was made: what got its row meanwhile stays.
        named = set(_named(columns)) if old else set()
        for key in old:
            if key not in named:
                private_storage().delete(key)
                logger.warning("orphan_deleted", file=key)
                deleted += 1
    return deleted


def _named(columns: tuple[tuple[type[Model], str], ...]) -> Iterator[str]:
    for model, column in columns:
        rows = model._default_manager.exclude(**{column: ""}).values_list(column, flat=True)
        yield from rows.iterator(chunk_size=2000)
