"""Tables to which rows are only ever added: UPDATE, DELETE, REPLACE, upsert and TRUNCATE are refused by the database.

A model says `append_only = True`. One that also says `deletable_after = (column, days)` lets rows go that are older
than that, and no younger one; the age stands in the trigger. The triggers are installed after every migrate, because
SQLite drops them when a table is remade; `check` fails when one is missing. No code here can remove one.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate

REFUSAL = "append-only table"


def append_only_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if getattr(model, "append_only", False)]


def _expected(connection: BaseDatabaseWrapper) -> Iterator[tuple[str, str]]:
    """(trigger name, SQL that makes it) for every append-only table."""
    for model in append_only_models():
        table = model._meta.db_table
        quoted = connection.ops.quote_name(table)
        column, days = getattr(model, "deletable_after", ("", 0))
        no_delete = f"{table}_no_delete_for_{days}_days" if days else f"{table}_no_delete"
        if connection.vendor == "sqlite":
            # Django writes moments as text in UTC, which sorts as they do.
            young = f"WHEN OLD.\"{column}\" >= strftime('%Y-%m-%d %H:%M:%S', 'now', '-{days} days') " if days else ""
            for verb, name, condition in (("UPDATE", f"{table}_no_update", ""), ("DELETE", no_delete, young)):
                yield (
                    name,
                    (
                        f'CREATE TRIGGER IF NOT EXISTS "{name}" BEFORE {verb} ON {quoted} {condition}'
                        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}: {table}'); END"
                    ),
                )
            # REPLACE deletes the old row without firing delete triggers, unless recursive triggers are on.
            uniques = [["id"], *_unique_columns(model)]
            clash = " OR ".join(
                "EXISTS (SELECT 1 FROM {t} WHERE {c})".format(  # noqa: S608 - names of our own models
                    t=quoted, c=" AND ".join(f'{quoted}."{column}" = NEW."{column}"' for column in columns)
                )
                for columns in uniques
            )
            name = f"{table}_no_replace"
            yield (
                name,
                (
                    f'CREATE TRIGGER IF NOT EXISTS "{name}" BEFORE INSERT ON {quoted} WHEN {clash} '
                    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}: {table} UNIQUE constraint failed'); END"
                ),
            )
        else:
            change = [(f"{table}_no_change", "UPDATE OR DELETE", "ROW", "")]
            if days:
                young = f"WHEN (OLD.\"{column}\" >= now() - interval '{days} days') "
                change = [(f"{table}_no_update", "UPDATE", "ROW", ""), (no_delete, "DELETE", "ROW", young)]
            for name, event, level, condition in (*change, (f"{table}_no_truncate", "TRUNCATE", "STATEMENT", "")):
                yield (
                    name,
                    (
                        f'CREATE TRIGGER "{name}" BEFORE {event} ON {quoted} '
                        f"FOR EACH {level} {condition}EXECUTE FUNCTION isocenter_append_only()"
                    ),
                )


def _unique_columns(model: type[models.Model]) -> list[list[str]]:
    fields = {field.name: str(field.column) for field in model._meta.concrete_fields}
    found: list[list[str]] = [[str(f.column)] for f in model._meta.concrete_fields if f.unique and not f.primary_key]
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields and not constraint.condition:
            found.append([fields[name] for name in constraint.fields])
    return found


def _present(connection: BaseDatabaseWrapper) -> set[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {row[0] for row in cursor.fetchall()}


def install(connection: BaseDatabaseWrapper) -> None:
    """Make every missing trigger. Safe to run again."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE OR REPLACE FUNCTION isocenter_append_only() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}: %', TG_TABLE_NAME; END $$"
            )
        tables = set(connection.introspection.table_names(cursor))
        present = _present(connection)
        known = {model._meta.db_table for model in append_only_models()}
        for name, sql in _expected(connection):
            table = max((t for t in known if name.startswith(t + "_no_")), key=len)
            if name not in present and table in tables:
                cursor.execute(sql)


def install_after_migrate(sender: AppConfig, using: str, **_: Any) -> None:
    install(connections[using])


@register(Tags.database)
def check_triggers(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Error shared.E001 for every trigger that is missing from a migrated database."""
    errors: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        present = _present(connection)
        with connection.cursor() as cursor:
            tables = set(connection.introspection.table_names(cursor))
        for model in append_only_models():
            table = model._meta.db_table
            for name, _sql in _expected(connection):
                if name.startswith(table + "_no_") and table in tables and name not in present:
                    errors.append(
                        Error(
                            f"Trigger {name} is missing: {table} could be rewritten.",
                            hint="Run `manage.py migrate --skip-checks`; it installs the triggers again.",
                            id="shared.E001",
                        )
                    )
    return errors


def connect() -> None:
    post_migrate.connect(install_after_migrate, dispatch_uid="append_only")
