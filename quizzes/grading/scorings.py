"""The scoring rules of a bank: data with source and mark, one object for each type."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from quizzes.enums import QuestionType
from quizzes.grading.base import Fault, InvalidItem, known, text
from quizzes.grading.kinds import KINDS

DIRECTORY = Path(__file__).resolve().parent.parent / "scorings"
MARKS = ("A", "B", "M")


@dataclass(frozen=True)
class Scoring:
    """`rules` by type, numbers as text. `mark` says how far `source` was verified, `marks` where a type differs."""

    id: str
    source: str
    mark: str
    marks: Mapping[str, str]
    rules: Mapping[str, Mapping[str, str]]

    def mark_of(self, type: str) -> str:
        return self.marks.get(type, self.mark)


def check_rules(rules: Any) -> dict[str, dict[str, str]]:
    """Scoring rules in their one written form. Raises InvalidItem with the path ("CASE.wrong").

    A type that is not named follows the default.
    """
    known(rules, "", (), optional=tuple(QuestionType))
    checked = {}
    for type in QuestionType:
        if type in rules:
            try:
                checked[str(type)] = KINDS[type].check_rules(rules[type])
            except InvalidItem as error:
                raise InvalidItem(f"{type}.{error.field}" if error.field else str(type), error.fault) from error
    return checked


def rules_for(rules: Mapping[str, Any], type: str) -> Mapping[str, Any]:
    """The rules of one type, for a paper: the bank's, or the default's where the bank says nothing."""
    found: Mapping[str, Any] = rules[type] if type in rules else default().rules[type]
    return found


def parse(document: Any) -> Scoring:
    """The scoring of a JSON document. Raises InvalidItem with the path of what is wrong."""
    known(document, "", ("id", "source", "mark", "marks", "rules"))
    rules = check_rules(document["rules"])
    known(document["marks"], "marks", (), optional=tuple(rules))
    for path, mark in [("mark", document["mark"]), *((f"marks.{type}", m) for type, m in document["marks"].items())]:
        if mark not in MARKS:
            raise InvalidItem(path, Fault.UNKNOWN)
    return Scoring(
        id=text(document["id"], "id"),
        source=text(document["source"], "source", longest=300),
        mark=document["mark"],
        marks=dict(document["marks"]),
        rules=rules,
    )


@cache
def default() -> Scoring:
    """What counts where a bank says nothing else."""
    return parse(json.loads((DIRECTORY / "default.json").read_text("utf-8")))
