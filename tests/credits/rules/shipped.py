"""The rule sets that ship with the software, as the engine reads them."""

import json
from pathlib import Path

from credits.rules import RuleSet, build

FOLDER = Path(__file__).resolve().parents[3] / "credits" / "rulesets"


def read_books() -> dict[str, RuleSet]:
    """Every shipped version, merged with its parent."""
    documents = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}

    def read(key: str) -> RuleSet:
        parent = documents[key].get("parent")
        return build(documents[key], read(parent) if parent else None)

    return {key: read(key) for key in documents}
