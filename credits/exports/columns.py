"""The columns of the export, as data: their order is the authority's, their headings are in both languages."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

SHEETS = ("people", "entries")


@dataclass(frozen=True)
class Column:
    """`is_number` columns are written as numbers, all others as text (ID and project numbers keep every digit)."""

    key: str
    heading_zh: str
    heading_en: str
    width: int
    is_number: bool

    def heading(self, language: str) -> str:
        return self.heading_en if language == "en" else self.heading_zh


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    return dict(json.loads(Path(__file__).with_name("columns.json").read_text(encoding="utf-8")))


def columns(sheet: str) -> tuple[Column, ...]:
    """The columns of "people" (one row a person) or "entries" (one row an entry), in order."""
    return tuple(
        Column(item["key"], item["zh"], item["en"], item["width"], item.get("number", False))
        for item in _document()[sheet]
    )
