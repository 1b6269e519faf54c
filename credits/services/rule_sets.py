"""Loading the rule sets that ship as data."""

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from credits.models import RuleSetVersion
from credits.rules.validation import BadJson, read, validate
from credits.selectors.problems import problem_text

FOLDER = Path(__file__).resolve().parent.parent / "rulesets"
# The files that this process found right, by their hash: that does not change, and takes most of the time.
_validated: set[str] = set()


class BadRuleSet(ValueError):
    """A rule-set file cannot be read; the message names the file and what is wrong."""


@transaction.atomic
def load_rule_sets(folder: Path = FOLDER) -> int:
    """Load every `<id>@<version>.json` of `folder`; returns how many versions there are. Can run again.

    Every file is validated and built before anything is stored. Raises BadRuleSet.
    """
    documents: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            document = read(path.read_bytes())
        except BadJson as error:
            raise BadRuleSet(f"{path.name}: {problem_text(error.problem)}") from error
        key = f"{document.get('id')}@{document.get('version')}"
        if key != path.stem:
            raise BadRuleSet(f"{path.name} calls itself {key}")
        documents[key] = document
    together = sha256_of(documents)
    if together not in _validated:
        _validate(documents)
        _validated.add(together)
    for document in documents.values():
        _store(document)
    return len(documents)


def _validate(documents: dict[str, dict[str, Any]]) -> None:
    for key, document in documents.items():
        errors = [problem for problem in validate(document, documents) if not problem.is_warning]
        if errors:
            raise BadRuleSet(f"{key}.json: {problem_text(errors[0])}")


def _store(document: dict[str, Any]) -> None:
    """A version that was published here stays as it was published."""
    found = RuleSetVersion.objects.filter(rule_set_id=document["id"], version=document["version"])
    if not found.filter(proposal__isnull=False).exists():
        RuleSetVersion.objects.update_or_create(
            rule_set_id=document["id"], version=document["version"], defaults=columns_of(document)
        )


def sha256_of(document: dict[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def columns_of(document: dict[str, Any]) -> dict[str, Any]:
    """The columns of a version beside its name."""
    last_day = document.get("effective_to")
    return {
        "title": document["title_zh"],
        "title_en": document.get("title_en", ""),
        "jurisdiction": document["jurisdiction"],
        "parent": document.get("parent", ""),
        "effective_from": date.fromisoformat(document["effective_from"]),
        "effective_to": date.fromisoformat(last_day) + timedelta(days=1) if last_day else None,
        "mark": document["conf"],
        "document": document,
        "document_sha256": sha256_of(document),
    }
