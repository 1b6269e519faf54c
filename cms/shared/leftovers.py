"""Private files that no row names any more: a killed process leaves one, or a storage that was away."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import structlog
from django.apps import apps
from django.db.models import FileField, Model

from cms.shared.storage import files_below, private_storage

logger = structlog.get_logger(__name__)

# No form and no job takes longer from its file to its row.
AGE = timedelta(days=1)
Column = tuple[type[Model], str]


def sweep(folders: Iterable[str], *, now: datetime, keys: Iterable[Column] = ()) -> int:
    """Delete files of `folders` older than a day that no row names; how many. Other folders are not looked at.

    Every file column of every installed model can name one, whichever package it is of: papers of one folder belong to
    several. `keys` are columns of plain text that name one, too.
    """
    deleted, columns = 0, [*_file_columns(), *keys]
    for folder in folders:
        old = [key for key, written_at in files_below(folder) if written_at < now - AGE]
        # Read after the list was made: what got its row meanwhile stays.
        named = set(_named(columns, folder)) if old else set()
        for key in old:
            if key not in named:
                private_storage().delete(key)
                logger.warning("orphan_deleted", file=key)
                deleted += 1
    return deleted


def _file_columns() -> Iterator[Column]:
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, FileField):
                yield model, field.name


def _named(columns: Iterable[Column], folder: str) -> Iterator[str]:
    for model, column in columns:
        rows = model._default_manager.filter(**{f"{column}__startswith": f"{folder}/"}).values_list(column, flat=True)
        yield from rows.iterator(chunk_size=2000)
