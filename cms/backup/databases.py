"""The database out of a backup and back. What was there before stays until the new one has been proved."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, cast

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from cms.backup import BackupError, Busy, NotPrepared
from cms.backup.archive import BLOCK

REPLACED = "before_restore"


@dataclass(frozen=True)
class Snapshot:
    """One moment of the database: rows by table, the migrations applied, and its dump as a stream."""

    tables: dict[str, int]
    migrations: list[tuple[str, str]]
    dump: Iterator[bytes]


class Return(Protocol):
    """Brings a database back: `write` the dump, `finish` (rows by table), then `keep` or `undo`."""

    def write(self, piece: bytes) -> None: ...

    def finish(self) -> dict[str, int]: ...

    def keep(self) -> None: ...

    def undo(self) -> None: ...


def is_empty() -> bool:
    with connection.cursor() as cursor:
        return not connection.introspection.table_names(cursor)


@contextlib.contextmanager
def snapshot() -> Iterator[Snapshot]:
    """Everything as it is now; other writers go on meanwhile."""
    with _postgres_snapshot() if connection.vendor == "postgresql" else _sqlite_snapshot() as found:
        yield found


def returning() -> Return:
    return PostgresReturn() if connection.vendor == "postgresql" else SqliteReturn()


def _rows_and_migrations(database: BaseDatabaseWrapper) -> tuple[dict[str, int], list[tuple[str, str]]]:
    with database.cursor() as cursor:
        rows = {}
        for table in sorted(database.introspection.table_names(cursor)):
            cursor.execute(f"SELECT COUNT(*) FROM {database.ops.quote_name(table)}")  # noqa: S608 - a table's own name
            rows[table] = int(cursor.fetchone()[0])
        # Django's recorder would ask the site's own connection.
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
        return rows, [(str(app), str(name)) for app, name in cursor.fetchall()]


# PostgreSQL


def program(name: str) -> str:
    """The newest installed pg_dump or pg_restore: it reads every older server. Raises NotPrepared."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if found is None:
        raise NotPrepared(f"{name} is not installed. Install PostgreSQL's client programs (postgresql-client).")
    return found


def _reach() -> tuple[list[str], dict[str, str]]:
    """Arguments and environment with which a client program reaches the site's database."""
    from psycopg.conninfo import make_conninfo

    values: dict[str, Any] = connection.settings_dict
    options = {key: value for key, value in values["OPTIONS"].items() if isinstance(value, str)}
    given = {"host": values["HOST"], "port": values["PORT"], "user": values["USER"], "dbname": values["NAME"]}
    conninfo = make_conninfo("", **options, **{key: value for key, value in given.items() if value})
    secret = {"PGPASSWORD": values["PASSWORD"]} if values["PASSWORD"] else {}
    return ["--dbname", conninfo], {**os.environ, **secret}


@contextlib.contextmanager
def _postgres_snapshot() -> Iterator[Snapshot]:
    database = connections["default"].copy()
    try:
        with database.cursor() as cursor:
            cursor.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            name = cursor.fetchone()[0]
        rows, migrations = _rows_and_migrations(database)
        yield Snapshot(rows, migrations, _pg_dump(name))
    finally:
        database.close()


def _pg_dump(snapshot_name: str) -> Iterator[bytes]:
    reach, environment = _reach()
    command = [program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot_name}"]
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen([*command, *reach], stdout=subprocess.PIPE, stderr=words, env=environment)
        output = cast(IO[bytes], process.stdout)
        try:
            while piece := output.read(BLOCK):
                yield piece
            if process.wait():
                raise BackupError(f"pg_dump failed: {_said(words)}")
        finally:
            process.kill()
            process.wait()
            output.close()


def _said(words: IO[bytes]) -> str:
    words.seek(0)
    return words.read(2000).decode(errors="replace").strip()


