"""Loading the rule sets that ship as data."""

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from credits.models import RuleSetVersion
from credits.rules import RuleSet, build

FOLDER = Path(__file__).resolve().parent.parent / "rulesets"


class BadRuleSet(ValueError):
    """A rule-set file cannot be read; the message names the file and what is wrong."""


@transaction.atomic
def load_rule_sets(folder: Path = FOLDER) -> int:
    """Load every `<id>@<version>.json` of `folder`; returns how many versions there are. Can run again.

    Every file is read by the engine before anything is stored. Raises BadRuleSet.
    """
    documents: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            key = f"{document['id']}@{document['version']}"
        except (ValueError, KeyError, TypeError) as error:
            raise BadRuleSet(f"{path.name}: {error!r}") from error
        if key != path.stem:
            raise BadRuleSet(f"{path.name} calls itself {key}")
        documents[key] = document
    for key in documents:
        _built(key, documents)
    for document in documents.values():
        _store(document)
    return len(documents)


def _built(key: str, documents: dict[str, dict[str, Any]], below: tuple[str, ...] = ()) -> RuleSet:
    if key not in documents or key in below:
        raise BadRuleSet(f"{below[-1] if below else key}: its parent {key} is missing or goes in a circle")
    document = documents[key]
    parent = _built(document["parent"], documents, (*below, key)) if document.get("parent") else None
    try:
        return build(document, parent)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRuleSet(f"{key}.json: {error!r}") from error


def _store(document: dict[str, Any]) -> None:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    last_day = document.get("effective_to")
    RuleSetVersion.objects.update_or_create(
        rule_set_id=document["id"],
        version=document["version"],
        defaults={
            "title": document["title_zh"],
            "title_en": document.get("title_en", ""),
            "jurisdiction": document["jurisdiction"],
            "parent": document.get("parent", ""),
            "effective_from": date.fromisoformat(document["effective_from"]),
            "effective_to": date.fromisoformat(last_day) + timedelta(days=1) if last_day else None,
            "mark": document["conf"],
            "document": document,
            "document_sha256": hashlib.sha256(text.encode()).hexdigest(),
        },
    )
