"""Backups: database and files as one encrypted stream, and their way back. Keys are not in it.

A backup is an age file (https://age-encryption.org/v1) of a tar: `header.json`, `database/00000001` … (pieces of one
dump), `files/<name>`, `manifest.json`. Whoever holds the identity opens it without this program as well:
`age -d -i IDENTITY FILE | tar x`, then `cat database/* > dump`.
"""

from dataclasses import dataclass


class BackupError(Exception):
    """Why no backup or restore came about; `returncode` is how the command ends."""

    returncode = 1


class NotPrepared(BackupError):
    """Something must be set up or decided first; nothing was touched."""

    returncode = 2


class Busy(BackupError):
    """Another run is at work; nothing was touched."""

    returncode = 3


class Refused(BackupError):
    """The backup cannot be trusted or read; nothing was touched."""

    returncode = 4


@dataclass(frozen=True)
class Part:
    """What of one kind is in a backup: pieces or files, their bytes, one SHA-256 over names, sizes and contents."""

    count: int
    bytes: int
    sha256: str
