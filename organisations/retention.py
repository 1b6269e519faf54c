"""How long what is kept, as dated data with its source. No framework, no clock."""

import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Policy:
    """One dated version. `amount` counts years after the last credit year ("identity") or days (the others).

    `mark`: A official text, B secondary, M not checked yet.
    """

    version: str
    effective_from: date
    amount: int
    mark: str
    title: str
    title_en: str
    source: str


@lru_cache(maxsize=1)
def _policies() -> dict[str, tuple[Policy, ...]]:
    document: dict[str, list[dict[str, Any]]] = json.loads(
        Path(__file__).with_name("retention.json").read_text(encoding="utf-8")
    )
    return {
        kind: tuple(sorted(map(_policy, items), key=lambda p: p.effective_from)) for kind, items in document.items()
    }


def _policy(item: dict[str, Any]) -> Policy:
    amount = item["days"] if "days" in item else item["years_after_last_credit_year"]
    return Policy(
        version=item["version"],
        effective_from=date.fromisoformat(item["effective_from"]),
        amount=amount,
        mark=item["mark"],
        title=item["title"],
        title_en=item["title_en"],
        source=item["source"],
    )


def policy(kind: str, *, on: date) -> Policy:
    """The policy of `kind` in force on a day; the first one for days before it. Raises KeyError for an unknown kind."""
    versions = _policies()[kind]
    return next((version for version in reversed(versions) if version.effective_from <= on), versions[0])


def identity_may_go_on(*, last_credit_year: int, on: date) -> date:
    """The first day on which the identity behind a record of `last_credit_year` may be erased, as ruled on `on`."""
    return date(last_credit_year + policy("identity", on=on).amount + 1, 1, 1)
