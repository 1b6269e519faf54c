"""Databases for tests, all copied from one migrated template; the same on SQLite and PostgreSQL."""

import contextlib
import hashlib
import os
import shutil
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from tests import services

ROOT = Path(__file__).resolve().parent.parent


def fingerprint() -> str:
    """Changes with whatever decides the schema; a template of the same fingerprint is used again."""
    digest = hashlib.sha256(repr(settings.INSTALLED_APPS).encode())
    ours = {app.split(".")[0] for app in settings.INSTALLED_APPS if (ROOT / app.split(".")[0]).is_dir()}
    paths = [
        path
        for package in sorted(ours)
        for path in (ROOT / package).rglob("*.py")
        if {"migrations", "models"} & set(path.parts) or path.name in {"models.py", "append_only.py"}
    ]
    for path in [ROOT / "requirements" / "development.txt", *sorted(paths)]:
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _use(name: str) -> str:
    """Point every connection of this process, in any thread, at database `name`; returns the name before."""
    before = str(connections["default"].settings_dict["NAME"])
    connections["default"].close()
    for values in (
        connections["default"].settings_dict,
        connections.settings["default"],
        settings.DATABASES["default"],
    ):
        values["NAME"] = name
    return before


def is_sqlite() -> bool:
    return bool(settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"))


def _migrate(name: str) -> None:
    before = _use(name)
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        _use(before)


def _sqlite_template() -> Path:
    """The migrated file, made once per fingerprint and kept under var/."""
    kept = _kept(".sqlite3")
    if not kept.exists():
        partial = kept.with_name(f"{uuid.uuid4()}.partial")
        _migrate(str(partial))
        with contextlib.closing(sqlite3.connect(partial)) as raw:
            raw.execute("PRAGMA journal_mode=DELETE")
        partial.replace(kept)
    return kept


def _administer(*statements: str) -> None:
    import psycopg

    database = settings.DATABASES["default"]
    with psycopg.connect(
        host=database["HOST"], port=database["PORT"], user=database["USER"], dbname="postgres", autocommit=True
    ) as raw:
        # Another worker's template may be being copied just now; PostgreSQL copies one at a time.
        raw.execute("SELECT pg_advisory_lock(20261122)")
        for statement in statements:
            raw.execute(statement)


def fill_postgres(name: str) -> None:
    """Migrate database `name`, or load what an earlier run of the same fingerprint dumped: 3 s instead of a minute."""
    values = settings.DATABASES["default"]
    kept = _kept(".sql")
    reach = ["-h", str(values["HOST"]), "-p", str(values["PORT"]), "-U", str(values["USER"])]
    if kept.exists():
        load = ["psql", *reach, "-d", name, "-q", "-v", "ON_ERROR_STOP=1", "-f", str(kept)]
        subprocess.run(load, check=True, stdout=subprocess.DEVNULL)
        return
    _migrate(name)
    partial = kept.with_name(f"{uuid.uuid4()}.partial")
    dump = [services.postgres_program("pg_dump"), *reach, "-d", name, "--no-owner", "-f", str(partial)]
    subprocess.run(dump, check=True)
    partial.replace(kept)


def _kept(suffix: str) -> Path:
    """Where the template of this fingerprint is kept; those of other fingerprints are removed."""
    folder = ROOT / "var" / "tests"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"template-{fingerprint()}{suffix}"
    for other in folder.glob(f"template-*{suffix}"):
        if other != kept:
            other.unlink(missing_ok=True)
    return kept


def _postgres_template() -> str:
    import psycopg

    name = f"template_{fingerprint()}"
    database = settings.DATABASES["default"]
    with psycopg.connect(
        host=database["HOST"], port=database["PORT"], user=database["USER"], dbname="postgres", autocommit=True
    ) as raw:
        raw.execute("SELECT pg_advisory_lock(20261123)")
        if not raw.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            raw.execute(f'CREATE DATABASE "{name}_making"')
            fill_postgres(f"{name}_making")
            raw.execute(f'ALTER DATABASE "{name}_making" RENAME TO "{name}"')
    return name


@contextlib.contextmanager
def copy_of_template(label: str) -> Iterator[str]:
    """Yields the name of a fresh database with everything migrated; all connections use it until the end."""
    name = f"{label}_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    if is_sqlite():
        path = Path(settings.VAR_DIR) / f"{name}.sqlite3"
        shutil.copyfile(_sqlite_template(), path)
        before = _use(str(path))
        try:
            yield str(path)
        finally:
            _use(before)
            for suffix in ("", "-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
    else:
        _administer(f'CREATE DATABASE "{name}" TEMPLATE "{_postgres_template()}"')
        before = _use(name)
        try:
            yield name
        finally:
            _use(before)
            _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


def empty(name: str) -> None:
    """Take every table out of database `name`, as if it had just been made."""
    connections["default"].close()
    if is_sqlite():
        with contextlib.closing(sqlite3.connect(name)) as raw:
            raw.execute("PRAGMA journal_mode=DELETE")
        Path(name).write_bytes(b"")
    else:
        with connections["default"].cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        connections["default"].close()


def environment(name: str) -> dict[str, str]:
    """What a process must have in its environment to use database `name`."""
    if is_sqlite():
        return {"ISOCENTER_SQLITE": name}
    database: dict[str, Any] = settings.DATABASES["default"]
    return {"DATABASE_URL": f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{name}"}
