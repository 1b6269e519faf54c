"""A sheet of projects beside the register: sent, looked at row by row, entered in one go, undone until it is used."""

from credits.services.project_imports.findings import LABELS, Finding, findings, fingerprint
from credits.services.project_imports.imports import apply, discard, erase_old, receive, remap, undo
from credits.services.project_imports.rows import FIELDS

__all__ = [
    "FIELDS",
    "LABELS",
    "Finding",
    "apply",
    "discard",
    "erase_old",
    "findings",
    "fingerprint",
    "receive",
    "remap",
    "undo",
]
