"""Statements that are asked so often that what comes before the asking counts.

The mapper writes their SQL once a process (`Rows`, `Insertion`), so that it follows the models; PostgreSQL plans them
once a connection (`cursor`).
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any, cast

from django.db import connection, models
from django.db.backends.utils import CursorWrapper
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery


def cursor() -> AbstractContextManager[CursorWrapper]:
    """A cursor for statements whose text is always the same: their values travel beside them.

    PostgreSQL then keeps the plan for the connection. Elsewhere a cursor as any other.
    """
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    made = cast(Any, connection)._prepare_cursor(_planned_once()(connection.connection))
    return cast(AbstractContextManager[CursorWrapper], made)


_cursors: list[Any] = []


def _planned_once() -> Any:
    """The class of such cursors; where PostgreSQL is not used its driver may be missing."""
    if not _cursors:
        from django.db.backends.postgresql.base import ServerBindingCursor

        ours: Any = ServerBindingCursor

        def execute(self: Any, query: Any, params: Any = None) -> Any:
            # Off for all other statements of the connection, whose texts hold their values.
            before, self.connection.prepare_threshold = self.connection.prepare_threshold, 0
            try:
                return ours.execute(self, query, params, prepare=True)
            finally:
                self.connection.prepare_threshold = before
                # What the log of queries reads; the driver keeps it of plain statements only.
                self._query = SimpleNamespace(query=query.encode())

        _cursors.append(type("PlannedOnce", (ours,), {"execute": execute}))
    return _cursors[0]


class Rows:
    """The rows of `build(*values)`, a query of `values_list`; `like` are stand-ins of the values' kinds (int, str).

    The values may only be compared with columns: whatever depends on them in another way is written down once.
    """

    def __init__(self, build: Callable[..., models.QuerySet[Any, Any]], *like: type) -> None:
        self.build, self.like = build, like
        self.written: dict[str, tuple[str, list[Any], dict[int, Any]]] = {}

    def __call__(self, *values: Any) -> list[tuple[Any, ...]]:
        sql, places, converters = self.written.get(connection.vendor) or self._write()
        with cursor() as asked:
            asked.execute(sql, [values[place] if isinstance(place, _Place) else place for place in places])
            rows = asked.fetchall()
        if not converters:
            return cast(list[tuple[Any, ...]], rows)
        return [self._converted(row, converters) for row in rows]

    def _write(self) -> tuple[str, list[Any], dict[int, Any]]:
        stand_ins: dict[Any, _Place] = {}
        for number, kind in enumerate(self.like):
            stand_ins[-1_000_000_000 - number if kind is int else f"stand-in {number}"] = _Place(number)
        compiler = self.build(*stand_ins).query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        places = [stand_ins.get(one, one) if isinstance(one, int | str) else one for one in params]
        converters = compiler.get_converters([column[0] for column in compiler.select])
        self.written[connection.vendor] = sql, places, converters
        return self.written[connection.vendor]

    @staticmethod
    def _converted(row: Sequence[Any], converters: Mapping[int, Any]) -> tuple[Any, ...]:
        values = list(row)
        for place, (functions, expression) in converters.items():
            for convert in functions:
                values[place] = convert(values[place], expression, connection)
        return tuple(values)


class _Place(int):
    """Which of the values belongs here."""


class Insertion:
    """Writes one row of `model`, unless one that must be alone is there already."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        self.fields = [field for field in model._meta.concrete_fields if not field.primary_key]
        self.written: dict[str, str] = {}

    def __call__(self, row: models.Model, **texts: str) -> bool:
        """Whether `row` is stored now; it then has its key. `texts` are JSON fields that are written already."""
        values = [
            texts[field.attname]
            if field.attname in texts
            else field.get_db_prep_save(field.pre_save(row, add=True), connection)
            for field in self.fields
        ]
        with cursor() as asked:
            asked.execute(self.written.get(connection.vendor) or self._write(), values)
            made = asked.fetchone()
        if made is None:
            return False
        row.pk, row._state.adding, row._state.db = made[0], False, connection.alias
        return True

    def _write(self) -> str:
        query = InsertQuery(self.model, on_conflict=OnConflict.IGNORE)
        query.insert_values(self.fields, [self.model()])
        compiler = query.get_compiler(connection=connection)
        compiler.returning_fields = [self.model._meta.pk]
        [(sql, _values)] = compiler.as_sql()
        self.written[connection.vendor] = str(sql)
        return self.written[connection.vendor]
