import json
from pathlib import Path
from typing import Any

import pytest

from credits.rules import RuleSet, build

FOLDER = Path(__file__).resolve().parents[3] / "credits" / "rulesets"


def _documents() -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}


@pytest.fixture(scope="session")
def books() -> dict[str, RuleSet]:
    """Every shipped version, merged with its parent."""
    documents = _documents()

    def read(key: str) -> RuleSet:
        parent = documents[key].get("parent")
        return build(documents[key], read(parent) if parent else None)

    return {key: read(key) for key in documents}
