"""Restoring: the whole backup is read and proved before anything is touched, and what it brings is proved again."""

import hashlib
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from wagtail.models import Site

from cms.backup import BackupError, NotPrepared, Part, Refused, archive, databases, storages
from cms.backup.making import FORMAT
from cms.shared import append_only, crypto
from credits.services.verification import verify_ledger
from organisations import audit
from organisations.deeds import Deed
from organisations.services import erasure_list, keys

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Contents:
    """What a proved backup says of itself."""

    header: dict[str, Any]
    parts: dict[str, Part]


def verify(*, path: Path, identity: Path, tell: Tell = lambda _line: None) -> Contents:
    """Read the whole backup without touching anything: every byte, every hash, the keys that it needs.

    Raises Refused for a damaged or foreign backup, NotPrepared where this installation cannot take it.
    """
    if not path.is_file():
        raise NotPrepared(f"{path} is not a file.")
    found = _read(path, archive.identities(identity))
    for name, part in found.parts.items():
        tell(f"{name}: {part.count} pieces, {part.bytes} bytes, sha256 {part.sha256}")
    _check_fits(found.header)
    return found


def restore(
    *, path: Path, identity: Path, overwrite: bool = False, tell: Tell = lambda _line: None
) -> list[tuple[str, str]]:
    """Bring database and files back; returns (what was checked, what came out) for the operator.

    Without `overwrite` only into a database without tables and storages without files. Stop site and workers first.
    Raises BackupError; what was there before is then still there, except as `storages.Return` says. After a failed
    check, what was restored stays.
    """
    found = verify(path=path, identity=identity, tell=tell)
    _require_erasure_list()
    if not overwrite:
        _require_empty()
    _bring_back(path, archive.identities(identity), found)
    tell("database and files are back; checking them")
    return _check_restored(path, found)


def _read(path: Path, identities: list[archive.Identity]) -> Contents:
    tally, told = archive.Tally(), {}
    with archive.opened(path, identities) as members:
        for name, size, content in members:
            digest = tally.begin(name, size)
            if digest is None:
                told[name] = _json(content, name)
                _check_format(told[name], path)
            else:
                _feed(digest, content)
    header, manifest = told.get(archive.HEADER), told.get(archive.MANIFEST)
    if header is None or manifest is None or not archive.same(tally.parts(), manifest["parts"]):
        raise Refused(f"{path} does not hold what its manifest says. Take another backup.")
    return Contents(header, tally.parts())


def _feed(digest: "hashlib._Hash", content: IO[bytes]) -> None:
    for piece in archive.blocks(content):
        digest.update(piece)


def _json(content: IO[bytes], name: str) -> dict[str, Any]:
    try:
        return dict(json.load(content))
    except ValueError as error:
        raise tarfile.ReadError(name) from error


def _check_format(told: dict[str, Any], path: Path) -> None:
    if told.get("format") != FORMAT:
        raise Refused(f"{path} has format {told.get('format')}; this release reads format {FORMAT}.")


def _check_fits(header: dict[str, Any]) -> None:
    """Raises NotPrepared unless this installation's release, database and keys can take the backup."""
    if header["engine"] != connection.vendor:
        raise NotPrepared(f"The backup is of {header['engine']}; this installation runs on {connection.vendor}.")
    loader = MigrationLoader(None, ignore_no_migrations=True)
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known |= set(migration.replaces)
    newer = sorted(f"{app}.{name}" for app, name in header["migrations"] if (app, name) not in known)
    if newer:
        raise NotPrepared(f"The backup is of a newer release (it has {newer[0]}). Install that release first.")
    for purpose, needed in header["keys"].items():
        for key_id, fingerprint in needed.items():
            if _fingerprint(purpose, key_id) != fingerprint:
                raise NotPrepared(
                    f"The backup needs the key {key_id} of {purpose}, and this installation does not have it. "
                    f"Put it into ISOCENTER_KEY_{purpose.upper()}."
                )


