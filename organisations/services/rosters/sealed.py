"""What a row keeps sealed: the values it was read as, and what the comparison saw."""

import json
from dataclasses import dataclass, field
from typing import Any

from cms.shared import crypto
from organisations.models import RosterRow


@dataclass
class Kept:
    """`seen`: fingerprint of the person that the row was compared with; `chosen`: somebody chose that person by hand.

    `is_new`: somebody said that it is a new person.
    """

    values: dict[str, str] = field(default_factory=dict)
    seen: str = ""
    chosen: bool = False
    is_new: bool = False


def seal(row: RosterRow, kept: Kept) -> None:
    """Put `kept` on the row; the caller saves."""
    told = {"values": kept.values, "seen": kept.seen, "chosen": kept.chosen, "is_new": kept.is_new}
    row.sealed = crypto.encrypt(json.dumps(told, ensure_ascii=False), row=row.sealed_as)


def opened(row: RosterRow) -> Kept:
    return Kept(**json.loads(crypto.decrypt(row.sealed, row=row.sealed_as))) if row.sealed else Kept()


def seal_undo(row: RosterRow, undo: dict[str, Any]) -> None:
    row.undo = crypto.encrypt(json.dumps(undo, ensure_ascii=False), row=row.sealed_as)


def opened_undo(row: RosterRow) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(crypto.decrypt(row.undo, row=row.sealed_as))
    return told
