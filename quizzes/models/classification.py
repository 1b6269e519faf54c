"""By what questions are found: data with source and mark. Codes are stored, titles shown."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

DIRECTORY = Path(__file__).resolve().parent.parent / "classifications"


@dataclass(frozen=True)
class Entry:
    code: str
    titles: dict[str, str]

    @property
    def title(self) -> str:
        language = get_language() or ""
        return self.titles["zh-hans" if language.startswith("zh") else "en"]


@dataclass(frozen=True)
class Classification:
    """`mark` says how far `source` was verified (A, B, M); `entries` stand in the order of their file."""

    id: str
    version: str
    source: str
    mark: str
    entries: tuple[Entry, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(entry.code for entry in self.entries)

    def title_of(self, code: str) -> str:
        """The title of `code`, or the code itself if the data no longer has it."""
        return next((entry.title for entry in self.entries if entry.code == code), code)


@cache
def _load(name: str) -> Classification:
    document = json.loads((DIRECTORY / f"{name}.json").read_text("utf-8"))
    entries = tuple(
        Entry(code=row["code"], titles={language: row[language] for language in ("zh-hans", "en")})
        for row in document["entries"]
    )
    return Classification(**{key: document[key] for key in ("id", "version", "source", "mark")}, entries=entries)


def syllabus() -> Classification:
    return _load("syllabus")


def modalities() -> Classification:
    return _load("modalities")


def body_parts() -> Classification:
    return _load("body-parts")


def syllabus_choices() -> list[tuple[str, str]]:
    return [(entry.code, f"{entry.code} {entry.title}") for entry in syllabus().entries]


def modality_choices() -> list[tuple[str, str]]:
    return [(entry.code, entry.title) for entry in modalities().entries]


def body_part_choices() -> list[tuple[str, str]]:
    return [(entry.code, entry.title) for entry in body_parts().entries]