class PostgresReturn:
    """Loads into a new schema `public` while the old one waits under another name."""

    def __init__(self) -> None:
        loader = program("pg_restore")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            others = cursor.fetchone()[0]
            if others:
                raise Busy(f"{others} other connections use this database. Stop the site and the workers first.")
            cursor.execute("SELECT COUNT(*) FROM pg_namespace WHERE nspname = %s", [REPLACED])
            if cursor.fetchone()[0]:
                raise NotPrepared(
                    f"A restore was killed before: what was there lies in the schema {REPLACED}. Bring it back (DROP "
                    f"SCHEMA public CASCADE; ALTER SCHEMA {REPLACED} RENAME TO public) or drop it, then try again."
                )
            cursor.execute(f"BEGIN; ALTER SCHEMA public RENAME TO {REPLACED}; CREATE SCHEMA public; COMMIT")
        connection.close()
        reach, environment = _reach()
        # The schema is named, so that only what is in it is made, not the schema itself.
        command = [loader, "--schema=public", "--no-owner", "--no-privileges", "--single-transaction"]
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by finish or undo
        self._process = subprocess.Popen(
            [*command, "--exit-on-error", *reach], stdin=subprocess.PIPE, stderr=self._words, env=environment
        )
        self._input = cast(IO[bytes], self._process.stdin)

    def write(self, piece: bytes) -> None:
        try:
            self._input.write(piece)
        except BrokenPipeError as error:
            self._process.wait()
            raise BackupError(f"pg_restore failed: {_said(self._words)}") from error

    def finish(self) -> dict[str, int]:
        with contextlib.suppress(BrokenPipeError):
            self._input.close()
        if self._process.wait():
            raise BackupError(f"pg_restore failed: {_said(self._words)}")
        self._words.close()
        return _rows_and_migrations(connections["default"])[0]

    def keep(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT extname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE nspname = %s",
                [REPLACED],
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"ALTER EXTENSION {connection.ops.quote_name(name)} SET SCHEMA public")
            cursor.execute(f"DROP SCHEMA {REPLACED} CASCADE")
        connection.close()

    def undo(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._input.close()
        self._words.close()
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute(f"BEGIN; DROP SCHEMA public CASCADE; ALTER SCHEMA {REPLACED} RENAME TO public; COMMIT")
        connection.close()


# SQLite


@contextlib.contextmanager
def _sqlite_snapshot() -> Iterator[Snapshot]:
    place = Path(connection.settings_dict["NAME"])
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".backup-") as folder:
        copy = Path(folder) / "copy.sqlite3"
        with contextlib.closing(sqlite3.connect(place)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
        database = _database_at(copy)
        try:
            rows, migrations = _rows_and_migrations(database)
        finally:
            database.close()
        yield Snapshot(rows, migrations, _pieces(copy))


def _database_at(path: Path) -> BaseDatabaseWrapper:
    database = connections["default"].copy()
    database.settings_dict = {**database.settings_dict, "NAME": str(path), "OPTIONS": {}}
    return database


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(BLOCK):
            yield piece


class SqliteReturn:
    """Puts the file together beside the database, then copies it in by SQLite's own online backup, in one step."""

    def __init__(self) -> None:
        self._place = Path(connection.settings_dict["NAME"])
        self._folder = tempfile.TemporaryDirectory(dir=self._place.parent, prefix=".restore-")
        self._copy = Path(self._folder.name) / "copy.sqlite3"
        self._file: IO[bytes] = self._copy.open("xb")

    def write(self, piece: bytes) -> None:
        self._file.write(piece)

    def finish(self) -> dict[str, int]:
        self._file.close()
        database = _database_at(self._copy)
        try:
            with database.cursor() as cursor:
                cursor.execute("PRAGMA integrity_check")
                answer = cursor.fetchone()[0]
            if answer != "ok":
                raise BackupError(f"SQLite says of the restored database: {answer}")
            return _rows_and_migrations(database)[0]
        finally:
            database.close()

    def keep(self) -> None:
        connection.close()
        with (
            contextlib.closing(sqlite3.connect(self._copy)) as source,
            contextlib.closing(sqlite3.connect(self._place, timeout=20)) as target,
        ):
            source.backup(target)
        self._folder.cleanup()

    def undo(self) -> None:
        self._file.close()
        self._folder.cleanup()