def _fingerprint(purpose: str, key_id: str) -> str | None:
    try:
        return crypto.fingerprint(purpose, key_id)
    except (KeyError, ImproperlyConfigured):
        return None


def _require_erasure_list() -> None:
    """Raises NotPrepared: without the list, whoever was erased since the backup would be back."""
    try:
        erasure_list.listed()
    except FileNotFoundError as error:
        raise NotPrepared(
            f"The list of erasures {erasure_list.path()} (ERASURE_LIST) is not there: people erased since the backup "
            "would come back. Bring it here, or make an empty file if nobody was ever erased."
        ) from error
    except erasure_list.DamagedList as error:
        raise NotPrepared(str(error)) from error


def _require_empty() -> None:
    if not databases.is_empty():
        raise NotPrepared("The database has tables. Give an empty one, or --overwrite to replace everything in it.")
    if not storages.is_empty():
        raise NotPrepared("The storage has files. Empty it, or give --overwrite to replace them.")


def _bring_back(path: Path, identities: list[archive.Identity], found: Contents) -> None:
    database = databases.returning()
    files: storages.Return | None = None
    try:
        with archive.opened(path, identities) as members:
            for name, _size, content in members:
                if name.startswith(archive.DATABASE):
                    for piece in archive.blocks(content):
                        database.write(piece)
                elif name.startswith(archive.FILES):
                    files = files or _files_after(database, found)
                    files.add(name.removeprefix(archive.FILES), archive.blocks(content))
        files = files or _files_after(database, found)
        database.keep()
    except BaseException:
        if files is not None:
            files.undo()
        database.undo()
        raise
    files.keep()


def _files_after(database: databases.Return, found: Contents) -> storages.Return:
    """The way back of files, which begins when the database is whole: of an object storage there is no way back."""
    rows, written = database.finish(), found.header["tables"]
    wrong = sorted(table for table in rows | written if rows.get(table) != written.get(table))
    if wrong:
        raise BackupError(f"The restored database has other rows than were backed up: {', '.join(wrong)}")
    return storages.Return()


def _check_restored(path: Path, found: Contents) -> list[tuple[str, str]]:
    """Migrate forward, then prove what must hold. Raises BackupError naming what does not."""
    connection.close()
    before = _applied()
    call_command("migrate", verbosity=0, interactive=False)
    # Who was signed in then is not signed in now; what was remembered between requests is of another world.
    Session.objects.all().delete()
    cache.clear()
    erased = erasure_list.replay()
    triggers = append_only.check_triggers(["default"])
    problems = verify_ledger()
    report = keys.report()
    site = Site.objects.order_by("pk").first() or Site()
    audit.record(by=None, verb=Deed.BACKUP_RESTORE, target=site, after={"file": path.name})
    rows = found.header["tables"]
    outcome = [
        ("backup of", str(found.header["made_at"])),
        ("rows", f"{sum(rows.values())} in {len(rows)} tables, as backed up"),
        ("files", str(found.parts["files"].count if "files" in found.parts else 0)),
        ("migrations", f"{len(_applied() - before)} new ones applied"),
        ("erasures since", f"{erased} accounts erased again" if erased else "none to repeat"),
        ("append-only triggers", "all there" if not triggers else f"{len(triggers)} MISSING"),
        ("ledger and checkpoints", "no problem found" if not problems else f"{len(problems)} PROBLEMS: {problems[0]}"),
        ("sealed values", "all readable" if report.is_sound else f"{len(report.unreadable)} UNREADABLE"),
    ]
    if triggers or problems or not report.is_sound:
        lines = "\n".join(f"{what}: {came_out}" for what, came_out in outcome)
        raise BackupError(f"Restored, but not as it should be:\n{lines}")
    return outcome


def _applied() -> set[tuple[str, str]]:
    return set(MigrationLoader(connection, ignore_no_migrations=True).applied_migrations)
