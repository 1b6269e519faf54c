"""A sheet of projects beside the register: sent, looked at row by row, entered in one go, undone until it is used."""

from credits.services.project_imports.blank import blank_sheet
from credits.services.project_imports.findings import Finding, findings, fingerprint
from credits.services.project_imports.imports import (
    BEFORE,
    RUNS,
    again,
    apply,
    discard,
    erase_old,
    receive,
    remap,
    undo,
    why,
)
from credits.services.project_imports.rows import FIELDS
from credits.services.project_imports.runs import run_project_import
from credits.services.project_imports.words import LABELS, RowView, row_view

__all__ = [
    "BEFORE",
    "FIELDS",
    "LABELS",
    "RUNS",
    "Finding",
    "RowView",
    "again",
    "apply",
    "blank_sheet",
    "discard",
    "erase_old",
    "findings",
    "fingerprint",
    "receive",
    "remap",
    "row_view",
    "run_project_import",
    "undo",
    "why",
]
