"""What a rule set says in its own language is said in English too, clause numbers kept."""

import json
import re

import pytest

from tests.credits.rules.shipped import FOLDER, read_books

BOOKS = read_books()
HAN = re.compile(r"[\u3400-\u9fff]")


@pytest.mark.parametrize("key", sorted(BOOKS))
def test_authority_titles_and_sources_have_english(key: str) -> None:
    book = BOOKS[key]
    own = json.loads((FOLDER / f"{key}.json").read_text(encoding="utf-8"))
    clauses = [item.provenance.clause for item in (*book.types.values(), *book.requirements)]
    notes = [
        item["note"] for name in ("requirements", "activity_types") for item in own.get(name, []) if "note" in item
    ]
    shown = [book.title_en, *(book.in_english(text) for text in (book.authority, *book.sources, *clauses, *notes))]
    assert [text for text in shown if not text or HAN.search(text)] == []


def test_clause_keeps_its_numbers() -> None:
    book = BOOKS["cn-nhc-cme@2024.20"]
    clause = book.types["promo_online"].provenance.clause
    english = book.in_english(clause)
    assert re.findall(r"\d+", english) == re.findall(r"\d+", clause)
    assert english.endswith(" · Promotion project (online)")


def test_overlay_says_its_parents_clauses_in_english() -> None:
    parent, overlay = BOOKS["cn-nhc-cme@2024.20"], BOOKS["cn-henan-cme@2025.1"]
    clause = parent.requirements[0].provenance.clause
    assert overlay.in_english(clause) == parent.in_english(clause) != clause


def test_unknown_text_stays_as_it_is() -> None:
    assert BOOKS["cn-nhc-cme@2024.20"].in_english("某条") == "某条"
